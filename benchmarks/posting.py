"""The one message of the delivery figures, posted alike by whoever posts: the bare client, Trellis and its peers."""

from __future__ import annotations

from typing import Any

from slack_sdk import WebClient

TEXT = "A note"
BLOCK: dict[str, Any] = {"type": "section", "text": {"type": "mrkdwn", "text": "A *note*"}}
TIMEOUT_SECONDS = 10


def client_of(api_url: str, workspace_id: str) -> WebClient:
    """Make a workspace's client; the local Slack knows the workspace by its token."""
    return WebClient(token=workspace_id, base_url=api_url, timeout=TIMEOUT_SECONDS, retry_handlers=[])


def post(client: WebClient, receiver: str, delivery: str) -> None:
    """Post the message as Trellis does; raises what the client raises."""
    client.chat_postMessage(
        channel=receiver,
        text=TEXT,
        blocks=[{**BLOCK, "block_id": f"delivery:{delivery}"}],
        metadata={"event_type": "trellis_delivery", "event_payload": {"delivery_id": delivery}},
        unfurl_links=False,
        unfurl_media=False,
    )
