"""After an outage: what is too late is closed in parts, and what became of messages is told when it is written."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from bot.runtime.claims import CLOSED_AT_ONCE
from bot.runtime.decisions import Decision
from bot.runtime.slack import Sent
from models.outbox import EXPIRED, READY, SENDING, SENT, Delivery
from tests.people import AMY, BEN, HOUR, JONAS, KAI, MIA, MINUTE, MONDAY_NOON, PRIYA, RAY, ZOE
from tests.runtime.stage import Office, note, turn_until_recorded

EVERYBODY = (AMY, BEN, RAY, MIA, JONAS, ZOE, PRIYA, KAI)


def test_what_is_too_late_after_a_long_outage_is_closed_in_parts_and_holds_up_nothing(
    office_anywhere: Office, caplog: pytest.LogCaptureFixture
) -> None:
    office = office_anywhere
    late = [f"U{number:05}" for number in range(CLOSED_AT_ONCE + 50)]
    office.write(*late, not_before=MONDAY_NOON, expire_at=MONDAY_NOON + MINUTE)
    office.clock.people = MONDAY_NOON + HOUR
    office.write(AMY)
    loop = office.loop(send=lambda _: Sent("D1", "1.0"))
    caplog.set_level(logging.INFO)

    loop.turn()
    first = Counter(office.states())
    loop.drain()

    assert first == {EXPIRED: CLOSED_AT_ONCE, READY: 50, SENDING: 1}
    assert Counter(office.states()) == {EXPIRED: CLOSED_AT_ONCE + 50, SENT: 1}
    told = [vars(record)["delivery"] for record in caplog.records if record.message == "message_expired"]
    assert len(set(told)) == len(told) == CLOSED_AT_ONCE + 50


def test_what_became_of_a_message_is_told_once_it_stands_in_the_store(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    recorded: list[int] = []

    def prepare(session: Session, rows: Sequence[Delivery], now: datetime) -> Mapping[int, Decision]:
        recorded.append(session.scalars(select(func.count()).where(Delivery.state == SENT)).one())
        if [row.receiver for row in rows] == [BEN] and recorded.count(1) < 2:
            raise OperationalError("", {}, Exception("away"))
        return note(session, rows, now)

    (first,) = office.write(AMY)
    loop = office.loop(send=lambda _: Sent("D1", "1.0"), prepare=prepare)
    loop.turn()
    (second,) = office.write(BEN)
    caplog.set_level(logging.INFO)

    turn_until_recorded(loop, outcomes=2)

    told = [vars(record)["delivery"] for record in caplog.records if record.message == "message_sent"]
    assert recorded.count(1) == 2, "one of the turns that knew of the first was rolled back"
    assert told == [first, second]
