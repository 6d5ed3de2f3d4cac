"""What is in doubt is looked up in Slack, and then sent, or known to be there, but never twice."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bot.outbox import Message, enqueue
from bot.runtime.database import Sessions, connect, migrate
from bot.runtime.decisions import Failed
from bot.runtime.delivery import BATCH
from bot.runtime.rates import Pace, Rate
from bot.runtime.readings import Readings
from bot.runtime.slack import Doubt, InDoubt, Look, Outcome, Outgoing, Seen, Sent, Unseen, post
from models.bulk import insert_missing
from models.conversations import Conversation
from models.outbox import DOUBTFUL, EXPIRED, FAILED, READY, SENT, Delivery
from models.workspaces import Workspace
from sandbox.driver import Driver
from sandbox.identity import TEAM_ID
from sandbox.testing import Running
from tests.people import AMY, BEN, DAY, HOUR, MIA
from tests.runtime.stage import (
    KIND,
    MACHINE_NOON,
    UNHURRIED,
    Office,
    accepted_but_doubted,
    client_of,
    doubt_all,
    doubted,
)
from tests.stores import Postgres

POST, HISTORY, OPEN = "chat.postMessage", "conversations.history", "conversations.open"
SECOND = timedelta(seconds=1)


def test_what_is_there_is_sent_and_what_is_not_goes_again(office_anywhere: Office, slack: Driver) -> None:
    office = office_anywhere
    there = accepted_but_doubted(office)
    (absent,) = doubted(office, BEN)

    office.loop().drain()

    assert {office.row(number).state for number in (there, absent)} == {SENT}
    assert [len(slack.dms(who)) for who in (AMY, BEN)] == [1, 1]
    assert (office.row(there).attempt, office.row(absent).attempt) == (1, 2)
    assert office.row(there).ts == slack.dms(AMY)[0].ts


def test_many_doubts_about_one_conversation_cost_one_reading_of_it(office: Office, slack: Driver) -> None:
    for _ in range(5):
        doubted(office, AMY)
    slack.clear_calls()

    office.loop().drain()

    assert len(slack.calls(HISTORY)) == 1
    assert len(slack.dms(AMY)) == 5
    assert set(office.states()) == {SENT}


def test_a_conversation_that_is_known_is_not_opened(office: Office, slack: Driver) -> None:
    office.write(AMY)
    office.loop().drain()
    accepted_but_doubted(office)
    slack.clear_calls()

    office.loop().drain()

    assert slack.calls(OPEN) == []
    assert len(slack.dms(AMY)) == 2


def test_a_first_message_is_looked_for_where_it_would_have_opened_the_conversation(
    office: Office, slack: Driver
) -> None:
    accepted_but_doubted(office)

    office.loop().drain()

    assert len(slack.calls(OPEN)) == 1
    assert len(slack.dms(AMY)) == 1
    with office.sessions.read() as session:
        place = session.scalars(select(Conversation)).one()
    assert place.channel == slack.dms(AMY)[0].channel


def test_the_first_message_to_a_channel_is_looked_for_in_the_channel(office: Office) -> None:
    asked: list[Doubt] = []

    def seek(doubt: Doubt) -> Look:
        asked.append(doubt)
        return Seen("CGENERAL1", {1: "1.0"})

    doubted(office, "CGENERAL1")
    office.loop(seek=seek).drain()

    assert [doubt.channel for doubt in asked] == ["CGENERAL1"]
    assert office.states() == [SENT]


def test_the_history_is_read_to_its_end(
    office: Office, slack: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.runtime.readings.PAGE", 2)
    number = accepted_but_doubted(office)
    for place in range(5):
        slack.write(AMY, f"An answer {place}")

    office.loop().drain()

    assert office.row(number).state == SENT
    assert len(slack.calls(HISTORY)) == 3
    assert len([message for message in slack.dms(AMY) if "note" in message.text]) == 1


def test_a_block_tells_a_message_whose_metadata_got_lost(office: Office, slack: Driver) -> None:
    number = accepted_but_doubted(office)
    (message,) = slack.dms(AMY)
    client_of(office.api_url).chat_update(
        channel=message.channel,
        ts=message.ts,
        text="A note",
        blocks=message.blocks,
        metadata={"event_type": "other", "event_payload": {}},
    )

    office.loop().drain()

    assert office.row(number).state == SENT
    assert len(slack.dms(AMY)) == 1


@pytest.mark.parametrize(
    ("kind", "fault"),
    [
        *(("status", {"status": 503}), ("error", {"error": "internal_error"}), ("hang", {}), ("drop", {})),
        *(("truncated", {}), ("html", {"status": 200}), ("html", {"status": 407})),
    ],
)
def test_a_look_up_that_fails_is_done_again_later(
    kind: str, fault: dict[str, object], office: Office, slack: Driver
) -> None:
    number = accepted_but_doubted(office)
    slack.fault(HISTORY, kind, **fault)  # type: ignore[arg-type]

    office.loop().drain()
    assert office.row(number).state == DOUBTFUL
    assert (office.row(number).reason or "").startswith("look-up: ")
    office.clock.pass_time(2 * timedelta(minutes=1))
    office.loop().drain()

    assert office.row(number).state == SENT
    assert len(slack.dms(AMY)) == 1


def test_too_many_readings_hold_up_the_look_ups_and_not_the_posts(office: Office, slack: Driver) -> None:
    pace = Pace(workspace=UNHURRIED.workspace, conversation=UNHURRIED.conversation)
    number = accepted_but_doubted(office)
    slack.fault(HISTORY, "status", status=429, retry_after=8)

    office.loop(pace=pace).drain()
    (also,) = doubted(office, MIA)
    (other,) = office.write(BEN)
    office.clock.pass_time(7 * SECOND)
    office.loop(pace=pace).drain()
    assert [office.row(each).state for each in (number, also, other)] == [DOUBTFUL, DOUBTFUL, SENT]
    office.clock.pass_time(2 * SECOND)
    office.loop(pace=pace).drain()

    assert office.row(number).state == SENT
    assert len(slack.dms(AMY)) == 1


def test_histories_that_may_not_be_read_hold_up_no_look_up_in_another_workspace(office: Office) -> None:
    busy, now = [f"U{number:05}" for number in range(BATCH + 1)], office.clock.people
    about = [Message("TBUSY", who, KIND, who, 1, now, now + DAY) for who in busy]
    with office.sessions.begin() as session:
        insert_missing(session, Workspace, [{"workspace_id": "TBUSY"}])
        enqueue(session, about)
        session.execute(update(Workspace).values(looks_tat=office.clock.machine + HOUR))
    office.write(AMY)
    with office.sessions.begin() as session:
        session.execute(update(Workspace).where(Workspace.workspace_id == TEAM_ID).values(looks_tat=None))
        doubted = {"state": DOUBTFUL, "attempt": 1, "doubt_since": office.clock.machine}
        session.execute(update(Delivery).values(**doubted, retry_at=office.clock.machine))
    asked: list[Doubt] = []

    def seek(doubt: Doubt) -> Look:
        asked.append(doubt)
        return Seen("D1", {})

    office.loop(seek=seek, pace=Pace()).turn()
    office.close()

    assert [doubt.workspace_id for doubt in asked] == [TEAM_ID]


def test_a_conversation_that_cannot_be_read_ends_the_doubt_without_a_second_message(
    office: Office, slack: Driver
) -> None:
    number = accepted_but_doubted(office)
    slack.fault(HISTORY, "error", error="missing_scope")
    counted = partial(REGISTRY.get_sample_value, "trellis_messages_failed_total", {"reason": "unresolved"})
    before = counted()

    office.loop().drain()

    assert office.row(number).state == FAILED
    assert counted() == (before or 0) + 1
    assert office.row(number).reason == "in doubt, and cannot be looked up: missing_scope"
    assert len(slack.dms(AMY)) == 1


def test_the_kind_of_what_cannot_be_looked_up_hears_of_it_as_it_is_written(
    office_anywhere: Office, slack: Driver
) -> None:
    office, heard = office_anywhere, list[tuple[int, bool]]()

    def ask(session: Session, failed: Sequence[Failed], now: datetime) -> None:
        rows = [session.get_one(Delivery, each.delivery_id) for each in failed]
        heard.extend((row.id, row.is_unresolved) for row in rows)
        enqueue(
            session, [Message(TEAM_ID, f"asked:{row.key}", KIND, BEN, row.id, now, now + DAY) for row in rows]
        )

    number = accepted_but_doubted(office)
    slack.fault(HISTORY, "error", error="not_in_channel")
    office.loop(consequences={KIND: ask}).drain()

    assert heard == [(number, True)]
    assert office.states() == [FAILED, SENT]
    assert [len(slack.dms(who)) for who in (AMY, BEN)] == [1, 1]


def test_a_token_that_is_gone_ends_no_doubt(office: Office, slack: Driver) -> None:
    number = accepted_but_doubted(office)
    slack.fault(HISTORY, "error", error="token_revoked")

    office.loop().drain()

    assert office.row(number).state == DOUBTFUL


def test_what_turns_out_absent_too_late_expires(office: Office, slack: Driver) -> None:
    (number,) = office.write(AMY, expire_at=office.clock.people + DAY)
    office.loop(send=doubt_all).drain()
    office.settle()
    office.clock.people += DAY

    office.loop().drain()

    assert office.row(number).state == EXPIRED
    assert slack.dms(AMY) == []


def test_a_doubt_that_comes_again_is_looked_for_from_its_first_time_on(office: Office) -> None:
    asked: list[Doubt] = []

    def seek(doubt: Doubt) -> Look:
        asked.append(doubt)
        return Seen("D1", {})

    began = office.clock.machine
    doubted(office, AMY)
    office.loop(send=doubt_all, seek=seek).drain()
    office.clock.pass_time(DAY)
    office.loop(send=doubt_all, seek=seek).drain()

    assert [doubt.since for doubt in asked] == [began, began]


def test_a_looker_that_died_leaves_the_look_up_to_another(office: Office, slack: Driver) -> None:
    number = accepted_but_doubted(office)
    dying = office.loop(seek=lambda _: Unseen("never reported"))
    dying.turn()
    assert office.row(number).state == DOUBTFUL
    office.loop().drain()
    assert slack.calls(HISTORY) == []

    office.clock.pass_time(Pace().lease)
    office.loop().drain()

    assert office.row(number).state == SENT
    assert len(slack.dms(AMY)) == 1


def test_a_look_up_of_an_older_attempt_changes_nothing(office: Office) -> None:
    (number,) = doubted(office, AMY)

    def seek(doubt: Doubt) -> Look:
        with office.sessions.begin() as session:
            session.get_one(Delivery, number).attempt += 1
        return Seen("D1", {})

    looking = office.loop(seek=seek)
    looking.turn()
    looking.stop()

    assert office.row(number).state == DOUBTFUL


def test_two_loops_look_each_doubt_up_once(office_anywhere: Office, slack: Driver) -> None:
    office = office_anywhere
    doubted(office, AMY, BEN, MIA)
    slack.clear_calls()
    loops = [office.loop() for _ in range(2)]

    for loop in loops:
        loop.start()
    slack.eventually(lambda: set(office.states()) == {SENT})

    assert len(slack.calls(HISTORY)) == 3
    assert [len(slack.dms(who)) for who in (AMY, BEN, MIA)] == [1, 1, 1]


def test_reading_histories_keeps_slacks_pace(office: Office, slack: Driver) -> None:
    doubted(office, AMY, BEN, MIA)
    slack.clear_calls()
    pace = Pace(workspace=UNHURRIED.workspace, conversation=UNHURRIED.conversation, looks=Rate(SECOND, 2))

    office.loop(pace=pace).drain()
    assert len(slack.calls(HISTORY)) == 2
    office.loop(pace=pace).drain()
    assert len(slack.calls(HISTORY)) == 2
    office.clock.pass_time(SECOND)
    office.loop(pace=pace).drain()

    assert len(slack.calls(HISTORY)) == 3
    assert READY not in office.states()


def test_a_message_is_looked_for_since_it_was_sent_however_late_the_doubt_is_noticed(
    office: Office, slack: Driver
) -> None:
    client, seen = client_of(office.api_url), list[Doubt]()

    def send(message: Outgoing) -> Outcome:
        assert isinstance(post(client, message), Sent)
        return InDoubt("never reported")

    def seek(doubt: Doubt) -> Look:
        seen.append(doubt)
        return Readings(client).look(doubt)

    (number,) = office.write(AMY)
    office.loop(send=send).turn()
    slack.eventually(lambda: slack.dms(AMY))
    office.clock.pass_time(3 * HOUR)
    late = office.loop(seek=seek)
    late.drain()
    office.settle()
    late.drain()

    assert office.row(number).state == SENT
    assert len(slack.dms(AMY)) == 1
    assert seen[0].since <= MACHINE_NOON + Pace().lease


def test_a_host_whose_clock_is_behind_the_databases_sends_all_the_same(
    postgres: Postgres, slack: Driver, workspace: Running
) -> None:
    with postgres.database() as name:
        engine = connect(postgres.address(name))
        migrate(engine)
        office = Office(Sessions(engine), workspace.api_url)
        (number,) = office.write(AMY)
        with office.sessions.begin() as session:
            session.get_one(Delivery, number).retry_at = office.clock.machine + HOUR
        office.loop().drain()
        office.close()
        engine.dispose()
    assert len(slack.dms(AMY)) == 1
