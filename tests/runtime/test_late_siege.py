"""Real processes that end or are killed while they hold what the store did not take: the next one does it, once."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import psutil
import pytest

from bot.runtime.database import Sessions, connect
from handlers.views.late import INTERIM
from models.goals import Goal
from sandbox.driver import Driver
from sandbox.identity import TEAM_ID
from tests.handlers.slow_store import slow_store
from tests.late_sheets import sheets
from tests.people import AMY, BEN
from tests.runtime.freezing import frozen
from tests.runtime.programs import END_SECONDS, free_port, hear, running_app, wait_until, wait_until_ready
from tests.runtime.programs import environment as environment
from tests.stores import Postgres

pytestmark = pytest.mark.siege

GOAL = "Give one demo a month"
WHAT = "What would you like to reach?"
FOUND_SECONDS = 60.0
"""A lease ends, and what it held is found at the next turn."""
LEFT = 'trellis_requests_late_total{outcome="left"} 1.0'
SLOW = "The database behind me is slow just now, so I gave up and changed nothing."


@dataclass(frozen=True)
class Whole:
    """Everything in one process."""

    slack: Driver
    sessions: Sessions
    process: subprocess.Popen[str]

    def goals(self, who: str = AMY) -> list[str]:
        """Read the titles of somebody's goals."""
        with self.sessions.read() as session:
            return [goal.title for goal in session.scalars(Goal.of(TEAM_ID, who))]

    def heard(self) -> list[str]:
        """Read what Amy was told, the oldest first."""
        return [message.text for message in self.slack.messages(AMY)]

    def tell_to_end(self) -> None:
        self.process.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """Kill it and all that belongs to it, at once."""
        for child in psutil.Process(self.process.pid).children(recursive=True):
            child.kill()
        self.process.kill()
        self.process.wait(END_SECONDS)

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """Let it, and all that belongs to it, stand still."""
        family = [
            psutil.Process(self.process.pid),
            *psutil.Process(self.process.pid).children(recursive=True),
        ]
        for each in family:
            each.suspend()
        try:
            yield
        finally:
            for each in family:
                each.resume()

    def see_it_end(self) -> None:
        self.process.communicate(timeout=END_SECONDS)
        assert self.process.returncode == 0


@pytest.fixture
def whole(environment: dict[str, str], slack: Driver) -> Iterator[Whole]:
    with started(environment, slack) as whole:
        yield whole


@contextmanager
def started(environment: dict[str, str], slack: Driver, *form: str) -> Iterator[Whole]:
    engine = connect(environment["DATABASE_URL"])
    with running_app(form, environment, log=subprocess.DEVNULL) as process:
        wait_until_ready(process, environment)
        slack.event_url(f"http://127.0.0.1:{environment['PORT']}/slack/events")
        slack.command(AMY, "/goal")
        try:
            yield Whole(slack, Sessions(engine), process)
        finally:
            slack.event_url(None)
            engine.dispose()


def test_who_waits_hears_it_in_time_where_the_server_stands_still(
    environment: dict[str, str], slack: Driver, postgres: Postgres
) -> None:
    with (
        postgres.database() as name,
        started({**environment, "DATABASE_URL": postgres.address(name)}, slack) as whole,
    ):
        with frozen(postgres):
            interim = slack.command(AMY, f"/goal add {GOAL}").text
            whole.tell_to_end()
            whole.see_it_end()
        goals = whole.goals()

    assert interim == INTERIM
    assert whole.heard()[-1].startswith(SLOW)
    assert goals == []


def test_what_the_store_takes_in_the_last_seconds_is_done(whole: Whole) -> None:
    with slow_store(whole.sessions):
        interim = whole.slack.command(AMY, f"/goal add {GOAL}").text
        whole.tell_to_end()
    whole.see_it_end()

    assert interim == INTERIM
    assert whole.goals() == [GOAL]
    assert "Logged as goal 1" in whole.heard()[-1]


def test_what_the_store_never_takes_is_left_to_the_next_process(
    environment: dict[str, str], slack: Driver
) -> None:
    with started(environment, slack) as whole, slow_store(whole.sessions):
        interim = slack.command(AMY, f"/goal add {GOAL}").text
        whole.tell_to_end()
        whole.see_it_end()
        heard, goals = whole.heard()[-1], whole.goals()
    with started(environment, slack) as whole:
        slack.eventually(lambda: "Logged as goal 1" in whole.heard()[-1])

        assert (interim, heard, goals) == (INTERIM, INTERIM, [])
        assert whole.goals() == [GOAL]


def test_what_was_put_off_by_a_process_that_is_killed_is_done_by_the_next(
    environment: dict[str, str], slack: Driver
) -> None:
    with started(environment, slack) as whole:
        slack.command(BEN, "/goal")
        form = slack.command(BEN, "/goal add").view
        with slow_store(whole.sessions):
            slack.command(AMY, f"/goal add {GOAL}")
            slack.submit(BEN, {WHAT: GOAL}, view=form)
            wait_until(whole.process, lambda: sheets(whole.sessions) == 2)
            whole.kill()
            goals = whole.goals()
    with started(environment, slack) as whole:
        slack.eventually(lambda: "Logged as goal 1" in whole.heard()[-1], seconds=FOUND_SECONDS)
        slack.eventually(lambda: "Logged as goal 1" in shown(slack, BEN), seconds=FOUND_SECONDS)
        wait_until(whole.process, lambda: sheets(whole.sessions) == 0)

        assert goals == []
        assert [whole.goals(), whole.goals(BEN)] == [[GOAL], [GOAL]]


def test_what_was_put_off_by_a_process_that_is_killed_is_done_by_the_one_beside_it(
    environment: dict[str, str], slack: Driver, postgres: Postgres
) -> None:
    with postgres.database() as name:
        one = {**environment, "DATABASE_URL": postgres.address(name)}
        other = {**one, "PORT": str(free_port())}
        with (
            started(one, slack, "web") as whole,
            running_app(["web"], other, log=subprocess.DEVNULL) as process,
        ):
            wait_until_ready(process, other)
            with slow_store(whole.sessions):
                slack.command(AMY, f"/goal add {GOAL}")
                wait_until(process, lambda: sheets(whole.sessions) == 1)
                whole.kill()
            slack.eventually(lambda: "Logged as goal 1" in whole.heard()[-1], seconds=FOUND_SECONDS)
            wait_until(process, lambda: sheets(whole.sessions) == 0)

            assert whole.goals() == [GOAL]


def test_what_a_process_held_that_stood_still_is_done_by_the_one_beside_it_and_told_once(
    environment: dict[str, str], slack: Driver, postgres: Postgres
) -> None:
    with postgres.database() as name:
        one = {**environment, "DATABASE_URL": postgres.address(name)}
        other = {**one, "PORT": str(free_port())}
        with (
            started(one, slack, "web") as whole,
            running_app(["web"], other, log=subprocess.DEVNULL) as process,
        ):
            wait_until_ready(process, other)
            with ExitStack() as still:
                with slow_store(whole.sessions):
                    slack.command(AMY, f"/goal add {GOAL}")
                    wait_until(process, lambda: sheets(whole.sessions) == 1)
                    still.enter_context(whole.stopped())
                slack.eventually(lambda: "Logged as goal 1" in whole.heard()[-1], seconds=FOUND_SECONDS)
                wait_until(process, lambda: sheets(whole.sessions) == 0)
            wait_until(whole.process, lambda: LEFT in hear(one, "/metrics")[1])

            assert whole.goals() == [GOAL]
            assert "Logged as goal 1" in whole.heard()[-1]
            assert [INTERIM in said for said in whole.heard()[-2:]] == [True, False]


def shown(slack: Driver, who: str) -> str:
    """Read the dialog in front of somebody."""
    view = slack.view(who)
    return view.words if view else ""
