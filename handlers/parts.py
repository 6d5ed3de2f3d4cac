"""Parts of a message that brought several: what is shown after a click takes the place of the part that was clicked."""

from __future__ import annotations

from slack_sdk import WebClient

from bot.runtime.slack import MARK
from handlers.views.elements import Block, Message, Payload


def read_anew(body: Payload, client: WebClient) -> Payload:
    """Say of a click that is answered late in what it was by now: other parts may have been answered meanwhile."""
    if len(_begins(_shown(body))) < 2:
        return body
    channel, ts = body["channel"]["id"], body["message"]["ts"]
    page = client.conversations_history(channel=channel, oldest=ts, latest=ts, inclusive=True, limit=1)
    return {**body, "message": page["messages"][0]} if page["messages"] else body


def in_its_place(body: Payload, message: Message) -> Message:
    """Put a message in the place of the part in which somebody clicked, the other parts staying as they are."""
    shown = _shown(body)
    begins = _begins(shown)
    clicked = _place_of_click(body, shown)
    if len(begins) < 2 or clicked is None or clicked < begins[0]:
        return message
    start = max(place for place in begins if place <= clicked)
    end = min((place for place in begins if place > clicked), default=len(shown))
    # The line above a part stays, and with it the id by which the part is found at the next click.
    blocks = [*shown[: start + 1], *message.payload()["blocks"], *shown[end:]]
    return Message(str(body["message"].get("text") or message.text), blocks)


def _shown(body: Payload) -> list[Block]:
    return (body.get("message") or {}).get("blocks") or []


def _begins(shown: list[Block]) -> list[int]:
    """Say with which blocks the parts begin."""
    return [place for place, block in enumerate(shown) if _id_of(block).startswith(MARK)]


def _place_of_click(body: Payload, shown: list[Block]) -> int | None:
    clicked = str((body.get("actions") or [{}])[0].get("block_id"))
    return next((place for place, block in enumerate(shown) if _id_of(block) == clicked), None)


def _id_of(block: Block) -> str:
    return str(block.get("block_id", ""))
