"""What Slack, a balancer and Prometheus get from the web server."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from slack_sdk.signature import SignatureVerifier
from sqlalchemy import Engine

from bot.runtime.clock import SystemClock
from bot.runtime.database import Sessions, connect, migrate
from bot.runtime.web import LARGEST_BODY_BYTES, build_web
from handlers import wiring
from sandbox.identity import SIGNING_SECRET
from sandbox.testing import Running
from tests.people import AMY
from tests.runtime.stage import Office
from tests.stores import Postgres
from tests.trellis import settings_for

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
BODY = f"command=%2Fgrowth&text=help&user_id={AMY}&team_id=TSANDBOX&trigger_id=1.2.x"


@pytest.fixture
def web(sqlite: Engine, workspace: Running) -> FlaskClient:
    """Give a client of the real thing: Trellis' own doors behind Flask."""
    sessions, clock = Sessions(sqlite), SystemClock()
    app = wiring.build_app(settings_for(workspace.api_url), sessions=sessions, clock=clock)
    return build_web(app, sessions=sessions, clock=clock).test_client()


def signed(body: str, *, age: float = 0, secret: str = SIGNING_SECRET) -> dict[str, str]:
    """Sign the body as Slack does, so many seconds ago."""
    timestamp = str(int(time.time() - age))  # noqa: TID251 - signatures are machine time
    signature = SignatureVerifier(secret).generate_signature(timestamp=timestamp, body=body)
    assert signature is not None
    return {**FORM, "X-Slack-Request-Timestamp": timestamp, "X-Slack-Signature": signature}


def changed(**changes: str | None) -> dict[str, str]:
    headers = {**signed(BODY), **{name.replace("_", "-"): value for name, value in changes.items()}}
    return {name: value for name, value in headers.items() if value is not None}


UNSIGNED: dict[str, Callable[[], dict[str, str]]] = {
    "another secret": lambda: signed(BODY, secret="guessed"),
    "another body": lambda: signed(BODY + "&text=more"),
    "six minutes old": lambda: signed(BODY, age=360),
    "six minutes ahead": lambda: signed(BODY, age=-360),
    "no timestamp": lambda: changed(X_Slack_Request_Timestamp=None),
    "no signature": lambda: changed(X_Slack_Signature=None),
    "neither": lambda: FORM,
    "an empty timestamp": lambda: changed(X_Slack_Request_Timestamp=""),
    "a timestamp in words": lambda: changed(X_Slack_Request_Timestamp="yesterday"),
    "a timestamp with a fraction": lambda: changed(X_Slack_Request_Timestamp="1700000000.5"),
    "a negative timestamp": lambda: changed(X_Slack_Request_Timestamp="-1700000000"),
    "a timestamp beyond all numbers": lambda: changed(X_Slack_Request_Timestamp="9" * 400),
    "a timestamp in other digits": lambda: changed(X_Slack_Request_Timestamp="١٧٠٠٠٠٠٠٠٠"),
    "an empty signature": lambda: changed(X_Slack_Signature=""),
    "a signature without its version": lambda: changed(X_Slack_Signature="ab" * 32),
    "a signature of another version": lambda: changed(X_Slack_Signature="v1=" + "ab" * 32),
    "a signature that is too short": lambda: changed(X_Slack_Signature="v0=ab"),
    "a signature that is no hex": lambda: changed(X_Slack_Signature="v0=" + "xy" * 32),
}
"""Signed when asked for: a moment six minutes ahead is soon within the five that pass."""


@pytest.mark.parametrize("fault", UNSIGNED)
def test_what_slack_did_not_sign_gets_401(fault: str, web: FlaskClient) -> None:
    answer = web.post("/slack/events", data=BODY, headers=list(_as_wsgi(UNSIGNED[fault]())))

    assert answer.status_code == 401


def _as_wsgi(headers: dict[str, str]) -> list[tuple[str, str]]:
    """Write header values as they arrive on the wire: bytes read as Latin-1."""
    return [(name, value.encode().decode("latin-1")) for name, value in headers.items()]


def test_what_slack_signed_reaches_its_door(web: FlaskClient) -> None:
    answer = web.post("/slack/events", data=BODY, headers=signed(BODY))

    assert answer.status_code == 200
    assert b"/1on1" in answer.data


def test_bytes_that_are_no_text_get_401(web: FlaskClient) -> None:
    answer = web.post("/slack/events", data=b"\xff\xfe\x00", headers=signed(BODY))

    assert answer.status_code == 401


def test_a_body_too_large_is_not_read(web: FlaskClient) -> None:
    body = "x" * (LARGEST_BODY_BYTES + 1)

    answer = web.post("/slack/events", data=body, headers=signed(body))

    assert answer.status_code == 413


def test_an_event_nobody_listens_for_is_still_a_success(web: FlaskClient) -> None:
    body = (
        '{"type":"event_callback","event_id":"Ev1","team_id":"TSANDBOX",'
        '"event":{"type":"emoji_changed","event_ts":"1.2"}}'
    )

    answer = web.post(
        "/slack/events", data=body, headers={**signed(body), "Content-Type": "application/json"}
    )

    assert answer.status_code == 200


def test_slacks_challenge_is_answered(web: FlaskClient) -> None:
    body = '{"type":"url_verification","challenge":"say it"}'

    answer = web.post(
        "/slack/events", data=body, headers={**signed(body), "Content-Type": "application/json"}
    )

    assert answer.status_code == 200
    assert b"say it" in answer.data


def test_without_a_bolt_app_there_is_no_door(sqlite: Engine) -> None:
    web = build_web(None, sessions=Sessions(sqlite), clock=SystemClock()).test_client()

    assert web.post("/slack/events", data=BODY, headers=signed(BODY)).status_code == 404
    assert web.get("/healthz").status_code == 200


def test_ready_needs_the_migrations(tmp_path: Path) -> None:
    engine = connect(f"sqlite:///{tmp_path / 'empty.db'}")
    web = build_web(None, sessions=Sessions(engine), clock=SystemClock()).test_client()

    before = web.get("/readyz")
    migrate(engine)
    after = web.get("/readyz")
    engine.dispose()

    assert (before.status_code, before.text) == (503, "migrations are missing: run `python app.py migrate`\n")
    assert (after.status_code, after.text) == (200, "ready\n")


def test_ready_needs_the_database_and_alive_does_not(postgres: Postgres) -> None:
    with postgres.database() as name:
        engine = connect(postgres.address(name))
        web = build_web(None, sessions=Sessions(engine), clock=SystemClock()).test_client()
        assert web.get("/readyz").status_code == 200

        postgres.shut(name)
        away, alive, metrics = web.get("/readyz"), web.get("/healthz"), web.get("/metrics")
        postgres.open(name)
        back = web.get("/readyz")
        engine.dispose()

    assert (away.status_code, away.text) == (503, "the database does not answer\n")
    assert alive.status_code == 200
    assert metrics.status_code == 200
    assert "trellis_store_up 0.0" in metrics.text
    assert "trellis_messages_total" in metrics.text
    assert back.status_code == 200


def test_metrics_show_the_outbox_by_state_and_how_late_it_is(office: Office) -> None:
    office.write(AMY)
    office.clock.people = office.clock.people + (office.clock.people - office.clock.machine)
    web = build_web(None, sessions=office.sessions, clock=office.clock).test_client()

    shown = web.get("/metrics").text

    assert 'trellis_outbox_rows{state="ready"} 1.0' in shown
    assert "trellis_outbox_due 1.0" in shown
    assert "trellis_outbox_late_seconds 1.8144e+06" in shown
    assert "trellis_messages_total" in shown
