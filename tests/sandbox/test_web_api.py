"""The Web API as an app's client sees it: answers, refusals, pages, history."""

from collections.abc import Iterator
from typing import Any

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from sandbox.driver import Driver
from sandbox.identity import BOT_USER
from sandbox.testing import Grounds, Running, running

AMY, BEN, RAY = "UAMY0001", "UBEN0001", "URAY0001"
GENERAL, MANAGERS = "CGENERAL1", "CPRIVAT01"
DEACTIVATED, GUEST, OTHER_BOT = "UOLD0001", "UGUE0001", "UCALBOT1"


@pytest.fixture(scope="module")
def server() -> Iterator[Running]:
    with running() as sandbox:
        yield sandbox


@pytest.fixture
def workspace(server: Running) -> Running:
    """One server for all these tests, back at the seed for each."""
    server.driver.reset()
    return server


def error_of(client: WebClient, method: str, **arguments: Any) -> str:
    """Call a method that is to be refused, and return Slack's word for why."""
    with pytest.raises(SlackApiError) as refusal:
        client.api_call(method, json=arguments)
    return str(refusal.value.response["error"])


def test_who_am_i_is_answered_with_the_bots_ids(client: WebClient) -> None:
    answer = client.auth_test()

    assert (answer["user_id"], answer["bot_id"], answer["team_id"]) == (BOT_USER, "BAPPBOT01", "TSANDBOX")
    assert "chat:write" in answer.headers["x-oauth-scopes"]


@pytest.mark.parametrize(("token", "error"), [("xoxb-wrong", "invalid_auth"), ("", "not_authed")])
def test_a_wrong_or_missing_token_is_refused(workspace: Running, token: str, error: str) -> None:
    client = WebClient(token=token, base_url=workspace.api_url)

    assert error_of(client, "auth.test") == error


def test_a_bot_token_opens_no_socket(client: WebClient) -> None:
    assert error_of(client, "apps.connections.open") == "not_allowed_token_type"


def test_an_unknown_method_is_refused(client: WebClient) -> None:
    assert error_of(client, "chat.shout") == "unknown_method"


def test_forms_and_json_are_understood_alike(client: WebClient) -> None:
    by_json = client.api_call("users.info", json={"user": AMY})
    by_form = client.api_call("users.info", params={"user": AMY})

    assert by_json["user"] == by_form["user"]


@pytest.mark.parametrize(
    ("method", "arguments", "error"),
    [
        ("chat.postMessage", {"channel": "CNOWHERE", "text": "x"}, "channel_not_found"),
        ("chat.postMessage", {"channel": MANAGERS, "text": "x"}, "channel_not_found"),
        ("chat.postMessage", {"channel": GENERAL}, "no_text"),
        ("chat.postMessage", {"channel": GENERAL, "text": "  "}, "no_text"),
        ("chat.postMessage", {"text": "x"}, "invalid_arguments"),
        ("chat.postMessage", {"channel": DEACTIVATED, "text": "x"}, "account_inactive"),
        ("chat.postMessage", {"channel": OTHER_BOT, "text": "x"}, "cannot_dm_bot"),
        (
            "chat.postMessage",
            {"channel": GENERAL, "text": "x", "metadata": {"id": 1}},
            "invalid_metadata_format",
        ),
        ("chat.postMessage", {"channel": GENERAL, "blocks": [{"type": "marquee"}]}, "invalid_blocks"),
        ("chat.postMessage", {"channel": GENERAL, "blocks": "{"}, "invalid_blocks_format"),
        ("chat.postEphemeral", {"channel": MANAGERS, "user": AMY, "text": "x"}, "channel_not_found"),
        ("chat.postEphemeral", {"channel": GENERAL, "user": GUEST, "text": "x"}, "user_not_in_channel"),
        ("chat.update", {"channel": GENERAL, "ts": "1.000000", "text": "x"}, "message_not_found"),
        ("chat.update", {"channel": GENERAL, "ts": "1.000000", "text": "x" * 4001}, "msg_too_long"),
        ("chat.delete", {"channel": GENERAL, "ts": "1.000000"}, "message_not_found"),
        ("conversations.open", {"users": DEACTIVATED}, "user_disabled"),
        ("conversations.open", {"users": "UNOBODY1"}, "user_not_found"),
        ("conversations.open", {"users": f"{AMY},UNOBODY1"}, "users_not_found"),
        ("conversations.open", {"users": ",".join(f"U{number}" for number in range(9))}, "too_many_users"),
        ("conversations.open", {}, "users_list_not_supplied"),
        ("conversations.info", {"channel": MANAGERS}, "channel_not_found"),
        ("conversations.history", {"channel": GENERAL}, "not_in_channel"),
        ("conversations.members", {"channel": GENERAL, "cursor": "nonsense"}, "invalid_cursor"),
        ("conversations.members", {"channel": GENERAL, "limit": 1001}, "invalid_limit"),
        ("conversations.list", {"types": "secret"}, "invalid_types"),
        ("users.info", {"user": "UNOBODY1"}, "user_not_found"),
        ("users.lookupByEmail", {"email": "nobody@sandbox.example"}, "users_not_found"),
        ("users.lookupByEmail", {"email": "oskar@sandbox.example"}, "users_not_found"),
        ("views.open", {"trigger_id": "1.2.3", "view": {"type": "home", "blocks": []}}, "invalid_arguments"),
        ("views.publish", {"user_id": "UNOBODY1", "view": {"type": "home", "blocks": []}}, "user_not_found"),
        ("views.update", {"view_id": "VNOTHING", "view": {"type": "home", "blocks": []}}, "not_found"),
        ("files.completeUploadExternal", {"files": [{"id": "F0"}]}, "file_not_found"),
    ],
)
def test_slacks_refusals(client: WebClient, method: str, arguments: dict[str, Any], error: str) -> None:
    assert error_of(client, method, **arguments) == error


def test_invalid_blocks_are_explained_twice_as_slack_does(client: WebClient) -> None:
    header = {"type": "header", "text": {"type": "plain_text", "text": "x" * 151}}

    with pytest.raises(SlackApiError) as refusal:
        client.chat_postMessage(channel=AMY, text="x", blocks=[header])

    answer = refusal.value.response
    assert answer["errors"] == ["must be less than 151 characters [json-pointer:/blocks/0/text/text]"]
    assert answer["response_metadata"]["messages"] == [f"[ERROR] {answer['errors'][0]}"]


def test_posting_to_a_person_opens_the_direct_message_and_answers_with_it(
    client: WebClient, driver: Driver
) -> None:
    first = client.chat_postMessage(channel=AMY, text="one")
    second = client.chat_postMessage(channel=first["channel"], text="two")

    assert first["channel"].startswith("D")
    assert second["channel"] == first["channel"]
    assert [message.text for message in driver.dms(AMY)] == ["one", "two"]
    assert driver.dms(BEN) == []


def test_a_long_text_is_cut_rather_than_refused(client: WebClient, driver: Driver) -> None:
    client.chat_postMessage(channel=AMY, text="x" * 40_001)

    assert len(driver.last_dm(AMY).text) == 40_000


def test_every_message_has_a_ts_of_its_own(client: WebClient) -> None:
    stamps = [client.chat_postMessage(channel=AMY, text="x")["ts"] for _ in range(20)]

    assert stamps == sorted(set(stamps))


def test_an_update_replaces_text_and_blocks_and_says_that_it_was_edited(
    client: WebClient, driver: Driver
) -> None:
    posted = client.chat_postMessage(channel=AMY, text="old", blocks=[{"type": "divider"}])

    client.chat_update(channel=posted["channel"], ts=posted["ts"], text="new")

    message = driver.last_dm(AMY)
    assert (message.text, message.blocks, message.ts) == ("new", [], posted["ts"])
    assert message.edited_ts > message.ts


def test_only_the_bots_own_messages_can_be_changed(client: WebClient, driver: Driver) -> None:
    written = driver.write(AMY, "mine")

    assert (
        error_of(client, "chat.update", channel=written.channel, ts=written.ts, text="x")
        == "cant_update_message"
    )
    assert error_of(client, "chat.delete", channel=written.channel, ts=written.ts) == "cant_delete_message"


def test_an_ephemeral_message_is_in_no_history(client: WebClient, driver: Driver) -> None:
    client.conversations_join(channel=GENERAL)
    client.chat_postEphemeral(channel=GENERAL, user=AMY, text="psst")

    assert client.conversations_history(channel=GENERAL)["messages"] == []
    assert driver.messages(AMY, GENERAL)[-1].text == "psst"
    assert driver.messages(BEN, GENERAL) == []


def test_history_is_newest_first_and_gives_metadata_only_to_who_asks(client: WebClient) -> None:
    metadata = {"event_type": "delivery", "event_payload": {"id": 7, "list": [{"a": "b"}]}}
    posted = client.chat_postMessage(channel=AMY, text="one", metadata=metadata)
    client.chat_postMessage(channel=AMY, text="two")
    channel = posted["channel"]

    plain = client.conversations_history(channel=channel)["messages"]
    full = client.conversations_history(channel=channel, include_all_metadata=True)["messages"]

    assert [message["text"] for message in plain] == ["two", "one"]
    assert all("metadata" not in message for message in plain)
    assert full[1]["metadata"] == metadata


def test_history_ends_at_oldest_and_latest_and_includes_them_only_if_told(client: WebClient) -> None:
    posts = [client.chat_postMessage(channel=AMY, text=word) for word in ("a", "b", "c")]
    bounds = {"channel": posts[0]["channel"], "oldest": posts[0]["ts"], "latest": posts[2]["ts"]}

    between = client.conversations_history(**bounds)["messages"]
    including = client.conversations_history(**bounds, inclusive=True)["messages"]

    assert [message["text"] for message in between] == ["b"]
    assert [message["text"] for message in including] == ["c", "b", "a"]


def test_history_comes_in_pages(client: WebClient) -> None:
    channel = client.chat_postMessage(channel=AMY, text="0")["channel"]
    for number in range(1, 5):
        client.chat_postMessage(channel=AMY, text=str(number))

    pages = [
        ([message["text"] for message in page["messages"]], page["has_more"])
        for page in client.conversations_history(channel=channel, limit=2)
    ]

    assert pages == [(["4", "3"], True), (["2", "1"], True), (["0"], False)]


def test_metadata_is_flat(client: WebClient) -> None:
    deep = {"event_type": "x", "event_payload": {"a": {"b": {"c": 1}}}}

    assert (
        error_of(client, "chat.postMessage", channel=AMY, text="x", metadata=deep)
        == "invalid_metadata_schema"
    )


def test_everybody_is_listed_in_pages_with_what_they_are(client: WebClient) -> None:
    members = [member for page in client.users_list(limit=4) for member in page["members"]]
    kinds = {member["id"]: member for member in members}

    assert len(members) == len(kinds) == 17
    assert kinds[DEACTIVATED]["deleted"] is True
    assert kinds[GUEST]["is_restricted"] is True
    assert kinds[OTHER_BOT]["is_bot"] is True
    assert "USLACKBOT" in kinds
    assert len({member["tz"] for member in members if "tz" in member}) >= 5


def test_members_of_a_channel_come_in_pages(client: WebClient) -> None:
    pages = [page["members"] for page in client.conversations_members(channel="CGROWTH01", limit=4)]

    assert [len(page) for page in pages] == [4, 4, 1]


def test_joining_makes_a_member_and_joining_again_only_warns(client: WebClient) -> None:
    assert client.conversations_info(channel=GENERAL)["channel"]["is_member"] is False

    client.conversations_join(channel=GENERAL)
    again = client.conversations_join(channel=GENERAL)

    assert client.conversations_info(channel=GENERAL)["channel"]["is_member"] is True
    assert again["warning"] == "already_in_channel"
    assert GENERAL in [each["id"] for each in client.users_conversations()["channels"]]


def test_an_archived_channel_takes_no_messages_until_it_is_back(client: WebClient, driver: Driver) -> None:
    driver.archive(GENERAL)

    assert error_of(client, "chat.postMessage", channel=GENERAL, text="x") == "is_archived"
    assert error_of(client, "conversations.join", channel=GENERAL) == "is_archived"
    driver.archive(GENERAL, archived=False)
    assert client.chat_postMessage(channel=GENERAL, text="x")["ok"]


def test_a_group_message_is_the_same_for_the_same_people(client: WebClient, driver: Driver) -> None:
    first = client.conversations_open(users=[AMY, BEN])
    again = client.conversations_open(users=[BEN, AMY])
    other = client.conversations_open(users=[AMY, BEN, RAY])

    assert first["channel"]["id"] == again["channel"]["id"] != other["channel"]["id"]
    assert again["already_open"] is True
    client.chat_postMessage(channel=first["channel"]["id"], text="you two")
    assert driver.messages(BEN, first["channel"]["id"])[-1].text == "you two"


def test_a_private_channel_shows_only_to_its_members(client: WebClient) -> None:
    channels = client.conversations_list(types="public_channel,private_channel")["channels"]

    assert {channel["name"] for channel in channels} == {"general", "random", "career-growth", "engineering"}


def test_do_not_disturb_is_what_the_person_set(client: WebClient, driver: Driver) -> None:
    driver.change_person(AMY, dnd_start_ts=1_800_000_000, dnd_end_ts=1_800_030_000)

    team = client.dnd_teamInfo(users=[AMY, BEN])["users"]

    assert team[AMY] == {
        "dnd_enabled": True,
        "next_dnd_start_ts": 1_800_000_000,
        "next_dnd_end_ts": 1_800_030_000,
    }
    assert team[BEN]["dnd_enabled"] is False
    assert client.dnd_info(user=AMY)["dnd_enabled"] is True


def test_a_file_is_uploaded_shared_and_downloaded(client: WebClient, driver: Driver) -> None:
    channel = client.chat_postMessage(channel=AMY, text="wait")["channel"]

    client.files_upload_v2(channel=channel, filename="goals.csv", content="n,goal\n1,Rust\n", title="Goals")

    message = driver.last_dm(AMY)
    assert message.files[0]["title"] == "Goals"
    assert message.files[0]["mimetype"] == "text/csv"
    assert driver.file(message) == b"n,goal\n1,Rust\n"


def test_a_file_goes_nowhere_the_bot_is_not(client: WebClient) -> None:
    with pytest.raises(SlackApiError) as refusal:
        client.files_upload_v2(channel=GENERAL, filename="x.txt", content="x")

    assert refusal.value.response["error"] == "not_in_channel"


def test_a_home_is_published_only_on_its_latest_version(client: WebClient, driver: Driver) -> None:
    def publish(**more: str) -> Any:
        return client.views_publish(user_id=AMY, view={"type": "home", "blocks": []}, **more)["view"]

    first = publish()
    second = publish(hash=first["hash"])

    assert first["id"] == second["id"]
    with pytest.raises(SlackApiError, match="hash_conflict"):
        publish(hash=first["hash"])
    home = driver.home(AMY)
    assert home is not None
    assert home.hash == second["hash"]


SCOPES_NEEDED = [
    ("chat.postMessage", {"channel": AMY, "text": "x"}, "chat:write"),
    ("conversations.open", {"users": AMY}, "im:write"),
    ("conversations.open", {"users": f"{AMY},{BEN}"}, "mpim:write"),
    ("conversations.info", {"channel": GENERAL}, "channels:read"),
    ("conversations.history", {"channel": GENERAL}, "channels:history"),
    ("conversations.join", {"channel": GENERAL}, "channels:join"),
    ("users.info", {"user": AMY}, "users:read"),
    ("users.lookupByEmail", {"email": "amy@sandbox.example"}, "users:read.email"),
    ("dnd.info", {"user": AMY}, "dnd:read"),
    ("files.getUploadURLExternal", {"filename": "x", "length": 1}, "files:write"),
    ("team.info", {}, "team:read"),
]


@pytest.mark.parametrize(("method", "arguments", "scope"), SCOPES_NEEDED)
def test_a_method_without_its_scope_names_it(method: str, arguments: dict[str, Any], scope: str) -> None:
    manifest = {"display_information": {"name": "Bare"}, "oauth_config": {"scopes": {"bot": ["commands"]}}}

    with running(manifest=manifest) as sandbox:
        client = WebClient(token="xoxb-sandbox", base_url=sandbox.api_url)
        with pytest.raises(SlackApiError) as refusal:
            client.api_call(method, json=arguments)

    answer = refusal.value.response
    assert (answer["error"], answer["needed"], answer["provided"]) == ("missing_scope", scope, "commands")


def test_a_public_channel_takes_messages_of_others_only_with_a_scope_for_it(grounds: Grounds) -> None:
    manifest = {"display_information": {"name": "Bare"}, "oauth_config": {"scopes": {"bot": ["chat:write"]}}}

    with grounds.workspace(manifest=manifest) as sandbox:
        client = WebClient(token="xoxb-sandbox", base_url=sandbox.api_url)

        assert error_of(client, "chat.postMessage", channel=GENERAL, text="x") == "not_in_channel"


def test_the_email_is_seen_only_with_a_scope_for_it(client: WebClient) -> None:
    manifest = {"display_information": {"name": "Bare"}, "oauth_config": {"scopes": {"bot": ["users:read"]}}}

    with running(manifest=manifest) as sandbox:
        bare = WebClient(token="xoxb-sandbox", base_url=sandbox.api_url)

        assert "email" not in bare.users_info(user=AMY)["user"]["profile"]
    assert client.users_info(user=AMY)["user"]["profile"]["email"] == "amy@sandbox.example"
