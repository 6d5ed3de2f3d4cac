"""The app manifest: what Slack is told about commands, scopes and events, for Socket Mode or for HTTP."""

from __future__ import annotations

import copy
import json
from typing import Any
from urllib.parse import urlsplit

from bot.runtime.config import ROOT
from bot.runtime.faults import WrongUse

PATH = ROOT / "manifest.json"

OPTIONAL = frozenset({"channels:history", "groups:history"})
"""Scopes nobody has to grant: with them we look into channels for posts that Slack did not say had arrived."""

Manifest = dict[str, Any]


class BadAddress(WrongUse):
    """The address given is none that Slack can call."""


def read() -> Manifest:
    """Read the manifest as it stands in the repository: for Socket Mode."""
    manifest: Manifest = json.loads(PATH.read_text(encoding="utf-8"))
    return manifest


def scopes(manifest: Manifest) -> frozenset[str]:
    """Name the scopes the bot asks for."""
    return frozenset(manifest["oauth_config"]["scopes"]["bot"])


def for_http(manifest: Manifest, url: str) -> Manifest:
    """Fill in the public address for requests and switch Socket Mode off; raises BadAddress."""
    parts = urlsplit(url)
    if parts.scheme != "https" or not parts.hostname:
        raise BadAddress(f"{url!r} is no address Slack can call: it begins with https:// and names a host")
    door = f"{url.rstrip('/')}/slack/events"
    filled = copy.deepcopy(manifest)
    for command in filled["features"]["slash_commands"]:
        command["url"] = door
    filled["settings"]["event_subscriptions"]["request_url"] = door
    filled["settings"]["interactivity"]["request_url"] = door
    filled["settings"]["socket_mode_enabled"] = False
    return filled
