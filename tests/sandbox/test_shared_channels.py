"""Channels shared with another organisation, and channels that are called otherwise than before."""

from __future__ import annotations

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from sandbox.driver import Driver, Refused
from sandbox.identity import TEAM_ID
from sandbox.testing import Grounds
from tests.sandbox.test_delivery import Endpoint, served

AMY, EVE, IDA, GROWTH, MANAGERS = "UAMY0001", "UEVE0001", "UIDA0001", "CGROWTH01", "CPRIVAT01"


def come_from_elsewhere(driver: Driver, who: str, **facts: object) -> None:
    """Let there be somebody of another organisation."""
    driver.add_person(who, who.lower(), "Eve Elsewhere", team_id="TOTHER001", **facts)


def test_who_is_of_another_organisation_is_shown_one_by_one_and_in_no_list(
    client: WebClient, driver: Driver
) -> None:
    come_from_elsewhere(driver, EVE)
    driver.bring_in(GROWTH, EVE)

    shown = client.users_info(user=EVE)["user"]
    channel = client.conversations_info(channel=GROWTH)["channel"]

    assert shown["team_id"] == shown["profile"]["team"] == "TOTHER001"
    assert EVE not in {each["id"] for each in client.users_list()["members"]}
    assert EVE in client.conversations_members(channel=GROWTH)["members"]
    assert channel["is_ext_shared"] is True
    assert channel["shared_team_ids"] == [TEAM_ID, "TOTHER001"]
    assert "not a valid command" in driver.command(EVE, "/anything").text


def test_a_group_with_people_of_other_organisations_needs_a_channel_with_all_of_them(
    client: WebClient, driver: Driver
) -> None:
    come_from_elsewhere(driver, EVE)
    come_from_elsewhere(driver, IDA, is_stranger=True)

    for people, error in (([AMY, EVE], "invalid_user_combination"), ([AMY, IDA], "user_not_visible")):
        with pytest.raises(SlackApiError) as refused:
            client.conversations_open(users=people)
        assert refused.value.response["error"] == error
    client.conversations_join(channel=GROWTH)
    driver.bring_in(GROWTH, EVE)
    assert client.conversations_open(users=[AMY, EVE])["ok"]


@pytest.mark.parametrize(("channel", "kind"), [(GROWTH, "channel"), (MANAGERS, "group")])
def test_a_channel_gets_another_name_under_the_same_id(grounds: Grounds, channel: str, kind: str) -> None:
    with grounds.workspace() as workspace, served(Endpoint()) as endpoint:
        driver, client = workspace.driver, WebClient(token="xoxb-sandbox", base_url=workspace.api_url)
        driver.event_url(endpoint.url)
        driver.bring_in(channel)
        before = client.conversations_info(channel=channel)["channel"]["name"]

        driver.rename(channel, "growing-together")

        driver.eventually(lambda: len(endpoint.requests) == 2)
        event = next(each["event"] for each in endpoint.bodies() if "rename" in each["event"]["type"])
        about = client.conversations_info(channel=channel)["channel"]
        assert event["type"] == f"{kind}_rename"
        assert event["channel"] == {"id": channel, "name": "growing-together", "created": about["created"]}
        assert (about["name"], about["previous_names"]) == ("growing-together", [before])
        for refused in ("general", "Growing", "two words", "x" * 81):
            with pytest.raises(Refused):
                driver.rename(channel, refused)


def test_while_pages_of_members_are_read_nobody_is_skipped_as_others_leave(
    client: WebClient, driver: Driver
) -> None:
    first = client.conversations_members(channel=GROWTH, limit=4)
    driver.put_out(GROWTH, first["members"][0])
    cursor = first["response_metadata"]["next_cursor"]

    second = client.conversations_members(channel=GROWTH, limit=100, cursor=cursor)

    assert len({*first["members"], *second["members"]}) == 9
    with pytest.raises(SlackApiError):
        client.conversations_members(channel=GROWTH, cursor="bmV4dDo0")
