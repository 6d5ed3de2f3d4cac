"""Trellis as tests meet it: the real Bolt app behind HTTP, a real store, the sandbox workspace as its Slack."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from flask import Flask, Response, request
from slack_bolt.adapter.flask import SlackRequestHandler
from sqlalchemy import Engine
from werkzeug.serving import make_server

from bot.runtime.clock import MovedClock
from bot.runtime.config import Settings
from bot.runtime.database import Sessions
from bot.runtime.delivery import DeliveryLoop
from bot.runtime.slack import post
from handlers import wiring
from sandbox.driver import Driver
from sandbox.identity import BOT_TOKEN, SIGNING_SECRET, TEAM_ID
from sandbox.testing import Running
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

    def tick(self, at: datetime | None = None) -> dict[str, int]:
        """Go to the moment, plan what is due, deliver until nothing is ready, and count what became of it."""
        if at is not None:
            self.clock.move(at)
        wiring.plan(self.sessions, self.clock.people_now())
        return self.loop.drain()

    def run_until(self, end: datetime, *, step: timedelta = timedelta(minutes=15)) -> None:
        """Let people's time pass, with a tick at every step."""
        while self.clock.people_now() < end:
            self.tick(min(end, self.clock.people_now() + step))


@contextmanager
def running_bot(running: Running, engine: Engine) -> Iterator[Trellis]:
    """Run the bot on a store, attached to a sandbox over HTTP."""
    settings = settings_for(running.api_url)
    sessions, clock = Sessions(engine), MovedClock(MONDAY_NOON)
    app = wiring.build_app(settings, sessions=sessions, clock=clock)
    flask, handler = Flask("trellis-under-test"), SlackRequestHandler(app)

    @flask.post("/slack/events")
    def slack_events() -> Response:
        return handler.handle(request)

    server = make_server("127.0.0.1", 0, flask, threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    loop = DeliveryLoop(
        sessions,
        clock,
        prepare=wiring.PREPARE,
        post=partial(post, wiring.slack_client(settings)),
        chance=random.Random(1),
    )
    running.driver.event_url(f"http://127.0.0.1:{server.server_port}/slack/events")
    try:
        yield Trellis(TEAM_ID, sessions, clock, running.driver, loop)
    finally:
        running.driver.event_url(None)
        server.shutdown()
        thread.join()
        server.server_close()
        loop.stop()
        app.listener_runner.listener_executor.shutdown()


def utc(text: str) -> datetime:
    """Read a moment in UTC, written as 2026-11-23 12:00."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
