"""What is said of messages that wait: what they wait for, and whether somebody has to see to it."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import update

from bot.outbox import group
from bot.runtime import queues
from bot.runtime.present import machine_now
from models.bulk import insert_missing
from models.conversations import Conversation
from models.outbox import Delivery
from models.workspaces import Workspace
from sandbox.identity import TEAM_ID
from tests.people import AMY, BEN, HOUR, MIA, MINUTE
from tests.runtime.stage import Office


def test_what_is_tried_or_opened_later_is_no_sign_that_a_worker_is_missing(office_anywhere: Office) -> None:
    office = office_anywhere
    asked_for = group([AMY, BEN])
    tried, *_ = office.write(AMY, asked_for, asked_for)
    with office.sessions.begin() as session:
        again = machine_now(session, office.clock) + HOUR
        session.execute(update(Delivery).where(Delivery.id == tried).values(retry_at=again))
        place = {"workspace_id": TEAM_ID, "receiver": asked_for, "opening_until": again}
        insert_missing(session, Conversation, [place])

    assert notes(office) == [
        f"1 message waits for another try, the first at {again:%Y-%m-%d %H:%M:%S}Z",
        "2 messages wait for a conversation of several people, which Slack has not opened yet",
    ]


def test_a_message_or_a_group_that_somebody_should_have_taken_by_now_is_such_a_sign(office: Office) -> None:
    tried, *_ = office.write(AMY, group([BEN, MIA]))
    with office.sessions.begin() as session:
        session.execute(
            update(Delivery).where(Delivery.id == tried).values(retry_at=office.clock.machine - HOUR)
        )
    office.clock.people += 5 * MINUTE

    assert notes(office) == ["2 messages wait to be sent, the oldest for 300 s: is a worker running?"]


def test_where_slack_takes_nothing_it_does_not_matter_what_else_a_message_waits_for(office: Office) -> None:
    tried, _ = office.write(AMY, BEN)
    later = office.clock.machine + timedelta(hours=2)
    with office.sessions.begin() as session:
        session.execute(update(Delivery).where(Delivery.id == tried).values(retry_at=later))
        session.execute(update(Workspace).values(blocked_until=later))

    (said,) = notes(office)

    assert said.startswith(f"2 messages wait in {TEAM_ID}: Slack told us to send nothing there until ")


def notes(office: Office) -> list[str]:
    with office.sessions.read() as session:
        return [each.sentence for each in queues.examine(session, office.clock) if each.verdict == "note"]
