"""The delivery loop: nothing lost, nothing twice, whatever dies in between."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime

import pytest
from sqlalchemy import Connection, Engine, event, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from bot.runtime.config import ROOT
from bot.runtime.database import READING, Sessions, connect
from bot.runtime.decisions import Cancel, Decision, Defer, Send
from bot.runtime.delivery import DeliveryLoop
from bot.runtime.slack import InDoubt, Outcome, Outgoing, Sent
from models.outbox import CANCELLED, DOUBTFUL, EXPIRED, READY, SENDING, SENT, Delivery
from sandbox.driver import Driver
from sandbox.testing import Running
from tests.people import AMY, BEN, DAY, HOUR, JONAS, KAI, MIA, MINUTE, PRIYA, RAY, ZOE
from tests.runtime.stage import PATIENCE_SECONDS, Office, note, turn_until_recorded
from tests.stores import Postgres

EVERYBODY = (AMY, BEN, RAY, MIA, JONAS, ZOE, PRIYA, KAI)


class Gate:
    """A sender that holds every message until it is opened, then says it was sent."""

    def __init__(self) -> None:
        self.asked: list[Outgoing] = []
        self.came, self.opened = threading.Event(), threading.Event()

    def __call__(self, message: Outgoing) -> Outcome:
        self.asked.append(message)
        self.came.set()
        assert self.opened.wait(PATIENCE_SECONDS)
        return Sent("D1", f"{message.delivery_id}.0")


def test_everything_ready_is_sent_once_and_counted(office_anywhere: Office, slack: Driver) -> None:
    office_anywhere.write(*EVERYBODY)

    counts = office_anywhere.loop().drain()

    assert counts == {SENT: len(EVERYBODY)}
    assert [len(slack.dms(person)) for person in EVERYBODY] == [1] * len(EVERYBODY)


def test_messages_to_one_person_arrive_in_the_order_of_their_deadlines(office: Office) -> None:
    now, told = office.clock.people, []
    for days in (3, 1, 2):
        office.write(AMY, expire_at=now + days * DAY)

    def send(message: Outgoing) -> Outcome:
        told.append(message.delivery_id)
        return Sent("D1", "1.0")

    office.loop(send=send).drain()

    assert told == [2, 3, 1]


def test_a_window_opens_and_closes_by_peoples_time_alone(office: Office) -> None:
    now = office.clock.people
    office.write(AMY, not_before=now + HOUR, expire_at=now + 2 * HOUR)
    office.write(BEN, not_before=now - 2 * HOUR, expire_at=now)
    office.clock.machine += DAY

    early = office.loop().drain()
    office.clock.people += HOUR
    at_its_time = office.loop().drain()

    assert early == {EXPIRED: 1}
    assert at_its_time == {SENT: 1}
    assert office.states() == [SENT, EXPIRED]


def test_a_lease_that_ran_out_leaves_a_doubt_and_no_message_before_it_settles(
    office_anywhere: Office,
) -> None:
    office, gate, others = office_anywhere, Gate(), list[object]()
    (number,) = office.write(AMY)
    office.loop(send=gate).turn()
    assert gate.came.wait(PATIENCE_SECONDS)
    assert office.row(number).state == SENDING
    expire_leases(office)

    def note(message: object) -> InDoubt:
        others.append(message)
        return InDoubt("")

    office.loop(send=note).drain()
    gate.opened.set()

    assert office.row(number).state == DOUBTFUL
    assert office.row(number).reason == "lease ran out"
    assert others == []


def expire_leases(office: Office) -> None:
    """Let the leases end: on PostgreSQL the clock of machine time is the server's, which nobody moves."""
    with office.sessions.begin() as session:
        for row in session.scalars(select(Delivery).where(Delivery.state == SENDING)):
            row.lease_until = office.clock.machine
    office.clock.machine += MINUTE


def test_an_outcome_that_comes_after_the_lease_still_settles_the_doubt(office: Office) -> None:
    gate = Gate()
    (number,) = office.write(AMY)
    slow = office.loop(send=gate)
    slow.turn()
    assert gate.came.wait(PATIENCE_SECONDS)
    expire_leases(office)
    office.loop().drain()
    assert office.row(number).state == DOUBTFUL

    gate.opened.set()
    turn_until_recorded(slow)

    assert (office.row(number).state, office.row(number).reason) == (SENT, None)


def test_an_outcome_of_an_older_claim_changes_nothing(office: Office) -> None:
    gate = Gate()
    (number,) = office.write(AMY)
    slow = office.loop(send=gate)
    slow.turn()
    assert gate.came.wait(PATIENCE_SECONDS)
    with office.sessions.begin() as session:
        row = session.get_one(Delivery, number)
        row.attempt, row.owner = row.attempt + 1, "another claim"

    gate.opened.set()
    turn_until_recorded(slow)

    assert office.row(number).state == SENDING


def test_an_outcome_waits_in_memory_while_the_database_is_away(
    postgres: Postgres, slack: Driver, workspace: Running
) -> None:
    with postgres.database() as name:
        engine = connect(postgres.address(name))
        office = Office(Sessions(engine), workspace.api_url)
        gate = Gate()
        (number,) = office.write(AMY)
        loop = office.loop(send=gate)
        loop.turn()
        assert gate.came.wait(PATIENCE_SECONDS)
        postgres.shut(name)
        gate.opened.set()
        fails_to_turn(loop)

        postgres.open(name)
        turn_until_recorded(loop)

        assert office.row(number).state == SENT
        assert len(gate.asked) == 1
        office.close()
        engine.dispose()


def fails_to_turn(loop: DeliveryLoop) -> None:
    """Turn until the database was asked, and found away."""
    deadline = time.monotonic() + PATIENCE_SECONDS

    def turn_on() -> None:
        while time.monotonic() < deadline:
            loop.turn()

    with pytest.raises(DBAPIError):
        turn_on()


def ask_often(office: Office) -> None:
    for _ in range(1_000):
        office.states()


def test_a_running_loop_outlives_a_database_that_is_away(
    postgres: Postgres, slack: Driver, workspace: Running
) -> None:
    with postgres.database() as name:
        engine, mine = connect(postgres.address(name)), connect(postgres.address(name))
        office = Office(Sessions(engine), workspace.api_url)
        loop = office.loop()
        loop.start()
        postgres.shut(name)
        with pytest.raises(DBAPIError):
            ask_often(office)  # the server ends connections as it gets to it
        postgres.open(name)

        # What is written here must not meet a connection that was cut; the loop has to.
        Office(Sessions(mine), workspace.api_url).write(AMY)
        loop.wake()

        slack.eventually(lambda: slack.dms(AMY), seconds=PATIENCE_SECONDS)
        office.close()
        engine.dispose()
        mine.dispose()


def test_a_poisoned_row_waits_alone_and_does_not_stop_the_others(office: Office, slack: Driver) -> None:
    numbers = office.write(AMY, BEN, RAY)

    def poisoned(session: Session, rows: Sequence[Delivery], now: datetime) -> Mapping[int, Decision]:
        if any(row.receiver == BEN for row in rows):
            raise KeyError("a bug")
        return note(session, rows, now)

    office.loop(prepare=poisoned).drain()

    waiting = office.row(numbers[1])
    assert office.states() == [SENT, READY, SENT]
    assert waiting.reason == "bug: KeyError"
    assert waiting.not_before == office.clock.people + 5 * MINUTE
    office.clock.pass_time(5 * MINUTE)
    office.loop().drain()
    assert office.states() == [SENT, SENT, SENT]


@pytest.mark.parametrize("blocks", [[], [{"type": "section", "text": object()}]])
def test_a_message_that_cannot_be_sent_is_a_bug_and_no_doubt(
    blocks: Sequence[Mapping[str, object]], office: Office, slack: Driver
) -> None:
    numbers = office.write(AMY, BEN)

    def unsendable(session: Session, rows: Sequence[Delivery], now: datetime) -> Mapping[int, Decision]:
        mine = {row.id: Send("A note", blocks) for row in rows if row.receiver == BEN}
        return {**note(session, rows, now), **mine}

    office.loop(prepare=unsendable).drain()

    assert office.states() == [SENT, READY]
    assert office.row(numbers[1]).reason == "bug: Unsendable"


def test_a_bug_in_the_store_is_one_rows_matter_too(office_anywhere: Office) -> None:
    office_anywhere.write(AMY, BEN)

    def poisoned(session: Session, rows: Sequence[Delivery], now: datetime) -> Mapping[int, Decision]:
        if any(row.receiver == BEN for row in rows):
            session.query(Delivery).where(Delivery.id == -1).one()
        return note(session, rows, now)

    office_anywhere.loop(prepare=poisoned).drain()

    assert sorted(office_anywhere.states()) == [READY, SENT]


def test_decisions_at_the_moment_of_sending_are_kept_with_their_reason(office: Office) -> None:
    late = office.clock.people + 3 * HOUR
    kept, dropped = office.write(AMY, BEN)

    def decide(session: Session, rows: Sequence[Delivery], now: datetime) -> Mapping[int, Decision]:
        decisions: dict[str, Decision] = {AMY: Defer(late, "not at work"), BEN: Cancel("skipped")}
        return {row.id: decisions[row.receiver] for row in rows}

    counts = office.loop(prepare=decide).drain()

    assert counts == {"deferred": 1, CANCELLED: 1}
    assert (office.row(kept).state, office.row(kept).not_before) == (READY, late)
    assert (office.row(dropped).state, office.row(dropped).reason) == (CANCELLED, "skipped")


def test_a_row_that_a_decision_forgot_is_cancelled_instead_of_asked_for_ever(office: Office) -> None:
    office.write(AMY)

    office.loop(prepare=lambda session, rows, now: {}).drain()

    assert office.states() == [CANCELLED]


def test_stopping_records_what_arrived_and_gives_back_what_nobody_began(office: Office) -> None:
    gate = Gate()
    office.write(*EVERYBODY)
    office.write(*EVERYBODY, expire_at=office.clock.people + 60 * DAY)
    loop = office.loop(send=gate)
    loop.turn()
    assert gate.came.wait(PATIENCE_SECONDS)

    gate.opened.set()
    loop.stop()

    states = Counter(office.states())
    assert states[SENDING] == 0
    assert states[SENT] == len(gate.asked)
    assert states[READY] == 2 * len(EVERYBODY) - len(gate.asked)


def test_two_loops_on_one_postgresql_send_every_row_once(
    postgres: Postgres, slack: Driver, workspace: Running
) -> None:
    with postgres.reused() as engine:
        office = Office(Sessions(engine), workspace.api_url)
        numbers = office.write(*(EVERYBODY * 8))
        loops = [office.loop(), office.loop()]
        threads = [threading.Thread(target=loop.drain) for loop in loops]

        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        office.loop().drain()

        posted = Counter(
            call["arguments"]["metadata"]["event_payload"]["delivery_id"]
            for call in slack.calls("chat.postMessage")
        )
        assert posted == {str(number): 1 for number in numbers}
        assert set(office.states()) == {SENT}
        office.close()


@pytest.mark.siege
@pytest.mark.parametrize("moment", ["before", "after"])
def test_what_a_killed_process_held_is_looked_up_and_arrives_once(
    moment: str, office_anywhere: Office, slack: Driver
) -> None:
    office = office_anywhere
    (number,) = office.write(AMY)
    address = office.sessions.engine.url.render_as_string(hide_password=False)
    command = [sys.executable, "-m", "tests.runtime.doomed", address, office.api_url, moment]
    doomed = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE)
    assert doomed.stdout is not None
    assert doomed.stdout.readline() == b"holding\n"

    doomed.send_signal(signal.SIGKILL)
    doomed.communicate()

    assert office.row(number).state == SENDING
    expire_leases(office)
    office.loop().drain()
    assert office.row(number).state == DOUBTFUL
    assert len(slack.dms(AMY)) == (1 if moment == "after" else 0)
    office.settle()
    office.loop().drain()
    assert office.row(number).state == SENT
    assert len(slack.dms(AMY)) == 1


def test_a_message_that_is_taken_while_we_look_is_not_overlooked(office: Office) -> None:
    (number,) = office.write(AMY)
    loop = office.loop()
    looks: list[int] = []

    def take(connection: Connection, *_asked: object) -> None:
        """Let another worker take the row as soon as one question about it has been answered."""
        if connection.engine.logging_name == READING and not looks:
            looks.append(number)
            with office.sessions.begin() as session:
                session.get_one(Delivery, number).state = SENDING

    event.listen(Engine, "after_cursor_execute", take)
    try:
        is_settled = loop.is_settled(office.clock.people)
    finally:
        event.remove(Engine, "after_cursor_execute", take)

    assert looks
    assert not is_settled
