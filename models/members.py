"""A member of a workspace: what Slack says of them and what they set for themselves."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, time, timedelta

from sqlalchemy import Select, Update, select, update
from sqlalchemy.orm import Mapped, column_property, mapped_column

from models.base import Base, SlackId, UtcDateTime, from_now
from models.bulk import one_of

EVERY_WORKING_DAY = "01234"
BELIEVED = timedelta(minutes=15)
"""How old (machine time) Slack's word that it keeps somebody undisturbed may be, to be heeded."""


class Member(Base):
    """A person, by workspace and Slack's user id."""

    __tablename__ = "member"

    workspace_id: Mapped[str] = mapped_column(SlackId, primary_key=True)
    user_id: Mapped[str] = mapped_column(SlackId, primary_key=True)
    name: Mapped[str]
    zone: Mapped[str]
    """IANA name; the offset is never stored because no event comes when it shifts."""
    is_person: Mapped[bool]
    """False for bots, workflows and Slackbot."""
    is_guest: Mapped[bool]
    is_deactivated: Mapped[bool]
    is_admin: Mapped[bool]
    refreshed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    """Machine time of the last word from Slack."""

    is_away: Mapped[bool] = mapped_column(default=False)
    """On vacation, says their Slack status."""
    away_until: Mapped[datetime | None] = mapped_column(UtcDateTime)

    work_days: Mapped[str] = mapped_column(default=EVERY_WORKING_DAY)
    """Digits of the working days, Monday is 0."""
    work_starts: Mapped[time] = mapped_column(default=time(9))
    work_ends: Mapped[time] = mapped_column(default=time(17))
    lead_hours: Mapped[int] = mapped_column(default=24)
    """How long before a 1-on-1 its question comes; 1 to 48."""
    is_paused: Mapped[bool] = mapped_column(default=False)
    paused_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """People's time; None while paused means until they resume."""
    weekly_messages: Mapped[int] = mapped_column(default=3)
    """How many messages a week they want at most that they did not ask for; 1 to 10."""
    less_of: Mapped[str] = mapped_column(default="")
    """The topics of which they want no more of these, with spaces between."""
    undisturbed_from: Mapped[datetime | None] = mapped_column(UtcDateTime)
    undisturbed_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When Slack keeps them undisturbed next, or does now (its clock), as it said last."""
    disturbance_read_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """Machine time at which it did."""
    is_disturbance_believed: Mapped[bool | None] = column_property(
        disturbance_read_at > from_now(-BELIEVED.total_seconds())
    )
    """Whether it said so lately, by the clock all workers share when the member was read."""
    goals_numbered: Mapped[int] = mapped_column(default=0)
    """The last goal number given out; numbers are never used again."""

    def is_pausing(self, now: datetime) -> bool:
        """Whether this member asked for silence that still lasts."""
        return self.is_paused and (self.paused_until is None or now < self.paused_until)

    def is_absent(self, now: datetime) -> bool:
        """Whether their Slack status says vacation, and it has not run out."""
        return self.is_away and (self.away_until is None or now < self.away_until)

    @classmethod
    def among(cls, workspace_ids: Collection[str], user_ids: Collection[str]) -> Select[Member]:
        """Select the members with these ids in these workspaces."""
        return select(cls).where(cls.workspace_id.in_(workspace_ids), cls.user_id.in_(user_ids))

    @classmethod
    def reached_among(
        cls, workspace_ids: Collection[str], user_ids: Collection[str]
    ) -> Select[str, str, str, str, time, time, int]:
        """Select when these members can be reached.

        Rows are workspace, id, zone, working days, their start and end, and the lead time in hours.
        """
        hours = cls.zone, cls.work_days, cls.work_starts, cls.work_ends, cls.lead_hours
        chosen = select(cls.workspace_id, cls.user_id, *hours)
        return chosen.where(one_of(cls.workspace_id, workspace_ids), one_of(cls.user_id, user_ids))

    @classmethod
    def people_of(cls, workspace_id: str) -> Select[Member]:
        """Select everyone Trellis knows in the workspace who is still active."""
        return select(cls).where(cls.workspace_id == workspace_id, cls.is_deactivated.is_(False))

    @classmethod
    def kinds_among(cls, workspace_id: str, user_ids: Collection[str]) -> Select[str, bool, bool]:
        """Select who of these is known, however many they are: rows of id, whether a person, and whether a guest."""
        chosen = select(cls.user_id, cls.is_person, cls.is_guest).where(cls.workspace_id == workspace_id)
        return chosen.where(one_of(cls.user_id, user_ids))

    @classmethod
    def number_next_goal(cls, workspace_id: str, user_id: str) -> Update:
        """Take the member's next goal number; the update locks the row, so no two goals share one."""
        return (
            update(cls)
            .where(cls.workspace_id == workspace_id, cls.user_id == user_id)
            .values(goals_numbered=cls.goals_numbered + 1)
        )
