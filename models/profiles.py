"""What is known of a member for matching, and who said it: they themselves, a roster, or their Slack profile."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, ForeignKeyConstraint, Select, Update, select, update
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, SlackId, UtcDateTime
from models.bulk import one_of
from models.members import Member

SELF, CSV, SLACK = "self", "csv", "slack"


class Profile(Base):
    """A member's department, manager, place, first day, skills and languages; texts are as they were written."""

    __tablename__ = "profile"
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "user_id"], ["member.workspace_id", "member.user_id"]),
    )

    workspace_id: Mapped[str] = mapped_column(SlackId, primary_key=True)
    user_id: Mapped[str] = mapped_column(SlackId, primary_key=True)
    department: Mapped[str | None]
    manager: Mapped[str | None] = mapped_column(SlackId)
    location: Mapped[str | None]
    starts_on: Mapped[date | None]
    skills_offered: Mapped[list[str]] = mapped_column(JSON)
    skills_wanted: Mapped[list[str]] = mapped_column(JSON)
    languages: Mapped[list[str]] = mapped_column(JSON)
    sources: Mapped[dict[str, str]] = mapped_column(JSON)
    """By field who said what stands there, or that nothing is to stand there; nobody did of what is not named."""
    looked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """Machine time at which the profile in Slack was last read."""

    @classmethod
    def among(cls, workspace_id: str, user_ids: Collection[str]) -> Select[*tuple[Any, ...]]:
        """Select what is known of these people.

        Rows are id, department, manager, location, first day, skills offered and wanted, languages, and sources.
        """
        columns = (
            *(cls.user_id, cls.department, cls.manager, cls.location, cls.starts_on),
            *(cls.skills_offered, cls.skills_wanted, cls.languages, cls.sources),
        )
        return select(*columns).where(cls.workspace_id == workspace_id, one_of(cls.user_id, user_ids))

    @classmethod
    def held(cls, workspace_id: str, user_ids: Collection[str]) -> Select[*tuple[Any, ...]]:
        """Select the same to change it: nobody else changes these until the transaction ends."""
        return cls.among(workspace_id, user_ids).order_by(cls.user_id).with_for_update()

    @classmethod
    def managers_in(cls, workspace_id: str) -> Select[str, str | None, dict[str, str]]:
        """Select everybody's id, manager and sources."""
        return select(cls.user_id, cls.manager, cls.sources).where(cls.workspace_id == workspace_id)

    @classmethod
    def least_lately_looked_at(cls, workspace_id: str, limit: int) -> Select[str]:
        """Select the ids of active people, those first whose profile in Slack was never read, or longest ago."""
        here = (cls.workspace_id == Member.workspace_id) & (cls.user_id == Member.user_id)
        people = Member.is_person.is_(True), Member.is_deactivated.is_(False)
        chosen = (
            select(Member.user_id).outerjoin(cls, here).where(Member.workspace_id == workspace_id, *people)
        )
        return chosen.order_by(cls.looked_at.is_not(None), cls.looked_at, Member.user_id).limit(limit)

    @classmethod
    def looked_at_now(cls, workspace_id: str, user_ids: Collection[str], at: datetime) -> Update:
        """Keep that the profiles of these people have been read."""
        chosen = update(cls).where(cls.workspace_id == workspace_id, one_of(cls.user_id, user_ids))
        return chosen.values(looked_at=at)
