"""What is done in the store while somebody waits ends in time, and what nobody waits for takes its own."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine, func, select, text
from sqlalchemy.exc import DBAPIError, OperationalError

from bot import members
from bot.runtime.database import Sessions
from bot.runtime.patience import (
    PATIENCE_SECONDS,
    OutOfTime,
    OutOfTurn,
    apart,
    may_have_kept,
    only_look,
    passes_by_itself,
    somebody_waits,
)
from models.workspaces import Workspace
from tests.handlers.slow_store import slow_statements
from tests.stores import Postgres

TEAM = "T1"
MOMENT = 0.5
"""Seconds that are left."""
AWAY = 1.2
"""Seconds to a server and back: after one such way, two more would end too late for Slack."""
HOLD = text("UPDATE workspace SET history = 'held'")


def kept(sessions: Sessions) -> int:
    with sessions.read() as session:
        return session.scalars(select(func.count()).select_from(Workspace)).one()


def test_nothing_begins_for_whom_no_time_is_left(sessions: Sessions) -> None:
    with somebody_waits(0):
        with pytest.raises(OutOfTime), sessions.begin() as session:
            members.welcome_workspace(session, TEAM)
        with pytest.raises(OutOfTime):
            kept(sessions)
        with somebody_waits(), pytest.raises(OutOfTime):
            kept(sessions)

    assert kept(sessions) == 0


def test_what_was_done_too_late_is_not_kept(sessions: Sessions) -> None:
    with somebody_waits(MOMENT):
        with pytest.raises(OutOfTime):
            write_until_it_is_late(sessions)
        assert not may_have_kept()

    assert kept(sessions) == 0


def write_until_it_is_late(sessions: Sessions) -> None:
    with sessions.begin() as session:
        members.welcome_workspace(session, TEAM)
        assert not threading.Event().wait(MOMENT)


def test_it_is_known_whether_something_may_have_been_kept(sessions: Sessions) -> None:
    with somebody_waits():
        kept(sessions)
        before = may_have_kept()
        with sessions.begin() as session:
            members.welcome_workspace(session, TEAM)

        assert (before, may_have_kept()) == (False, True)
    assert not may_have_kept()


def test_what_may_be_done_any_number_of_times_does_not_count_as_kept(sessions: Sessions) -> None:
    with somebody_waits():
        with apart(), sessions.begin() as session:
            members.welcome_workspace(session, TEAM)

        assert not may_have_kept()


def test_who_may_only_look_neither_writes_nor_locks(sessions: Sessions) -> None:
    with somebody_waits():
        only_look()
        with pytest.raises(OutOfTurn), sessions.begin() as session:
            members.welcome_workspace(session, TEAM)
        assert kept(sessions) == 0

    with sessions.begin() as session:
        members.welcome_workspace(session, TEAM)


def test_it_is_known_what_passes_by_itself(sessions: Sessions) -> None:
    def raised(statement: str) -> Exception:
        with somebody_waits(MOMENT), pytest.raises(DBAPIError) as failure, sessions.begin() as session:
            session.execute(text(statement))
        return failure.value

    with sessions.begin() as session:
        members.welcome_workspace(session, TEAM)
    with sessions.begin() as holder:
        holder.execute(HOLD)
        locked = raised(str(HOLD))

    assert passes_by_itself(locked)
    assert passes_by_itself(OutOfTime())
    assert not passes_by_itself(raised("SELECT * FROM nowhere"))
    assert not passes_by_itself(ValueError())


def test_a_lock_is_waited_for_no_longer_than_somebody_waits(sessions: Sessions) -> None:
    with sessions.begin() as session:
        members.welcome_workspace(session, TEAM)

    with sessions.begin() as holder:
        holder.execute(HOLD)
        begun = time.monotonic()
        with somebody_waits(MOMENT), pytest.raises(OperationalError), sessions.begin() as session:
            session.execute(HOLD)
        took = time.monotonic() - begun

    assert took < 2 * MOMENT


def test_a_server_so_far_away_that_there_is_no_way_back_in_time_is_asked_no_more(postgres: Postgres) -> None:
    with postgres.reused() as engine, slow_statements(Sessions(engine), AWAY):
        begun = time.monotonic()
        with somebody_waits(), pytest.raises(OutOfTime), Sessions(engine).begin() as session:
            members.welcome_workspace(session, TEAM)
        took = time.monotonic() - begun

    assert took < PATIENCE_SECONDS


def test_a_connection_that_was_hurried_is_patient_with_the_next(store: Engine) -> None:
    sessions = Sessions(store)
    told = "PRAGMA busy_timeout" if store.dialect.name == "sqlite" else "SHOW statement_timeout"

    def patience() -> list[object]:
        with sessions.begin() as writing, sessions.read() as reading:
            return [session.scalars(text(told)).one() for session in (writing, reading)]

    before = patience()
    with somebody_waits(MOMENT):
        hurried = patience()

    assert before == patience()
    assert not set(before) & set(hurried)
    assert before in ([2000, 2000], ["2s", "2s"])


def test_what_runs_on_another_thread_has_its_own_time(sessions: Sessions) -> None:
    with somebody_waits(0), ThreadPoolExecutor(1) as following:
        assert following.submit(kept, sessions).result(PATIENCE_SECONDS) == 0
