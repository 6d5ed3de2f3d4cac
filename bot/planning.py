"""Planning: giving near meetings their question and their messages, each in the window in which it is of use."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from functools import lru_cache

from sqlalchemy.orm import Session

from bot import members, outbox, prompts
from bot.members import Profile, hours_of
from bot.recurrence import Recurrence, next_after, place
from bot.working_hours import WorkingHours, prep_moment
from models.members import Member
from models.one_on_ones import PLANNED, Occurrence, OneOnOne
from models.outbox import Delivery

AHEAD = timedelta(hours=96)
"""How long before its start an occurrence gets its question and its messages: more than the longest lead time
(48 h) and a weekend. Whoever works on fewer days gets them earlier still."""
MARGIN = timedelta(hours=1)
BATCH = 500
REMEMBERED = 10_000
"""So many steps and moments are kept: people meet on the hour, so those who are planned together share most."""
PREP, CLOSING = "nudges.prep", "nudges.closing"
NUDGES = (PREP, CLOSING)
REGISTERED = "one_on_ones.registered"
"""The news of a registration, which its receiver gets before the first nudge."""
People = Mapping[tuple[str, str], Member]
"""Members by workspace and id."""


def due(session: Session, *, now: datetime) -> list[OneOnOne]:
    """Read up to BATCH 1-on-1s whose next occurrence has come near, locked so that no two workers plan one."""
    return list(session.scalars(OneOnOne.due(now, BATCH)))


def next_planned(session: Session) -> datetime | None:
    """Say when the next 1-on-1 is to be planned."""
    return session.scalars(OneOnOne.next_moment()).first()


def plan(session: Session, one_on_ones: Sequence[OneOnOne], *, now: datetime) -> list[Occurrence]:
    """Give the next occurrence of each its row, its question and its messages, and step to the one after."""
    if not one_on_ones:
        return []
    for one_on_one in one_on_ones:
        _step_over_the_past(one_on_one, now)
    taken, people = _days_taken(session, one_on_ones), _people_of(session, one_on_ones)
    occurrences = [_next_occurrence(one_on_one, taken[one_on_one.id]) for one_on_one in one_on_ones]
    session.add_all(occurrences)
    session.flush()
    _put_questions(session, occurrences, now)
    outbox.enqueue(session, [message for each in occurrences for message in _messages_of(each, people)])
    for one_on_one in one_on_ones:
        one_on_one.next_fire_at = _fire_at(one_on_one, people)
    return occurrences


def schedule(session: Session, one_on_ones: Sequence[OneOnOne]) -> None:
    """Say of each when its next occurrence is to be planned; one query however many there are."""
    people = _people_of(session, one_on_ones)
    for one_on_one in one_on_ones:
        one_on_one.next_fire_at = _fire_at(one_on_one, people)


def _fire_at(one_on_one: OneOnOne, people: People) -> datetime:
    """Plan before the first of the two may be written to: who works two days a week may hear days earlier."""
    begins = starts_at(one_on_one)
    pair = [people[one_on_one.workspace_id, person] for person in one_on_one.people]
    return min(begins - AHEAD, *[_prep_opens(begins, member) - MARGIN for member in pair])


def _prep_opens(begins: datetime, member: Member) -> datetime:
    return _opens(begins, member.lead_hours, hours_of(member))


@lru_cache(maxsize=REMEMBERED)
def _opens(begins: datetime, lead_hours: int, hours: WorkingHours) -> datetime:
    return prep_moment(begins, timedelta(hours=lead_hours), hours)


def _days_taken(session: Session, one_on_ones: Sequence[OneOnOne]) -> dict[int, set[date]]:
    """Read by which days the meetings of each are known, from its next one on; one query."""
    taken: dict[int, set[date]] = {one_on_one.id: set() for one_on_one in one_on_ones}
    if not one_on_ones:
        return taken
    workspaces = {one_on_one.workspace_id for one_on_one in one_on_ones}
    since = min(one_on_one.next_on for one_on_one in one_on_ones)
    for one_on_one_id, day in session.execute(Occurrence.days_since(workspaces, taken.keys(), since)):
        taken[one_on_one_id].add(day)
    return taken


def _next_occurrence(one_on_one: OneOnOne, taken: set[date]) -> Occurrence:
    """Build the next occurrence, and move the 1-on-1 to the one after it."""
    on = one_on_one.next_on
    _step(one_on_one)
    return Occurrence(
        workspace_id=one_on_one.workspace_id,
        one_on_one=one_on_one,
        original_on=_free_day(on, taken),
        on=on,
        at=one_on_one.at,
        starts_at=_placed(on, one_on_one.at, one_on_one.zone),
        minutes=one_on_one.minutes,
        state=PLANNED,
    )


def _free_day(on: date, taken: set[date]) -> date:
    """Name a meeting after its day, or after the next one that is free.

    A corrected rhythm may come back to a day by which a skipped or moved meeting is known already.
    """
    while on in taken:
        on += timedelta(days=1)
    return on


def _step_over_the_past(one_on_one: OneOnOne, now: datetime) -> None:
    """Leave out what was over before anybody could plan it, as after a long outage."""
    while starts_at(one_on_one) + timedelta(minutes=one_on_one.minutes) <= now:
        _step(one_on_one)


def _step(one_on_one: OneOnOne) -> None:
    one_on_one.next_on = _following(one_on_one.rule, one_on_one.next_on)


@lru_cache(maxsize=REMEMBERED)
def _following(rule: str, on: date) -> date:
    return next_after(Recurrence.parse(rule), on)


def starts_at(one_on_one: OneOnOne) -> datetime:
    """Say when the next occurrence that has no row yet begins."""
    return _placed(one_on_one.next_on, one_on_one.at, one_on_one.zone)


@lru_cache(maxsize=REMEMBERED)
def _placed(on: date, at: time, zone: str) -> datetime:
    return place(on, at, zone).starts_at


def _put_questions(session: Session, occurrences: Sequence[Occurrence], now: datetime) -> None:
    prompts.put_to(session, occurrences, now=now)
    for each in occurrences:
        each.one_on_one.carried_question = None


def _people_of(session: Session, one_on_ones: Collection[OneOnOne]) -> People:
    people = {person for each in one_on_ones for person in each.people}
    rows = session.scalars(Member.among({each.workspace_id for each in one_on_ones}, people))
    return {(member.workspace_id, member.user_id): member for member in rows}


def _messages_of(occurrence: Occurrence, people: People) -> list[outbox.Message]:
    pair = [people[occurrence.workspace_id, person] for person in occurrence.one_on_one.people]
    preps = [_message(PREP, occurrence, member) for member in pair]
    asking = [member for member in pair if occurrence.one_on_one.asks(member.user_id)]
    return preps + [_message(CLOSING, occurrence, member) for member in asking]


def _message(kind: str, occurrence: Occurrence, member: Member) -> outbox.Message:
    opens, closes = window(kind, occurrence, member)
    name = kind.rpartition(".")[2]
    # The local day of the original slot: neither new zone data nor a move may mint a second message.
    key = f"{name}:{occurrence.one_on_one_id}:{occurrence.original_on.isoformat()}:{member.user_id}"
    return outbox.Message(occurrence.workspace_id, key, kind, member.user_id, occurrence.id, opens, closes)


def window(kind: str, occurrence: Occurrence, member: Member) -> tuple[datetime, datetime]:
    """Say from when until when a nudge of this kind is of use to the member."""
    if kind == CLOSING:
        return occurrence.closing_at, occurrence.ends_at
    return _prep_opens(occurrence.starts_at, member), occurrence.starts_at


def reopen_windows(session: Session, occurrences: Sequence[Occurrence]) -> None:
    """Compute the windows of unsent nudges anew after a meeting, a lead time or a zone has changed."""
    if not occurrences:
        return
    people, by_id = (
        _people_of(session, [each.one_on_one for each in occurrences]),
        {e.id: e for e in occurrences},
    )
    workspaces = {each.workspace_id for each in occurrences}
    for delivery in session.scalars(Delivery.ready_about(workspaces, NUDGES, by_id.keys())):
        member = people[delivery.workspace_id, delivery.receiver]
        opens, closes = window(delivery.kind, by_id[delivery.subject_id], member)
        delivery.not_before, delivery.expire_at = opens, closes


def reach_again(session: Session, workspace_id: str, user_id: str, *, now: datetime) -> None:
    """Look anew at all that waits for a member, after their hours, their zone or their absence changed.

    Nudges get their windows computed anew; everything else that was put off is judged again at once.
    """
    standing = session.scalars(OneOnOne.standing_of(workspace_id, user_id)).all()
    schedule(session, standing)
    ids = [one_on_one.id for one_on_one in standing]
    reopen_windows(session, session.scalars(Occurrence.to_come(workspace_id, ids, now)).all())
    for delivery in session.scalars(Delivery.ready_for(workspace_id, user_id)):
        if delivery.kind not in NUDGES:
            delivery.not_before = min(delivery.not_before, now)


def take_over(
    session: Session, workspace_id: str, profiles: Sequence[Profile], *, at: datetime, now: datetime
) -> dict[str, Member]:
    """Believe what Slack says of accounts (`at` is machine time), and reach those anew whose day it changes."""
    changed = members.differently_reached(session, workspace_id, profiles)
    known = members.remember_all(session, workspace_id, profiles, at=at)
    for user_id in changed:
        reach_again(session, workspace_id, user_id, now=now)
    return known


def add_missing_nudges(session: Session, one_on_one: OneOnOne, *, now: datetime) -> None:
    """Plan the nudges that a change of role made due; those of a role given up are dropped when their time comes."""
    coming = session.scalars(Occurrence.to_come(one_on_one.workspace_id, [one_on_one.id], now)).all()
    people = _people_of(session, [one_on_one])
    outbox.enqueue(session, [message for each in coming for message in _messages_of(each, people)])
