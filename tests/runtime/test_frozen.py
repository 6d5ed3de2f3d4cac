"""A server that stands still is given up in time by whoever is waited for, and is as it was when it goes on."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from sqlalchemy import Connection, Engine, event, func, select
from sqlalchemy.exc import OperationalError

from bot import members
from bot.runtime.clock import SystemClock
from bot.runtime.database import Sessions, connect
from bot.runtime.patience import SILENCE_SECONDS, OutOfTime, may_have_kept, somebody_waits
from bot.runtime.web import build_web
from handlers.views.late import INTERIM
from models.workspaces import Workspace
from sandbox.driver import Driver
from tests.handlers.goals_stage import goals_of
from tests.handlers.test_late import hear
from tests.people import AMY, BEN, MIA
from tests.runtime.freezing import frozen
from tests.stores import Postgres
from tests.trellis import Bot

TEAM = "T1"
MOMENT = 0.3
"""Seconds that are left."""
IN_TIME = 3.0
"""Seconds after which Slack gives up on an app."""


@pytest.fixture
def engine(postgres: Postgres) -> Iterator[Engine]:
    with postgres.reused() as engine:
        yield engine


def kept(sessions: Sessions) -> int:
    with sessions.read() as session:
        return session.scalars(select(func.count()).select_from(Workspace)).one()


def write(sessions: Sessions) -> None:
    with sessions.begin() as session:
        members.welcome_workspace(session, TEAM)


def seconds_until_given_up(ask: Callable[[Sessions], object], sessions: Sessions) -> float:
    begun = time.monotonic()
    with somebody_waits(MOMENT), pytest.raises(OutOfTime):
        ask(sessions)
    return time.monotonic() - begun


def test_whoever_is_waited_for_gives_a_frozen_server_up_however_many_they_are(
    engine: Engine, postgres: Postgres
) -> None:
    sessions = Sessions(engine)
    write(sessions)  # so that some find a connection, and the others have to make one
    assert kept(sessions) == 1
    with ThreadPoolExecutor(12) as people, frozen(postgres):
        asking = [people.submit(seconds_until_given_up, ask, sessions) for ask in 6 * [write, kept]]
        took = [each.result() for each in asking]

    assert max(took) < MOMENT + SILENCE_SECONDS + 0.5
    assert min(took) > MOMENT
    with somebody_waits():
        assert kept(sessions) == 1


def test_what_nobody_waits_for_goes_on_when_the_server_does(engine: Engine, postgres: Postgres) -> None:
    sessions = Sessions(engine)
    kept(sessions)
    with ThreadPoolExecutor(1) as worker:
        with frozen(postgres):
            working = worker.submit(write, sessions)
            seconds_until_given_up(write, sessions)
            assert not working.done()
        working.result(IN_TIME)

    assert kept(sessions) == 1


def test_who_only_reads_does_not_wait_for_ever_either(
    engine: Engine, postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.runtime.driver.READING_SECONDS", MOMENT)
    sessions = Sessions(engine)
    assert kept(sessions) == 0
    with frozen(postgres), pytest.raises(OperationalError, match="silent"):
        kept(sessions)

    assert kept(sessions) == 0


def test_a_server_that_freezes_in_the_midst_of_a_commit_may_have_kept_it(
    engine: Engine, postgres: Postgres
) -> None:
    sessions, freeze = Sessions(engine), frozen(postgres)

    def stand_still(_connection: Connection) -> None:
        freeze.__enter__()

    with somebody_waits(MOMENT):
        event.listen(engine, "commit", stand_still)
        with pytest.raises(OutOfTime):
            write(sessions)
        event.remove(engine, "commit", stand_still)
        freeze.__exit__(None, None, None)

        assert may_have_kept()


def test_who_meets_a_frozen_server_is_told_in_time_and_gets_it_done_once_it_goes_on(
    slack: Driver, served_bot: Bot, postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.runtime.metrics.SCRAPE_SECONDS", MOMENT)
    with postgres.database() as name:
        engine = connect(postgres.address(name))
        sessions = Sessions(engine)
        web = build_web(None, sessions=sessions, clock=SystemClock()).test_client()
        with served_bot.on(engine) as trellis, ThreadPoolExecutor(8) as people:
            for who in (AMY, BEN, MIA):
                slack.command(who, "/goal")
            slack.command(MIA, "/goal add Give a demo")
            finished = slack.command(MIA, "/goal progress 1 100%").message
            begun = time.monotonic()
            with frozen(postgres):
                asking = [
                    people.submit(partial(slack.command, who, "/goal add Give a demo")) for who in (AMY, BEN)
                ]
                asking.append(people.submit(partial(slack.press, MIA, finished, "Mark as done")))
                metrics, ready = people.submit(web.get, "/metrics"), people.submit(web.get, "/readyz")
                told = [each.result() for each in asking]
                shown = (ready.result().status_code, "trellis_store_up 0.0" in metrics.result().text)
                took = time.monotonic() - begun
            for who, answer in ((AMY, "Logged as goal 1"), (BEN, "Logged as goal 1"), (MIA, "Done: goal 1")):
                hear(trellis, who, answer)
            states = [goal.state for goal in goals_of(trellis, MIA)]
            goals = [len(goals_of(trellis, who)) for who in (AMY, BEN)]
            back = web.get("/readyz").status_code
        engine.dispose()

    assert [(each.error, each.text) for each in told] == [(None, INTERIM)] * 3
    assert took < IN_TIME
    assert shown == (503, True)
    assert back == 200
    assert (goals, states) == ([1, 1], ["done"])
