"""Slack's door while the store is slow, as a real web server: each gets a word within Slack's three seconds."""

from __future__ import annotations

import json
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import urlencode

import pytest
from sqlalchemy import func, select

from bot.runtime.database import Sessions, connect
from handlers.views.late import INTERIM
from models.goals import Goal, GoalEntry
from sandbox.clock import whole_seconds
from sandbox.delivery.http import signature_of
from sandbox.driver import Driver
from sandbox.identity import APP_ID, TEAM_ID
from sandbox.seen import Message
from tests.handlers.slow_store import IN_TIME, slow_store, wait_until_so_many_wait
from tests.people import AMY, BEN
from tests.runtime.programs import environment as environment
from tests.runtime.programs import fetch, running_app, wait_until_ready
from tests.stores import Postgres

pytestmark = pytest.mark.siege

AT_ONCE = 1.0
THREADS = 16
"""Requests that are let in at once, as WEB_THREADS has it."""
BUSY = "Trellis is busy just now, so I changed nothing. Try again in a minute."
GOAL, OTHER_GOAL = "Give one demo a month by 2030-01-01", "Open two of the four weekly demos by 2030-01-01"
WHAT = "What would you like to reach?"
FORM, JSON = "application/x-www-form-urlencoded", "application/json"
DIRECTLY = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass(frozen=True)
class Said:
    """What a request was answered with, and after how many seconds."""

    status: int
    words: str
    took: float


@dataclass(frozen=True)
class Web:
    """The web server as a process, on a store that a test may make slow."""

    environment: dict[str, str]
    sessions: Sessions
    slack: Driver

    @property
    def door(self) -> str:
        return f"http://127.0.0.1:{self.environment['PORT']}/slack/events"

    def type_goal(self, who: str = AMY, *, title: str = GOAL) -> Said:
        """Type a command that writes, without the workspace between us and the server."""
        fields = {"command": "/goal", "text": f"add {title}", "user_id": who, "team_id": TEAM_ID}
        about = {"trigger_id": "1.2.3", "api_app_id": APP_ID, "response_url": "http://127.0.0.1:1/none"}
        return self.ask(urlencode({**fields, **about}).encode(), FORM)

    def tell_of_change(self) -> Said:
        """Deliver an event: somebody changed their profile."""
        user = {"id": AMY, "team_id": TEAM_ID, "tz": "Europe/Berlin", "profile": {"display_name": "amy"}}
        event = {"type": "user_change", "user": user, "event_ts": "1.2"}
        about = {"type": "event_callback", "team_id": TEAM_ID, "event_id": "Ev1", "api_app_id": APP_ID}
        return self.ask(json.dumps({**about, "event": event}).encode(), JSON)

    def ask(self, body: bytes, kind: str) -> Said:
        """Post what Slack would sign."""
        timestamp = whole_seconds()
        signed = {
            "X-Slack-Request-Timestamp": str(timestamp),
            "X-Slack-Signature": signature_of(body, timestamp),
        }
        request = urllib.request.Request(self.door, body, {"Content-Type": kind, **signed})
        begun = time.monotonic()
        try:
            with DIRECTLY.open(request, timeout=30) as answer:
                status, words = answer.status, answer.read().decode()
        except urllib.error.HTTPError as refusal:
            with refusal:
                status, words = refusal.code, refusal.read().decode()
        return Said(status, words, time.monotonic() - begun)

    @contextmanager
    def full_house(self) -> Iterator[list[Future[Said]]]:
        """Let as many slow requests be under way as are let in at once."""
        with slow_store(self.sessions), ThreadPoolExecutor(THREADS) as people:
            slow = [people.submit(self.type_goal, title=f"Goal {number}") for number in range(THREADS)]
            wait_until_so_many_wait(self.sessions, THREADS)
            yield slow

    def written(self) -> tuple[int, int]:
        """Count the goals and their entries."""
        with self.sessions.read() as session:
            goals = session.scalars(select(func.count()).select_from(Goal)).one()
            return goals, session.scalars(select(func.count()).select_from(GoalEntry)).one()


@pytest.fixture(params=["sqlite", "postgresql"])
def web_anywhere(request: pytest.FixtureRequest, environment: dict[str, str], slack: Driver) -> Iterator[Web]:
    """Give the web server on each store."""
    if request.param == "sqlite":
        with served(environment, slack) as web:
            yield web
        return
    postgres: Postgres = request.getfixturevalue("postgres")
    with (
        postgres.database() as name,
        served({**environment, "DATABASE_URL": postgres.address(name)}, slack) as web,
    ):
        yield web


@pytest.fixture
def web(environment: dict[str, str], slack: Driver, postgres: Postgres) -> Iterator[Web]:
    """Give the web server on PostgreSQL, where a slow row makes only those slow who need it."""
    with (
        postgres.database() as name,
        served({**environment, "DATABASE_URL": postgres.address(name)}, slack) as web,
    ):
        yield web


@contextmanager
def served(environment: dict[str, str], slack: Driver) -> Iterator[Web]:
    engine = connect(environment["DATABASE_URL"])
    with running_app(["web"], environment, log=subprocess.DEVNULL) as process:
        wait_until_ready(process, environment)
        web = Web(environment, Sessions(engine), slack)
        slack.event_url(web.door)
        for who in (AMY, BEN):
            slack.command(who, "/goal")
        try:
            yield web
        finally:
            slack.event_url(None)
            engine.dispose()


def test_a_store_that_is_slow_for_a_moment_is_waited_for(web_anywhere: Web) -> None:
    web = web_anywhere
    with slow_store(web.sessions) as free, ThreadPoolExecutor(1) as amy:
        asked = amy.submit(web.type_goal)
        assert not threading.Event().wait(1.5)
        free.set()
        said = asked.result()

    assert "Logged as goal 1" in said.words
    assert 1.4 < said.took < IN_TIME
    assert web.written() == (1, 1)


def test_a_store_that_stays_slow_is_told_in_time_and_takes_it_all_later(web_anywhere: Web) -> None:
    web = web_anywhere
    with slow_store(web.sessions):
        said = web.type_goal()
        event = web.tell_of_change()
        written = web.written()
    web.slack.eventually(lambda: web.written() == (1, 1))
    again = web.type_goal()

    assert INTERIM in json.loads(said.words)["text"]
    assert max(said.took, event.took) < IN_TIME
    assert event.status == 500, "Slack brings it again"
    assert written == (0, 0)
    assert "Logged as goal 2" in again.words


def test_who_finds_all_threads_busy_is_told_at_once_and_nothing_is_changed(web: Web) -> None:
    slack = web.slack
    finished = _about_to_finish_a_goal(slack)
    form = slack.command(BEN, "/goal add").view
    before = web.written()
    with web.full_house() as slow, ThreadPoolExecutor(4) as others:
        begun = time.monotonic()
        command, event = others.submit(web.type_goal, BEN), others.submit(web.tell_of_change)
        button = others.submit(slack.press, BEN, finished, "Mark as done")
        typed = slack.submit(BEN, {WHAT: OTHER_GOAL}, view=form)
        is_ready = fetch(web.environment, "/readyz")
        wait([cast("Future[Any]", each) for each in (command, event, button)])
        took = time.monotonic() - begun
        told = [each.result() for each in slow]
        written = web.written()

    assert (command.result().status, json.loads(command.result().words)["text"]) == (200, BUSY)
    assert event.result().status == 503
    assert (button.result().text, button.result().visible_to) == (BUSY, BEN)
    assert list(typed.errors.values()) == [BUSY]
    assert is_ready == 200
    assert took < 2 * AT_ONCE
    assert all(INTERIM in json.loads(each.words)["text"] and each.took < IN_TIME for each in told)
    assert written == before
    slack.eventually(lambda: web.written()[0] == before[0] + THREADS)
    assert slack.submit(BEN, view=form).errors == {}


def _about_to_finish_a_goal(slack: Driver) -> Message:
    slack.command(BEN, f"/goal add {GOAL}")
    return slack.command(BEN, "/goal progress 1 100%").message


def test_a_crowd_at_a_slow_store_is_answered_in_time_to_the_last(web: Web) -> None:
    with slow_store(web.sessions), ThreadPoolExecutor(100) as people:
        said = [each.result() for each in [people.submit(web.type_goal) for _ in range(100)]]
        written = web.written()
    kept = sum(INTERIM in json.loads(each.words)["text"] for each in said)

    assert max(each.took for each in said) < IN_TIME
    assert {each.status for each in said} == {200}
    assert sum(BUSY in each.words for each in said) >= 50
    assert (kept >= THREADS, written) == (True, (0, 0))
    web.slack.eventually(lambda: web.written() == (kept, kept))


def test_what_slack_did_not_sign_makes_nothing_posted_anywhere(web: Web) -> None:
    with socket.create_server(("127.0.0.1", 0)) as elsewhere:
        address = f"http://127.0.0.1:{elsewhere.getsockname()[1]}/"
        body = urlencode({"payload": json.dumps({"type": "block_actions", "response_url": address})}).encode()
        forged = urllib.request.Request(web.door, body, {"X-Slack-Signature": "v0=" + "0" * 64})
        with web.full_house(), pytest.raises(urllib.error.HTTPError) as refusal:
            DIRECTLY.open(forged, timeout=IN_TIME)
        refusal.value.close()
        elsewhere.setblocking(False)
        with pytest.raises(BlockingIOError):
            elsewhere.accept()

    assert refusal.value.code == 503
