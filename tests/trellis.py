"""Trellis as tests meet it: the real Bolt app behind HTTP, a real store, the sandbox workspace as its Slack."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from flask import Flask, Response, request
from slack_bolt.adapter.flask import SlackRequestHandler
from sqlalchemy import Engine
from werkzeug.serving import make_server

from bot.runtime.clock import MovedClock
from bot.runtime.config import Settings
from bot.runtime.database import Sessions
from bot.runtime.delivery import DeliveryLoop
from bot.runtime.rates import UNLIMITED, Pace
from bot.runtime.slack import open_group, post
from handlers import rounds, wiring
from handlers.late import Late
from sandbox.driver import Driver
from sandbox.identity import BOT_TOKEN, SIGNING_SECRET, TEAM_ID
from sandbox.testing import Hosted
from tests.people import MONDAY_NOON

ROOT = Path(__file__).parents[1]


def settings_for(api_url: str, database_url: str = "sqlite://") -> Settings:
    """Settings as an operator would write them for the sandbox."""
    return Settings(
        bot_token=BOT_TOKEN,
        signing_secret=SIGNING_SECRET,
        app_token=None,
        slack_api_url=api_url,
        database_url=database_url,
        port=0,
        host="127.0.0.1",
        clock_url=None,
        log_level="INFO",
        processes=1,
        threads=8,
    )


@dataclass
class Trellis:
    """A running bot: its clock is moved by hand and its engine turns when told to."""

    workspace: str
    sessions: Sessions
    clock: MovedClock
    slack: Driver
    loop: DeliveryLoop
    chores: Callable[[Sessions, datetime], int]
    hosted: Hosted
    late: Late
    another: Callable[[], Late]
    """Makes what keeps the late requests of another process."""

    def tick(self, at: datetime | None = None) -> dict[str, int]:
        """Go to the moment, plan what is due, deliver until nothing is ready, and count what became of it."""
        if at is not None:
            self.clock.move(at)
        wiring.plan(self.sessions, self.clock.people_now())
        self.chores(self.sessions, self.clock.people_now())
        return self.loop.drain()


class _Store(Sessions):
    """Transactions on whatever store the bot was put on last."""

    def __init__(self) -> None:
        """Begin on no store at all."""

    def move(self, engine: Engine) -> None:
        """Go to another store."""
        super().__init__(engine)


SHORT, LONG = 1.0, 30.0
"""Seconds to wait for what follows an answer: the answer must not wait for a Slack that hangs; the end may."""


class Screens(ThreadPoolExecutor):
    """Runs what follows an answer, and can be waited for: what one click leads to must not be taken for the next's."""

    def __init__(self, threads: int) -> None:
        super().__init__(threads)
        self._running: set[Future[Any]] = set()

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future = super().submit(fn, *args, **kwargs)
        self._running.add(future)
        future.add_done_callback(self._running.discard)
        return future

    def settle(self, seconds: float = SHORT) -> None:
        """Wait until nothing runs."""
        wait(tuple(self._running), timeout=seconds)


class Bot:
    """Trellis' Bolt app behind HTTP, built once a process; each test puts it on a store of its own."""

    def __init__(self, running: Hosted) -> None:
        self._running = running
        self._settings = settings_for(running.api_url)
        self._sessions, self._clock = _Store(), MovedClock(MONDAY_NOON)
        self._screens = Screens(2 * self._settings.threads)
        app = wiring.build_app(
            self._settings, sessions=self._sessions, clock=self._clock, screens=self._screens
        )
        self._handler, self._late = SlackRequestHandler(app), app.late
        self._another = partial(Late, app.dispatch, app.client, self._sessions, self._clock)
        self._visit, self._busy, self._changed = 0, 0, threading.Condition()
        flask = Flask("trellis-under-test")
        flask.post("/<int:visit>/slack/events")(self._take)
        self._server = make_server("127.0.0.1", 0, flask, threaded=True)
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.2}, daemon=True
        )
        self._thread.start()

    def _take(self, visit: int) -> Response:
        """Pass on what arrives; what was meant for an earlier test must not change the store of this one."""
        with self._changed:
            if visit != self._visit:
                return Response(status=410)
            self._busy += 1
        try:
            answer = self._handler.handle(request)
            self._screens.settle()
            return answer
        finally:
            with self._changed:
                self._busy -= 1
                self._changed.notify_all()

    @contextmanager
    def on(self, engine: Engine) -> Iterator[Trellis]:
        """Attach the bot, on this store and at Monday noon, to the sandbox for as long as the block lasts."""
        self._sessions.move(engine)
        self._clock.move(MONDAY_NOON)
        loop = DeliveryLoop(
            self._sessions,
            self._clock,
            prepare=wiring.PREPARE,
            post=partial(post, wiring.slack_client(self._settings)),
            look=None,
            chance=random.Random(1),
            pace=Pace(workspace=UNLIMITED, conversation=UNLIMITED, looks=UNLIMITED, openings=UNLIMITED),
            open_group=partial(open_group, wiring.slack_client(self._settings)),
            consequences=wiring.CONSEQUENCES,
            attend=wiring.ATTEND,
        )
        slack = self._running.driver
        slack.event_url(f"http://127.0.0.1:{self._server.server_port}/{self._visit}/slack/events")
        try:
            chores = partial(rounds.take_steps, wiring.slack_client(self._settings))
            yield Trellis(
                TEAM_ID,
                self._sessions,
                self._clock,
                slack,
                loop,
                chores,
                self._running,
                self._late,
                self._another,
            )
        finally:
            slack.event_url(None)
            self._leave()
            assert self._late.settle(LONG), "what was put off is never done"
            self._screens.settle(LONG)
            loop.stop()

    def _leave(self) -> None:
        """Let nobody in any more, and wait for those who are."""
        with self._changed:
            self._visit += 1
            self._changed.wait_for(lambda: self._busy == 0)

    def close(self) -> None:
        """End the server."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        self._screens.shutdown()


def utc(text: str) -> datetime:
    """Read a moment in UTC, written as 2026-11-23 12:00."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
