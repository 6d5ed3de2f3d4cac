"""Real processes that end while they hold what the store did not take: it is done, or they say that it is not."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from bot.runtime.database import Sessions, connect
from handlers.views.late import INTERIM
from models.goals import Goal
from sandbox.driver import Driver
from sandbox.identity import TEAM_ID
from tests.handlers.slow_store import slow_store
from tests.people import AMY
from tests.runtime.freezing import frozen
from tests.runtime.programs import END_SECONDS, running_app, wait_until_ready
from tests.runtime.programs import environment as environment
from tests.stores import Postgres

pytestmark = pytest.mark.siege

GOAL = "Give one demo a month"
SLOW = "The database behind me is slow just now, so I gave up and changed nothing."


@dataclass(frozen=True)
class Whole:
    """Everything in one process."""

    slack: Driver
    sessions: Sessions
    process: subprocess.Popen[str]

    def goals(self) -> list[str]:
        """Read the titles of Amy's goals."""
        with self.sessions.read() as session:
            return [goal.title for goal in session.scalars(Goal.of(TEAM_ID, AMY))]

    def heard(self) -> list[str]:
        """Read what Amy was told, the oldest first."""
        return [message.text for message in self.slack.messages(AMY)]

    def tell_to_end(self) -> None:
        self.process.send_signal(signal.SIGTERM)

    def see_it_end(self) -> None:
        self.process.communicate(timeout=END_SECONDS)
        assert self.process.returncode == 0


@pytest.fixture
def whole(environment: dict[str, str], slack: Driver) -> Iterator[Whole]:
    with started(environment, slack) as whole:
        yield whole


@contextmanager
def started(environment: dict[str, str], slack: Driver) -> Iterator[Whole]:
    engine = connect(environment["DATABASE_URL"])
    with running_app([], environment, log=subprocess.DEVNULL) as process:
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


def test_who_waits_hears_that_nothing_was_changed_where_the_store_takes_nothing(whole: Whole) -> None:
    with slow_store(whole.sessions):
        interim = whole.slack.command(AMY, f"/goal add {GOAL}").text
        whole.tell_to_end()
        whole.see_it_end()

    assert interim == INTERIM
    assert whole.heard()[-1].startswith(SLOW)
    assert whole.goals() == []
