"""How processes end: in time whatever hangs, with what was on its way recorded and the rest given back."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress

import psutil
import pytest

from bot.runtime.database import Sessions
from models.outbox import DOUBTFUL, READY, SENDING, SENT
from sandbox.driver import Driver
from sandbox.identity import APP_TOKEN
from tests.people import AMY
from tests.runtime import crowd
from tests.runtime.programs import END_SECONDS, running_app, wait_until, wait_until_ready
from tests.runtime.programs import environment as environment
from tests.stores import Postgres

pytestmark = pytest.mark.siege

AS_WORKER, ALL_IN_ONE = ("worker", "--probes"), ()
FULL_HOUSE = 16
"""As many messages as a process has on their way at once."""
POST = "chat.postMessage"


@contextmanager
def ending(process: subprocess.Popen[str]) -> Iterator[None]:
    """Tell the process to end, let the block happen, and see that nothing of it is left in time."""
    family = psutil.Process(process.pid).children(recursive=True)
    told = time.monotonic()
    process.send_signal(signal.SIGTERM)
    yield
    _, log = process.communicate(timeout=END_SECONDS - (time.monotonic() - told))

    assert process.returncode == 0, log
    assert not [each for each in family if each.is_running()]


def pass_time(process: subprocess.Popen[str], seconds: float) -> None:
    """Let time pass in which the process goes on."""
    with suppress(subprocess.TimeoutExpired):
        process.wait(seconds)
    assert process.poll() is None, "it ended too early"


def begin_to_send(process: subprocess.Popen[str], store: Sessions, people: list[str]) -> None:
    """Let the process take a message for each of them, and the senders begin."""
    crowd.tell(store, people)
    wait_until(process, lambda: crowd.states(store).get(SENDING) == len(people))
    pass_time(process, 0.5)


@pytest.mark.parametrize("arguments", [AS_WORKER, ALL_IN_ONE], ids=["worker", "all in one"])
def test_what_was_not_begun_is_given_back_while_slack_hangs_and_more_signals_change_nothing(
    arguments: Sequence[str], environment: dict[str, str], slack: Driver
) -> None:
    slack.fault(POST, "hang", times=100)
    with crowd.store_at(environment["DATABASE_URL"]) as store:
        people = crowd.gather(store, slack, FULL_HOUSE + 3)
        with running_app(arguments, environment) as process:
            wait_until_ready(process, environment)
            begin_to_send(process, store, people)
            with ending(process):
                for number in (signal.SIGTERM, signal.SIGINT, signal.SIGINT, signal.SIGQUIT):
                    pass_time(process, 0.3)
                    process.send_signal(number)

        found = crowd.states(store)
        assert set(found) == {DOUBTFUL, READY}
        assert found[READY] >= 3, "more than are sent at once"
        assert {each.lease_until for each in crowd.deliveries(store)} == {None}


def test_what_is_on_its_way_arrives_and_is_recorded(environment: dict[str, str], slack: Driver) -> None:
    slack.fault(POST, "delay", times=100, seconds=2)
    with crowd.store_at(environment["DATABASE_URL"]) as store:
        people = crowd.gather(store, slack, FULL_HOUSE)
        with running_app(["worker"], environment) as process:
            begin_to_send(process, store, people)
            with ending(process):
                process.send_signal(signal.SIGINT)

        assert crowd.states(store) == {SENT: FULL_HOUSE}
        assert crowd.seen_by(slack, people) == dict.fromkeys(people, 1)


@pytest.mark.parametrize("arguments", [AS_WORKER, ALL_IN_ONE], ids=["worker", "all in one"])
def test_what_slack_said_while_the_database_was_away_is_recorded_when_it_returns(
    arguments: Sequence[str], environment: dict[str, str], slack: Driver, postgres: Postgres
) -> None:
    slack.fault(POST, "delay", times=100, seconds=2)
    with postgres.database() as name, crowd.store_at(postgres.address(name)) as store:
        people = crowd.gather(store, slack, 5)
        mine = {**environment, "DATABASE_URL": postgres.address(name)}
        with running_app(arguments, mine) as process:
            wait_until_ready(process, mine)
            begin_to_send(process, store, people)
            postgres.shut(name)
            with ending(process):
                pass_time(process, 4)
                postgres.open(name)

        assert crowd.states(store) == {SENT: 5}


def test_a_process_ends_in_time_though_the_database_stays_away(
    environment: dict[str, str], slack: Driver, postgres: Postgres
) -> None:
    with postgres.database() as name, crowd.store_at(postgres.address(name)) as store:
        people = crowd.gather(store, slack, 3)
        mine = {**environment, "DATABASE_URL": postgres.address(name)}
        slack.fault(POST, "delay", times=100, seconds=2)
        with running_app(["worker"], mine) as process:
            begin_to_send(process, store, people)
            postgres.shut(name)
            with ending(process):
                pass_time(process, 0.1)
        postgres.open(name)

        assert crowd.states(store) == {SENDING: 3}, "their leases run out, and they are looked up"


@pytest.mark.parametrize("over", ["http", "socket"])
def test_a_command_that_is_being_answered_gets_its_answer(
    over: str, environment: dict[str, str], slack: Driver
) -> None:
    mine = {**environment, "SLACK_APP_TOKEN": APP_TOKEN if over == "socket" else ""}
    with running_app(ALL_IN_ONE if over == "socket" else ("web",), mine) as process:
        wait_until_ready(process, mine)
        if over == "http":
            slack.event_url(f"http://127.0.0.1:{mine['PORT']}/slack/events")
        slack.command(AMY, "/goal")
        path = mine["DATABASE_URL"].removeprefix("sqlite:///")
        with locked(path) as unlock, ThreadPoolExecutor(1) as amy:
            asked = amy.submit(slack.command, AMY, "/goal add Give one demo a month by 2030-01-01")
            pass_time(process, 0.5)
            with ending(process):
                pass_time(process, 0.5)
                unlock()
            answer = asked.result()
    slack.event_url(None)

    assert "Logged as goal 1" in (answer.text or "")


@contextmanager
def locked(path: str) -> Iterator[Callable[[], None]]:
    """Hold a SQLite file's write lock until told to let go."""
    holder = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    holder.execute("BEGIN IMMEDIATE").close()
    try:
        yield holder.rollback
    finally:
        holder.close()
