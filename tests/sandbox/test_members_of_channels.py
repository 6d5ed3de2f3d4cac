"""Who is in a channel: coming, going and what the app is told of it."""

from __future__ import annotations

import pytest
from slack_sdk import WebClient

from sandbox.driver import Driver
from sandbox.identity import BOT_USER
from sandbox.testing import Grounds
from tests.sandbox.test_delivery import Endpoint, served

AMY, LIN, GROWTH, MANAGERS = "UAMY0001", "ULIN0001", "CGROWTH01", "CPRIVAT01"


def test_people_come_and_go_and_the_bot_with_them(client: WebClient, driver: Driver) -> None:
    driver.command(AMY, "/invite @app @lin", channel=GROWTH)
    driver.command(AMY, "/leave", channel=GROWTH)

    members = client.conversations_members(channel=GROWTH)["members"]

    assert {BOT_USER, LIN} <= set(members)
    assert AMY not in members
    driver.command(LIN, "/remove @app", channel=GROWTH)
    assert client.conversations_info(channel=GROWTH)["channel"]["is_member"] is False


@pytest.mark.parametrize(("channel", "kind"), [(GROWTH, "channel"), (MANAGERS, "group")])
def test_the_app_hears_of_its_channels_and_of_its_own_leaving_in_words_of_its_own(
    grounds: Grounds, channel: str, kind: str
) -> None:
    with grounds.workspace() as workspace, served(Endpoint()) as endpoint:
        driver = workspace.driver
        driver.event_url(endpoint.url)

        driver.bring_in(channel, LIN)  # the bot is not there, so it hears nothing
        driver.bring_in(channel)
        driver.put_out(channel, LIN)
        driver.archive(channel)
        driver.archive(channel, archived=False)
        driver.put_out(channel)
        driver.delete_channel(channel)

        driver.eventually(lambda: len(endpoint.requests) == 6)
        events = sorted((each["event"] for each in endpoint.bodies()), key=lambda event: event["event_ts"])
        assert [(event["type"], event.get("user")) for event in events if event["type"][:6] == "member"] == [
            ("member_joined_channel", BOT_USER),
            ("member_left_channel", LIN),
        ]
        told = [event["type"] for event in events[2:]]
        assert told == [f"{kind}_{what}" for what in ("archive", "unarchive", "left", "deleted")]
        assert {event["channel"] for event in events} == {channel}
