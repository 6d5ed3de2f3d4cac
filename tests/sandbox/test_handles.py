"""Triggers and response URLs at the end of their time, and faults and rates in between."""

import json
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackRequestError

from sandbox.driver import Driver
from sandbox.testing import Grounds, Running
from tests.sandbox.conftest import Attached
from tests.sandbox.tiny_app import BUTTONS, FORM

AMY, BEN = "UAMY0001", "UBEN0001"


def trigger_of(attached: Attached) -> str:
    attached.driver.command(AMY, "/say x")
    return str(attached.tiny.heard[-1]["trigger_id"])


def error_of_opening(client: WebClient, trigger_id: str) -> str:
    with pytest.raises(SlackApiError) as refusal:
        client.views_open(trigger_id=trigger_id, view=FORM)
    return str(refusal.value.response["error"])


def test_a_trigger_opens_one_form(attached: Attached) -> None:
    trigger = trigger_of(attached)

    attached.tiny.client.views_open(trigger_id=trigger, view=FORM)

    assert error_of_opening(attached.tiny.client, trigger) == "exchanged_trigger_id"


def test_a_trigger_is_good_for_three_seconds(attached: Attached) -> None:
    trigger = trigger_of(attached)

    attached.driver.age("triggers", seconds=3)

    assert error_of_opening(attached.tiny.client, trigger) == "expired_trigger_id"


def test_an_invented_trigger_is_refused(attached: Attached) -> None:
    assert error_of_opening(attached.tiny.client, "1.2.3") == "invalid_trigger_id"


def test_a_response_url_is_good_for_half_an_hour(attached: Attached) -> None:
    attached.tiny.client.chat_postMessage(channel=AMY, text="Buttons", blocks=BUTTONS)
    attached.driver.command(AMY, "/say x")
    attached.driver.age("response_urls", seconds=1801)

    request = urllib.request.Request(
        attached.tiny.heard[-1]["response_url"],
        data=json.dumps({"text": "late"}).encode(),
        headers={"Content-Type": "application/json"},
    )
    with pytest.raises(urllib.error.HTTPError) as refusal:
        urllib.request.urlopen(request)

    assert refusal.value.code == 404
    refusal.value.close()
    assert "late" not in [message.text for message in attached.driver.messages(AMY)]


def test_the_calls_of_an_app_are_kept_without_its_token(client: WebClient, driver: Driver) -> None:
    client.chat_postMessage(channel=AMY, text="x")

    (call,) = driver.calls("chat.postMessage")
    assert call["arguments"] == {"channel": AMY, "text": "x"}
    assert (call["status"], call["ok"]) == (200, True)
    assert "xoxb" not in json.dumps(driver.calls())


def test_a_call_can_be_refused_for_its_rate(client: WebClient, driver: Driver) -> None:
    driver.fault("chat.postMessage", "status", status=429, retry_after=7)

    with pytest.raises(SlackApiError) as refusal:
        client.chat_postMessage(channel=AMY, text="x")

    answer = refusal.value.response
    assert (answer.status_code, answer["error"], answer.headers["Retry-After"]) == (429, "ratelimited", "7")
    assert driver.dms(AMY) == []


@pytest.mark.parametrize("after", [False, True])
def test_a_call_can_fail_before_or_after_it_took_effect(
    client: WebClient, driver: Driver, after: bool
) -> None:
    driver.fault("chat.postMessage", "status", status=500, after=after)

    with pytest.raises(SlackApiError):
        client.chat_postMessage(channel=AMY, text="x")

    assert len(driver.dms(AMY)) == int(after)


@pytest.mark.parametrize("after", [False, True])
def test_a_connection_can_be_cut_before_or_after_the_call_took_effect(
    client: WebClient, driver: Driver, after: bool
) -> None:
    driver.fault("chat.postMessage", "drop", after=after)

    with pytest.raises((OSError, SlackRequestError)):
        client.chat_postMessage(channel=AMY, text="x")

    assert len(driver.dms(AMY)) == int(after)
    client.chat_postMessage(channel=AMY, text="again")
    assert len(driver.dms(AMY)) == 1 + int(after)


def test_a_call_can_be_left_without_an_answer(workspace: Running, driver: Driver) -> None:
    impatient = WebClient(token="xoxb-sandbox", base_url=workspace.api_url, retry_handlers=[])
    # The client says whole seconds; it hands on what it is given.
    impatient.timeout = 0.2  # type: ignore[assignment]
    driver.fault("chat.postMessage", "hang")

    with pytest.raises(TimeoutError):
        impatient.chat_postMessage(channel=AMY, text="x")

    assert driver.dms(AMY) == []


@pytest.mark.parametrize("after", [False, True])
def test_a_call_can_take_effect_though_its_caller_has_gone(
    workspace: Running, driver: Driver, after: bool
) -> None:
    impatient = WebClient(token="xoxb-sandbox", base_url=workspace.api_url, retry_handlers=[])
    impatient.timeout = 0.1  # type: ignore[assignment]  # as above
    # Long enough to look before it is over, on a busy machine too.
    driver.fault("chat.postMessage", "delay", seconds=1.5, after=after)

    with pytest.raises(TimeoutError):
        impatient.chat_postMessage(channel=AMY, text="x")

    assert len(driver.dms(AMY)) == int(after)
    driver.eventually(lambda: driver.dms(AMY))
    driver.eventually(lambda: driver.calls("chat.postMessage"))
    assert len(driver.dms(AMY)) == 1


def test_a_call_can_be_answered_late(client: WebClient, driver: Driver) -> None:
    driver.fault("chat.postMessage", "delay", seconds=0.05)

    assert client.chat_postMessage(channel=AMY, text="x")["ok"]
    assert len(driver.dms(AMY)) == 1


def test_a_call_can_be_refused_in_slacks_words_and_only_as_often_as_asked(
    client: WebClient, driver: Driver
) -> None:
    driver.fault("chat.postMessage", "error", error="fatal_error", times=2)

    for _ in range(2):
        with pytest.raises(SlackApiError, match="fatal_error"):
            client.chat_postMessage(channel=AMY, text="x")

    assert client.chat_postMessage(channel=AMY, text="x")["ok"]


def test_faults_are_counted_when_a_call_meets_them_and_not_before(client: WebClient, driver: Driver) -> None:
    driver.fault("chat.postMessage", "error", name="refused once")
    driver.fault("chat.postMessage", "delay", seconds=0.01)
    driver.fault("conversations.history", "drop")

    with pytest.raises(SlackApiError):
        client.chat_postMessage(channel=AMY, text="x")
    client.chat_postMessage(channel=AMY, text="x")
    driver.clear_faults()

    assert driver.met_faults() == {"refused once": 1, "delay": 1}


def test_a_response_url_can_fail_too(attached: Attached) -> None:
    attached.driver.fault("response_url", "status", status=503)

    attached.driver.command(AMY, "/later", patience=0)

    attached.driver.eventually(lambda: attached.driver.calls("response_url"))
    assert attached.driver.messages(AMY) == []


def calls_until_refused(call: Callable[[], Any], most: int) -> tuple[int, str]:
    """Call until the rate is exceeded; return how many passed and the seconds to wait."""
    for count in range(most):
        try:
            call()
        except SlackApiError as refusal:
            return count, str(refusal.response.headers["Retry-After"])
    return most, ""


def test_a_channel_takes_a_burst_and_then_one_message_a_second(grounds: Grounds) -> None:
    with grounds.workspace(rates=True) as sandbox:
        client = WebClient(token="xoxb-sandbox", base_url=sandbox.api_url, retry_handlers=[])

        passed, wait = calls_until_refused(lambda: client.chat_postMessage(channel=AMY, text="x"), 20)

        assert (passed, wait) == (5, "1")
        assert client.chat_postMessage(channel=BEN, text="other channels go on")["ok"]


def test_a_method_of_the_second_tier_takes_twenty_calls_a_minute(grounds: Grounds) -> None:
    with grounds.workspace(rates=True) as sandbox:
        client = WebClient(token="xoxb-sandbox", base_url=sandbox.api_url, retry_handlers=[])

        passed, wait = calls_until_refused(lambda: client.users_list(limit=1), 40)

        assert (passed, wait) == (20, "3")


def test_rates_can_be_switched_off(grounds: Grounds) -> None:
    with grounds.workspace(rates=True) as sandbox:
        sandbox.driver.rates(enabled=False)
        client = WebClient(token="xoxb-sandbox", base_url=sandbox.api_url, retry_handlers=[])

        assert calls_until_refused(lambda: client.users_list(limit=1), 25) == (25, "")
