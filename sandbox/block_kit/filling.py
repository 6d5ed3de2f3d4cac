"""What a form element holds: its value in `state.values`, from a plain value or at the beginning."""

from collections.abc import Callable

from sandbox.block_kit.elements_in import Placed, interactive_elements
from sandbox.errors import NotPossible
from sandbox.model import Json, StateValues

Fill = Callable[[Json, object], Json]
"""Puts a plain value into an element's state: (element, value) → state without the type."""

STATELESS = frozenset({"button", "overflow", "workflow_button", "feedback_buttons", "icon_button"})


def state_of(element: Json, value: object) -> Json:
    """Return the state of an element that holds the plain value: a text, an option's value, an id, a date, a list."""
    kind = element["type"]
    return {"type": kind, **FILLERS[kind](element, value)}


def initial_state(blocks: list[Json]) -> StateValues:
    """Return what the form elements hold before anybody touched them."""
    values: StateValues = {}
    for block, element in interactive_elements(blocks):
        if element["type"] not in STATELESS:
            state = state_of(element, initial_value(element))
            values.setdefault(block["block_id"], {})[element["action_id"]] = state
    return values


def merged(blocks: list[Json], *layers: StateValues) -> StateValues:
    """Lay what was typed over what the form held in the beginning; what the form does not have is left out."""
    values = initial_state(blocks)
    for layer in layers:
        for block_id, actions in layer.items():
            known = values.get(block_id, {})
            known.update({key: state for key, state in actions.items() if key in known})
    return values


def initial_value(element: Json) -> object:
    """Return the plain value an element begins with, or None."""
    for key in INITIAL_KEYS:
        if key in element:
            return _plain(element[key])
    return None


def plain_values(blocks: list[Json], given: dict[str, object]) -> StateValues:
    """Turn values keyed by label, action id or block id into `state.values`; refuse a key that fits no field."""
    left, values = dict(given), StateValues()
    for placed in interactive_elements(blocks):
        if placed.element["type"] in STATELESS:
            continue
        key = next((name for name in _names(placed) if name in left), None)
        if key is not None:
            state = state_of(placed.element, left.pop(key))
            values.setdefault(placed.block["block_id"], {})[placed.element["action_id"]] = state
    if left:
        fields = sorted(_names(placed)[0] for placed in interactive_elements(blocks))
        raise NotPossible(f"The form has no field {', '.join(sorted(left))}; it has: {', '.join(fields)}.")
    return values


def _names(placed: Placed) -> list[str]:
    label = placed.block.get("label", {}).get("text")
    names = [label, placed.element["action_id"], placed.block["block_id"]]
    return [name for name in names if name]


def _plain(initial: object) -> object:
    if isinstance(initial, dict) and "value" in initial:
        return initial["value"]
    if isinstance(initial, list):
        return [_plain(each) for each in initial]
    return initial


def options_of(element: Json) -> list[Json]:
    """Return the options of a menu, those in groups included."""
    groups = element.get("option_groups", [])
    return [*element.get("options", []), *(option for group in groups for option in group["options"])]


def option_named(element: Json, value: object) -> Json:
    """Find an option by its value or, as a person would name it, by its text."""
    for option in options_of(element):
        if value in (option.get("value"), option["text"]["text"]):
            return option
    raise NotPossible(f"There is no option {value!r} in {element['action_id']}.")


def _as_list(value: object) -> list[object]:
    if value is None:
        return []
    return list(value) if isinstance(value, list | tuple | set) else [value]


def _one_option(element: Json, value: object) -> Json:
    return {"selected_option": None if value in (None, "") else option_named(element, value)}


def _many_options(element: Json, value: object) -> Json:
    return {"selected_options": [option_named(element, each) for each in _as_list(value)]}


def _text(element: Json, value: object) -> Json:
    return {"value": None if value in (None, "") else str(value)}


def _field(name: str) -> Fill:
    return lambda element, value: {name: value or None}


def _list_field(name: str) -> Fill:
    return lambda element, value: {name: _as_list(value)}


def _rich_text(element: Json, value: object) -> Json:
    if isinstance(value, dict) or value in (None, ""):
        return {"rich_text_value": value or None}
    section = {"type": "rich_text_section", "elements": [{"type": "text", "text": str(value)}]}
    return {"rich_text_value": {"type": "rich_text", "elements": [section]}}


FILLERS: dict[str, Fill] = {
    "plain_text_input": _text,
    "email_text_input": _text,
    "url_text_input": _text,
    "number_input": _text,
    "rich_text_input": _rich_text,
    "static_select": _one_option,
    "external_select": _field("selected_option"),
    "radio_buttons": _one_option,
    "checkboxes": _many_options,
    "multi_static_select": _many_options,
    "multi_external_select": _list_field("selected_options"),
    "users_select": _field("selected_user"),
    "multi_users_select": _list_field("selected_users"),
    "conversations_select": _field("selected_conversation"),
    "multi_conversations_select": _list_field("selected_conversations"),
    "channels_select": _field("selected_channel"),
    "multi_channels_select": _list_field("selected_channels"),
    "datepicker": _field("selected_date"),
    "timepicker": _field("selected_time"),
    "datetimepicker": _field("selected_date_time"),
    "file_input": _list_field("files"),
}

INITIAL_KEYS = (
    "initial_value",
    "initial_option",
    "initial_options",
    "initial_user",
    "initial_users",
    "initial_conversation",
    "initial_conversations",
    "initial_channel",
    "initial_channels",
    "initial_date",
    "initial_time",
    "initial_date_time",
)
