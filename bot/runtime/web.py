"""The web app: Slack's door, and what a balancer and Prometheus ask."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable

from flask import Flask, Request, Response, request
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from slack_bolt import App
from slack_bolt.adapter.flask import SlackRequestHandler
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from bot.runtime.clock import Clock
from bot.runtime.database import Sessions, missing_migrations
from bot.runtime.metrics import OutboxCollector
from bot.runtime.patience import OutOfTime, somebody_waits

log = logging.getLogger(__name__)

LARGEST_BODY_BYTES = 1_000_000
"""A view may weigh 250 kB and is sent back in full with its state."""
TIMESTAMP = re.compile(r"[0-9]{1,12}", re.ASCII)
SIGNATURE = re.compile(r"v0=[0-9a-f]{64}", re.ASCII)


def build_web(app: App | None, *, sessions: Sessions, clock: Clock) -> Flask:
    """Build the Flask app; without a Bolt app it has no door for Slack, only what operators ask."""
    flask = Flask(__name__, static_folder=None)
    flask.config["MAX_CONTENT_LENGTH"] = LARGEST_BODY_BYTES
    if app:
        _add_door(flask, app)
    _add_probes(flask, sessions)
    _add_metrics(flask, sessions, clock)
    return flask


def _add_door(flask: Flask, app: App) -> None:
    handler = SlackRequestHandler(app)

    @flask.post("/slack/events")
    def slack_events() -> Response:
        if not _may_be_signed(request):
            log.warning("request_refused", extra={"reason": "no well-formed signature"})
            return Response('{"error": "invalid request"}', 401, content_type="application/json")
        return handler.handle(request)


def _may_be_signed(asked: Request) -> bool:
    """Whether the headers can be a signature at all: Bolt answers 500 to a timestamp that is no number."""
    timestamp = asked.headers.get("X-Slack-Request-Timestamp", "")
    signature = asked.headers.get("X-Slack-Signature", "")
    return bool(TIMESTAMP.fullmatch(timestamp) and SIGNATURE.fullmatch(signature))


def _add_probes(flask: Flask, sessions: Sessions) -> None:
    is_ready = readiness(sessions)

    @flask.get("/healthz")
    def healthz() -> Response:
        return _said("alive")

    @flask.get("/readyz")
    def readyz() -> Response:
        fault = is_ready()
        return _said(fault or "ready", 503 if fault else 200)


def _said(words: str, status: int = 200) -> Response:
    return Response(f"{words}\n", status, content_type="text/plain; charset=utf-8")


def readiness(sessions: Sessions) -> Callable[[], str | None]:
    """Make the question whether the store answers and has this version's tables; the answer is what is wrong."""
    is_migrated = False

    def fault() -> str | None:
        nonlocal is_migrated
        try:
            with somebody_waits():
                # Tables do not go back under a running process, so they are looked at until they are there.
                is_migrated = is_migrated or missing_migrations(sessions.engine) == 0
                with sessions.read() as session:
                    session.execute(text("SELECT 1"))
        except (DBAPIError, PoolTimeoutError, OutOfTime) as away:
            log.warning("not_ready", extra={"error": type(away).__name__})
            return "the database does not answer"
        return None if is_migrated else "migrations are missing: run `python app.py migrate`"

    return fault


def _add_metrics(flask: Flask, sessions: Sessions, clock: Clock) -> None:
    stored = CollectorRegistry()
    stored.register(OutboxCollector(sessions, clock))

    @flask.get("/metrics")
    def metrics() -> Response:
        return Response(generate_latest(REGISTRY) + generate_latest(stored), content_type=CONTENT_TYPE_LATEST)
