"""A machine whose clock is an hour off, by which it looks for what Slack dates by its own."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Engine

from bot.runtime.clock import SystemClock
from bot.runtime.database import Sessions
from bot.runtime.slack import InDoubt, Outcome, Outgoing, Sent, post
from sandbox.driver import Driver
from sandbox.testing import Running
from tests.people import AMY
from tests.runtime.stage import Office, client_of

AN_HOUR = timedelta(hours=1)


def in_doubt_at(office: Office, off_by: timedelta) -> None:
    """Let Slack take a message without our knowing, while the machine's clock is so far ahead."""
    client = client_of(office.api_url)

    def take_silently(message: Outgoing) -> Outcome:
        assert isinstance(post(client, message), Sent)
        return InDoubt("500")

    office.clock.machine = SystemClock().machine_now() + off_by
    office.write(AMY)
    office.loop(send=take_silently).drain()
    office.settle()


@pytest.fixture
def office(sqlite: Engine, workspace: Running) -> Office:
    return Office(Sessions(sqlite), workspace.api_url)


def test_a_clock_an_hour_behind_finds_what_slack_has(office: Office, slack: Driver) -> None:
    in_doubt_at(office, -AN_HOUR)

    office.loop().drain()

    office.close()
    assert len(slack.dms(AMY)) == 1


def test_a_clock_an_hour_ahead_finds_what_slack_has(office: Office, slack: Driver) -> None:
    in_doubt_at(office, AN_HOUR)

    office.loop().drain()

    office.close()
    assert len(slack.dms(AMY)) == 1
