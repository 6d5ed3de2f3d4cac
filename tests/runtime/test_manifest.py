"""The manifest: what Slack would accept, and what the sandbox installs."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from bot.runtime.config import ROOT
from bot.runtime.manifest import BadAddress, for_http, read, scopes

SCHEMA = ROOT.parent / "shared" / "contracts" / "manifest" / "manifest.schema.2.0.0.json"


@pytest.fixture
def schema() -> dict[str, object]:
    """Give Slack's own schema, where there is a copy."""
    if not Path(SCHEMA).exists():
        pytest.skip(f"{SCHEMA} is not there")
    return json.loads(SCHEMA.read_text())  # type: ignore[no-any-return]


def test_slack_would_accept_both_forms(schema: dict[str, object]) -> None:
    jsonschema.validate(read(), schema)
    jsonschema.validate(for_http(read(), "https://bot.example"), schema)


def test_people_and_channels_arrive_as_ids_in_every_command() -> None:
    commands = read()["features"]["slash_commands"]

    assert {command["command"] for command in commands} == {"/growth", "/1on1", "/goal", "/buddy"}
    assert all(command["should_escape"] for command in commands)


def test_the_bot_asks_for_no_more_than_it_uses() -> None:
    assert scopes(read()) == {
        "channels:read",
        "chat:write",
        "commands",
        "dnd:read",
        "files:read",
        "files:write",
        "groups:read",
        "im:history",
        "im:write",
        "mpim:history",
        "mpim:write",
        "users.profile:read",
        "users:read",
        "users:read.email",
    }


def test_over_http_every_request_goes_to_the_one_door() -> None:
    manifest = for_http(read(), "https://bot.example/")
    door = "https://bot.example/slack/events"

    assert {command["url"] for command in manifest["features"]["slash_commands"]} == {door}
    assert manifest["settings"]["event_subscriptions"]["request_url"] == door
    assert manifest["settings"]["interactivity"]["request_url"] == door
    assert manifest["settings"]["socket_mode_enabled"] is False
    assert read()["settings"]["socket_mode_enabled"] is True


@pytest.mark.parametrize("url", ["http://bot.example", "bot.example", "https://", "ftp://bot.example", ""])
def test_an_address_slack_cannot_call_is_refused(url: str) -> None:
    with pytest.raises(BadAddress):
        for_http(read(), url)
