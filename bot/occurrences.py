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
from bot.question_bank import Question
from bot.recurrence import Placed, Recurrence, first_on_or_after, local_day, next_after, place
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
REGISTERED = "one_on_ones.registered"
"""The news of a registration, which its receiver gets before the first nudge."""
FARTHEST = timedelta(days=366)
"""How far ahead a meeting can be put; beyond it a year was mistyped."""


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
    for one_on_one in one_on_ones:
        _step_over_the_past(one_on_one, now)
    taken = _days_taken(session, one_on_ones)
    occurrences = [_next_occurrence(one_on_one, taken[one_on_one.id]) for one_on_one in one_on_ones]
    session.add_all(occurrences)
    session.flush()
    _put_questions(session, occurrences, now)
    outbox.enqueue(session, _messages(session, occurrences))
    return occurrences


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
        starts_at=place(on, one_on_one.at, one_on_one.zone).starts_at,
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


def hear_again(session: Session, actor: Actor, *, now: datetime) -> None:
    """Bring forward what was put off to the end of a pause that the actor has ended earlier."""
    reopen_windows_of(session, actor.workspace_id, actor.user_id, now=now)


def of_actor(session: Session, actor: Actor, occurrence_id: int, *, to_change: bool = False) -> Occurrence:
    """Find an occurrence with its 1-on-1, locked if it is to be changed; raises NotYourMeeting."""
    chosen = Occurrence.among([actor.workspace_id], [occurrence_id])
    occurrence = session.scalar(chosen.with_for_update(of=Occurrence) if to_change else chosen)
    require_part(actor, occurrence.one_on_one if occurrence else None)
    assert occurrence is not None
    return occurrence


def next_of(session: Session, one_on_one: OneOnOne, *, now: datetime) -> Occurrence:
    """Find the next occurrence still to begin; one that is far ahead is planned for the purpose."""
    while True:
        coming = session.scalars(Occurrence.to_come(one_on_one.workspace_id, [one_on_one.id], now)).first()
        # One that was moved far away may begin later than the next that has no row yet.
        if coming is not None and coming.starts_at <= starts_at(one_on_one):
            return coming
        plan(session, [one_on_one], now=now)


def move(session: Session, one_on_one: OneOnOne, *, on: date, at: time, zone: str, now: datetime) -> Meeting:
    """Move the next occurrence to another moment (wall clock of `zone`); the rhythm stays as it is."""
    placed = _place_ahead(on, at, zone, now)
    occurrence = next_of(session, one_on_one, now=now)
    there = placed.starts_at.astimezone(zone_of(one_on_one.zone))
    occurrence.on, occurrence.at, occurrence.starts_at = there.date(), there.time(), placed.starts_at
    reopen_windows(session, [occurrence])
    return Meeting(one_on_one, placed.starts_at, placed.shifted)


def _place_ahead(on: date, at: time, zone: str, now: datetime) -> Placed:
    # The day is judged first: at both ends of the calendar there are days that no zone can place.
    require_near(on, zone, field="one_on_ones.on", now=now)
    if on < local_day(now, zone) or (placed := place(on, at, zone)).starts_at <= now:
        raise AlreadyBegun(field="one_on_ones.on")
    return placed


def require_near(on: date, zone: str, *, field: str, now: datetime) -> None:
    """Refuse a day more than a year ahead; raises TooFarAhead."""
    if on > local_day(now, zone) + FARTHEST:
        raise TooFarAhead(field=field)


def skip(session: Session, one_on_one: OneOnOne, *, now: datetime) -> Meeting:
    """Leave the next occurrence out; its unsent messages are taken back, a question kept for it is kept on."""
    occurrence = next_of(session, one_on_one, now=now)
    occurrence.state = SKIPPED
    outbox.cancel(session, one_on_one.workspace_id, NUDGES, [occurrence.id], reason="skipped")
    kept = prompts.kept_for(session, occurrence)
    if kept is not None:
        keep_question(session, occurrence, kept, now=now)
    return Meeting(one_on_one, occurrence.starts_at)


def keep_question(session: Session, occurrence: Occurrence, question: Question, *, now: datetime) -> None:
    """Put the question again at the next meeting that nobody has heard of yet, as soon as that has a row."""
    since = max(now, occurrence.ends_at)
    coming = Occurrence.to_come(occurrence.workspace_id, [occurrence.one_on_one_id], since)
    for following in session.scalars(coming).all():
        if _is_untold(session, following):
            pair = occurrence.one_on_one.pair
            session.add(prompts.kept(following, pair, question, now=now))
            return
    occurrence.one_on_one.carried_question = question.id


def _is_untold(session: Session, occurrence: Occurrence) -> bool:
    waiting = Delivery.ready_about([occurrence.workspace_id], [PREP], [occurrence.id])
    return len(session.scalars(waiting).all()) == 2


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
    planned: dict[int, Occurrence] = {}
    for occurrence in session.scalars(Occurrence.to_come(one_on_ones[0].workspace_id, ids, now)):
        planned.setdefault(occurrence.one_on_one_id, occurrence)
    meetings = [_soonest(each, planned.get(each.id), now) for each in one_on_ones]
    return sorted(meetings, key=lambda meeting: meeting.starts_at)


def _soonest(one_on_one: OneOnOne, planned: Occurrence | None, now: datetime) -> Meeting:
    """Choose between the first that has a row and the first that has none, also when planning is behind."""
    on, rhythm = one_on_one.next_on, Recurrence.parse(one_on_one.rule)
    while place(on, one_on_one.at, one_on_one.zone).starts_at < now:
        on = next_after(rhythm, on)
    ahead = place(on, one_on_one.at, one_on_one.zone)
    if planned is None or ahead.starts_at < planned.starts_at:
        return Meeting(one_on_one, ahead.starts_at, ahead.shifted)
    is_shifted = place(planned.on, planned.at, one_on_one.zone).shifted
    return Meeting(one_on_one, planned.starts_at, is_shifted)


def next_slot(session: Session, one_on_one: OneOnOne, *, now: datetime) -> Meeting:
    """Say when the rhythm's next meeting is, whatever a single one was moved to."""
    rhythm = Recurrence.parse(one_on_one.rule)
    coming = session.scalars(Occurrence.to_come(one_on_one.workspace_id, [one_on_one.id], now)).all()
    kept = [each for each in coming if each.at == one_on_one.at and _is_on(rhythm, each.on)]
    return _soonest(one_on_one, kept[0] if kept else None, now)


def _is_on(rhythm: Recurrence, day: date) -> bool:
    return first_on_or_after(rhythm, day) == day


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

    A planned meeting keeps its row and so its question and its messages; one already told of is not told of
    twice, and a day on which they met already is over.
    """
    rhythm, on = Recurrence.parse(one_on_one.rule), first
    coming = session.scalars(Occurrence.to_come(one_on_one.workspace_id, [one_on_one.id], now)).all()
    met = set(session.scalars(Occurrence.days_met(one_on_one.workspace_id, one_on_one.id, first, now)))
    while on in met:
        on = next_after(rhythm, on)
    for occurrence in coming:
        occurrence.on, occurrence.at, occurrence.minutes = on, one_on_one.at, one_on_one.minutes
        occurrence.starts_at = place(on, one_on_one.at, one_on_one.zone).starts_at
        on = next_after(rhythm, on)
    reopen_windows(session, coming)
    one_on_one.next_on = on
    one_on_one.next_fire_at = starts_at(one_on_one) - AHEAD
