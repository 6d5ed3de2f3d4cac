"""How many statements it takes to read App Home: a number that must not grow with what stands on it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import time
from typing import Any

from sqlalchemy import Engine, event

from benchmarks.figures import Figure
from benchmarks.people import NOW, TEAM, profile
from benchmarks.stores import each_store
from bot import enrolments, goals, members, one_on_ones, programmes
from bot.goal_drafts import NewGoal
from bot.permissions import Actor
from bot.programme_settings import Settings
from bot.programmes import Channel
from bot.recurrence import Recurrence
from bot.runtime.database import Sessions, connect
from handlers import home

SIZES = ((0, 0, 0), (1, 1, 1), (50, 20, 12))
"""Goals, 1-on-1s and buddy programmes of three people."""


def measure() -> Iterator[Figure]:
    """Count on both stores."""
    with each_store() as stores:
        for kind, url in stores.items():
            engine = connect(url)
            counts = [_count(engine, f"U{place}", *size) for place, size in enumerate(SIZES)]
            engine.dispose()
            yield Figure(
                f"statements for a full App Home, {kind}",
                str(counts[-1]),
                f"{counts[0]} with nothing, {counts[1]} with one of each",
                "does not grow",
                counts[-1] <= counts[1],
            )


def _count(engine: Engine, user: str, goal_count: int, meeting_count: int, programme_count: int) -> int:
    sessions, actor = Sessions(engine), Actor(TEAM, user)
    _fill(sessions, actor, goal_count, meeting_count)
    _join(sessions, actor, programme_count)
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        statements.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    with sessions.read() as session:
        contents = home.read(session, actor, now=NOW)
    event.remove(Engine, "before_cursor_execute", note)
    if contents is None:
        raise RuntimeError("nobody's Home was read")
    home.build(contents, now=NOW)
    return sum(statement.lstrip().upper().startswith("SELECT") for statement in statements)


def _fill(sessions: Sessions, actor: Actor, goal_count: int, meeting_count: int) -> None:
    partners = [f"{actor.user_id}P{number}" for number in range(meeting_count)]
    with sessions.begin() as session:
        members.welcome_workspace(session, TEAM)
        people = [profile(user) for user in (actor.user_id, *partners)]
        members.remember_all(session, TEAM, people, at=NOW)
    with sessions.begin() as session:
        for number in range(goal_count):
            goals.log(session, actor, NewGoal(f"Give {number + 1} demos"), now=NOW, today=NOW.date())
        for partner in partners:
            weekly = Recurrence.parse("FREQ=WEEKLY;BYDAY=WE")
            new = one_on_ones.NewOneOnOne(
                partner, weekly, at=time(10), minutes=30, first_on=None, role="peer"
            )
            one_on_ones.register(session, actor, new, now=NOW)


def _join(sessions: Sessions, actor: Actor, count: int) -> None:
    settings = Settings(profile(actor.user_id).zone)
    for number in range(count):
        with sessions.begin() as session:
            channel = Channel(f"C{actor.user_id}{number}")
            programme = programmes.start(session, actor, channel, settings, now=NOW)
            enrolments.join(session, actor, programme, now=NOW)
