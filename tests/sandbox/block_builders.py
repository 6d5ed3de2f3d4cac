"""Blocks, elements and views as Slack takes them, of any length, for the tests of Block Kit."""

from typing import Any

Json = dict[str, Any]


def plain(length: int) -> Json:
    return {"type": "plain_text", "text": "x" * length}


def mrkdwn(length: int) -> Json:
    return {"type": "mrkdwn", "text": "x" * length}


def section(**fields: Any) -> Json:
    return {"type": "section", "text": mrkdwn(1), **fields}


def button(**fields: Any) -> Json:
    return {"type": "button", "text": plain(1), **fields}


def buttons(count: int) -> Json:
    return {"type": "actions", "elements": [button(action_id=f"a{number}") for number in range(count)]}


def actions(element: Json) -> Json:
    return {"type": "actions", "elements": [element]}


def options(count: int, *, text: int = 1, value: int = 5, description: int | None = None) -> list[Json]:
    more = {} if description is None else {"description": plain(description)}
    return [{"text": plain(text), "value": f"{number:0{value}d}", **more} for number in range(count)]


def select(count: int = 1, **fields: Any) -> Json:
    return {"type": "static_select", "options": options(count), **fields}


def overflow(count: int) -> Json:
    return {"type": "overflow", "options": options(count)}


def confirm(*, title: int = 1, text: int = 1, button_text: int = 1) -> Json:
    dialog = {"title": plain(title), "text": plain(text), "confirm": plain(button_text), "deny": plain(1)}
    return actions(button(confirm=dialog))


def field(element: Json | None = None, **fields: Any) -> Json:
    return {"type": "input", "label": plain(1), "element": element or {"type": "plain_text_input"}, **fields}


def image(**fields: Any) -> Json:
    return {"type": "image", "image_url": "https://example.com/x.png", "alt_text": "x", **fields}


def rich(text: str) -> Json:
    inner = {"type": "rich_text_section", "elements": [{"type": "text", "text": text}]}
    return {"type": "rich_text", "elements": [inner]}


def table(rows: int, cells: int) -> Json:
    return {"type": "table", "rows": [[{"type": "raw_text", "text": "x"}] * cells] * rows}


def modal(*blocks: Json, **fields: Any) -> Json:
    return {"type": "modal", "title": plain(1), "submit": plain(1), "blocks": list(blocks), **fields}


def home(*blocks: Json, **fields: Any) -> Json:
    return {"type": "home", "blocks": list(blocks), **fields}
