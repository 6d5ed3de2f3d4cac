"""The batches of planning: what is due gets its meeting, question and messages, and steps to the meeting after."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from bot import outbox, prompts
from bot.planning.messages import messages_of
from bot.planning.moments import People, fire_at, following, people_of, placed
from models.base import change_each, insert_new
from models.one_on_ones import PLANNED, Occurrence, OneOnOne

BATCH = 500


@dataclass(frozen=True)
class Turn:
    """A 1-on-1 that is planned now: the day of this meeting, and of the one after."""

    one_on_one: OneOnOne
    on: date
    next_on: date


def due(session: Session, *, now: datetime) -> list[OneOnOne]:
    """Read up to BATCH 1-on-1s whose next occurrence has come near, locked so that no two workers plan one."""
    return list(session.scalars(OneOnOne.due(now, BATCH)))


def next_planned(session: Session) -> datetime | None:
    """Say when the next 1-on-1 is to be planned."""
    return session.scalars(OneOnOne.next_moment()).first()


def plan(session: Session, one_on_ones: Sequence[OneOnOne], *, now: datetime) -> None:
    """Give the next occurrence of each its row, its question and its messages, and step to the one after.

    Seven statements however many there are; nobody may plan the same ones meanwhile.
    """
    if not one_on_ones:
        return
    turns = [_turn(one_on_one, now) for one_on_one in one_on_ones]
    taken, people = _days_taken(session, turns), people_of(session, one_on_ones)
    occurrences = [_occurrence(turn, taken[turn.one_on_one.id]) for turn in turns]
    _add(session, occurrences)
    prompts.put_to(session, occurrences, now=now)
    outbox.enqueue(session, [message for each in occurrences for message in messages_of(each, people)])
    change_each(session, [(turn.one_on_one, _stepped(turn, people)) for turn in turns])


def _turn(one_on_one: OneOnOne, now: datetime) -> Turn:
    """Find the next meeting, leaving out what was over before anybody could plan it, as after a long outage."""
    rule, on, at, zone = one_on_one.rule, one_on_one.next_on, one_on_one.at, one_on_one.zone
    over = now - timedelta(minutes=one_on_one.minutes)
    while placed(on, at, zone) <= over:
        on = following(rule, on)
    return Turn(one_on_one, on, following(rule, on))


def _days_taken(session: Session, turns: Sequence[Turn]) -> dict[int, set[date]]:
    """Read by which days the meetings of each are known, from its next one on; one query."""
    taken: dict[int, set[date]] = {turn.one_on_one.id: set() for turn in turns}
    workspaces = {turn.one_on_one.workspace_id for turn in turns}
    since = min(turn.on for turn in turns)
    for one_on_one_id, day in session.execute(Occurrence.days_since(workspaces, taken.keys(), since)):
        taken[one_on_one_id].add(day)
    return taken


def _occurrence(turn: Turn, taken: set[date]) -> Occurrence:
    one_on_one = turn.one_on_one
    return Occurrence(
        workspace_id=one_on_one.workspace_id,
        one_on_one_id=one_on_one.id,
        one_on_one=one_on_one,
        original_on=_free_day(turn.on, taken),
        on=turn.on,
        at=one_on_one.at,
        starts_at=placed(turn.on, one_on_one.at, one_on_one.zone),
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


COLUMNS = ("workspace_id", "one_on_one_id", "original_on", "on", "at", "starts_at", "minutes", "state")


def _add(session: Session, occurrences: Sequence[Occurrence]) -> None:
    """Insert the meetings, and tell each its id; they stay outside the session, which would do so row by row."""
    rows = [{name: getattr(each, name) for name in COLUMNS} for each in occurrences]
    inserted = insert_new(session, Occurrence, rows, returning=["one_on_one_id", "id"])
    ids = {row.one_on_one_id: row.id for row in inserted}
    for each in occurrences:
        each.id = ids[each.one_on_one_id]


def _stepped(turn: Turn, people: People) -> dict[str, object]:
    """Move a 1-on-1 to the meeting after; a question kept for this one has been put."""
    next_fire_at = fire_at(turn.one_on_one, turn.next_on, people)
    return {"next_on": turn.next_on, "next_fire_at": next_fire_at, "carried_question": None}
