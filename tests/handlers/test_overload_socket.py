"""Slack's door as a socket while the store is slow: who cannot be answered in time is told so at once."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from bot.runtime.database import Sessions, connect
from models.goals import Goal
from sandbox.driver import Driver
from sandbox.identity import APP_TOKEN, TEAM_ID
from sandbox.seen import Answer
from tests.handlers.slow_store import slow_store, wait_until_so_many_wait
from tests.people import AMY, BEN
from tests.runtime.programs import environment as environment
from tests.runtime.programs import running_app, wait_until
from tests.stores import Postgres

pytestmark = pytest.mark.siege

THREADS = 4
"""Calls that are let in at once; fewer than in production, so that a small crowd fills the house."""
AT_ONCE = 1.5
BUSY = "Trellis is busy just now, so I changed nothing. Try again in a minute."
WHAT = "What would you like to reach?"
GOAL = "Give one demo a month by 2030-01-01"


@dataclass(frozen=True)
class Bot:
    """All of Trellis in one process, attached over a socket."""

    slack: Driver
    sessions: Sessions

    @contextmanager
    def full_house(self) -> Iterator[list[Future[Answer]]]:
        """Let as many slow calls be under way as are let in at once."""
        with slow_store(self.sessions), ThreadPoolExecutor(THREADS) as people:
            slow = [
                people.submit(self.slack.command, AMY, f"/goal add {GOAL} {number}")
                for number in range(THREADS)
            ]
            wait_until_so_many_wait(self.sessions, THREADS)
            yield slow

    def goals(self) -> int:
        """Count Ben's: Amy's come when the house is empty again."""
        with self.sessions.read() as session:
            return len(session.scalars(Goal.of(TEAM_ID, BEN)).all())


@pytest.fixture
def bot(environment: dict[str, str], slack: Driver, postgres: Postgres) -> Iterator[Bot]:
    """Give the bot on PostgreSQL, where a slow row makes only those slow who need it."""
    with postgres.database() as name:
        address = postgres.address(name)
        attached = {
            **environment,
            "DATABASE_URL": address,
            "SLACK_APP_TOKEN": APP_TOKEN,
            "SLACK_SIGNING_SECRET": "",
            "WEB_THREADS": str(THREADS),
        }
        with running_app([], attached, log=subprocess.DEVNULL) as process:
            wait_until(process, lambda: bool(slack.state()["sockets"]))
            engine = connect(address)
            for who in (AMY, BEN):
                slack.command(who, "/goal")
            yield Bot(slack, Sessions(engine))
            engine.dispose()


def test_who_finds_all_threads_busy_is_told_at_once_over_a_socket_too(bot: Bot) -> None:
    slack = bot.slack
    form = slack.command(BEN, "/goal add").view
    slack.command(BEN, f"/goal add {GOAL}")
    finished = slack.command(BEN, "/goal progress 1 100%").message
    before = bot.goals()
    with bot.full_house(), ThreadPoolExecutor(2) as others:
        begun = time.monotonic()
        command = others.submit(slack.command, BEN, f"/goal add {GOAL}")
        button = others.submit(slack.press, BEN, finished, "Mark as done")
        typed = slack.submit(BEN, {WHAT: GOAL}, view=form)
        said = (command.result().text, button.result().text)
        took = time.monotonic() - begun

    assert said == (BUSY, BUSY)
    assert list(typed.errors.values()) == [BUSY]
    assert took < 2 * AT_ONCE
    assert bot.goals() == before
    assert slack.submit(BEN, view=form).errors == {}
    assert bot.goals() == before + 1
