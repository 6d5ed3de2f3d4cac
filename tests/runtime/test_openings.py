"""Messages to several people: their conversation is opened once, at the pace Slack allows, and may be refused."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from bot.outbox import group
from bot.runtime import metrics
from bot.runtime.decisions import Failed
from bot.runtime.rates import UNLIMITED, Pace, Rate
from bot.runtime.slack import Doubt, Group, InDoubt, Look, NotOpened, NotSent, Opened, Outcome, Outgoing, Sent
from models.conversations import Conversation
from models.outbox import DOUBTFUL, FAILED, READY, SENT, Delivery
from sandbox.driver import Driver
from tests.people import AMY, BEN, MIA, MINUTE, RAY
from tests.runtime.stage import KIND, Office, exhaust

THEM = group([BEN, AMY])
SLOW = Pace(
    workspace=UNLIMITED, conversation=UNLIMITED, looks=UNLIMITED, openings=Rate(timedelta(hours=1), 2)
)


def opened(slack: Driver) -> int:
    return len(slack.calls("conversations.open"))


def test_several_people_are_named_alike_whoever_is_named_first() -> None:
    assert group([AMY, BEN]) == group((BEN, AMY))
    assert Group("T1", THEM).people == sorted([AMY, BEN])


def test_a_group_is_opened_once_and_posted_to_in_order(office_anywhere: Office, slack: Driver) -> None:
    office = office_anywhere
    office.write(THEM, THEM, AMY)

    office.loop().drain()
    office.write(THEM)
    office.loop().drain()

    assert set(office.states()) == {SENT}
    assert opened(slack) == 1
    with office.sessions.read() as session:
        channel = session.scalars(select(Conversation.channel).where(Conversation.receiver == THEM)).one()
        posted = session.scalars(select(Delivery.channel).where(Delivery.receiver == THEM)).all()
    assert set(posted) == {channel}
    assert len(slack.dms(AMY)) == 1


def test_as_many_groups_are_opened_as_slack_takes_and_nobody_else_waits_for_them(
    office: Office, slack: Driver
) -> None:
    later = office.clock.people + timedelta(days=2)
    groups = office.write(group([AMY, BEN]), group([AMY, MIA]), group([AMY, RAY]))
    (person,) = office.write(BEN, expire_at=later + timedelta(days=1))
    loop = office.loop(pace=SLOW)

    exhaust(loop)

    assert opened(slack) == 2
    assert [office.row(number).state for number in groups] == [SENT, SENT, READY]
    assert office.row(person).state == SENT

    office.clock.pass_time(timedelta(hours=1))
    exhaust(loop)
    assert office.row(groups[2]).state == SENT


def test_a_group_that_slack_refuses_fails_what_waits_for_it_and_its_feature_hears_of_it(
    office: Office, slack: Driver
) -> None:
    failures: list[Failed] = []

    def consequence(session: Session, failed: Sequence[Failed], now: datetime) -> None:
        failures.extend(failed)
        session.get_one(Delivery, failed[0].delivery_id).nonce = "noted"

    slack.fault("conversations.open", "error", error="user_disabled")
    first, second = office.write(THEM, THEM)
    loop = office.loop(consequences={KIND: consequence})

    # Groups are opened at the same time, and the fault meets whichever comes first: the other comes after it.
    loop.drain()
    (other,) = office.write(group([AMY, MIA]))
    loop.drain()

    assert [office.row(number).state for number in (first, second, other)] == [FAILED, FAILED, SENT]
    assert [(each.delivery_id, each.kind, each.receiver, each.subject_id) for each in failures] == [
        (first, KIND, THEM, 1),
        (second, KIND, THEM, 1),
    ]
    assert failures[0].reason == office.row(first).reason
    assert office.row(first).nonce == "noted"


@pytest.mark.parametrize(
    ("error", "level"),
    [
        ("too_many_users", "ERROR"),
        ("users_list_not_supplied", "ERROR"),
        ("invalid_user_combination", "INFO"),
        ("user_disabled", "INFO"),
    ],
)
def test_an_opening_refused_for_a_bug_of_ours_is_an_alarm(
    error: str, level: str, office: Office, slack: Driver, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    before = _bugs_counted()
    slack.fault("conversations.open", "error", error=error)
    office.write(THEM)

    office.loop().drain()

    (told,) = [record for record in caplog.records if record.message == "message_failed"]
    assert told.levelname == level
    assert _bugs_counted() - before == (level == "ERROR")


def _bugs_counted() -> float:
    counted = REGISTRY.get_sample_value("trellis_messages_failed_total", {"reason": metrics.ANOTHER_BUG})
    assert counted is not None
    return counted


def test_a_consequence_that_hits_a_bug_keeps_no_outcome_from_being_written(
    office: Office, slack: Driver
) -> None:
    def consequence(session: Session, failed: Sequence[Failed], now: datetime) -> None:
        raise RuntimeError("a bug")

    slack.fault("conversations.open", "error", error="user_disabled")
    numbers = office.write(THEM, AMY)

    office.loop(consequences={KIND: consequence}).drain()

    assert [office.row(number).state for number in numbers] == [FAILED, SENT]


@pytest.mark.parametrize("why", [NotSent("ratelimited", retry_after=30), NotSent("URLError")])
def test_an_opening_that_came_to_nothing_is_made_again(office: Office, why: NotSent) -> None:
    said: list[Opened | NotOpened] = [NotOpened(why), Opened("G1")]
    (number,) = office.write(THEM)
    loop = office.loop(openings=lambda _: said.pop(0), send=lambda _: Sent("G1", "1.0"))

    exhaust(loop)
    row = office.row(number)
    assert (row.state, row.reason) == (READY, f"opening: {why.reason}")
    assert len(said) == 1

    office.clock.pass_time(MINUTE)
    exhaust(loop)
    assert said == []
    with office.sessions.read() as session:
        assert (
            session.scalars(select(Conversation.channel).where(Conversation.receiver == THEM)).one() == "G1"
        )


@pytest.mark.parametrize(("kind", "fault"), [("truncated", {}), ("html", {"status": 403})])
def test_what_is_no_answer_of_slacks_refuses_no_group(
    kind: Literal["truncated", "html"], fault: dict[str, int], office: Office, slack: Driver
) -> None:
    slack.fault("conversations.open", kind, **fault)
    (number,) = office.write(THEM)

    exhaust(office.loop())
    assert office.row(number).state == READY
    office.clock.pass_time(MINUTE)
    exhaust(office.loop())

    assert office.row(number).state == SENT


def test_a_store_put_back_while_a_group_was_opened_keeps_no_outcome_from_being_written(
    office_anywhere: Office,
) -> None:
    office = office_anywhere

    def open_while_the_store_is_put_back(group: Group) -> Opened:
        with office.sessions.begin() as session:
            session.execute(delete(Conversation))
        return Opened("G1")

    (number,) = office.write(THEM)
    exhaust(office.loop(openings=open_while_the_store_is_put_back, send=lambda _: Sent("G1", "1.0")))

    assert office.row(number).state == SENT


def test_a_process_that_dies_while_it_opens_a_group_leaves_it_to_the_next(
    office: Office, slack: Driver
) -> None:
    (number,) = office.write(THEM)
    office.loop(openings=_Dying()).turn()

    exhaust(office.loop())
    assert office.row(number).state == READY  # somebody may still be about to

    office.clock.pass_time(Pace().lease)
    exhaust(office.loop())
    assert office.row(number).state == SENT


class _Dying:
    """A call that never reports."""

    def __call__(self, group: Group) -> Opened | NotOpened:
        raise SystemExit


def test_what_is_in_doubt_in_a_group_is_looked_up_there(office: Office, slack: Driver) -> None:
    (number,) = office.write(THEM)
    loop = office.loop()
    exhaust(loop)
    doubts: list[Doubt] = []

    def doubting(message: Outgoing) -> Outcome:
        return InDoubt("no answer")

    def look(doubt: Doubt) -> Look:
        doubts.append(doubt)
        return loop._look(doubt)  # type: ignore[misc]  # the real one

    (second,) = office.write(THEM)
    doubtful = office.loop(send=doubting, seek=look)
    exhaust(doubtful)
    assert office.row(second).state == DOUBTFUL
    office.settle()
    exhaust(doubtful)

    assert doubts[0].channel == office.row(number).channel


def test_an_app_that_may_not_write_to_groups_yet_loses_no_message(office: Office, slack: Driver) -> None:
    slack.fault("conversations.open", "error", error="missing_scope")
    (number,) = office.write(THEM)

    exhaust(office.loop())
    assert office.row(number).state == READY

    office.clock.pass_time(timedelta(minutes=10))
    exhaust(office.loop())
    assert office.row(number).state == SENT
