"""The rounds of buddy programmes: who was put together in each, what they said of it, and who was left over."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, time
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    ColumnElement,
    Delete,
    ForeignKey,
    Index,
    LargeBinary,
    Select,
    Update,
    and_,
    delete,
    func,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.orm import Mapped, aliased, mapped_column

from models.base import Base, RowId, SlackId, UtcDateTime, from_now
from models.bulk import one_of

ANNOUNCED, PREVIEWED, MATCHING, MATCHED, CLOSED, CANCELLED = (
    "announced",
    "previewed",
    "matching",
    "matched",
    "closed",
    "cancelled",
)
"""The states of a round, in order; it is matched until its last day is over."""
OPEN = "state IN ('announced', 'previewed', 'matching', 'matched')"
MET, NOT_YET, SWAP, DECLINED = "met", "not yet", "swap", "declined"
"""What a partner says of a pairing; a mentor may decline it."""
TOLD = "told"
"""What a record says with False until all have been told of a round; earlier versions did not say it."""
PREVIEW = "preview"
"""What an owner may want of a round: to see it first."""
STANDING, DISSOLVED = "standing", "dissolved"
"""A pairing stands until somebody leaves it, is not there any more or wants another partner."""
BROKEN = text("is_broken")


class Round(Base):
    """One time a programme puts people together; kept with its seed and all that went in, to be replayed."""

    __tablename__ = "buddy_round"
    __table_args__ = (
        Index("uq_buddy_round_number", "programme_id", "number", unique=True),
        Index("ix_buddy_round_due", "next_fire_at", sqlite_where=text(OPEN), postgresql_where=text(OPEN)),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    workspace_id: Mapped[str] = mapped_column(SlackId)
    programme_id: Mapped[int] = mapped_column(ForeignKey("programme.id"))
    number: Mapped[int]
    on: Mapped[date]
    """Its day in the programme's zone."""
    at: Mapped[time | None]
    """The hour on the wall clock at which it begins; None if its owner had it begin at a moment."""
    zone: Mapped[str | None]
    """Where that wall clock hangs."""
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)
    """When the next one begins."""
    state: Mapped[str] = mapped_column(default=ANNOUNCED)
    next_fire_at: Mapped[datetime] = mapped_column(UtcDateTime)
    """People's time of its next step: the start, half-way, the end."""
    seed: Mapped[int] = mapped_column(BigInteger)
    snapshot: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    """What went into the matching, as `bot.matching` writes and reads it."""
    record: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    """What came of it: each relaxation, how good it is, and whether that is proven.

    While it is matched this says that its result is decided, and is being written.
    """
    done: Mapped[int] = mapped_column(default=0)
    of: Mapped[int] = mapped_column(default=0)
    """How far the matching of a large round has come."""
    worker: Mapped[str | None]
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """Who matches it now, and until when nobody else does (machine time)."""
    result: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    """What a preview showed, as `bot.matching` writes and reads it; while it is matched, first what was decided."""
    wanted: Mapped[str | None]
    """What its matching is for, if not for its start alone."""
    wanted_by: Mapped[str | None] = mapped_column(SlackId)
    drawn: Mapped[int] = mapped_column(default=0)
    """How often a seed was drawn for it: each preview that is matched anew has another."""
    silence_counted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When it was settled who had said nothing of it; once a round."""

    @property
    def is_told(self) -> bool:
        """Whether all have been told what its state says, which is its next step until then."""
        if self.state in (ANNOUNCED, PREVIEWED):
            return self.is_heard_of
        return bool((self.record or {}).get(TOLD, True))

    @property
    def is_heard_of(self) -> bool:
        """Whether all were told that it is near, before it is matched: else its next step was before its start."""
        return self.next_fire_at >= self.starts_at

    @classmethod
    def by_id(cls, workspace_id: str, round_id: int) -> Select[Round]:
        """Select one."""
        return select(cls).where(cls.workspace_id == workspace_id, cls.id == round_id)

    @classmethod
    def of_programme(cls, programme_id: int) -> Select[Round]:
        """Select a programme's rounds, the newest first."""
        return select(cls).where(cls.programme_id == programme_id).order_by(cls.number.desc())

    @classmethod
    def announced(cls, programme_id: int) -> Select[Round]:
        """Select a programme's rounds that people have heard of and that have not begun."""
        waiting = cls.state.in_((ANNOUNCED, PREVIEWED))
        return select(cls).where(cls.programme_id == programme_id, waiting).order_by(cls.number)

    @classmethod
    def announced_among(cls, programme_ids: Collection[int]) -> Select[Round]:
        """Select those of these programmes that have not begun, to move them."""
        waiting = one_of(cls.programme_id, programme_ids), cls.state.in_((ANNOUNCED, PREVIEWED))
        return select(cls).where(*waiting).order_by(cls.id).with_for_update()

    @classmethod
    def due_ids(cls, moment: datetime | ColumnElement[datetime]) -> Select[int]:
        """Select the ids of those with a step to take by the moment, the earliest first; nothing is locked."""
        waiting = select(cls.id).where(text(OPEN), cls.state != MATCHING, cls.next_fire_at <= moment)
        return waiting.order_by(cls.next_fire_at, cls.id)

    @classmethod
    def to_match(cls) -> Select[int]:
        """Select the ids of those to be matched, or to be previewed, that nobody matches now (machine time)."""
        is_waiting = or_(cls.state == MATCHING, cls.wanted.is_not(None))
        return select(cls.id).where(text(OPEN), is_waiting, cls._is_free()).order_by(cls.id)

    @classmethod
    def lease(cls, round_id: int, worker: str, seconds: float) -> Update:
        """Let a worker match a round for so long, unless another does (machine time)."""
        mine = update(cls).where(cls.id == round_id, cls._is_free())
        mine = mine.execution_options(synchronize_session=False)
        return mine.values(worker=worker, lease_until=from_now(seconds)).returning(cls.id)

    @classmethod
    def held(cls, round_id: int, worker: str, seconds: float) -> Update:
        """Change a round, and prolong the lease, only while this worker matches it."""
        mine = update(cls).where(cls.id == round_id, cls.worker == worker)
        mine = mine.execution_options(synchronize_session=False)
        return mine.values(lease_until=from_now(seconds)).returning(cls.id)

    @classmethod
    def _is_free(cls) -> ColumnElement[bool]:
        return or_(cls.lease_until.is_(None), cls.lease_until < from_now(0))

    @classmethod
    def locked(cls, round_id: int) -> Select[Round]:
        """Select one to change it; whoever else wants to waits."""
        return select(cls).where(cls.id == round_id).with_for_update()

    @classmethod
    def numbered(cls, programme_id: int, number: int) -> Select[Round]:
        """Select a programme's round of this number."""
        return select(cls).where(cls.programme_id == programme_id, cls.number == number)

    @classmethod
    def open_of(cls, programme_id: int) -> Select[Round]:
        """Select a programme's rounds that are not over, the oldest first, to change them."""
        mine = select(cls).where(text(OPEN), cls.programme_id == programme_id)
        return mine.order_by(cls.number).with_for_update()

    @classmethod
    def among(cls, ids: Collection[int]) -> Select[Round]:
        """Select these."""
        return select(cls).where(one_of(cls.id, ids))

    @classmethod
    def next_moment(cls) -> Select[datetime]:
        """Select the earliest moment at which a step is to be taken."""
        waiting = select(cls.next_fire_at).where(text(OPEN), cls.state != MATCHING)
        return waiting.order_by(cls.next_fire_at).limit(1)


class Pairing(Base):
    """Two, or up to four, who were put together for a round."""

    __tablename__ = "pairing"
    __table_args__ = (
        Index("uq_pairing_place", "round_id", "place", unique=True),
        Index("ix_pairing_broken", "id", sqlite_where=BROKEN, postgresql_where=BROKEN),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    workspace_id: Mapped[str] = mapped_column(SlackId)
    round_id: Mapped[int] = mapped_column(ForeignKey("buddy_round.id"))
    place: Mapped[int]
    """Its number within the round; one that came of a swap has a later one."""
    state: Mapped[str] = mapped_column(default=STANDING)
    reasons: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    """Why these, as `bot.matching` writes and reads it."""
    times: Mapped[list[str]] = mapped_column(JSON)
    """Moments at which all of them are at work (ISO 8601, UTC), as the latest message proposes them."""
    question_id: Mapped[str | None]
    """The opening question of the introduction."""
    made_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When they are told of each other: as planned, and then as sent."""
    is_broken: Mapped[bool] = mapped_column(default=False)
    """Whether those who are left in it have still to be put together anew, or told."""
    broken_because: Mapped[str | None]
    """What Slack said when it refused them a conversation."""

    @classmethod
    def by_id(cls, workspace_id: str, pairing_id: int) -> Select[Pairing]:
        """Select one."""
        return select(cls).where(cls.workspace_id == workspace_id, cls.id == pairing_id)

    @classmethod
    def among(cls, workspace_ids: Collection[str], ids: Collection[int]) -> Select[Pairing]:
        """Select these."""
        return select(cls).where(one_of(cls.workspace_id, workspace_ids), one_of(cls.id, ids))

    @classmethod
    def locked(cls, pairing_id: int) -> Select[Pairing]:
        """Select one to change it; whoever else wants to waits."""
        return select(cls).where(cls.id == pairing_id).with_for_update()

    @classmethod
    def broken_ids(cls) -> Select[int]:
        """Select the ids of those that have still to be mended, the oldest first."""
        return select(cls.id).where(BROKEN).order_by(cls.id)

    @classmethod
    def standing_in(cls, round_ids: Collection[int]) -> Select[Pairing]:
        """Select those of rounds that stand, by round and place."""
        standing = select(cls).where(one_of(cls.round_id, round_ids), cls.state == STANDING)
        return standing.order_by(cls.round_id, cls.place)

    @classmethod
    def part(cls, round_id: int, first: int, last: int | None) -> Select[Pairing]:
        """Select those of a round that stand, from one place to another, or to the end."""
        found = select(cls).where(cls.round_id == round_id, cls.state == STANDING, cls.place >= first)
        return (found.where(cls.place <= last) if last is not None else found).order_by(cls.place)

    @classmethod
    def count_with(cls, round_id: int, user_ids: Collection[str]) -> Select[int]:
        """Count those of a round that stand and have one of these people in them."""
        theirs = select(Partner.pairing_id).where(one_of(Partner.user_id, user_ids))
        found = select(func.count()).where(cls.round_id == round_id, cls.state == STANDING)
        return found.where(cls.id.in_(theirs))

    @classmethod
    def last_place(cls, round_id: int) -> Select[int | None]:
        """Select the highest place of a round."""
        return select(func.max(cls.place)).where(cls.round_id == round_id)

    @classmethod
    def of_round(cls, round_id: int) -> Select[Pairing]:
        """Select a round's pairings in their order."""
        return select(cls).where(cls.round_id == round_id).order_by(cls.place)


class Partner(Base):
    """One of those in a pairing, and what they said of it."""

    __tablename__ = "partner"
    __table_args__ = (
        Index("ix_partner_user", "workspace_id", "user_id", "pairing_id"),
        Index("ix_partner_programme", "programme_id", "user_id"),
    )

    pairing_id: Mapped[int] = mapped_column(ForeignKey("pairing.id"), primary_key=True)
    user_id: Mapped[str] = mapped_column(SlackId, primary_key=True)
    workspace_id: Mapped[str] = mapped_column(SlackId)
    programme_id: Mapped[int] = mapped_column(ForeignKey("programme.id"))
    number: Mapped[int]
    """The round's."""
    role: Mapped[str | None]
    answer: Mapped[str | None]
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    @classmethod
    def of_pairings(cls, pairings: Collection[int]) -> Select[Partner]:
        """Select those in these pairings, by pairing and id."""
        return select(cls).where(one_of(cls.pairing_id, pairings)).order_by(cls.pairing_id, cls.user_id)

    @classmethod
    def of_person(cls, workspace_id: str, user_id: str) -> Select[Partner]:
        """Select all a person ever was, the newest first."""
        mine = select(cls).where(cls.workspace_id == workspace_id, cls.user_id == user_id)
        return mine.order_by(cls.pairing_id.desc())

    @classmethod
    def under_way(cls, workspace_id: str, user_id: str) -> Select[int, str | None]:
        """Select a person's pairings in rounds under way, the latest first: rows of pairing and what they said."""
        mine = select(cls.pairing_id, cls.answer).join(Pairing, Pairing.id == cls.pairing_id)
        mine = mine.join(Round, Round.id == Pairing.round_id)
        mine = mine.where(cls.workspace_id == workspace_id, cls.user_id == user_id)
        under_way = mine.where(Pairing.state == STANDING, Round.state == MATCHED)
        return under_way.order_by(Round.starts_at.desc(), cls.pairing_id.desc())

    @classmethod
    def buddies_of(
        cls, workspace_id: str | ColumnElement[str], user_id: str | ColumnElement[str]
    ) -> Select[int, int, str | None, str | None, datetime | None, str]:
        """Select with whom a person is together in rounds that are under way.

        Rows are programme, pairing, what the person said of it and as what they are in it, when they are told, and the
        other.
        """
        other = aliased(cls)
        mine = select(cls.programme_id, cls.pairing_id, cls.answer, cls.role, Pairing.made_at, other.user_id)
        mine = mine.join(Pairing, Pairing.id == cls.pairing_id).join(Round, Round.id == Pairing.round_id)
        mine = mine.join(other, and_(other.pairing_id == cls.pairing_id, other.user_id != cls.user_id))
        under_way = mine.where(Pairing.state == STANDING, Round.state == MATCHED)
        return under_way.where(cls.workspace_id == workspace_id, cls.user_id == user_id)

    @classmethod
    def history_of(cls, programme_id: int, user_id: str) -> Select[int, int, str]:
        """Select all who were ever put together with a person: rows of round, pairing and who, also themselves."""
        mine = select(cls.pairing_id).where(cls.programme_id == programme_id, cls.user_id == user_id)
        return select(cls.number, cls.pairing_id, cls.user_id).where(cls.pairing_id.in_(mine))


class LeftOver(Base):
    """Somebody for whom a round had nobody, and why."""

    __tablename__ = "left_over"

    round_id: Mapped[int] = mapped_column(ForeignKey("buddy_round.id"), primary_key=True)
    user_id: Mapped[str] = mapped_column(SlackId, primary_key=True)
    workspace_id: Mapped[str] = mapped_column(SlackId)
    reason: Mapped[str]

    @classmethod
    def of_round(cls, round_id: int) -> Select[LeftOver]:
        """Select all of a round, by id."""
        return select(cls).where(cls.round_id == round_id).order_by(cls.user_id)

    @classmethod
    def among(cls, round_ids: Collection[int], user_ids: Collection[str]) -> Select[LeftOver]:
        """Select which of these people are left over in these rounds."""
        return select(cls).where(one_of(cls.round_id, round_ids), one_of(cls.user_id, user_ids))

    @classmethod
    def people_of(cls, round_id: int) -> Select[str]:
        """Select who is left over in a round, by id."""
        return select(cls.user_id).where(cls.round_id == round_id)

    @classmethod
    def placed(cls, round_id: int, user_ids: Collection[str]) -> Delete:
        """Forget that these were left over in a round."""
        return delete(cls).where(cls.round_id == round_id, one_of(cls.user_id, user_ids))
