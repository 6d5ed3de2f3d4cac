"""What door tests of goals share: what the store holds, and copies of messages that somebody tampered with."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any, TypeVar

from sqlalchemy import select

from bot import goals
from bot.goal_drafts import NewGoal
from bot.permissions import Actor
from models.goals import Goal, GoalEntry, GoalProposal
from sandbox.seen import Message, View
from tests.trellis import Trellis

Shown = TypeVar("Shown", Message, View)


def goals_of(trellis: Trellis, user: str) -> list[Goal]:
    """Read somebody's goals from the store."""
    with trellis.sessions.read() as session:
        return list(session.scalars(Goal.of(trellis.workspace, user)))


def goal_of(trellis: Trellis, user: str) -> Goal:
    """Read somebody's only goal."""
    [goal] = goals_of(trellis, user)
    return goal


def kept(trellis: Trellis) -> list[tuple[str, ...]]:
    """Read everything about goals, to compare before and after what must change nothing."""
    with trellis.sessions.read() as session:
        return [
            tuple(str(value) for value in row)
            for table in (Goal, GoalEntry, GoalProposal)
            for row in session.execute(select(*table.__table__.columns).order_by(table.id))
        ]


def stock(trellis: Trellis, user: str, count: int, *, audience: str = "me") -> None:
    """Give somebody goals by the number, without typing each."""
    trellis.slack.command(user, "/goal")
    actor, now = Actor(trellis.workspace, user), trellis.clock.people_now()
    with trellis.sessions.begin() as session:
        for number in range(1, count + 1):
            draft = NewGoal(f"Goal number {number}", audience=frozenset({audience}))
            goals.log(session, actor, draft, now=now, today=now.date())


def tampered(shown: Shown, name: str, value: str) -> Shown:
    """Copy a message or view in which an element carries another value, as a made-up client could send it.

    Its block gets another id: the workspace knows those it was sent better than the copy.
    """
    blocks: list[dict[str, Any]] = copy.deepcopy(shown.blocks)
    fake = replace(shown, blocks=blocks)
    raw = fake.element(name).raw
    for block in blocks:
        block["block_id"] = f"forged-{block['block_id']}"
    if "options" in raw:
        raw["options"][0]["value"] = value
    else:
        raw["value"] = value
    return fake
