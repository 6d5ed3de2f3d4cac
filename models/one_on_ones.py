"""Standing 1-on-1s between two members, and the occurrences that were planned."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, time, timedelta
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, Select, UniqueConstraint, or_, select, text
from sqlalchemy.orm import Mapped, joinedload, mapped_column, relationship

from models.base import Base, RowId, SlackId, UtcDateTime
from models.bulk import one_of

PLANNED, SKIPPED = "planned", "skipped"
ASKED, NEXT_TIME = "asked", "next time"


def pair_of(one: str, other: str) -> str:
    """Name two people in the same way whoever is named first."""
    return ":".join(sorted((one, other)))


def asks(manager: str | None, member: str) -> bool:
    """Whether a member is one who asks: the manager, or either of two peers."""
    return manager in (None, member)


def closing_of(starts_at: datetime, minutes: int) -> datetime:
    """Say when the last fifteen minutes of a meeting begin."""
    return starts_at + timedelta(minutes=max(0, minutes - 15))


class Turn(NamedTuple):
    """What planning has to know of a 1-on-1 whose next occurrence has come near.

    They come by the thousand, and reading one takes a fifth of what reading a whole `OneOnOne` does.
    """

    id: int
    workspace_id: str
    organiser: str
    partner: str
    pair: str
    manager: str | None
    rule: str
    at: time
    zone: str
    minutes: int
    next_on: date
    carried_question: str | None


class OneOnOne(Base):
    """A standing 1-on-1; its recurrence lives in the zone of the person who registered it."""

    __tablename__ = "one_on_one"
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "organiser"], ["member.workspace_id", "member.user_id"]),
        ForeignKeyConstraint(["workspace_id", "partner"], ["member.workspace_id", "member.user_id"]),
        Index(
            "uq_one_on_one_standing_pair",
            "workspace_id",
            "pair",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index(
            "ix_one_on_one_due",
            "next_fire_at",
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index("ix_one_on_one_organiser", "workspace_id", "organiser"),
        Index("ix_one_on_one_partner", "workspace_id", "partner"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    workspace_id: Mapped[str] = mapped_column(SlackId)
    organiser: Mapped[str] = mapped_column(SlackId)
    """Who registered it; the wall clock is theirs."""
    partner: Mapped[str] = mapped_column(SlackId)
    pair: Mapped[str]
    manager: Mapped[str | None] = mapped_column(SlackId)
    """None between peers."""
    is_manager_confirmed: Mapped[bool] = mapped_column(default=False)
    """Whether the report said so; until then the manager sees no goal on the strength of it."""
    rule: Mapped[str]
    """RRULE, RFC 5545."""
    at: Mapped[time]
    zone: Mapped[str]
    minutes: Mapped[int]
    next_on: Mapped[date]
    """The original day of the next occurrence that has no row yet."""
    next_fire_at: Mapped[datetime] = mapped_column(UtcDateTime)
    """People's time at which that occurrence is to be planned."""
    carried_question: Mapped[str | None]
    """The question somebody wanted to keep for next time."""
    registered_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_by: Mapped[str | None] = mapped_column(SlackId)
    was_declined: Mapped[bool] = mapped_column(default=False)

    @property
    def people(self) -> tuple[str, str]:
        """Both of them, organiser first."""
        return self.organiser, self.partner

    def other(self, member: str) -> str:
        """Name the one whom the member meets."""
        return self.partner if member == self.organiser else self.organiser

    def asks(self, member: str) -> bool:
        """Whether the member is one who asks."""
        return asks(self.manager, member)

    @property
    def turn(self) -> Turn:
        """What planning has to know of it."""
        return Turn(*(getattr(self, name) for name in Turn._fields))

    def role_of(self, member: str) -> str:
        """Say `manager`, `report` or `peer`."""
        if self.manager is None:
            return "peer"
        return "manager" if self.manager == member else "report"

    @classmethod
    def standing_of(cls, workspace_id: str, member: str) -> Select[OneOnOne]:
        """Select the 1-on-1s in which the member takes part and that have not ended."""
        mine = or_(cls.organiser == member, cls.partner == member)
        return select(cls).where(cls.workspace_id == workspace_id, mine, cls.ended_at.is_(None))

    @classmethod
    def among(cls, workspace_ids: Collection[str], ids: Collection[int]) -> Select[OneOnOne]:
        """Select these 1-on-1s."""
        return select(cls).where(cls.workspace_id.in_(workspace_ids), cls.id.in_(ids))

    @classmethod
    def locked(cls, workspace_id: str, one_on_one_id: int) -> Select[OneOnOne]:
        """Select one as it stands now, locked for a change."""
        return (
            cls.by_id(workspace_id, one_on_one_id).with_for_update().execution_options(populate_existing=True)
        )

    @classmethod
    def locked_among(cls, workspace_id: str, ids: Collection[int]) -> Select[OneOnOne]:
        """Select these as they stand now, locked for a change."""
        chosen = select(cls).where(cls.workspace_id == workspace_id, cls.id.in_(ids)).order_by(cls.id)
        return chosen.with_for_update().execution_options(populate_existing=True)

    @classmethod
    def by_id(cls, workspace_id: str, one_on_one_id: int) -> Select[OneOnOne]:
        """Select one."""
        return select(cls).where(cls.workspace_id == workspace_id, cls.id == one_on_one_id)

    @classmethod
    def of_pair(cls, workspace_id: str, pair: str) -> Select[OneOnOne]:
        """Select every 1-on-1 the pair has or had, the newest first."""
        people = pair.split(":")  # found among those of either, who have but a few
        chosen = select(cls).where(cls.workspace_id == workspace_id, cls.organiser.in_(people))
        return chosen.where(cls.partner.in_(people)).order_by(cls.id.desc())

    @classmethod
    def all_standing(cls, workspace_id: str, after: int, limit: int) -> Select[OneOnOne]:
        """Select a workspace's standing 1-on-1s by id, page by page."""
        chosen = select(cls).where(cls.workspace_id == workspace_id, cls.ended_at.is_(None), cls.id > after)
        return chosen.order_by(cls.id).limit(limit)

    @classmethod
    def due(cls, moment: datetime, limit: int) -> Select[*tuple[Any, ...]]:
        """Select, as turns, those to be planned by the moment; workers that ask at once get different rows."""
        columns = [getattr(cls, name) for name in Turn._fields]
        standing = select(*columns).where(cls.ended_at.is_(None), cls.next_fire_at <= moment)
        return standing.order_by(cls.next_fire_at).limit(limit).with_for_update(skip_locked=True)

    @classmethod
    @cache
    def next_moment(cls) -> Select[datetime]:
        """Select the earliest moment at which something is to be planned; every beat asks it."""
        standing = select(cls.next_fire_at).where(cls.ended_at.is_(None))
        return standing.order_by(cls.next_fire_at).limit(1)


class Occurrence(Base):
    """One meeting of a standing 1-on-1, known by its original day even after it was moved."""

    __tablename__ = "occurrence"
    __table_args__ = (
        UniqueConstraint("one_on_one_id", "original_on"),
        Index("ix_occurrence_starts_at", "one_on_one_id", "starts_at"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    workspace_id: Mapped[str] = mapped_column(SlackId)
    one_on_one_id: Mapped[int] = mapped_column(ForeignKey("one_on_one.id"))
    original_on: Mapped[date]
    on: Mapped[date]
    """The day it takes place, in the 1-on-1's zone."""
    at: Mapped[time]
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime)
    minutes: Mapped[int]
    state: Mapped[str] = mapped_column(default=PLANNED)
    outcome: Mapped[str | None]
    outcome_by: Mapped[str | None] = mapped_column(SlackId)

    one_on_one: Mapped[OneOnOne] = relationship(lazy="raise_on_sql")

    @property
    def ends_at(self) -> datetime:
        """The moment it is over."""
        return self.starts_at + timedelta(minutes=self.minutes)

    @property
    def closing_at(self) -> datetime:
        """The moment its last fifteen minutes begin."""
        return closing_of(self.starts_at, self.minutes)

    @classmethod
    def to_come(cls, workspace_id: str, one_on_ones: Collection[int], moment: datetime) -> Select[Occurrence]:
        """Select the occurrences of these 1-on-1s, with them, still to begin at the moment or later, in order."""
        chosen = select(cls).where(cls.workspace_id == workspace_id, cls.one_on_one_id.in_(one_on_ones))
        coming = chosen.where(cls.state == PLANNED, cls.starts_at >= moment)
        return coming.options(joinedload(cls.one_on_one)).order_by(cls.starts_at)

    @classmethod
    def with_some_to_come(
        cls, workspace_id: str, one_on_ones: Collection[int], moment: datetime
    ) -> Select[int]:
        """Select which of these 1-on-1s have occurrences still to begin at the moment or later."""
        chosen = select(cls.one_on_one_id).where(cls.workspace_id == workspace_id)
        coming = chosen.where(cls.one_on_one_id.in_(one_on_ones), cls.state == PLANNED)
        return coming.where(cls.starts_at >= moment).distinct()

    @classmethod
    def days_since(
        cls, workspace_ids: Collection[str], one_on_ones: Collection[int], on: date
    ) -> Select[int, date]:
        """Select by which days, from one on, meetings of these 1-on-1s are known: rows of 1-on-1 and day."""
        chosen = select(cls.one_on_one_id, cls.original_on).where(one_of(cls.workspace_id, workspace_ids))
        return chosen.where(one_of(cls.one_on_one_id, one_on_ones), cls.original_on >= on)

    @classmethod
    def days_met(cls, workspace_id: str, one_on_one: int, since: date, moment: datetime) -> Select[date]:
        """Select the days, from one on, on which a meeting of this 1-on-1 has begun by the moment."""
        chosen = select(cls.on).where(cls.workspace_id == workspace_id, cls.one_on_one_id == one_on_one)
        return chosen.where(cls.state == PLANNED, cls.on >= since, cls.starts_at <= moment)

    @classmethod
    def skipped_between(
        cls, workspace_id: str, one_on_one: int, since: datetime, until: datetime
    ) -> Select[Occurrence]:
        """Select the occurrences of a 1-on-1 in a span of time that were left out, in order."""
        chosen = select(cls).where(cls.workspace_id == workspace_id, cls.one_on_one_id == one_on_one)
        span = chosen.where(cls.state == SKIPPED, cls.starts_at >= since, cls.starts_at < until)
        return span.order_by(cls.starts_at)

    @classmethod
    def unfinished(cls, workspace_id: str, one_on_one: int, moment: datetime) -> Select[Occurrence]:
        """Select the occurrences of a 1-on-1 that may not be over at the moment: none lasts longer than a day."""
        chosen = select(cls).where(cls.workspace_id == workspace_id, cls.one_on_one_id == one_on_one)
        return chosen.where(cls.starts_at >= moment - timedelta(days=1))

    @classmethod
    def among(cls, workspace_ids: Collection[str], ids: Collection[int]) -> Select[Occurrence]:
        """Select these occurrences with their 1-on-1s."""
        chosen = select(cls).where(cls.workspace_id.in_(workspace_ids), cls.id.in_(ids))
        return chosen.options(joinedload(cls.one_on_one))
