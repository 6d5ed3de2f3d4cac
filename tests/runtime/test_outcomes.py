"""What is written of outcomes that come late, or that cannot be written at all."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

import pytest
from sqlalchemy import update

from bot.outbox import group
from bot.runtime.openings import Recorder
from bot.runtime.outcomes import record_look
from bot.runtime.rates import Pace
from bot.runtime.slack import (
    Doubt,
    Group,
    InDoubt,
    NotOpened,
    NotSent,
    Outcome,
    Outgoing,
    Seen,
    Sent,
    Unseen,
)
from models.outbox import DOUBTFUL, SENDING, SENT
from models.workspaces import Workspace
from sandbox.identity import TEAM_ID
from tests.people import AMY, BEN
from tests.runtime.stage import PATIENCE_SECONDS, Office, doubt_all, doubted, exhaust
from tests.runtime.test_delivery import Gate, expire_leases


def test_an_outcome_that_cannot_be_written_keeps_no_other_from_it(
    office_anywhere: Office, caplog: pytest.LogCaptureFixture
) -> None:
    office = office_anywhere
    bad, good = office.write(AMY, BEN)

    def send(message: Outgoing) -> Outcome:
        is_good = message.delivery_id == good
        return Sent("D1", "1.0") if is_good else NotSent("when the universe is over", retry_after=10**14)

    loop = office.loop(send=send)
    exhaust(loop)

    assert (office.row(bad).state, office.row(good).state) == (SENDING, SENT)
    (told,) = [record for record in caplog.records if record.message == "outcome_dropped"]
    assert vars(told)["receiver"] == AMY
    expire_leases(office)
    exhaust(loop)
    assert office.row(bad).state == DOUBTFUL


@pytest.mark.parametrize("outcome", [Sent("D1", "1.0"), InDoubt("500")])
def test_an_outcome_of_a_row_that_was_settled_is_told_and_counted_once(
    office_anywhere: Office, caplog: pytest.LogCaptureFixture, outcome: Outcome
) -> None:
    caplog.set_level("INFO")
    office, gate = office_anywhere, Gate()
    office.write(AMY, BEN)
    slow = office.loop(send=lambda message: gate(message) and outcome)
    slow.turn()
    assert gate.came.wait(PATIENCE_SECONDS)
    expire_leases(office)
    office.loop(send=doubt_all).drain()
    office.settle()
    office.loop(seek=lambda doubt: Seen("D1", dict.fromkeys(doubt.attempts, "1.0"))).drain()
    assert office.states() == [SENT, SENT]
    caplog.clear()

    gate.opened.set()
    counts = slow.drain()

    assert not counts
    assert not [record for record in caplog.records if record.message.startswith("message_")]
    assert office.states() == [SENT, SENT]


def test_of_several_waits_for_look_ups_and_openings_the_longest_stands(office: Office) -> None:
    now, pace = office.clock.machine, Pace()
    doubt = Doubt(TEAM_ID, AMY, "D1", {}, {}, now)
    with office.sessions.begin() as session:
        openings = Recorder(session, now, random.Random(7), pace)
        for seconds in (10, 30, 1):
            looked = Unseen("ratelimited", retry_after=seconds)
            list(record_look(session, doubt, looked, now, pace=pace, chance=random.Random(7)))
            openings.record(
                Group(TEAM_ID, group([AMY, BEN])), NotOpened(NotSent("ratelimited", retry_after=seconds))
            )

    workspace = office.workspace()
    assert pace.looks.opens_at(workspace.looks_tat) == now + timedelta(seconds=30)
    assert pace.openings.opens_at(workspace.opens_tat) == now + timedelta(seconds=30)


def test_every_page_beyond_the_first_of_each_reading_is_paid_for_when_it_ends(
    office_anywhere: Office,
) -> None:
    office, pace = office_anywhere, Pace()
    now, chance = office.clock.machine, random.Random(7)
    doubt = Doubt(TEAM_ID, AMY, "D1", {}, {}, now)
    hold_looks_until(office, now)

    for looked in (Seen("D1", {}, pages=12), Unseen("timed out", pages=4), Unseen("not begun")):
        with office.sessions.begin() as session:
            list(record_look(session, doubt, looked, now + timedelta(seconds=9), pace=pace, chance=chance))

    assert office.workspace().looks_tat == now + pace.looks.interval * (11 + 3)


def hold_looks_until(office: Office, moment: datetime) -> None:
    with office.sessions.begin() as session:
        session.execute(update(Workspace).values(looks_tat=moment))


def test_the_wait_after_each_try_doubles_from_half_a_second_up_to_a_minute(office: Office) -> None:
    (number,) = office.write()
    loop = office.loop(send=lambda _: NotSent("away"))
    waits = []
    for _ in range(9):
        exhaust(loop)
        waits.append(wait_of(office, number))
        office.clock.pass_time(timedelta(seconds=waits[-1]))

    most = [0.5, 1, 2, 4, 8, 16, 32, 60, 60]
    assert all(whole / 2 <= wait <= whole for wait, whole in zip(waits, most, strict=True)), waits


def test_a_look_up_that_failed_waits_longer_than_a_message(office: Office) -> None:
    (number,) = doubted(office, AMY)

    exhaust(office.loop(seek=lambda _: Unseen("away")))

    assert 16 <= wait_of(office, number) <= 32


def wait_of(office: Office, number: int) -> float:
    """Say how many seconds a row waits from now on."""
    again = office.row(number).retry_at
    assert again is not None
    return (again - office.clock.machine).total_seconds()
