"""Our payloads and answers beside samples of Slack's own, where those lie next to the repository."""

import json
from pathlib import Path
from typing import Any

import pytest
from slack_sdk import WebClient

from sandbox.testing import Running
from sandbox.web_api.methods import METHODS
from tests.sandbox.conftest import Attached
from tests.sandbox.tiny_app import BUTTONS, MANIFEST

CONTRACTS = Path(__file__).parents[2].parent / "shared" / "contracts"
AMY, BEN = "UAMY0001", "UBEN0001"

pytestmark = pytest.mark.skipif(not CONTRACTS.exists(), reason=f"There are no samples in {CONTRACTS}.")

FREE = {"values", "state", "metadata", "blocks", "files", "accessory"}
"""Keys whose content is the app's own, or not in the samples."""
NOT_SAMPLED = {
    "response_urls",  # documented, though the samples have no form with a response URL
    "pronouns",  # sampled in some of the answers that have a profile
}


def unknown_keys(ours: Any, sample: Any, path: str = "") -> list[str]:
    """Return the paths of keys that we send and the sample does not have."""
    if isinstance(ours, list) and isinstance(sample, list):
        return [each for item in ours for each in (unknown_keys(item, sample[0], path) if sample else [])]
    if not isinstance(ours, dict) or not isinstance(sample, dict):
        return []
    unknown = [f"{path}/{key}" for key in ours if key not in sample and key not in NOT_SAMPLED]
    for key in ours.keys() & sample.keys() - FREE:
        unknown += unknown_keys(ours[key], sample[key], f"{path}/{key}")
    return unknown


def sample(folder: str, name: str) -> Any:
    return json.loads((CONTRACTS / folder / f"{name}.json").read_text())


def test_our_payloads_have_no_key_that_slacks_do_not(attached: Attached) -> None:
    driver = attached.driver
    driver.command(AMY, "/say x")
    attached.tiny.client.chat_postMessage(channel=AMY, text="x", blocks=BUTTONS)
    driver.press(AMY, driver.last_dm(AMY), "Go")
    driver.command(AMY, "/form")
    driver.submit(AMY, {"Title": "Rust"})
    driver.command(AMY, "/form")
    driver.close_view(AMY)
    driver.shortcut(AMY, "note", driver.last_dm(AMY))
    driver.open_home(AMY)
    driver.change_person(BEN, title="Director")
    driver.add_person("UNEW0001", "newton", "Newton New")
    driver.eventually(lambda: attached.tiny.told("team_join") and attached.tiny.told("user_change"))

    names = {
        "/say": "SlashCommandPayload",
        "block_actions": "BlockActionPayload",
        "view_submission": "ViewSubmissionPayload",
        "view_closed": "ViewClosedPayload",
        "message_action": "MessageShortcutPayload",
        "app_home_opened": "AppHomeOpenedPayload",
        "user_change": "UserChangePayload",
        "team_join": "TeamJoinPayload",
    }
    unknown = {
        kind: unknown_keys(attached.tiny.told(kind)[0], sample("payloads", name))
        for kind, name in names.items()
    }
    # Every event has its own time and every view its blocks, though the samples leave both out.
    allowed = {"/event/event_ts", "/view/blocks", "/event/view/blocks"}
    assert {kind: set(keys) - allowed for kind, keys in unknown.items() if set(keys) - allowed} == {}


def test_our_answers_have_no_key_that_slacks_do_not(workspace: Running) -> None:
    client = WebClient(token="xoxb-sandbox", base_url=workspace.api_url)
    client.conversations_join(channel="CRANDOM01")
    channel = client.chat_postMessage(channel=AMY, text="x")["channel"]
    home = {"type": "home", "blocks": [{"type": "divider"}]}
    upload = client.files_getUploadURLExternal(filename="x.txt", length=1)
    answers = {
        "auth.test": client.auth_test(),
        "team.info": client.team_info(),
        "users.info": client.users_info(user=AMY),
        "users.list": client.users_list(),
        "users.lookupByEmail": client.users_lookupByEmail(email="amy@sandbox.example"),
        "users.profile.get": client.users_profile_get(user=AMY),
        "users.conversations": client.users_conversations(types="public_channel,im"),
        "conversations.list": client.conversations_list(types="public_channel,im"),
        "conversations.info": client.conversations_info(channel="CGENERAL1"),
        "conversations.join": client.conversations_join(channel="CGENERAL1"),
        "conversations.members": client.conversations_members(channel="CGENERAL1"),
        "dnd.info": client.dnd_info(user=AMY),
        "chat.postEphemeral": client.chat_postEphemeral(channel=channel, user=AMY, text="x"),
        "views.publish": client.views_publish(user_id=AMY, view=home),
        "files.getUploadURLExternal": upload,
        "apps.connections.open": client.apps_connections_open(app_token="xapp-sandbox"),
    }

    unknown = {name: unknown_keys(answer.data, sample("responses", name)) for name, answer in answers.items()}

    assert {name: keys for name, keys in unknown.items() if keys} == {}


def test_tiers_are_slacks() -> None:
    tiers = sample(".", "rate_limit_tiers")

    ours = {
        name: method.tier for name, method in METHODS.items() if method.tier not in ("special", "unlimited")
    }

    assert ours == {name: tiers[name].lower() for name in ours}


def test_our_sample_manifest_is_one_that_slack_takes() -> None:
    jsonschema = pytest.importorskip("jsonschema")
    schema = sample("manifest", "manifest.schema.1.0.0")

    jsonschema.validate(MANIFEST, schema)
