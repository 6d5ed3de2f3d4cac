"""Programmes of people whose hours are others now: looked at again in one order, so that nobody waits in a ring."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, event

from bot import enrolments, planning, programmes
from bot.programme_settings import Settings
from bot.programmes import Channel
from bot.runtime.database import Sessions
from tests.bot.buddies_stage import BERLIN, TEAM, actor, found, profile, running
from tests.bot.rounds_stage import HEADS_UP
from tests.bot.rounds_stage import quick as quick
from tests.people import HOUR, MONDAY_NOON


@contextmanager
def changed() -> Iterator[list[int]]:
    """Collect which programmes are changed meanwhile, in that order."""
    ids: list[int] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_others: Any) -> None:
        if statement.startswith("UPDATE programme SET"):
            ids.append(parameters[1])

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield ids
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def test_the_programmes_of_several_whose_zones_change_are_held_in_the_order_of_ids(quick: Sessions) -> None:
    first = running(quick, ["U001", "U002"])
    with quick.begin() as session:
        second = programmes.start(
            session, actor("U001"), Channel("CTECH"), Settings(BERLIN), now=MONDAY_NOON
        ).id
    with quick.begin() as session:
        for who, where in (("U001", second), ("U002", first), ("U002", second)):
            enrolments.join(session, actor(who), found(session, where), now=MONDAY_NOON)

    with changed() as ids, quick.begin() as session:
        moved = [profile(who, zone="Europe/Lisbon") for who in ("U001", "U002")]
        planning.take_over(session, TEAM, moved, at=MONDAY_NOON, now=HEADS_UP - HOUR)

    assert ids == [first, second]
