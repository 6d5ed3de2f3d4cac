"""Requests no client would send, signed as Slack signs them: forged values in buttons, forms and commands."""

from __future__ import annotations

import json
import urllib.request
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from sandbox.block_kit.filling import initial_state
from sandbox.clock import whole_seconds
from sandbox.delivery.http import signature_of
from sandbox.identity import APP_ID, TEAM_ID
from sandbox.seen import Message, View
from tests.trellis import Trellis

Json = dict[str, Any]
PATIENCE_SECONDS = 10.0
DIRECTLY = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def send(trellis: Trellis, fields: Json) -> Json:
    """Post form fields to the bot as Slack does, and give what it acknowledged with."""
    body, timestamp = urlencode(fields).encode(), whole_seconds()
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "X-Slack-Request-Timestamp": str(timestamp),
        "X-Slack-Signature": signature_of(body, timestamp),
    }
    request = urllib.request.Request(trellis.slack.state()["event_url"], body, headers)
    with DIRECTLY.open(request, timeout=PATIENCE_SECONDS) as answer:
        assert answer.status == 200
        content = answer.read()
    return dict(json.loads(content)) if content.strip() else {}


def command(trellis: Trellis, user: str, name: str, text: str) -> Json:
    """Type a command with a text that no composer would write."""
    fields = {"command": name, "text": text, "user_id": user, "team_id": TEAM_ID, "channel_id": "D0000"}
    fields |= {"api_app_id": APP_ID, "trigger_id": "1.2.3"}
    return send(trellis, {**fields, "response_url": "http://127.0.0.1:1/none"})


def submission(
    trellis: Trellis, user: str, view: View, values: Json, *, private_metadata: str | None = None
) -> Json:
    """Submit the view with these values (Slack's `state.values`), and give the acknowledgement."""
    carried = view.private_metadata if private_metadata is None else private_metadata
    payload = {
        "type": "view_submission",
        "team": {"id": TEAM_ID},
        "user": {"id": user, "team_id": TEAM_ID},
        "api_app_id": APP_ID,
        "view": {
            "id": view.id,
            "type": "modal",
            "hash": view.hash,
            "callback_id": view.callback_id,
            "private_metadata": carried,
            "title": {"type": "plain_text", "text": view.title},
            "blocks": view.blocks,
            "state": {"values": values},
        },
    }
    return send(trellis, {"payload": json.dumps(payload)})


def changed(view: View, **chosen: Json) -> Json:
    """Take over what stands in the view's fields, and replace what is chosen in some of them.

    Fields are named by the end of their block id: `role` for `one_on_ones.role`.
    """
    values: Json = initial_state(view.blocks)
    for name, state in chosen.items():
        block_id = next(each for each in values if each.endswith(f".{name}"))
        values[block_id][block_id] |= state
    return values


def button(where: Message, label: str, value: str, *, action_id: str | None = None) -> Message:
    """Change what a button carries or does; its block goes by another id, so that the original is not found."""
    blocks = []
    for block in where.blocks:
        elements = [dict(each) for each in block.get("elements", [])] if block["type"] == "actions" else []
        for each in elements:
            if each["text"]["text"] == label:
                each |= {"value": value, "action_id": action_id or each["action_id"]}
        blocks.append({**block, "elements": elements, "block_id": "forged"} if elements else block)
    return replace(where, blocks=blocks)


def with_callback(view: View, callback_id: str) -> View:
    """Let the view be submitted to another listener."""
    return replace(view, callback_id=callback_id)


def option(value: str) -> Json:
    """Choose an option that stands in no list."""
    return {"selected_option": {"text": {"type": "plain_text", "text": "?"}, "value": value}}
