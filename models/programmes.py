"""Buddy programmes: their settings, who takes part, and who wants nothing of whom."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, time
from typing import Final

from sqlalchemy import (
    JSON,
    ColumnElement,
    Delete,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Select,
    Update,
    and_,
    case,
    delete,
    false,
    func,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, RowId, SlackId, UtcDateTime
from models.bulk import one_of
from models.members import Member

ANY, ACROSS, WITHIN, MENTORING = "any", "across", "within", "mentoring"
"""How a programme mixes people: no matter how, across departments, within them, mentors with mentees."""
ASKED, EVERYONE = "asked", "everyone"
"""Who takes part: whoever joined, or everyone in the channel who did not leave."""
IN, PAUSED, LEFT, GONE = "in", "paused", "left", "gone"
"""Where a participant stands. Who left did so of their own; who is gone is no longer in the channel."""
NO_END: Final = date.max
"""Until when somebody pauses who is gone and had set no end; so it is not forgotten when they come back."""
MENTOR, MENTEE = "mentor", "mentee"
MORE, LESS, OFF = "more", "less", "off"
"""How much something counts in who fits whom, where not as usual."""
RUNS = text("ended_at IS NULL")


class Programme(Base):
    """What a channel's owner set up: whom it puts together, how and when. One a channel at a time."""

    __tablename__ = "programme"
    __table_args__ = (
        Index(
            "uq_programme_channel",
            "workspace_id",
            "channel",
            unique=True,
            sqlite_where=RUNS,
            postgresql_where=RUNS,
        ),
        Index("ix_programme_due", "next_fire_at", sqlite_where=RUNS, postgresql_where=RUNS),
        ForeignKeyConstraint(["workspace_id", "owner"], ["member.workspace_id", "member.user_id"]),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    workspace_id: Mapped[str] = mapped_column(SlackId)
    channel: Mapped[str] = mapped_column(SlackId)
    owner: Mapped[str] = mapped_column(SlackId)
    mixing: Mapped[str] = mapped_column(default=ANY)
    is_mixing_required: Mapped[bool] = mapped_column(default=False)
    """Whether nobody is put together against the mixing, even if they stay alone."""
    group_size: Mapped[int] = mapped_column(default=2)
    every_weeks: Mapped[int] = mapped_column(default=2)
    weekday: Mapped[int] = mapped_column(default=1)
    """Counts from Monday as 0."""
    at: Mapped[time]
    zone: Mapped[str]
    enrolment: Mapped[str] = mapped_column(default=ASKED)
    repeat_window: Mapped[int] = mapped_column(default=6)
    """For so many rounds the same two do not meet again while it can be avoided."""
    shared_minutes: Mapped[int] = mapped_column(default=120)
    """The least working time of a day that two must have in common."""
    weights: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    """What counts more, less or not at all in who fits whom, by the name of the term; what is not named as usual."""
    announces: Mapped[bool] = mapped_column(default=True)
    takes_guests: Mapped[bool] = mapped_column(default=False)
    pact_weeks: Mapped[int | None]
    """How long two may agree to stay together; None if that is not offered."""
    next_on: Mapped[date]
    """The day of the next round, in the programme's zone."""
    next_number: Mapped[int] = mapped_column(default=1)
    """The number the next round will have."""
    next_fire_at: Mapped[datetime] = mapped_column(UtcDateTime)
    """People's time of the next step: the heads-up of the next round, or its start."""
    held_because: Mapped[str | None]
    """Why no round is held although it runs: the channel is archived, or the bot is not in it."""
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_because: Mapped[str | None]

    @classmethod
    def by_id(cls, workspace_id: str, programme_id: int) -> Select[Programme]:
        """Select one."""
        return select(cls).where(cls.workspace_id == workspace_id, cls.id == programme_id)

    @classmethod
    def locked(cls, workspace_id: str, programme_id: int) -> Select[Programme]:
        """Select one to change it, locked against whoever takes a step of it."""
        return cls.by_id(workspace_id, programme_id).with_for_update()

    @classmethod
    def among(cls, workspace_ids: Collection[str], ids: Collection[int]) -> Select[Programme]:
        """Select these."""
        return select(cls).where(one_of(cls.workspace_id, workspace_ids), one_of(cls.id, ids))

    @classmethod
    def of_channel(cls, workspace_id: str, channel: str) -> Select[Programme]:
        """Select the one that runs in a channel."""
        return select(cls).where(
            cls.workspace_id == workspace_id, cls.channel == channel, cls.ended_at.is_(None)
        )

    @classmethod
    def running(cls, workspace_id: str) -> Select[Programme]:
        """Select all of a workspace that run, by channel."""
        return (
            select(cls).where(cls.workspace_id == workspace_id, cls.ended_at.is_(None)).order_by(cls.channel)
        )

    @classmethod
    def running_locked(cls, workspace_id: str) -> Select[Programme]:
        """Select all of a workspace that run to change them, in the order in which everybody locks several: by id."""
        return cls.running(workspace_id).order_by(None).order_by(cls.id).with_for_update()

    @classmethod
    def without_owner(cls, workspace_id: str) -> Select[Programme]:
        """Select those of a workspace that run though their owner is no longer active there, by channel."""
        owner = and_(Member.workspace_id == cls.workspace_id, Member.user_id == cls.owner)
        return cls.running(workspace_id).join(Member, owner).where(Member.is_deactivated)

    @classmethod
    def taken_part_in(cls, workspace_id: str, user_ids: Collection[str]) -> Select[Programme]:
        """Select those that run and in which one of these people takes part, or pauses, by id."""
        theirs = select(Participant.programme_id).where(Participant.workspace_id == workspace_id)
        theirs = theirs.where(one_of(Participant.user_id, user_ids), Participant.state.in_((IN, PAUSED)))
        found = select(cls).where(cls.workspace_id == workspace_id, cls.id.in_(theirs))
        return found.where(cls.ended_at.is_(None)).order_by(cls.id)

    @classmethod
    def look_at(cls, programme_id: int, on: date, moment: datetime) -> Update:
        """Let one take its next step at a moment, if its next round is still on this day."""
        same = update(cls).where(cls.id == programme_id, cls.next_on == on, cls.ended_at.is_(None))
        return same.values(next_fire_at=moment)

    @classmethod
    def due(cls, moment: datetime, limit: int) -> Select[Programme]:
        """Select those with a step to take by the moment; workers that ask at once get different rows."""
        running = select(cls).where(cls.ended_at.is_(None), cls.next_fire_at <= moment)
        return running.order_by(cls.next_fire_at, cls.id).limit(limit).with_for_update(skip_locked=True)

    @classmethod
    def due_ids(cls, moment: datetime | ColumnElement[datetime]) -> Select[int]:
        """Select the ids of those with a step to take by the moment, the earliest first; nothing is locked."""
        running = select(cls.id).where(cls.ended_at.is_(None), cls.next_fire_at <= moment)
        return running.order_by(cls.next_fire_at, cls.id)

    @classmethod
    def due_one(cls, programme_id: int, moment: datetime) -> Select[Programme]:
        """Select one to change it, if it still has a step to take by the moment; whoever else wants to waits."""
        running = select(cls).where(cls.ended_at.is_(None), cls.next_fire_at <= moment)
        return running.where(cls.id == programme_id).with_for_update()

    @classmethod
    def next_moment(cls) -> Select[datetime]:
        """Select the earliest moment at which a step is to be taken."""
        return select(cls.next_fire_at).where(cls.ended_at.is_(None)).order_by(cls.next_fire_at).limit(1)


class Participant(Base):
    """Somebody in a programme: where they stand, and what is owed to them."""

    __tablename__ = "participant"
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "user_id"], ["member.workspace_id", "member.user_id"]),
        Index("ix_participant_user", "workspace_id", "user_id"),
    )

    programme_id: Mapped[int] = mapped_column(ForeignKey("programme.id"), primary_key=True)
    user_id: Mapped[str] = mapped_column(SlackId, primary_key=True)
    workspace_id: Mapped[str] = mapped_column(SlackId)
    state: Mapped[str] = mapped_column(default=IN)
    joined_at: Mapped[datetime] = mapped_column(UtcDateTime)
    paused_until: Mapped[date | None]
    """The first day, in their zone, on which they are back; None if a pause has no end."""
    paused_because: Mapped[str | None]
    """None if they paused themselves."""
    skips: Mapped[int | None]
    """The number of the round they sit out."""
    is_unnamed: Mapped[bool] = mapped_column(default=False)
    """Whether the channel is not to read their name."""
    role: Mapped[str | None]
    """Mentor or mentee, where that matters."""
    capacity: Mapped[int] = mapped_column(default=1)
    """How many mentees a mentor takes."""
    silent_rounds: Mapped[int] = mapped_column(default=0)
    """How many rounds in a row they said nothing about."""
    left_over_in: Mapped[int | None]
    """The last round in which there was nobody for them."""
    three_in: Mapped[int | None]
    """The last round in which they were in a three instead of a pair."""

    def state_on(self, today: date) -> str:
        """Say where they stand on their day: who paused until then is in again, without anybody writing so."""
        is_over = self.paused_until is not None and self.paused_until <= today
        return IN if self.state == PAUSED and is_over else self.state

    @classmethod
    def of_programme(cls, programme_id: int) -> Select[Participant]:
        """Select all who ever took part in a programme, by id."""
        return select(cls).where(cls.programme_id == programme_id).order_by(cls.user_id)

    @classmethod
    def paused_among(
        cls, workspace_ids: Collection[str], user_ids: Collection[str]
    ) -> Select[Participant, Programme]:
        """Select where these people pause until a day, or did so last, in programmes that run, by channel."""
        found = select(cls, Programme).join(Programme, Programme.id == cls.programme_id)
        found = found.where(Programme.ended_at.is_(None), cls.state.in_((IN, PAUSED)))
        found = found.where(one_of(cls.workspace_id, workspace_ids), one_of(cls.user_id, user_ids))
        return found.where(cls.paused_until.is_not(None)).order_by(Programme.channel)

    @classmethod
    def of_person(cls, workspace_id: str, user_id: str) -> Select[Participant]:
        """Select where a person stands in all programmes of theirs."""
        return select(cls).where(cls.workspace_id == workspace_id, cls.user_id == user_id)

    @classmethod
    def those(cls, programme_id: int, user_ids: Collection[str]) -> Select[Participant]:
        """Select where these people stand in a programme."""
        return select(cls).where(cls.programme_id == programme_id, one_of(cls.user_id, user_ids))

    @classmethod
    def one(cls, programme_id: int, user_id: str) -> Select[Participant]:
        """Select where a person stands in a programme."""
        return select(cls).where(cls.programme_id == programme_id, cls.user_id == user_id)

    @classmethod
    def among(cls, programme_ids: Collection[int], user_ids: Collection[str]) -> Select[Participant]:
        """Select where these people stand in these programmes."""
        return select(cls).where(one_of(cls.programme_id, programme_ids), one_of(cls.user_id, user_ids))

    @classmethod
    def with_members(
        cls, programme_id: int, among: Collection[str] | None = None
    ) -> Select[Participant, Member]:
        """Select all who ever took part in a programme, or some, and what is known of them, by id."""
        same = and_(Member.workspace_id == cls.workspace_id, Member.user_id == cls.user_id)
        found = select(cls, Member).join(Member, same).where(cls.programme_id == programme_id)
        chosen = found if among is None else found.where(one_of(cls.user_id, among))
        return chosen.order_by(cls.user_id)

    @classmethod
    def states(cls, programme_id: int) -> Select[str, str]:
        """Select where everybody stands in a programme: rows of id and state."""
        return select(cls.user_id, cls.state).where(cls.programme_id == programme_id)

    @classmethod
    def shut_out(cls, programme: Programme) -> Select[str]:
        """Select whom a programme's settings keep out, whatever their part: guests, or who said no role; by id."""
        same = and_(Member.workspace_id == cls.workspace_id, Member.user_id == cls.user_id)
        is_guest = Member.is_guest if not programme.takes_guests else false()
        lacks_role = cls.role.is_(None) if programme.mixing == MENTORING else false()
        found = select(cls.user_id).join(Member, same).where(cls.programme_id == programme.id)
        return found.where(or_(is_guest, lacks_role)).order_by(cls.user_id)

    @classmethod
    def elsewhere(cls, programme: Programme, user_ids: Collection[str]) -> Select[str, str]:
        """Select in which channels of other running programmes these people are: rows of id and channel.

        Who left a programme of their own may be in its channel or not: that is not known.
        """
        found = select(cls.user_id, Programme.channel).join(Programme, Programme.id == cls.programme_id)
        found = found.where(Programme.workspace_id == programme.workspace_id, Programme.ended_at.is_(None))
        others = found.where(Programme.id != programme.id, cls.state.in_((IN, PAUSED)))
        return others.where(one_of(cls.user_id, user_ids))

    @classmethod
    def unnamed_in(cls, programme_id: int) -> Select[str]:
        """Select who of a programme does not want the channel to read their name."""
        return select(cls.user_id).where(cls.programme_id == programme_id, cls.is_unnamed)

    @classmethod
    def unnamed_among(cls, workspace_id: str, user_ids: Collection[str]) -> Select[str]:
        """Select who of these does not want to be named in some programme."""
        chosen = select(cls.user_id).where(cls.workspace_id == workspace_id, cls.is_unnamed)
        return chosen.where(one_of(cls.user_id, user_ids))

    @classmethod
    def gone(cls, programme_id: int, user_ids: Collection[str]) -> Update:
        """Let these people, who left the channel, take part no longer; nothing for who left the programme before."""
        chosen = update(cls).where(cls.programme_id == programme_id, one_of(cls.user_id, user_ids))
        is_endless = and_(cls.state == PAUSED, cls.paused_until.is_(None))
        until = case((is_endless, NO_END), else_=cls.paused_until)
        return chosen.where(cls.state.in_((IN, PAUSED))).values(state=GONE, paused_until=until)

    @classmethod
    def back(cls, programme_id: int, user_ids: Collection[str]) -> Update:
        """Let those of these people be in again who were gone, or go on pausing."""
        chosen = update(cls).where(cls.programme_id == programme_id, one_of(cls.user_id, user_ids))
        state = case((cls.paused_until.is_(None), IN), else_=PAUSED)
        until = func.nullif(cls.paused_until, NO_END)
        return chosen.where(cls.state == GONE).values(state=state, paused_until=until)


class Exclusion(Base):
    """Somebody with whom a person is never to be put together; known to that person alone."""

    __tablename__ = "exclusion"
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "user_id"], ["member.workspace_id", "member.user_id"]),
        Index("ix_exclusion_other", "workspace_id", "other"),
    )

    workspace_id: Mapped[str] = mapped_column(SlackId, primary_key=True)
    user_id: Mapped[str] = mapped_column(SlackId, primary_key=True)
    other: Mapped[str] = mapped_column(SlackId, primary_key=True)
    since: Mapped[datetime] = mapped_column(UtcDateTime)

    @classmethod
    def of_person(cls, workspace_id: str, user_id: str) -> Select[Exclusion]:
        """Select whom a person does not want, by id."""
        return select(cls).where(cls.workspace_id == workspace_id, cls.user_id == user_id).order_by(cls.other)

    @classmethod
    def forget(cls, workspace_id: str, user_id: str, other: str) -> Delete:
        """Delete one."""
        mine = delete(cls).where(cls.workspace_id == workspace_id, cls.user_id == user_id)
        return mine.where(cls.other == other)

    @classmethod
    def of_people(cls, workspace_id: str, user_ids: Collection[str]) -> Select[str, str]:
        """Select who of these does not want whom: rows of two ids."""
        return select(cls.user_id, cls.other).where(
            cls.workspace_id == workspace_id, one_of(cls.user_id, user_ids)
        )
