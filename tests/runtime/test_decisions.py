"""What somebody who looks at all that would be sent, or was found, may do, and that a bug there keeps nothing back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.runtime.clock import SystemClock
from bot.runtime.database import Sessions
from bot.runtime.decisions import Attend, Cancel, Decision, Send, decide
from models.outbox import SENT, Delivery
from models.workspaces import Workspace
from sandbox.driver import Driver
from tests.people import AMY, BEN, HOUR, MINUTE, MONDAY_NOON
from tests.runtime.stage import KIND, Office, accepted_but_doubted, note


def decided(office: Office, attend: Attend) -> list[str]:
    with office.sessions.begin() as session:
        rows = session.scalars(select(Delivery).order_by(Delivery.id)).all()
        said = decide({KIND: note}, session, rows, MONDAY_NOON, attend)
        return [type(each).__name__ for _, each in said]


def held_up() -> float:
    return REGISTRY.get_sample_value("trellis_messages_held_up_total", {"state": "cancelled"}) or 0


def keep_from_ben(
    session: Session, sends: Sequence[tuple[Delivery, Send]], now: datetime
) -> Mapping[int, Decision]:
    return {row.id: Cancel("enough") for row, _ in sends if row.receiver == BEN}


def fail_after_writing(
    session: Session, sends: Sequence[tuple[Delivery, Send]], now: datetime
) -> Mapping[int, Decision]:
    session.add(Workspace(workspace_id="T0HALF"))
    session.flush()
    raise KeyError("a bug")


def make_unsendable(
    session: Session, sends: Sequence[tuple[Delivery, Send]], now: datetime
) -> Mapping[int, Decision]:
    return {row.id: Send("A note", []) for row, _ in sends}


def test_what_would_be_sent_is_decided_anew_and_the_rest_goes_as_it_is(sessions: Sessions) -> None:
    office = Office(sessions, api_url="")
    office.write(AMY, BEN)
    before = held_up()

    assert decided(office, keep_from_ben) == ["Send", "Cancel"]
    assert held_up() == before + 1


@pytest.mark.parametrize("broken", [fail_after_writing, make_unsendable])
def test_a_bug_in_deciding_anew_keeps_no_message_back_and_leaves_nothing_half_written(
    sessions: Sessions, caplog: pytest.LogCaptureFixture, broken: Attend
) -> None:
    office = Office(sessions, api_url="")
    office.write(AMY, BEN)

    assert decided(office, broken) == ["Send", "Send"]
    assert [record.msg for record in caplog.records] == ["attention_unheeded"]
    assert office.workspace().workspace_id != "T0HALF"


def test_what_is_found_in_slack_is_heeded_with_the_moment_at_which_it_came(office: Office) -> None:
    office.clock.machine = SystemClock().machine_now()
    number = accepted_but_doubted(office)
    came_at, heard = office.clock.people, list[tuple[int, datetime]]()
    office.clock.pass_time(HOUR)

    office.loop(heed=lambda _, found: heard.extend((row.id, at) for row, at in found)).drain()

    assert [each for each, _ in heard] == [number]
    assert abs(heard[0][1] - came_at) < MINUTE


def test_a_bug_in_heeding_what_is_found_keeps_no_outcome_from_being_written(
    office: Office, slack: Driver, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(session: Session, found: Sequence[tuple[Delivery, datetime]]) -> None:
        session.add(Workspace(workspace_id="T0HALF"))
        session.flush()
        raise KeyError("a bug")

    number = accepted_but_doubted(office)

    office.loop(heed=fail).drain()

    assert office.row(number).state == SENT
    assert "discovery_unheeded" in [record.msg for record in caplog.records]
    assert office.workspace().workspace_id != "T0HALF"
    assert len(slack.dms(AMY)) == 1
