"""What each of Slack's answers means for a message, answer by answer."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from typing import Literal

import pytest

from bot.outbox import group
from bot.runtime.rates import Pace
from bot.runtime.slack import post
from handlers import wiring
from models.outbox import DOUBTFUL, FAILED, READY, SENT
from sandbox.driver import Driver
from tests.people import AMY, BEN
from tests.runtime.stage import Office, client_of, doubted, exhaust

POST, OPEN = "chat.postMessage", "conversations.open"


@pytest.fixture
def closed_port() -> Iterator[str]:
    """Give an address on this machine where nobody listens, and keep it so."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{held.getsockname()[1]}/api/"


def test_a_message_slack_took_is_sent_and_its_timestamp_kept(office: Office, slack: Driver) -> None:
    (number,) = office.write(AMY)

    office.loop().drain()

    row, message = office.row(number), slack.last_dm(AMY)
    assert (row.state, row.ts, row.channel) == (SENT, message.ts, message.channel)
    assert row.reason is None


def test_a_message_carries_its_delivery_in_metadata_and_block(office: Office, slack: Driver) -> None:
    (number,) = office.write(AMY)

    office.loop().drain()

    (call,) = slack.calls(POST)
    nonce = office.row(number).nonce
    assert call["arguments"]["metadata"] == {
        "event_type": "trellis_delivery",
        "event_payload": {"delivery_id": str(number), "nonce": nonce},
    }
    assert slack.last_dm(AMY).blocks[0]["block_id"] == f"delivery:{number}:{nonce}"


def test_the_second_message_goes_to_the_conversation_the_first_one_opened(
    office: Office, slack: Driver
) -> None:
    office.write(AMY)
    office.loop().drain()
    office.write(AMY)

    office.loop().drain()

    first, second = (call["arguments"]["channel"] for call in slack.calls(POST))
    assert first == AMY
    assert second == slack.last_dm(AMY).channel


def test_too_many_requests_hold_the_whole_workspace_up_for_every_loop(office: Office, slack: Driver) -> None:
    office.write(AMY)
    slack.fault(POST, "status", status=429, retry_after=30)
    _turn_until_recorded(office)
    office.write(BEN)

    other_loop = office.loop()
    was_idle = other_loop.turn().is_idle

    assert was_idle
    assert office.states() == [READY, READY]
    assert office.workspace().blocked_until == office.clock.machine + timedelta(seconds=30)
    office.clock.pass_time(timedelta(seconds=31))
    other_loop.drain()
    assert office.states() == [SENT, SENT]


def test_slack_is_asked_again_within_an_hour_whatever_it_says(office: Office, slack: Driver) -> None:
    office.write(AMY)
    slack.fault(POST, "status", status=429, retry_after=99_999_999_999_999)

    _turn_until_recorded(office)

    assert office.workspace().blocked_until == office.clock.machine + timedelta(hours=1)


def _turn_until_recorded(office: Office) -> None:
    """Turn a loop until the one message in flight has its outcome."""
    loop = office.loop()
    while not loop.turn().recorded:
        pass


def test_a_message_that_never_left_goes_again_after_a_pause_that_grows(
    office: Office, slack: Driver, closed_port: str
) -> None:
    (number,) = office.write(AMY)
    home, office.api_url = office.api_url, closed_port
    pauses = []
    for _ in range(3):
        office.loop().drain()
        row = office.row(number)
        assert (row.state, row.reason) == (READY, "ConnectionRefusedError")
        assert row.retry_at is not None
        pauses.append(row.retry_at - office.clock.machine)
        office.clock.machine = row.retry_at

    office.api_url = home
    office.loop().drain()

    assert pauses == sorted(pauses)
    assert pauses[2] > 2 * pauses[0]
    assert office.row(number).state == SENT
    assert office.row(number).attempt == 4


@pytest.mark.parametrize("address", ["http://nobody.invalid/api/", "https://{sandbox}/api/"])
def test_a_name_nobody_knows_and_a_handshake_that_fails_certainly_sent_nothing(
    office: Office, slack: Driver, address: str
) -> None:
    (number,) = office.write(AMY)
    office.api_url = address.format(sandbox=slack.base_url.removeprefix("http://"))

    office.loop().drain()

    assert office.row(number).state == READY
    assert office.row(number).retry_at is not None


@pytest.mark.parametrize("error", ["rate_limited", "team_added_to_org"])
def test_what_passes_by_itself_is_tried_again(office: Office, slack: Driver, error: str) -> None:
    (number,) = office.write(AMY)
    slack.fault(POST, "error", error=error)
    _turn_until_recorded(office)
    before = office.row(number).state

    office.clock.pass_time(timedelta(seconds=5))
    office.loop().drain()

    assert (before, office.row(number).state) == (READY, SENT)


@pytest.mark.parametrize(
    "error",
    [
        *("org_login_required", "message_limit_exceeded", "accesslimited", "team_access_not_granted"),
        "messages_tab_disabled",
    ],
)
def test_what_slack_refuses_a_whole_workspace_fails_none_of_its_messages(
    error: str, office: Office, slack: Driver
) -> None:
    (first,) = office.write(AMY)
    slack.fault(POST, "error", error=error)
    _turn_until_recorded(office)
    (second,) = office.write(BEN)
    exhaust(office.loop())
    assert [office.row(number).state for number in (first, second)] == [READY, READY]

    office.clock.pass_time(timedelta(minutes=1))
    office.loop().drain()

    assert [office.row(number).state for number in (first, second)] == [SENT, SENT]


def test_what_slack_refuses_may_be_one_conversation_s_alone(office: Office, slack: Driver) -> None:
    (first,) = office.write(AMY)
    slack.fault(POST, "error", error="ekm_access_denied")
    _turn_until_recorded(office)

    (second,) = office.write(BEN)
    exhaust(office.loop())

    assert [office.row(number).state for number in (first, second)] == [READY, SENT]


def test_an_account_that_is_gone_fails_one_message_and_an_app_that_is_gone_stops_all(
    office: Office, slack: Driver
) -> None:
    first, second = office.write(AMY), office.write(BEN)
    slack.fault(POST, "error", error="account_inactive", times=2)
    slack.fault("auth.test", "error", error="account_inactive")

    office.loop().drain()
    states = {office.row(number).state for number in (*first, *second)}

    assert states == {FAILED, READY}
    assert office.workspace().stopped_because == "account_inactive"


@pytest.mark.parametrize(("kind", "fault"), [("status", {"status": 429}), ("hang", {}), ("html", {})])
def test_while_slack_does_not_say_whose_account_is_gone_nobodys_is(
    kind: Literal["status", "hang", "html"], fault: dict[str, int], office: Office, slack: Driver
) -> None:
    slack.fault(POST, "error", error="account_inactive")
    slack.fault("auth.test", kind, **fault)
    (number,) = office.write(AMY)

    exhaust(office.loop())
    assert (office.row(number).state, office.workspace().stopped_because) == (READY, None)
    office.clock.pass_time(timedelta(seconds=5))
    office.loop().drain()

    assert office.row(number).state == SENT


def _wait_for_a_group(office: Office) -> list[int]:
    return office.write(group([AMY, BEN]))


def _doubt(office: Office) -> list[int]:
    return doubted(office, AMY)


@pytest.mark.parametrize(("leave", "state"), [(_wait_for_a_group, READY), (_doubt, DOUBTFUL)])
def test_an_app_that_was_removed_keeps_what_waits_for_a_group_and_what_is_in_doubt(
    leave: Callable[[Office], list[int]], state: str, office: Office, slack: Driver
) -> None:
    (number,) = leave(office)
    for method in (OPEN, "auth.test"):
        slack.fault(method, "error", error="account_inactive")

    exhaust(office.loop())
    assert (office.row(number).state, office.workspace().stopped_because) == (state, "account_inactive")
    wiring.greet(client_of(office.api_url), office.sessions)
    office.clock.pass_time(timedelta(minutes=2))
    office.loop().drain()

    assert office.row(number).state == SENT


def test_somebody_who_left_is_no_reason_to_stop(office: Office, slack: Driver) -> None:
    slack.fault(OPEN, "error", error="account_inactive", times=2)
    numbers = [*office.write(group([AMY, BEN])), *doubted(office, AMY)]

    exhaust(office.loop())

    assert [office.row(number).state for number in numbers] == [FAILED, FAILED]
    assert office.workspace().stopped_because is None


def test_a_stopped_workspace_is_served_again_once_slack_takes_the_token(
    office: Office, slack: Driver
) -> None:
    (number,) = office.write(AMY)
    slack.fault(POST, "error", error="token_revoked")
    office.loop().drain()
    office.loop().drain()
    before = office.row(number).state, office.workspace().stopped_because

    wiring.greet(client_of(office.api_url), office.sessions)
    office.loop().drain()

    assert before == (READY, "token_revoked")
    assert office.row(number).state == SENT


DOUBTS = [
    ("status", {"status": 500}),
    ("status", {"status": 503}),
    ("status", {"status": 500, "after": True}),
    ("error", {"error": "fatal_error"}),
    ("error", {"error": "internal_error"}),
    ("error", {"error": "request_timeout"}),
    ("error", {"error": "service_unavailable"}),
    ("drop", {}),
    ("drop", {"after": True}),
    ("hang", {"after": True}),
    ("truncated", {"after": True}),
    ("html", {"status": 200, "after": True}),
    ("html", {"status": 403}),
    ("html", {"status": 502}),
    ("error", {"error": ""}),
]


@pytest.mark.parametrize(("kind", "fault"), DOUBTS)
def test_what_slack_may_have_is_looked_up_when_it_has_settled(
    kind: str, fault: dict[str, object], office: Office, slack: Driver
) -> None:
    (number,) = office.write(AMY)
    slack.fault(POST, kind, **fault)  # type: ignore[arg-type]

    office.loop().drain()
    office.clock.pass_time(Pace().settling - timedelta(seconds=1))
    office.loop().drain()
    assert office.row(number).state == DOUBTFUL
    assert slack.calls("conversations.history") == []
    office.clock.pass_time(timedelta(seconds=1))
    office.loop().drain()

    assert (office.row(number).state, office.row(number).reason) == (SENT, None)
    assert len(slack.calls(POST)) == (1 if fault.get("after") else 2)
    (message,) = slack.dms(AMY)
    assert office.row(number).ts == message.ts


REFUSALS = [
    "account_inactive",
    "channel_not_found",
    "is_archived",
    "user_disabled",
    "not_in_channel",
    "invalid_blocks",
    "msg_too_long",
]


@pytest.mark.parametrize("error", REFUSALS)
def test_what_slack_will_never_take_fails_with_its_word_and_is_not_tried_again(
    error: str, office: Office, slack: Driver
) -> None:
    (number,) = office.write(AMY)
    slack.fault(POST, "error", error=error)

    office.loop().drain()
    office.clock.pass_time(timedelta(hours=1))
    office.loop().drain()

    assert (office.row(number).state, office.row(number).reason) == (FAILED, error)
    assert len(slack.calls(POST)) == 1


def test_a_person_who_left_fails_without_harm_to_others(office: Office, slack: Driver) -> None:
    slack.change_person(BEN, deleted=True)
    office.write(BEN, AMY)

    office.loop().drain()

    assert sorted(office.states()) == [FAILED, SENT]
    assert len(slack.dms(AMY)) == 1


@pytest.mark.parametrize("error", ["token_revoked", "invalid_auth", "token_expired", "not_authed"])
def test_a_token_taken_away_stops_the_workspace_and_keeps_its_rows(
    error: str, office: Office, slack: Driver
) -> None:
    office.write(AMY)
    slack.fault(POST, "error", error=error)
    office.loop().drain()
    office.write(BEN)

    office.loop().drain()
    office.clock.pass_time(timedelta(hours=1))
    office.loop().drain()

    assert office.workspace().stopped_because == error
    assert office.states() == [READY, READY]
    assert len(slack.calls(POST)) == 1


def test_a_wrong_token_is_known_by_slacks_own_answer(office: Office, slack: Driver) -> None:
    (number,) = office.write(AMY)

    office.loop(send=partial(post, client_of(office.api_url, token="xoxb-of-somebody-else"))).drain()

    assert office.workspace().stopped_because == "invalid_auth"
    assert office.row(number).state == READY
