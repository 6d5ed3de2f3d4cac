"""Several deliveries that go to Slack as one message: each has its own row, mark and fate."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from bot.outbox import Message, enqueue
from bot.runtime.backup import back_up
from bot.runtime.clock import SystemClock
from bot.runtime.database import Sessions, connect
from bot.runtime.decisions import Decision, Defer
from bot.runtime.desk import Desk
from bot.runtime.readings import _marks_in
from bot.runtime.slack import InDoubt, Outcome, Outgoing, post
from models.outbox import ALONE, DOUBTFUL, FAILED, MOST_TOGETHER, READY, SENT, Delivery
from sandbox.driver import Driver
from sandbox.identity import TEAM_ID
from sandbox.testing import Running
from tests.people import AMY, BEN, DAY
from tests.runtime.stage import (
    KIND,
    UNHURRIED,
    Office,
    client_of,
    exhaust,
    note_together,
    turn_until_recorded,
)
from tests.stores import migrated_sqlite

POST, HISTORY = "chat.postMessage", "conversations.history"
HOUR = timedelta(hours=1)


def test_what_one_receiver_gets_may_be_one_message(office: Office, slack: Driver) -> None:
    now, later = office.write(AMY, AMY)
    (other,) = office.write(BEN)

    office.loop(prepare=note_together).drain()

    (message,) = slack.dms(AMY)
    assert len(slack.dms(BEN)) == 1
    assert office.states() == [SENT] * 3
    assert office.row(now).ts == office.row(later).ts == message.ts != office.row(other).ts
    names = [f"{row.id}:{row.nonce}" for row in (office.row(now), office.row(later))]
    assert [block["block_id"] for block in message.blocks] == [f"delivery:{name}" for name in names]


def test_what_is_not_due_yet_may_go_along(office: Office, slack: Driver) -> None:
    office.write(AMY)
    office.write(AMY, not_before=office.clock.people + HOUR)

    office.loop(prepare=note_together).drain()

    assert len(slack.dms(AMY)) == 1
    assert office.states() == [SENT, SENT]


def test_of_several_whose_answer_is_lost_each_is_looked_up_and_found(office: Office, slack: Driver) -> None:
    client = client_of(office.api_url)

    def lose(message: Outgoing) -> Outcome:
        post(client, message)
        return InDoubt("the connection broke")

    office.write(AMY, AMY, AMY)
    office.loop(send=lose, prepare=note_together).drain()
    assert office.states() == [DOUBTFUL] * 3
    office.settle()

    office.loop(prepare=note_together).drain()

    assert office.states() == [SENT] * 3
    assert len(slack.dms(AMY)) == len(slack.calls(HISTORY)) == 1


def test_of_several_that_never_arrived_each_is_sent_after_all(office: Office, slack: Driver) -> None:
    office.write(AMY, AMY)
    office.loop(send=lambda _message: InDoubt("500"), prepare=note_together).drain()
    office.settle()

    office.loop(prepare=note_together).drain()

    assert office.states() == [SENT] * 2
    assert len(slack.dms(AMY)) == 1


def test_a_version_that_does_not_know_of_several_finds_them_by_their_blocks(
    office: Office, slack: Driver
) -> None:
    numbers = office.write(AMY, AMY)
    office.loop(prepare=note_together).drain()
    (message,) = slack.dms(AMY)
    assert message.metadata is not None
    assert message.metadata["event_type"] != "trellis_delivery"

    seen = _marks_in([{"ts": message.ts, "blocks": message.blocks}])

    assert seen == {(None, office.row(number).nonce): message.ts for number in numbers}


def test_what_slack_calls_invalid_together_is_tried_alone(office: Office, slack: Driver) -> None:
    office.write(AMY, AMY)
    slack.fault(POST, "error", error="invalid_blocks")
    loop = office.loop(prepare=note_together)
    turn_until_recorded(loop)
    assert office.states() == [READY] * 2
    assert (office.row(1).reason or "").startswith(ALONE)
    office.clock.pass_time(timedelta(minutes=2))

    exhaust(loop)

    assert office.states() == [SENT] * 2
    assert len(slack.dms(AMY)) == 2


def test_what_slack_never_takes_nor_refuses_keeps_no_other_from_being_sent(
    office: Office, slack: Driver
) -> None:
    poisoned, *others = office.write(AMY, AMY, AMY)
    client = client_of(office.api_url)

    def fail(message: Outgoing) -> Outcome:
        is_whole = poisoned in [part.delivery_id for part in message.parts]
        return InDoubt("500 internal_error") if is_whole else post(client, message)

    loop = office.loop(send=fail, prepare=note_together)
    for _ in range(MOST_TOGETHER + 1):
        exhaust(loop)
        office.settle()

    assert [office.row(number).state for number in others] == [SENT] * 2
    assert office.row(poisoned).state != SENT
    assert len(slack.dms(AMY)) == 2


def test_what_slack_refuses_for_good_fails_with_all_it_brought(office: Office, slack: Driver) -> None:
    office.write(AMY, AMY)
    slack.fault(POST, "error", error="user_disabled")

    office.loop(prepare=note_together).drain()

    assert office.states() == [FAILED] * 2


@pytest.fixture
def copied(tmp_path: Path, workspace: Running) -> Iterator[tuple[Office, Path]]:
    engine = migrated_sqlite(tmp_path / "trellis.db")
    office = Office(Sessions(engine), workspace.api_url)
    office.clock.machine = SystemClock().machine_now()
    yield office, tmp_path / "backup.db"
    office.close()
    engine.dispose()


def plan(office: Office, *due: timedelta) -> None:
    """Write to Amy under keys that a store put back gives again, each of use for a day."""
    now = office.clock.people
    messages = [Message(TEAM_ID, f"plan:{by}", KIND, AMY, 1, now + by, now + by + DAY) for by in due]
    with office.sessions.begin() as session:
        enqueue(session, messages)


@pytest.mark.parametrize("is_known", [True, False], ids=["the copy knows it", "the copy does not know it"])
def test_after_a_restore_what_went_along_early_does_not_come_again(
    copied: tuple[Office, Path], slack: Driver, is_known: bool
) -> None:
    office, backup = copied
    due = (timedelta(), 6 * HOUR)
    begun = office.clock.people
    if is_known:
        plan(office, *due)
    engine = connect(f"sqlite:///{back_up(str(office.sessions.engine.url), backup).path}")
    if not is_known:
        plan(office, *due)
    office.loop(prepare=note_together).drain()
    office.close()
    assert len(slack.dms(AMY)) == 1

    restored = Office(Sessions(engine), office.api_url, clock=office.clock)
    office.clock.pass_time(timedelta(minutes=2))
    Desk(restored.sessions, restored.clock, UNHURRIED).doubt(office.clock.people)
    if not is_known:
        office.clock.people, now = begun, office.clock.people
        plan(restored, *due)
        office.clock.people = now
    for _ in range(3):
        exhaust(restored.loop(prepare=note_together))
        office.clock.pass_time(3 * HOUR)
    restored.close()
    engine.dispose()

    assert restored.states() == [SENT] * 2
    assert len(slack.dms(AMY)) == 1


def test_what_the_copy_knows_as_put_off_and_came_sooner_does_not_come_again(
    copied: tuple[Office, Path], slack: Driver
) -> None:
    office, backup = copied
    plan(office, timedelta())
    exhaust(office.loop(prepare=put_off))
    engine = connect(f"sqlite:///{back_up(str(office.sessions.engine.url), backup).path}")
    with office.sessions.begin() as session:
        for row in session.scalars(Delivery.ready_for(TEAM_ID, AMY)):
            row.not_before = office.clock.people
    office.loop().drain()
    office.close()
    assert len(slack.dms(AMY)) == 1

    restored = Office(Sessions(engine), office.api_url, clock=office.clock)
    Desk(restored.sessions, restored.clock, UNHURRIED).doubt(office.clock.people)
    for _ in range(2):
        office.clock.pass_time(8 * HOUR)
        exhaust(restored.loop())
    restored.close()
    engine.dispose()

    assert restored.states() == [SENT]
    assert len(slack.dms(AMY)) == 1


def put_off(_session: Session, rows: Sequence[Delivery], now: datetime) -> Mapping[int, Decision]:
    return {row.id: Defer(now + 7 * HOUR, "away") for row in rows}


def test_what_is_new_after_a_restore_takes_nothing_along_that_may_have_come(
    copied: tuple[Office, Path], slack: Driver
) -> None:
    office, backup = copied
    engine = connect(f"sqlite:///{back_up(str(office.sessions.engine.url), backup).path}")
    plan(office, timedelta(), 20 * HOUR)
    office.loop(prepare=note_together).drain()
    office.close()
    restored = Office(Sessions(engine), office.api_url, clock=office.clock)
    Desk(restored.sessions, restored.clock, UNHURRIED).doubt(office.clock.people)
    plan(restored, timedelta(), 20 * HOUR)
    for receiver in (BEN, BEN, AMY):  # after the second of them planning has caught up: what follows is new
        exhaust(restored.loop(prepare=note_together))
        office.clock.pass_time(2 * HOUR)
        restored.write(receiver)

    for _ in range(3):
        exhaust(restored.loop(prepare=note_together))
        office.clock.pass_time(8 * HOUR)
    restored.close()
    engine.dispose()

    assert restored.states() == [SENT] * 5
    brought = [block["block_id"].rpartition(":")[2] for each in slack.dms(AMY) for block in each.blocks]
    assert len(brought) == len(set(brought)) == 3


def test_what_the_copy_knows_does_not_come_again_for_having_gone_along_with_what_it_does_not_know(
    copied: tuple[Office, Path], slack: Driver
) -> None:
    office, backup = copied
    plan(office, 6 * HOUR)
    engine = connect(f"sqlite:///{back_up(str(office.sessions.engine.url), backup).path}")
    plan(office, timedelta())
    office.loop(prepare=note_together).drain()
    office.close()
    restored = Office(Sessions(engine), office.api_url, clock=office.clock)
    Desk(restored.sessions, restored.clock, UNHURRIED).doubt(office.clock.people)

    for _ in range(2):
        exhaust(restored.loop(prepare=note_together))
        office.clock.pass_time(7 * HOUR)
    exhaust(restored.loop(prepare=note_together))
    restored.close()
    engine.dispose()

    brought = [block["block_id"].rpartition(":")[2] for each in slack.dms(AMY) for block in each.blocks]
    assert len(brought) == len(set(brought)) == 2
