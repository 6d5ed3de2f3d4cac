"""Occurrences: planning the meetings of standing 1-on-1s with their question and their messages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy.orm import Session

from bot import outbox, prompts
from bot.errors import Refusal
from bot.members import hours_of
from bot.permissions import Actor, require_part
from bot.recurrence import Recurrence, next_after, place
from bot.working_hours import prep_moment
from bot.zones import zone as zone_of
from models.members import Member
from models.one_on_ones import PLANNED, SKIPPED, Occurrence, OneOnOne
from models.outbox import Delivery

AHEAD = timedelta(hours=96)
"""How long before its start an occurrence gets its question and its messages: more than the longest lead time
(48 h) and a weekend."""
BATCH = 500
PREP, CLOSING = "nudges.prep", "nudges.closing"
NUDGES = (PREP, CLOSING)


class AlreadyBegun(Refusal):
    """That moment has passed. Pick a later one."""


class TooFarAhead(Refusal):
    """That is more than a year ahead. Pick an earlier day."""


@dataclass(frozen=True)
class Meeting:
    """One meeting of a standing 1-on-1 as people see it."""

    one_on_one: OneOnOne
    starts_at: datetime
    is_shifted: bool = False
    """Its wall-clock time does not exist that day, so it was moved forward."""


def plan_due(session: Session, *, now: datetime) -> int:
    """Plan up to BATCH occurrences that have come near, and say how many 1-on-1s were looked at."""
    due = list(session.scalars(OneOnOne.due(now, BATCH)))
    plan(session, due, now=now)
    return len(due)


def next_planned(session: Session) -> datetime | None:
    """Say when the next 1-on-1 is to be planned."""
    return session.scalars(OneOnOne.next_moment()).first()


def plan(session: Session, one_on_ones: Sequence[OneOnOne], *, now: datetime) -> list[Occurrence]:
    """Give the next occurrence of each its row, its question and its messages, and step to the one after."""
    occurrences = [_next_occurrence(one_on_one, now) for one_on_one in one_on_ones]
    session.add_all(occurrences)
    session.flush()
    _put_questions(session, occurrences, now)
    outbox.enqueue(session, _messages(session, occurrences))
    return occurrences


def _next_occurrence(one_on_one: OneOnOne, now: datetime) -> Occurrence:
    """Build the next occurrence that is not over yet, and move the 1-on-1 to the one after it."""
    _step_over_the_past(one_on_one, now)
    on = one_on_one.next_on
    _step(one_on_one)
    return Occurrence(
        workspace_id=one_on_one.workspace_id,
        one_on_one=one_on_one,
        original_on=on,
        on=on,
        at=one_on_one.at,
        starts_at=place(on, one_on_one.at, one_on_one.zone).starts_at,
        minutes=one_on_one.minutes,
        state=PLANNED,
    )


def _step_over_the_past(one_on_one: OneOnOne, now: datetime) -> None:
    """Leave out what was over before anybody could plan it, as after a long outage."""
    while starts_at(one_on_one) + timedelta(minutes=one_on_one.minutes) <= now:
        _step(one_on_one)


def _step(one_on_one: OneOnOne) -> None:
    one_on_one.next_on = next_after(Recurrence.parse(one_on_one.rule), one_on_one.next_on)
    one_on_one.next_fire_at = starts_at(one_on_one) - AHEAD


def starts_at(one_on_one: OneOnOne) -> datetime:
    """Say when the next occurrence that has no row yet begins."""
    return place(one_on_one.next_on, one_on_one.at, one_on_one.zone).starts_at


def _put_questions(session: Session, occurrences: Sequence[Occurrence], now: datetime) -> None:
    workspaces = {each.workspace_id for each in occurrences}
    histories = prompts.histories(session, workspaces, {each.one_on_one.pair for each in occurrences})
    for each in occurrences:
        history = histories.get((each.workspace_id, each.one_on_one.pair), [])
        session.add(prompts.for_occurrence(each, history, carried=each.one_on_one.carried_question, now=now))
        each.one_on_one.carried_question = None


def _messages(session: Session, occurrences: Sequence[Occurrence]) -> list[outbox.Message]:
    members = _members_of(session, occurrences)
    return [message for each in occurrences for message in _messages_of(each, members)]


def _members_of(session: Session, occurrences: Sequence[Occurrence]) -> dict[tuple[str, str], Member]:
    people = {person for each in occurrences for person in each.one_on_one.people}
    rows = session.scalars(Member.among({each.workspace_id for each in occurrences}, people))
    return {(member.workspace_id, member.user_id): member for member in rows}


def _messages_of(occurrence: Occurrence, members: dict[tuple[str, str], Member]) -> list[outbox.Message]:
    people = [members[occurrence.workspace_id, person] for person in occurrence.one_on_one.people]
    preps = [_message(PREP, occurrence, member) for member in people]
    asking = [member for member in people if occurrence.one_on_one.asks(member.user_id)]
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
    lead = timedelta(hours=member.lead_hours)
    return prep_moment(occurrence.starts_at, lead, hours_of(member)), occurrence.starts_at


def reopen_windows(session: Session, occurrences: Sequence[Occurrence]) -> None:
    """Compute the windows of unsent nudges anew after a meeting, a lead time or a zone has changed."""
    if not occurrences:
        return
    members, by_id = _members_of(session, occurrences), {each.id: each for each in occurrences}
    workspaces = {each.workspace_id for each in occurrences}
    for delivery in session.scalars(Delivery.ready_about(workspaces, NUDGES, by_id.keys())):
        member = members[delivery.workspace_id, delivery.receiver]
        opens, closes = window(delivery.kind, by_id[delivery.subject_id], member)
        delivery.not_before, delivery.expire_at = opens, closes


def reopen_windows_of(session: Session, workspace_id: str, user_id: str, *, now: datetime) -> None:
    """Do so for all that one member has to come."""
    standing = session.scalars(OneOnOne.standing_of(workspace_id, user_id))
    ids = [one_on_one.id for one_on_one in standing]
    reopen_windows(session, list(session.scalars(Occurrence.to_come(workspace_id, ids, now))))


def of_actor(session: Session, actor: Actor, occurrence_id: int) -> Occurrence:
    """Find an occurrence with its 1-on-1 if the actor is one of the two; raises NotYourMeeting."""
    occurrence = session.scalar(Occurrence.among([actor.workspace_id], [occurrence_id]))
    require_part(actor, occurrence.one_on_one if occurrence else None)
    assert occurrence is not None
    return occurrence


def next_of(session: Session, one_on_one: OneOnOne, *, now: datetime) -> Occurrence:
    """Find the next occurrence still to begin; one that is far ahead is planned for the purpose."""
    coming = session.scalars(Occurrence.to_come(one_on_one.workspace_id, [one_on_one.id], now)).first()
    if coming is not None:
        return coming
    while True:
        occurrence = plan(session, [one_on_one], now=now)[0]
        if occurrence.starts_at > now:
            return occurrence


def move(session: Session, one_on_one: OneOnOne, *, on: date, at: time, zone: str, now: datetime) -> Meeting:
    """Move the next occurrence to another moment (wall clock of `zone`); the rhythm stays as it is."""
    placed = place(on, at, zone)
    if placed.starts_at <= now:
        raise AlreadyBegun
    if placed.starts_at > now + timedelta(days=366):
        raise TooFarAhead
    occurrence = next_of(session, one_on_one, now=now)
    there = placed.starts_at.astimezone(zone_of(one_on_one.zone))
    occurrence.on, occurrence.at, occurrence.starts_at = there.date(), there.time(), placed.starts_at
    reopen_windows(session, [occurrence])
    return Meeting(one_on_one, placed.starts_at, placed.shifted)


def skip(session: Session, one_on_one: OneOnOne, *, now: datetime) -> Meeting:
    """Leave the next occurrence out; its unsent messages are taken back."""
    occurrence = next_of(session, one_on_one, now=now)
    occurrence.state = SKIPPED
    outbox.cancel(session, one_on_one.workspace_id, NUDGES, [occurrence.id], reason="skipped")
    return Meeting(one_on_one, occurrence.starts_at)


def cancel_all(session: Session, one_on_one: OneOnOne, *, now: datetime, reason: str) -> None:
    """Take back every unsent nudge of a 1-on-1."""
    unfinished = session.scalars(Occurrence.unfinished(one_on_one.workspace_id, one_on_one.id, now))
    ids = [occurrence.id for occurrence in unfinished]
    outbox.cancel(session, one_on_one.workspace_id, NUDGES, ids, reason=reason)


def next_meetings(session: Session, one_on_ones: Sequence[OneOnOne], *, now: datetime) -> list[Meeting]:
    """Say when each is held next, soonest first; one query however many there are."""
    if not one_on_ones:
        return []
    ids = [one_on_one.id for one_on_one in one_on_ones]
    planned: dict[int, datetime] = {}
    for occurrence in session.scalars(Occurrence.to_come(one_on_ones[0].workspace_id, ids, now)):
        planned.setdefault(occurrence.one_on_one_id, occurrence.starts_at)
    meetings = [Meeting(each, planned.get(each.id) or _first_ahead(each, now)) for each in one_on_ones]
    return sorted(meetings, key=lambda meeting: meeting.starts_at)


def _first_ahead(one_on_one: OneOnOne, now: datetime) -> datetime:
    """Say when it would be held next without a plan, also when planning is behind."""
    on, rhythm = one_on_one.next_on, Recurrence.parse(one_on_one.rule)
    while place(on, one_on_one.at, one_on_one.zone).starts_at < now:
        on = next_after(rhythm, on)
    return place(on, one_on_one.at, one_on_one.zone).starts_at


def is_unsent(session: Session, occurrence: Occurrence, receiver: str) -> bool:
    """Whether the receiver's prep nudge for the occurrence still waits."""
    waiting = Delivery.ready_about([occurrence.workspace_id], [PREP], [occurrence.id])
    return any(row.receiver == receiver for row in session.scalars(waiting))


def add_missing_nudges(session: Session, one_on_one: OneOnOne, *, now: datetime) -> None:
    """Plan the nudges that a change of role made due; those of a role given up are dropped when their time comes."""
    coming = session.scalars(Occurrence.to_come(one_on_one.workspace_id, [one_on_one.id], now)).all()
    outbox.enqueue(session, _messages(session, coming))


def set_rhythm(session: Session, one_on_one: OneOnOne, first: date, *, now: datetime) -> None:
    """Follow a corrected rhythm from its first day on: what was planned is held on its days instead.

    A planned meeting keeps its row and so its question and its messages; one already told of is not told of twice.
    """
    rhythm, on = Recurrence.parse(one_on_one.rule), first
    coming = session.scalars(Occurrence.to_come(one_on_one.workspace_id, [one_on_one.id], now)).all()
    for occurrence in coming:
        occurrence.on, occurrence.at, occurrence.minutes = on, one_on_one.at, one_on_one.minutes
        occurrence.starts_at = place(on, one_on_one.at, one_on_one.zone).starts_at
        on = next_after(rhythm, on)
    reopen_windows(session, coming)
    taken = set(session.scalars(Occurrence.days_since(one_on_one.workspace_id, one_on_one.id, on)))
    while on in taken:
        on = next_after(rhythm, on)
    one_on_one.next_on = on
    one_on_one.next_fire_at = starts_at(one_on_one) - AHEAD
