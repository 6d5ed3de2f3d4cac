"""Buddy programmes: starting and changing one, whose it is, and which round of it comes next."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot import outbox
from bot import programme_news as news
from bot.errors import Name, Refusal, Room
from bot.permissions import Actor, require_admin, require_full_member, require_owner, require_succession
from bot.programme_rhythms import Coming, Rhythm, after_extra, next_held
from bot.programme_settings import Settings, check, settings_of
from bot.recurrence import local_day, place
from models.members import Member
from models.programmes import Programme
from models.rounds import ANNOUNCED, PREVIEW, PREVIEWED, Round

_DAY: Final = timedelta(days=1)


class NoProgrammeThere(Refusal):
    """There is no buddy programme in {channel}. `/buddy programme` starts one."""


class ThereIsOne(Refusal):
    """There is a buddy programme in {channel}, and {owner} owns it. `/buddy join` takes part; changes are theirs."""


class OwnerHasLeft(Refusal):
    """The owner of the programme in {channel} has left. An admin can follow: `/buddy programme #channel take over`."""


class ChannelArchived(Refusal):
    """The channel is archived. Bring it back first, or pick another one."""


class CannotOwn(Refusal):
    """{name} cannot own a programme. Pick an active member of the channel who is no guest."""


class YoursAlready(Refusal):
    """It is yours already. Pick somebody else of the channel."""


class ProgrammeEnded(Refusal):
    """That programme has ended. `/buddy programme` starts another."""


@dataclass(frozen=True)
class Channel:
    """A channel the actor is in, as Slack has just said; only doors make one."""

    id: str
    held_because: str | None = None
    """What keeps a programme there from running: a reason of `bot.programme_news`."""


def running(session: Session, workspace_id: str) -> Sequence[Programme]:
    """List all programmes of a workspace that run, by channel."""
    return session.scalars(Programme.running(workspace_id)).all()


def running_in(
    session: Session, workspace_id: str, channel_id: str, *, to_change: bool = False
) -> Programme | None:
    """Find the programme that runs in a channel, which is not for everybody to know; locked if it is to be changed."""
    chosen = Programme.of_channel(workspace_id, channel_id)
    return session.scalars(chosen.with_for_update() if to_change else chosen).first()


def any_running(session: Session, actor: Actor, programme_id: int) -> Programme | None:
    """Find a running programme of the workspace by an id that anybody could have written; not for everybody to know."""
    programme = session.scalars(Programme.by_id(actor.workspace_id, programme_id)).first()
    return programme if programme is not None and programme.ended_at is None else None


def in_channel(session: Session, actor: Actor, channel: Channel) -> Programme:
    """Find the programme that runs in a channel the actor is in; raises NoProgrammeThere."""
    programme = running_in(session, actor.workspace_id, channel.id)
    if programme is None:
        raise NoProgrammeThere(channel=Room(channel.id))
    return programme


def owned(session: Session, actor: Actor, programme_id: int, *, to_change: bool = False) -> Programme:
    """Find a running programme of the actor's; raises NotYourProgramme and ProgrammeEnded.

    Locked, if it is to be changed, against whoever takes a step of it.
    """
    choose = Programme.locked if to_change else Programme.by_id
    programme = require_owner(actor, session.scalars(choose(actor.workspace_id, programme_id)).first())
    if programme.ended_at is not None:
        raise ProgrammeEnded
    return programme


def start(
    session: Session, actor: Actor, channel: Channel, settings: Settings, *, now: datetime
) -> Programme:
    """Start a programme in a channel the actor is in, and tell the channel.

    Raises NotForGuests, ThereIsOne, ChannelArchived, and what `check` refuses.
    """
    require_full_member(session.get_one(Member, (actor.workspace_id, actor.user_id)))
    check(settings)
    if channel.held_because == news.ARCHIVED:
        raise ChannelArchived(field="buddies.channel")
    _require_none(session, actor, channel)
    programme = _row(actor, channel, settings, now)
    try:
        with session.begin_nested():
            session.add(programme)
    except IntegrityError:  # of two who start one at the same instant the second is refused
        _require_none(session, actor, channel)
        raise
    news.invite(session, programme, now=now)
    return programme


def _row(actor: Actor, channel: Channel, settings: Settings, now: datetime) -> Programme:
    first = settings.rhythm.first(now)
    return Programme(
        workspace_id=actor.workspace_id,
        channel=channel.id,
        owner=actor.user_id,
        **settings.values,
        next_on=first,
        next_number=1,
        next_fire_at=settings.rhythm.looks_ahead_at(first),
        held_because=channel.held_because,
        started_at=now,
    )


def _require_none(session: Session, actor: Actor, channel: Channel) -> None:
    standing = running_in(session, actor.workspace_id, channel.id)
    if standing is None:
        return
    if session.get_one(Member, (actor.workspace_id, standing.owner)).is_deactivated:
        raise OwnerHasLeft(channel=Room(channel.id), field="buddies.channel")
    raise ThereIsOne(channel=Room(channel.id), owner=Name(standing.owner), field="buddies.channel")


def without_owner(session: Session, actor: Actor, channels: Collection[str]) -> Sequence[Programme]:
    """List the programmes of these channels, in all of which the actor is, that an admin may take over.

    Raises NotAnAdmin.
    """
    require_admin(session.get(Member, (actor.workspace_id, actor.user_id)))
    running = session.scalars(Programme.without_owner(actor.workspace_id)).all()
    return [each for each in running if each.channel in channels]


def change(
    session: Session, actor: Actor, programme_id: int, settings: Settings, *, now: datetime
) -> Programme:
    """Let other settings hold from the next round on; one that is announced keeps its day.

    Raises NotYourProgramme, ProgrammeEnded, and what `check` refuses.
    """
    programme = owned(session, actor, programme_id, to_change=True)
    check(settings)
    before = settings_of(programme)
    for name, value in settings.values.items():
        setattr(programme, name, value)
    if _is_matched_otherwise(settings, before):
        _preview_anew(session, programme)
        _tell_whom_it_lets_in(session, programme, now)
    if settings.rhythm != before.rhythm:
        _move(programme, _next_on(session, programme, before.rhythm, now))
        _end_where_the_next_begins(session, programme)
    if settings.is_entered_otherwise_than(before):
        news.invite(session, programme, now=now)
    return programme


MATCHED_BY: Final = (
    *("mixing", "is_mixing_required", "group_size", "repeat_window"),
    *("shared_minutes", "takes_guests", "weights"),
)
"""The settings that decide who may be together, and who fits whom."""


def _is_matched_otherwise(settings: Settings, before: Settings) -> bool:
    return any(getattr(settings, name) != getattr(before, name) for name in MATCHED_BY)


def _tell_whom_it_lets_in(session: Session, programme: Programme, now: datetime) -> None:
    """Have those hear of the announced round who may only take part in it now; the others heard of it already."""
    for waiting in session.scalars(Round.announced(programme.id).with_for_update()):
        if waiting.number < programme.next_number and now < waiting.starts_at:
            waiting.next_fire_at = now


def _preview_anew(session: Session, programme: Programme) -> None:
    """Let no preview hold that was made, or is being made, by other settings: the owner is shown another."""
    for waiting in session.scalars(Round.announced(programme.id).with_for_update()):
        if waiting.state != PREVIEWED and waiting.wanted != PREVIEW:
            continue
        waiting.state, waiting.result, waiting.snapshot = ANNOUNCED, None, None
        waiting.wanted, waiting.wanted_by = PREVIEW, programme.owner
        waiting.worker, waiting.lease_until = None, None


def _end_where_the_next_begins(session: Session, programme: Programme) -> None:
    """Let the round people have heard of last until the next, which is on another day or at another hour now."""
    for waiting in session.scalars(Round.announced(programme.id).with_for_update()):
        if waiting.number < programme.next_number:  # else it is the preview of the next
            waiting.ends_at = coming(programme).starts_at


def _next_on(session: Session, programme: Programme, before: Rhythm, now: datetime) -> date:
    """Find the next round's day in the rhythm that holds now; another hour or zone leaves the day alone."""
    rhythm = rhythm_of(programme)
    if (rhythm.every_weeks, rhythm.weekday) == (before.every_weeks, before.weekday):
        return programme.next_on
    newest = session.scalars(Round.of_programme(programme.id).limit(2))
    held = [
        each for each in newest if each.number < programme.next_number
    ]  # the other is a preview of the next
    return rhythm.anew(held[0].on, now) if held else rhythm.first(now)


def hand_over(session: Session, actor: Actor, programme_id: int, to: str, *, now: datetime) -> Programme:
    """Give the programme to another member of its channel, who is told and may hand it back.

    That they are in the channel is for the door to ask of Slack. Raises NotYourProgramme, CannotOwn, YoursAlready.
    """
    programme = owned(session, actor, programme_id, to_change=True)
    if to == programme.owner:
        raise YoursAlready(field="buddies.person")
    heir = session.get(Member, (actor.workspace_id, to))
    if heir is None or heir.is_deactivated or heir.is_guest or not heir.is_person:
        raise CannotOwn(name=Name(to), field="buddies.person")
    programme.owner = to
    news.tell_new_owner(session, programme, actor.user_id, now=now)
    return programme


def take_over(session: Session, actor: Actor, programme: Programme) -> Programme:
    """Give an admin the programme whose owner was deactivated; to press twice is to press once.

    Raises NotForYouToTake, also for the second of two, and ProgrammeEnded.
    """
    chosen = Programme.locked(actor.workspace_id, programme.id).execution_options(populate_existing=True)
    locked = session.scalars(chosen).one()
    if locked.ended_at is not None:
        raise ProgrammeEnded
    if locked.owner == actor.user_id:
        return locked
    owner = session.get_one(Member, (locked.workspace_id, locked.owner))
    require_succession(session.get_one(Member, (actor.workspace_id, actor.user_id)), owner)
    locked.owner = actor.user_id
    news.pass_on(session, locked)
    return locked


def end(session: Session, actor: Actor, programme_id: int, *, now: datetime) -> Programme:
    """End a programme: what is announced is called off, who was put together goes on to the round's end."""
    programme = owned(session, actor, programme_id, to_change=True)
    programme.ended_at, programme.ended_because = now, "ended by its owner"
    for waiting in session.scalars(Round.announced(programme.id).with_for_update()):
        _call_off(waiting, now)
    kinds = [each for each in news.KINDS if each != news.CALLED_OFF]
    outbox.cancel(session, programme.workspace_id, kinds, [programme.id], reason="the programme has ended")
    return programme


def _call_off(waiting: Round, now: datetime) -> None:
    """Let a round of a programme that has ended be called off as its next step, by which who heard of it is told."""
    waiting.starts_at = waiting.next_fire_at = now
    waiting.wanted, waiting.worker, waiting.lease_until = None, None, None


def rhythm_of(programme: Programme) -> Rhythm:
    """Say when the programme holds its rounds."""
    return Rhythm(programme.every_weeks, programme.weekday, programme.at, programme.zone)


def coming(programme: Programme) -> Coming:
    """Describe the round that is announced next."""
    return rhythm_of(programme).coming(programme.next_number, programme.next_on)


def step(programme: Programme, now: datetime) -> Coming | None:
    """Take the round whose heads-up is due, and move the programme to the one after it.

    None if there is nothing to announce now: some days before it is only looked who has to hear earlier than others;
    while the programme is held its rounds are left out, and so is a round
    that should have begun by now, as an outage took its heads-up; there are never two to catch up on. To be called
    in the transaction that writes the round, with the programme's row locked.
    """
    rhythm = rhythm_of(programme)
    _move(programme, next_held(rhythm, programme.next_on, now))
    due = coming(programme)
    if now < due.heads_up_at:
        has_looked_ahead = programme.next_fire_at <= now
        programme.next_fire_at = due.heads_up_at if has_looked_ahead else programme.next_fire_at
        return None
    _move(programme, rhythm.after(due.on))
    if programme.held_because is not None:
        return None
    programme.next_number += 1
    return due


def step_at_once(programme: Programme, now: datetime) -> Coming:
    """Take a round that begins now, and move the programme to the one after it.

    The next round of the rhythm is left out if it would follow within half the time between two. To be called with
    the programme's row locked, and not while a round of its is announced: then that one is what begins.
    """
    rhythm = rhythm_of(programme)
    following = after_extra(rhythm, next_held(rhythm, programme.next_on, now), now)
    _move(programme, following)
    number = programme.next_number
    programme.next_number += 1
    today = local_day(now, programme.zone)
    return Coming(number, today, heads_up_at=now, starts_at=now, ends_at=rhythm.starts_at(following))


def place_anew(session: Session, workspace_id: str) -> None:
    """Put the next steps of a workspace's programmes, and the rounds people have heard of, where their wall clock is.

    That is by the zone data in use. Each keeps its day; a round its owner had begin at a moment keeps that.
    """
    held = session.scalars(Programme.running_locked(workspace_id)).all()
    for programme in held:
        _move(programme, programme.next_on)
    for waiting in session.scalars(Round.announced_among([each.id for each in held])):
        _follow_the_wall_clock(waiting)


def _follow_the_wall_clock(waiting: Round) -> None:
    """Let a round begin, and end, at its hour; both moments were of one wall clock, so days lie between them."""
    if waiting.at is None or waiting.zone is None:
        return
    days = round((waiting.ends_at - waiting.starts_at) / _DAY)
    is_told = waiting.is_told
    waiting.starts_at = place(waiting.on, waiting.at, waiting.zone).starts_at
    waiting.ends_at = place(waiting.on + days * _DAY, waiting.at, waiting.zone).starts_at
    if is_told:
        waiting.next_fire_at = waiting.starts_at


def _move(programme: Programme, on: date) -> None:
    """Let the next round be on this day."""
    programme.next_on, programme.next_fire_at = on, rhythm_of(programme).looks_ahead_at(on)
