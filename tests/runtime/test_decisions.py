"""What somebody who looks at all that would be sent may change of it, and that a bug there keeps nothing back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.runtime.database import Sessions
from bot.runtime.decisions import Attend, Cancel, Decision, Send, decide
from models.outbox import Delivery
from models.workspaces import Workspace
from tests.people import AMY, BEN, MONDAY_NOON
from tests.runtime.stage import KIND, Office, note


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
