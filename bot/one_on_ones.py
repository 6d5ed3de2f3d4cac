"""Standing 1-on-1s: registering one, telling the other, correcting, declining, moving, skipping and ending it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal, get_args

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot import occurrences, outbox, planning, prompts
from bot.absences import spare
from bot.errors import Name, Refusal
from bot.members import hours_of, partner_for, silent_until
from bot.occurrences import Meeting, cancel_all, require_near
from bot.outbox import Later, Never
from bot.permissions import Actor, require_part
from bot.recurrence import Recurrence, first_on_or_after, local_day, place
from models.members import Member
from models.one_on_ones import OneOnOne, pair_of
from models.outbox import Delivery

Role = Literal["manager", "report", "peer"]
ROLES: tuple[Role, ...] = get_args(Role)
NEWS_LASTS = timedelta(days=14)
"""How long it is still of use to tell somebody that a 1-on-1 was registered with them."""


class AlreadyRegistered(Refusal):
    """You and {name} have a standing 1-on-1 already, {words} at {at}. `/1on1` shows it; end it to add another."""


class DeclinedBefore(Refusal):
    """{name} declined a 1-on-1 here before, so only they can register one with you. Ask them to add it."""


class NoSuchOneOnOne(Refusal):
    """You have no standing 1-on-1 with {name}. `/1on1` lists yours, `/1on1 add` makes one."""


class BeginsInThePast(Refusal):
    """The first date has passed. Pick today or a later day."""


class NotTheOther(Refusal):
    """Only the person who was told about this 1-on-1 can answer that."""


class NoneYet(Refusal):
    """You have no standing 1-on-1 yet. `/1on1 add` makes one."""


@dataclass(frozen=True)
class NewOneOnOne:
    """What somebody registers; the wall clock is that of their own zone."""

    partner: str
    recurrence: Recurrence
    at: time
    minutes: int
    first_on: date | None
    role: Role
    """The speaker's."""


def register(session: Session, actor: Actor, new: NewOneOnOne, *, now: datetime) -> Meeting:
    """Register a standing 1-on-1 and tell the other person once.

    Raises AlreadyRegistered, DeclinedBefore, BeginsInThePast, and what `partner_for` refuses.
    """
    partner = partner_for(session, actor, new.partner)
    _require_free(session, actor, partner)
    organiser = session.get_one(Member, (actor.workspace_id, actor.user_id))
    first = _first_day(new, organiser.zone, now)
    one_on_one = _row(actor, new, first, organiser.zone, now)
    _add(session, actor, partner, one_on_one)
    placed = place(first, new.at, organiser.zone)
    _tell(session, one_on_one, partner, now)
    _plan_what_is_near(session, one_on_one, now)
    return Meeting(one_on_one, placed.starts_at, placed.shifted)


def _row(actor: Actor, new: NewOneOnOne, first: date, zone: str, now: datetime) -> OneOnOne:
    return OneOnOne(
        workspace_id=actor.workspace_id,
        organiser=actor.user_id,
        partner=new.partner,
        pair=pair_of(actor.user_id, new.partner),
        manager=_manager(actor.user_id, new.partner, new.role),
        is_manager_confirmed=new.role == "report",
        rule=new.recurrence.rule,
        at=new.at,
        zone=zone,
        minutes=new.minutes,
        next_on=first,
        next_fire_at=place(first, new.at, zone).starts_at,
        registered_at=now,
    )


def _add(session: Session, actor: Actor, partner: Member, one_on_one: OneOnOne) -> None:
    """Add the row; of two people who register each other at the same instant the second is refused."""
    try:
        with session.begin_nested():
            session.add(one_on_one)
    except IntegrityError:
        _require_free(session, actor, partner)
        raise


def _require_free(session: Session, actor: Actor, partner: Member) -> None:
    """Refuse a second registration, and one by somebody whom the other declined."""
    earlier = session.scalars(
        OneOnOne.of_pair(actor.workspace_id, pair_of(actor.user_id, partner.user_id))
    ).first()
    if earlier is None:
        return
    name = Name(partner.user_id)
    if earlier.ended_at is None:
        words = Recurrence.parse(earlier.rule).in_words()
        raise AlreadyRegistered(name=name, words=words, at=f"{earlier.at:%H:%M}")
    if earlier.was_declined and earlier.ended_by != actor.user_id:
        raise DeclinedBefore(name=name)


def _first_day(new: NewOneOnOne, zone: str, now: datetime) -> date:
    """Find the first day of the rhythm whose meeting has not begun yet."""
    today = local_day(now, zone)
    if new.first_on is not None and new.first_on < today:
        raise BeginsInThePast(field="one_on_ones.first_on")
    require_near(new.first_on or today, zone, field="one_on_ones.first_on", now=now)
    first = first_on_or_after(new.recurrence, new.first_on or today)
    if place(first, new.at, zone).starts_at > now:
        return first
    return first_on_or_after(new.recurrence, first + timedelta(days=1))


def _manager(speaker: str, other: str, role: Role) -> str | None:
    return {"manager": speaker, "report": other, "peer": None}[role]


def _tell(session: Session, one_on_one: OneOnOne, partner: Member, now: datetime) -> None:
    """Tell the other person once, when they are next at work."""
    message = outbox.Message(
        workspace_id=one_on_one.workspace_id,
        # A store put back from a copy gives the id to another one.
        key=f"registered:{one_on_one.id}:{one_on_one.registered_at.isoformat()}",
        kind=planning.REGISTERED,
        receiver=partner.user_id,
        subject_id=one_on_one.id,
        not_before=hours_of(partner).next_working(now),
        expire_at=now + NEWS_LASTS,
    )
    outbox.enqueue(session, [message])


def _plan_what_is_near(session: Session, one_on_one: OneOnOne, now: datetime) -> None:
    planning.schedule(session, [one_on_one])
    while one_on_one.next_fire_at <= now:
        planning.plan_next(session, one_on_one, now=now)


def mine(session: Session, actor: Actor, *, now: datetime) -> list[Meeting]:
    """List the actor's standing 1-on-1s by their next meeting; two queries however many there are."""
    standing = session.scalars(OneOnOne.standing_of(actor.workspace_id, actor.user_id)).all()
    return occurrences.next_meetings(session, standing, now=now)


def with_person(session: Session, actor: Actor, other: str) -> OneOnOne:
    """Find the actor's standing 1-on-1 with somebody; raises NoSuchOneOnOne."""
    pair = pair_of(actor.user_id, other)
    newest = session.scalars(OneOnOne.of_pair(actor.workspace_id, pair)).first()
    if newest is None or newest.ended_at is not None:
        raise NoSuchOneOnOne(name=Name(other))
    return newest


def by_id(session: Session, actor: Actor, one_on_one_id: int, *, to_change: bool = False) -> OneOnOne:
    """Find one of the actor's 1-on-1s, ended or not; raises NotYourMeeting.

    Locked, if it is to be changed, against a tick that plans it.
    """
    choose = OneOnOne.locked if to_change else OneOnOne.by_id
    return require_part(actor, session.scalars(choose(actor.workspace_id, one_on_one_id)).first())


def end(session: Session, actor: Actor, one_on_one: OneOnOne, *, now: datetime) -> OneOnOne:
    """End a standing 1-on-1 for both and take back what was not sent; ended twice, the first end stands."""
    require_part(actor, one_on_one)
    if one_on_one.ended_at is None:
        one_on_one.ended_at, one_on_one.ended_by = now, actor.user_id
        cancel_all(session, one_on_one, now=now, reason="the 1-on-1 has ended")
        outbox.cancel(
            session,
            one_on_one.workspace_id,
            [planning.REGISTERED],
            [one_on_one.id],
            reason="the 1-on-1 has ended",
        )
    return one_on_one


def decline(session: Session, actor: Actor, one_on_one_id: int, *, now: datetime) -> OneOnOne:
    """End a 1-on-1 that somebody registered with the actor; only the actor can register the pair again.

    Declined twice, the first time stands; raises NoSuchOneOnOne if it has ended otherwise.
    """
    one_on_one = _told_to(session, actor, one_on_one_id)
    if one_on_one.was_declined:
        return one_on_one
    standing = standing_by_id(session, actor, one_on_one_id, to_change=True)
    standing.was_declined = True
    return end(session, actor, standing, now=now)


def confirm(session: Session, actor: Actor, one_on_one_id: int, role: Role) -> OneOnOne | None:
    """Take the other's word that it is right and their role this one; None if the role has changed since.

    A report thereby confirms who their manager is. Raises NoSuchOneOnOne if it has ended.
    """
    _told_to(session, actor, one_on_one_id)
    one_on_one = standing_by_id(session, actor, one_on_one_id, to_change=True)
    if one_on_one.role_of(actor.user_id) != role:
        return None
    if role == "report":
        one_on_one.is_manager_confirmed = True
    return one_on_one


def _told_to(session: Session, actor: Actor, one_on_one_id: int) -> OneOnOne:
    one_on_one = by_id(session, actor, one_on_one_id, to_change=True)
    if one_on_one.partner != actor.user_id:
        raise NotTheOther
    return one_on_one


def take_role(session: Session, actor: Actor, one_on_one: OneOnOne, role: Role, *, now: datetime) -> OneOnOne:
    """Set the actor's role; nudges follow at once, what a manager may see waits for the report's own word."""
    require_part(actor, one_on_one)
    manager = _manager(actor.user_id, one_on_one.other(actor.user_id), role)
    is_same = manager == one_on_one.manager
    said_by_report = role == "report"
    one_on_one.is_manager_confirmed = said_by_report or (is_same and one_on_one.is_manager_confirmed)
    one_on_one.manager = manager
    if not is_same:
        planning.add_missing_nudges(session, one_on_one, now=now)
    return one_on_one


def correct(
    session: Session,
    actor: Actor,
    one_on_one_id: int,
    *,
    recurrence: Recurrence,
    at: time,
    minutes: int,
    first_on: date,
    role: Role,
    now: datetime,
) -> Meeting:
    """Change rhythm, time and role of a standing 1-on-1; the wall clock becomes that of the one who corrects."""
    one_on_one = standing_by_id(session, actor, one_on_one_id, to_change=True)
    zone = session.get_one(Member, (actor.workspace_id, actor.user_id)).zone
    new = NewOneOnOne(one_on_one.other(actor.user_id), recurrence, at, minutes, first_on, role)
    first = _first_day(new, zone, now)
    take_role(session, actor, one_on_one, role, now=now)
    one_on_one.rule, one_on_one.at, one_on_one.zone = recurrence.rule, at, zone
    one_on_one.minutes = minutes
    occurrences.set_rhythm(session, one_on_one, first, now=now)
    _plan_what_is_near(session, one_on_one, now)
    return next_of(session, one_on_one, now=now)


def standing_by_id(
    session: Session, actor: Actor, one_on_one_id: int, *, to_change: bool = False
) -> OneOnOne:
    """Find one of the actor's 1-on-1s that has not ended; raises NotYourMeeting and NoSuchOneOnOne."""
    one_on_one = by_id(session, actor, one_on_one_id, to_change=to_change)
    if one_on_one.ended_at is not None:
        raise NoSuchOneOnOne(name=Name(one_on_one.other(actor.user_id)))
    return one_on_one


def next_of(session: Session, one_on_one: OneOnOne, *, now: datetime) -> Meeting:
    """Say when a 1-on-1 is held next."""
    return occurrences.next_meetings(session, [one_on_one], now=now)[0]


def move(
    session: Session, actor: Actor, one_on_one: OneOnOne, *, on: date, at: time, zone: str, now: datetime
) -> Meeting:
    """Move the next occurrence; the time is on the speaker's wall clock."""
    standing = standing_by_id(session, actor, one_on_one.id, to_change=True)
    return occurrences.move(session, standing, on=on, at=at, zone=zone, now=now)


def skip(
    session: Session, actor: Actor, one_on_one: OneOnOne, *, also_the_one_after: bool, now: datetime
) -> tuple[Meeting, Meeting]:
    """Leave the next occurrence out; gives the one that was left out and the one after it.

    Both of the two may say so of the same meeting: raises SkippedAlready unless the one after it is meant.
    """
    standing = standing_by_id(session, actor, one_on_one.id, to_change=True)
    if not also_the_one_after:
        occurrences.require_unskipped(session, standing, now=now)
    return occurrences.skip(session, standing, now=now), next_of(session, standing, now=now)


def ask(session: Session, actor: Actor, other: str, *, now: datetime) -> prompts.PutQuestion:
    """Give the actor a question for somebody at once, whether or not they have a standing 1-on-1."""
    partner = partner_for(session, actor, other)
    return prompts.ask_now(session, actor, partner.user_id, now=now)


@dataclass(frozen=True)
class News:
    """What the other person is told of a registration."""

    receiver: str
    zone: str
    meeting: Meeting


def judge_news(
    session: Session, deliveries: Sequence[Delivery], *, now: datetime
) -> Mapping[int, News | Later | Never]:
    """Decide with today's data whether each is still to be told; a constant number of queries."""
    workspaces = {delivery.workspace_id for delivery in deliveries}
    chosen = OneOnOne.among(workspaces, {delivery.subject_id for delivery in deliveries})
    registered = {each.id: each for each in session.scalars(chosen)}
    people = session.scalars(Member.among(workspaces, {delivery.receiver for delivery in deliveries}))
    members = {(member.workspace_id, member.user_id): member for member in people}
    standing = [each for each in registered.values() if each.ended_at is None]
    meetings = {meeting.one_on_one.id: meeting for meeting in _meetings(session, standing, now)}
    return {
        delivery.id: _judge_news(
            delivery,
            members[delivery.workspace_id, delivery.receiver],
            meetings.get(delivery.subject_id),
            now,
        )
        for delivery in deliveries
    }


def _meetings(session: Session, standing: Sequence[OneOnOne], now: datetime) -> list[Meeting]:
    return [
        meeting
        for workspace in sorted({each.workspace_id for each in standing})
        for meeting in occurrences.next_meetings(
            session, [each for each in standing if each.workspace_id == workspace], now=now
        )
    ]


def _judge_news(
    delivery: Delivery, receiver: Member, meeting: Meeting | None, now: datetime
) -> News | Later | Never:
    if meeting is None:
        return Never("the 1-on-1 has ended")
    if receiver.is_deactivated:
        return Never("deactivated")
    silent = silent_until(receiver, now)
    at_work = hours_of(receiver).next_working(min(silent or now, now + NEWS_LASTS))
    if at_work > now:
        return Later(at_work, "paused or away" if silent else "outside working hours")
    useful_until = min(delivery.expire_at, meeting.starts_at)  # else its question could not come before it
    return spare(receiver, now, useful_until) or News(receiver.user_id, receiver.zone, meeting)
