"""Changes of a goal that stands: always the actor's own, and each a line of its log."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from bot import goals
from bot.errors import Refusal
from bot.goal_drafts import (
    NewGoal,
    audience_columns,
    checked,
    columns_of,
    known_audience,
    wording_of,
)
from bot.permissions import Actor
from models.goals import DONE, DROPPED, OPEN, Goal
from models.one_on_ones import OneOnOne


class GoalIsClosed(Refusal):
    """Goal {number} is {state} already. To go on with it, open it again from `/goal show {number}`."""


class PercentOutOfRange(Refusal):
    """Progress is a whole number from 0 to 100."""


@dataclass(frozen=True)
class Change:
    """A goal after a change; `is_new` is False when it stood like that before and nothing was written."""

    goal: Goal
    is_new: bool = True


@dataclass(frozen=True)
class Sharing:
    """A goal and whom its audience means today; `managers` are those whom its owner confirmed."""

    goal: Goal
    managers: tuple[str, ...]


def progress(
    session: Session, actor: Actor, number: int, percent: int, note: str | None, *, now: datetime
) -> Goal:
    """Note how far an open goal is; saying the same again is news too, so it is a line of its own."""
    if not 0 <= percent <= 100:
        raise PercentOutOfRange(field="percent")
    goal = find_open(session, actor, number, to_change=True)
    changes = {"percent": [goal.percent, percent]}
    goal.percent = percent
    goals.enter(session, actor, goal, "progress", now=now, changes=changes, note=note)
    return goal


def complete(session: Session, actor: Actor, number: int, note: str | None, *, now: datetime) -> Change:
    """Close a goal as reached; doing it again changes nothing, and a dropped one is refused."""
    return _close(session, actor, number, DONE, note, now=now)


def drop(session: Session, actor: Actor, number: int, why: str | None, *, now: datetime) -> Change:
    """Close a goal as given up; doing it again changes nothing, and a done one is refused."""
    return _close(session, actor, number, DROPPED, why, now=now)


def reopen(session: Session, actor: Actor, number: int, *, now: datetime) -> Change:
    """Take a closed goal up again; an open one stays as it is."""
    goal = goals.find(session, actor, number, to_change=True)
    if goal.is_open:
        return Change(goal, is_new=False)
    changes = {"state": [goal.state, OPEN]}
    goal.state = OPEN
    goals.enter(session, actor, goal, "reopened", now=now, changes=changes)
    return Change(goal)


def edit(
    session: Session, actor: Actor, number: int, draft: NewGoal, *, now: datetime, today: date
) -> Change:
    """Replace what is written about an open goal; a due day that has passed may stay, but not be chosen."""
    goal = find_open(session, actor, number, to_change=True)
    earliest = min(today, goal.due_on) if goal.due_on and draft.due_on == goal.due_on else today
    columns = columns_of(checked(draft, not_before=earliest))
    return _rewrite(session, actor, goal, "edited", columns, now=now)


def share(
    session: Session, actor: Actor, number: int, audience: Collection[str], *, now: datetime
) -> Sharing:
    """Set exactly who else may see a goal, closed or not; `me` alone means nobody."""
    columns = audience_columns(known_audience(frozenset(audience)))
    goal = goals.find(session, actor, number, to_change=True)
    _rewrite(session, actor, goal, "shared", columns, now=now)
    return Sharing(goal, managers=_confirmed_managers(session, actor))


def find_open(session: Session, actor: Actor, number: int, *, to_change: bool = False) -> Goal:
    """Look up an open goal of the actor's; raises UnknownGoal and GoalIsClosed."""
    goal = goals.find(session, actor, number, to_change=to_change)
    if not goal.is_open:
        raise GoalIsClosed(number=number, state=goal.state)
    return goal


def _close(
    session: Session, actor: Actor, number: int, state: str, note: str | None, *, now: datetime
) -> Change:
    goal = goals.find(session, actor, number, to_change=True)
    if goal.state == state:
        return Change(goal, is_new=False)
    if not goal.is_open:
        raise GoalIsClosed(number=number, state=goal.state)
    goal.state = state
    goals.enter(session, actor, goal, state, now=now, changes={"state": [OPEN, state]}, note=note)
    return Change(goal)


def _rewrite(
    session: Session, actor: Actor, goal: Goal, what: str, columns: Mapping[str, Any], *, now: datetime
) -> Change:
    before = wording_of(goal)
    for name, value in columns.items():
        setattr(goal, name, value)
    after = wording_of(goal)
    changes = {name: [before[name], after[name]] for name in after if before[name] != after[name]}
    if not changes:
        return Change(goal, is_new=False)
    goals.enter(session, actor, goal, what, now=now, changes=changes)
    return Change(goal)


def _confirmed_managers(session: Session, actor: Actor) -> tuple[str, ...]:
    standing = session.scalars(OneOnOne.standing_of(actor.workspace_id, actor.user_id))
    return tuple(
        meeting.other(actor.user_id)
        for meeting in standing
        if meeting.role_of(actor.user_id) == "report" and meeting.is_manager_confirmed
    )
