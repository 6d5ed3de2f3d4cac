"""Occurrences: finding, moving and leaving out the single meetings of standing 1-on-1s."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy.orm import Session

from bot import outbox, planning, prompts
from bot.errors import Refusal
from bot.permissions import Actor, require_part
from bot.planning import NUDGES, PREP
from bot.question_bank import Question
from bot.recurrence import Placed, Recurrence, first_on_or_after, local_day, next_after, place
from bot.zones import zone as zone_of
from models.one_on_ones import SKIPPED, Occurrence, OneOnOne
from models.outbox import Delivery

FARTHEST = timedelta(days=366)
"""How far ahead a meeting can be put; beyond it a year was mistyped."""


class AlreadyBegun(Refusal):
    """That moment has passed. Pick a later one."""


class TooFarAhead(Refusal):
    """That is more than a year ahead. Pick an earlier day."""


class SkippedAlready(Refusal):
    """Your next 1-on-1, on {day}, is left out already. To leave out the one after it too, pick it in `/1on1 skip`."""


@dataclass(frozen=True)
class Meeting:
    """One meeting of a standing 1-on-1 as people see it."""

    one_on_one: OneOnOne
    starts_at: datetime
    is_shifted: bool = False
    """Its wall-clock time does not exist that day, so it was moved forward."""


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
        if coming is not None and coming.starts_at <= planning.starts_at(one_on_one):
            return coming
        planning.plan_next(session, one_on_one, now=now)


def move(session: Session, one_on_one: OneOnOne, *, on: date, at: time, zone: str, now: datetime) -> Meeting:
    """Move the next occurrence to another moment (wall clock of `zone`); the rhythm stays as it is."""
    placed = _place_ahead(on, at, zone, now)
    occurrence = next_of(session, one_on_one, now=now)
    there = placed.starts_at.astimezone(zone_of(one_on_one.zone))
    occurrence.on, occurrence.at, occurrence.starts_at = there.date(), there.time(), placed.starts_at
    planning.reopen_windows(session, [occurrence])
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


def require_unskipped(session: Session, one_on_one: OneOnOne, *, now: datetime) -> None:
    """Refuse to leave out a second meeting when the nearest has been left out already; raises SkippedAlready."""
    following = next_of(session, one_on_one, now=now).starts_at
    chosen = Occurrence.skipped_between(one_on_one.workspace_id, one_on_one.id, now, following)
    left_out = session.scalars(chosen).first()
    if left_out is not None:
        raise SkippedAlready(day=f"{left_out.on:%A} {left_out.on.day} {left_out.on:%B}")


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
    planning.reopen_windows(session, coming)
    one_on_one.next_on = on
    planning.schedule(session, [one_on_one])
