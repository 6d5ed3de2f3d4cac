"""What the log and the counters say of messages: each is told and measured once, and by ids alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import pytest
from prometheus_client import REGISTRY
from sqlalchemy.orm import Session

from bot.outbox import cancel
from bot.runtime.decisions import Cancel, Decision
from bot.runtime.desk import Desk
from models.outbox import CANCELLED, READY, SENT, Delivery
from sandbox.identity import TEAM_ID
from tests.people import AMY
from tests.runtime.stage import KIND, Office, note_together


@pytest.fixture
def told(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level("INFO")
    return caplog


def cancelled(told: pytest.LogCaptureFixture) -> list[tuple[int, str]]:
    """Say which messages the log calls cancelled, and why."""
    about = [vars(record) for record in told.records if record.message == "message_cancelled"]
    return [(each["delivery"], each["reason"]) for each in about]


def counted() -> float:
    return REGISTRY.get_sample_value("trellis_messages_total", {"state": CANCELLED}) or 0


def test_what_a_feature_takes_back_is_told_and_counted_once(
    office: Office, told: pytest.LogCaptureFixture
) -> None:
    (number,) = office.write(AMY)
    before = counted()

    for _ in range(2):
        with office.sessions.begin() as session:
            cancel(session, TEAM_ID, [KIND], [1], reason="skipped")

    assert cancelled(told) == [(number, "skipped")]
    assert counted() == before + 1


def test_what_is_not_wanted_when_its_turn_comes_is_told_once(
    office: Office, told: pytest.LogCaptureFixture
) -> None:
    (number,) = office.write(AMY)

    office.loop(prepare=lambda _session, rows, _now: {row.id: Cancel("paused") for row in rows}).drain()

    assert cancelled(told) == [(number, "paused")]


def test_of_what_a_feature_takes_back_before_it_breaks_nothing_is_told(
    office: Office, told: pytest.LogCaptureFixture
) -> None:
    office.write(AMY)

    def prepare(session: Session, rows: Sequence[Delivery], now: datetime) -> Mapping[int, Decision]:
        cancel(session, TEAM_ID, [KIND], [1], reason="skipped")
        session.flush()
        raise LookupError

    office.loop(prepare=prepare).drain()

    assert office.states() == [READY]
    assert cancelled(told) == []


def test_why_an_operator_takes_a_message_back_is_in_no_line(
    office: Office, told: pytest.LogCaptureFixture
) -> None:
    (number,) = office.write(AMY)

    Desk(office.sessions, office.clock).cancel(number, reason="Amy asked by phone")

    assert office.row(number).reason == "Amy asked by phone"
    (line,) = [vars(record) for record in told.records]
    assert (line["message"], line["delivery"]) == ("delivery_cancelled", number)
    assert "phone" not in str(line)


def test_of_what_goes_along_each_that_is_due_is_measured(office: Office) -> None:
    people_now = office.clock.people
    office.write(AMY, not_before=people_now - timedelta(seconds=2))
    office.write(AMY, not_before=people_now - timedelta(seconds=30))
    office.write(AMY, not_before=people_now + timedelta(hours=1))
    before = measured()

    office.loop(prepare=note_together).drain()

    assert office.states() == [SENT] * 3
    assert [now - then for now, then in zip(measured(), before, strict=True)] == [2, 32]


def measured() -> list[float]:
    """Say of how many messages the lateness was measured, and how many seconds it came to."""
    name = "trellis_message_lateness_seconds"
    return [REGISTRY.get_sample_value(f"{name}_{what}") or 0 for what in ("count", "sum")]
