"""Planning by several processes at once, some of which are killed in the midst of it: each meeting is planned once."""

from __future__ import annotations

import multiprocessing
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from datetime import time as wall_clock
from itertools import combinations, islice
from multiprocessing.synchronize import Event

import pytest
from sqlalchemy import Connection, event, func, select

from bot import members, one_on_ones
from bot.members import Profile
from bot.one_on_ones import NewOneOnOne
from bot.permissions import Actor
from bot.planning import BATCH, CLOSING, NUDGES, PREP
from bot.recurrence import Recurrence
from bot.runtime.database import Sessions, connect
from handlers import wiring
from models.one_on_ones import Occurrence, OneOnOne
from models.outbox import Delivery
from models.prompts import Prompt
from sandbox.identity import TEAM_ID
from tests.people import DAY, MONDAY_NOON
from tests.runtime.crowd import store_at
from tests.stores import Postgres

MEETINGS = 2 * BATCH
PEOPLE = [f"U{number:03}" for number in range(50)]
DUE_ON = (MONDAY_NOON + 30 * DAY).date()
THREE_DAYS_BEFORE = MONDAY_NOON + 27 * DAY
PATIENCE_SECONDS = 60.0
WRITTEN, DECIDED = "meetings written", "about to commit"


@pytest.fixture
def address(postgres: Postgres) -> Iterator[str]:
    """Give a store in which so many 1-on-1s fall on one day."""
    with postgres.database() as name, store_at(postgres.address(name)) as sessions:
        _let_them_meet(sessions)
        yield postgres.address(name)


def _let_them_meet(sessions: Sessions) -> None:
    profiles = [Profile(each, each, "Europe/Berlin", True, False, False, False) for each in PEOPLE]
    rhythm = Recurrence.weekly(DUE_ON.weekday())
    with sessions.begin() as session:
        members.welcome_workspace(session, TEAM_ID)
        members.remember_all(session, TEAM_ID, profiles, at=MONDAY_NOON)
        for one, other in islice(combinations(PEOPLE, 2), MEETINGS):
            new = NewOneOnOne(other, rhythm, wall_clock(10), 30, DUE_ON, "peer")
            one_on_ones.register(session, Actor(TEAM_ID, one), new, now=MONDAY_NOON)


@contextmanager
def holding(address: str, moment: str) -> Iterator[None]:
    """Have a process of its own plan up to a moment of its first batch, and kill it when the block ends."""
    spawning = multiprocessing.get_context("spawn")
    is_there = spawning.Event()
    process = spawning.Process(target=_plan_until, args=(address, moment, is_there), daemon=True)
    process.start()
    try:
        assert is_there.wait(PATIENCE_SECONDS), "it never came to that moment"
        yield
    finally:
        process.kill()
        process.join()


def _plan_until(address: str, moment: str, is_there: Event) -> None:
    sessions = Sessions(connect(address))

    def hold() -> None:
        is_there.set()
        threading.Event().wait()

    def look(_connection: Connection, _cursor: object, statement: str, *_others: object) -> None:
        if moment == WRITTEN and statement.startswith("INSERT INTO occurrence"):
            hold()

    def look_at_end(_connection: Connection) -> None:
        if moment == DECIDED:
            hold()

    event.listen(sessions.engine, "after_cursor_execute", look)
    event.listen(sessions.engine, "commit", look_at_end)
    wiring.plan(sessions, THREE_DAYS_BEFORE)


def _plan(sessions: Sessions, expected: int) -> int:
    """Beat until so many are planned: the server needs a moment to see that somebody is gone."""
    deadline, planned = time.monotonic() + PATIENCE_SECONDS, 0
    while planned < expected and time.monotonic() < deadline:
        planned += wiring.plan(sessions, THREE_DAYS_BEFORE)
    return planned


def _nudges_a_meeting(sessions: Sessions) -> Counter[tuple[tuple[str, int], ...]]:
    """Count the meetings by what is planned for each: how many nudges of which kind."""
    asked = select(Delivery.subject_id, Delivery.kind, func.count()).where(Delivery.kind.in_(NUDGES))
    planned: dict[int, list[tuple[str, int]]] = {}
    with sessions.read() as session:
        for meeting, kind, number in session.execute(asked.group_by(Delivery.subject_id, Delivery.kind)):
            planned.setdefault(meeting, []).append((kind, number))
    return Counter(tuple(sorted(each)) for each in planned.values())


def _meetings(sessions: Sessions) -> Counter[tuple[date, date]]:
    """Count the 1-on-1s by the day of a meeting that is planned, and the day of the one after."""
    asked = select(Occurrence.original_on, OneOnOne.next_on).join(OneOnOne)
    with sessions.read() as session:
        return Counter((day, after) for day, after in session.execute(asked))


@pytest.mark.siege
def test_those_who_are_killed_while_several_plan_leave_each_meeting_its_messages_once(address: str) -> None:
    with store_at(address) as sessions:
        with holding(address, DECIDED):
            with holding(address, WRITTEN):
                while_both_live = wiring.plan(sessions, THREE_DAYS_BEFORE)
            while_one_lives = _plan(sessions, BATCH)
        planned = while_one_lives + _plan(sessions, MEETINGS - while_one_lives)

        assert while_both_live == 0, "they had everything in their hands"
        assert while_one_lives == BATCH, "the one who lives has as many"
        assert planned == MEETINGS
        assert wiring.plan(sessions, THREE_DAYS_BEFORE) == 0
        assert _meetings(sessions) == {(DUE_ON, DUE_ON + timedelta(weeks=1)): MEETINGS}
        assert _nudges_a_meeting(sessions) == {((CLOSING, 2), (PREP, 2)): MEETINGS}
        with sessions.read() as session:
            assert session.scalar(select(func.count(Prompt.occurrence_id.distinct()))) == MEETINGS
