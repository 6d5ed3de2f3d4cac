"""Where receivers are reached, as long as Slack knows the place."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import update

from bot.outbox import group
from models.conversations import Conversation
from models.outbox import FAILED, SENT, Delivery
from sandbox.driver import Driver
from tests.people import AMY, BEN
from tests.runtime.stage import Office, doubted, exhaust


def _reach_elsewhere(office: Office, channel: str) -> None:
    """Have everybody been reached where nobody can be any more, as by the bot that was ours before."""
    with office.sessions.begin() as session:
        session.execute(update(Conversation).values(channel=channel))


@pytest.mark.parametrize("receiver", [AMY, group([AMY, BEN])])
def test_a_conversation_that_slack_knows_no_more_is_opened_anew(
    receiver: str, office_anywhere: Office, slack: Driver
) -> None:
    office = office_anywhere
    office.write(receiver)
    office.loop().drain()
    _reach_elsewhere(office, "D0OLDBOT")

    numbers = office.write(receiver, receiver)
    exhaust(office.loop())
    with office.sessions.begin() as session:
        session.execute(update(Delivery).values(retry_at=None))
    office.loop().drain()

    assert {office.row(number).state for number in numbers} == {SENT}
    assert "D0OLDBOT" not in {office.row(number).channel for number in numbers}


def test_a_doubt_in_a_conversation_that_slack_knows_no_more_is_not_looked_up_in_another(
    office: Office, slack: Driver
) -> None:
    office.write(AMY)
    office.loop().drain()
    (in_doubt,) = doubted(office, AMY)
    _reach_elsewhere(office, "D0OLDBOT")
    (waiting,) = office.write(AMY)

    for _ in range(3):
        exhaust(office.loop())
        office.clock.pass_time(timedelta(minutes=2))

    assert office.row(in_doubt).state == FAILED
    assert office.row(in_doubt).reason == "in doubt, and cannot be looked up: channel_not_found"
    assert office.row(waiting).state == SENT
    assert len(slack.dms(AMY)) == 2


def test_a_conversation_that_slack_opens_and_does_not_know_is_not_asked_for_for_ever(
    office: Office, slack: Driver
) -> None:
    (number,) = office.write(group([AMY, BEN]))
    slack.fault("chat.postMessage", "error", error="channel_not_found", times=100)
    loop = office.loop()

    for _ in range(20):
        exhaust(loop)
        office.clock.pass_time(timedelta(minutes=2))

    assert office.row(number).state == FAILED
