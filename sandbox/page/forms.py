"""What a filled HTML form says in Slack's terms: the state of every field, and the action of a pressed element.

Fields are named `state:<block>:<action>`, and a pressed element sends `press=<block>:<action>[:<value>]`, each
part quoted, so that any block_id or action_id survives the way through HTML.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from urllib.parse import quote, unquote
from zoneinfo import ZoneInfo

Element = Mapping[str, Any]
Block = Mapping[str, Any]
State = dict[str, Any]


class Fields(Protocol):
    """What a posted form offers; Starlette's FormData does."""

    def getlist(self, key: Any, /) -> list[Any]:
        """Give every value that was sent under a name."""


@dataclass(frozen=True)
class Press:
    """One element that a person pressed or changed; `value` is what was chosen: a text, a list of ids and so on."""

    block_id: str
    action_id: str
    element: Element
    value: object


def field_name(block_id: str, action_id: str) -> str:
    """Name the form field of an element."""
    return f"state:{quote(block_id, safe='')}:{quote(action_id, safe='')}"


def press_value(block_id: str, action_id: str, value: str | None = None) -> str:
    """Give what a button sends so that the element can be found again."""
    parts = (block_id, action_id) if value is None else (block_id, action_id, value)
    return ":".join(quote(part, safe="") for part in parts)


def elements_of(block: Block) -> Iterator[Element]:
    """Give the interactive elements of a block, wherever the block keeps them."""
    if block["type"] == "input":
        yield block["element"]
    if block["type"] == "actions":
        yield from block["elements"]
    if block["type"] == "section" and "accessory" in block:
        yield block["accessory"]


def state_values(blocks: Sequence[Block], form: Fields, zone: ZoneInfo) -> dict[str, dict[str, State]]:
    """Read every field of a form into Slack's `state.values`; `zone` is the person's, for moments."""
    values: dict[str, dict[str, State]] = {}
    for block in blocks:
        for element in elements_of(block):
            state = _state(block["block_id"], element, form, zone)
            if state is not None:
                values.setdefault(block["block_id"], {})[element["action_id"]] = state
    return values


def pressed(blocks: Sequence[Block], form: Fields, zone: ZoneInfo) -> Press | None:
    """Say which element a form was sent by; None if none of these blocks has it."""
    for sent in form.getlist("press"):
        block_id, action_id, value = _parts(str(sent))
        element = _find(blocks, block_id, action_id)
        if element is not None:
            return Press(block_id, action_id, element, _chosen(block_id, element, value, form, zone))
    return None


def _parts(sent: str) -> tuple[str, str, str]:
    block_id, action_id, value, *_ = [unquote(part) for part in sent.split(":")] + ["", "", ""]
    return block_id, action_id, value


def _find(blocks: Sequence[Block], block_id: str, action_id: str) -> Element | None:
    for block in blocks:
        if block.get("block_id") == block_id:
            return next((e for e in elements_of(block) if e.get("action_id") == action_id), None)
    return None


def _chosen(block_id: str, element: Element, value: str, form: Fields, zone: ZoneInfo) -> object:
    if element["type"] == "overflow":
        return value
    _, kept = KEPT_IN.get(element["type"], ("", ""))
    if not kept:
        return None
    chosen = (_state(block_id, element, form, zone) or {})[kept]
    return _plain(chosen)


def _plain(chosen: Any) -> object:
    """Reduce an option to its value; texts, ids and moments are plain already."""
    if isinstance(chosen, list):
        return [_plain(each) for each in chosen]
    return chosen["value"] if isinstance(chosen, dict) and "value" in chosen else chosen


def _state(block_id: str, element: Element, form: Fields, zone: ZoneInfo) -> State | None:
    read = READERS.get(element["type"])
    if read is None:
        return None
    sent = [str(value) for value in form.getlist(field_name(block_id, element["action_id"]))]
    return {"type": element["type"], **read(element, [value for value in sent if value], zone)}


def options_of(element: Element) -> list[Element]:
    """Give the options of a select, those in groups included."""
    grouped = [option for group in element.get("option_groups", []) for option in group["options"]]
    return [*element.get("options", []), *grouped]


def _option(element: Element, value: str) -> Element | None:
    return next((option for option in options_of(element) if option.get("value") == value), None)


def filled_values(element: Element, state: State | None, zone: ZoneInfo) -> list[str]:
    """Say what a field shows, as a form would send it: what was entered before, else its initial value."""
    initial, entered = KEPT_IN.get(element["type"], ("", ""))
    value = element.get(initial) if state is None else state.get(entered)
    items = value if isinstance(value, list) else [value]
    return [_as_sent(item, zone) for item in items if item is not None]


def _as_sent(item: Any, zone: ZoneInfo) -> str:
    if isinstance(item, int):
        return f"{datetime.fromtimestamp(item, zone):%Y-%m-%dT%H:%M}"
    if not isinstance(item, dict):
        return str(item)
    if item.get("type") == "rich_text":
        return "".join(part.get("text", "") for line in item["elements"] for part in line["elements"])
    return str(item.get("value", ""))


Reading = Callable[[Element, list[str], ZoneInfo], State]


def _one(key: str) -> Reading:
    return lambda _element, sent, _zone: {key: sent[0] if sent else None}


def _many(key: str) -> Reading:
    return lambda _element, sent, _zone: {key: sent}


def _one_option(element: Element, sent: list[str], _zone: ZoneInfo) -> State:
    return {"selected_option": _option(element, sent[0]) if sent else None}


def _many_options(element: Element, sent: list[str], _zone: ZoneInfo) -> State:
    return {"selected_options": [option for option in options_of(element) if option["value"] in sent]}


def _text(_element: Element, sent: list[str], _zone: ZoneInfo) -> State:
    # Browsers send CRLF for a line break; Slack sends LF.
    return {"value": sent[0].replace("\r\n", "\n") if sent else None}


def _moment(_element: Element, sent: list[str], zone: ZoneInfo) -> State:
    try:
        moment = datetime.fromisoformat(sent[0]) if sent else None
    except ValueError:
        moment = None
    return {"selected_date_time": int(moment.replace(tzinfo=zone).timestamp()) if moment else None}


def _rich_text(_element: Element, sent: list[str], _zone: ZoneInfo) -> State:
    if not sent:
        return {"rich_text_value": None}
    text = {"type": "text", "text": sent[0].replace("\r\n", "\n")}
    section = {"type": "rich_text_section", "elements": [text]}
    return {"rich_text_value": {"type": "rich_text", "elements": [section]}}


READERS: dict[str, Reading] = {
    "plain_text_input": _text,
    "number_input": _text,
    "email_text_input": _text,
    "url_text_input": _text,
    "rich_text_input": _rich_text,
    "static_select": _one_option,
    "radio_buttons": _one_option,
    "multi_static_select": _many_options,
    "checkboxes": _many_options,
    "users_select": _one("selected_user"),
    "multi_users_select": _many("selected_users"),
    "conversations_select": _one("selected_conversation"),
    "multi_conversations_select": _many("selected_conversations"),
    "channels_select": _one("selected_channel"),
    "multi_channels_select": _many("selected_channels"),
    "datepicker": _one("selected_date"),
    "timepicker": _one("selected_time"),
    "datetimepicker": _moment,
    "file_input": _many("files"),
}

# Where an element keeps what it shows at first, and where its state keeps what was entered.
KEPT_IN = {
    "plain_text_input": ("initial_value", "value"),
    "number_input": ("initial_value", "value"),
    "email_text_input": ("initial_value", "value"),
    "url_text_input": ("initial_value", "value"),
    "rich_text_input": ("initial_value", "rich_text_value"),
    "static_select": ("initial_option", "selected_option"),
    "radio_buttons": ("initial_option", "selected_option"),
    "multi_static_select": ("initial_options", "selected_options"),
    "checkboxes": ("initial_options", "selected_options"),
    "users_select": ("initial_user", "selected_user"),
    "multi_users_select": ("initial_users", "selected_users"),
    "conversations_select": ("initial_conversation", "selected_conversation"),
    "multi_conversations_select": ("initial_conversations", "selected_conversations"),
    "channels_select": ("initial_channel", "selected_channel"),
    "multi_channels_select": ("initial_channels", "selected_channels"),
    "datepicker": ("initial_date", "selected_date"),
    "timepicker": ("initial_time", "selected_time"),
    "datetimepicker": ("initial_date_time", "selected_date_time"),
}
