"""The batches of planning: what is due gets its meeting, question and messages, and steps to the meeting after."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from bot import outbox, prompts
from bot.planning.messages import Meeting, messages_of
from bot.planning.moments import People, fire_at, following, people_of, placed
from models.bulk import insert_new, rows_of, update_each
from models.one_on_ones import PLANNED, Occurrence, OneOnOne, Turn

BATCH = 500
STEPPED = ("next_on", "next_fire_at", "carried_question")
"""What planning changes about a 1-on-1."""


class Step(NamedTuple):
    """The day on which a 1-on-1 is held now, the one it is known by, and the day of the meeting after."""

    turn: Turn
    on: date
    original_on: date
    next_on: date

    @property
    def starts_at(self) -> datetime:
        """The moment it begins."""
        return placed(self.on, self.turn.at, self.turn.zone)


def due(session: Session, *, now: datetime) -> list[Turn]:
    """Read up to BATCH 1-on-1s whose next occurrence has come near, locked so that no two workers plan one."""
    return [Turn(*row) for row in rows_of(session, OneOnOne.due(now, BATCH))]


def next_planned(session: Session) -> datetime | None:
    """Say when the next 1-on-1 is to be planned."""
    return session.scalars(OneOnOne.next_moment()).first()


def plan(session: Session, turns: Sequence[Turn], *, now: datetime) -> None:
    """Give the next occurrence of each its row, its question and its messages, and step to the one after.

    Seven statements however many there are; nobody may plan the same ones meanwhile.
    """
    if not turns:
        return
    steps, people = _steps(session, turns, now), people_of(session, turns)
    meetings = _add(session, steps)
    prompts.put_to(session, {meeting.id: step.turn for step, meeting in meetings}, now=now)
    messages = [messages_of(step.turn, meeting, people) for step, meeting in meetings]
    written = [message for about_one in messages for message in about_one]
    outbox.enqueue(session, written, are_likely_new=True)  # as their meetings are
    # A question kept for this meeting has been put.
    update_each(
        session, OneOnOne, [_stepped(step, people) for step in steps], alike={"carried_question": None}
    )


def plan_next(session: Session, one_on_one: OneOnOne, *, now: datetime) -> None:
    """Plan the next occurrence of one that the session holds, and for nobody else meanwhile."""
    session.flush()
    plan(session, [one_on_one.turn], now=now)
    session.refresh(one_on_one, STEPPED)


def put_off(session: Session, turn: Turn, *, until: datetime) -> None:
    """Plan the next occurrence of one later: it has met a bug."""
    update_each(session, OneOnOne, [{"id": turn.id, "next_fire_at": until}])


def _steps(session: Session, turns: Sequence[Turn], now: datetime) -> list[Step]:
    days = [_next_days(turn, now) for turn in turns]
    taken = _days_taken(session, turns, since=min(on for on, _ in days))
    return [
        Step(turn, on, _free_day(on, taken[turn.id]), next_on)
        for turn, (on, next_on) in zip(turns, days, strict=True)
    ]


def _next_days(turn: Turn, now: datetime) -> tuple[date, date]:
    """Find the next meeting, leaving out what was over before anybody could plan it, as after a long outage."""
    over, on = now - timedelta(minutes=turn.minutes), turn.next_on
    while placed(on, turn.at, turn.zone) <= over:
        on = following(turn.rule, on)
    return on, following(turn.rule, on)


def _days_taken(session: Session, turns: Sequence[Turn], *, since: date) -> dict[int, set[date]]:
    """Read by which days the meetings of each are known, from a day on; one query."""
    taken: dict[int, set[date]] = {turn.id: set() for turn in turns}
    workspaces = {turn.workspace_id for turn in turns}
    for one_on_one_id, day in rows_of(session, Occurrence.days_since(workspaces, taken.keys(), since)):
        taken[one_on_one_id].add(day)
    return taken


def _free_day(on: date, taken: set[date]) -> date:
    """Name a meeting after its day, or after the next one that is free.

    A corrected rhythm may come back to a day by which a skipped or moved meeting is known already.
    """
    while on in taken:
        on += timedelta(days=1)
    return on


def _add(session: Session, steps: Sequence[Step]) -> list[tuple[Step, Meeting]]:
    """Insert the meetings, and give each with what was planned for it."""
    rows = [_row(step) for step in steps]
    inserted = insert_new(
        session, Occurrence, rows, alike={"state": PLANNED}, returning=["one_on_one_id", "id"]
    )
    ids = {row.one_on_one_id: row.id for row in inserted}
    return [
        (step, Meeting(ids[step.turn.id], step.original_on, step.starts_at, step.turn.minutes))
        for step in steps
    ]


def _row(step: Step) -> dict[str, Any]:
    turn = step.turn
    return {
        "workspace_id": turn.workspace_id,
        "one_on_one_id": turn.id,
        "original_on": step.original_on,
        "on": step.on,
        "at": turn.at,
        "starts_at": step.starts_at,
        "minutes": turn.minutes,
    }


def _stepped(step: Step, people: People) -> dict[str, Any]:
    """Move a 1-on-1 to the meeting after."""
    next_fire_at = fire_at(step.turn, step.next_on, people)
    return {"id": step.turn.id, "next_on": step.next_on, "next_fire_at": next_fire_at}
