"""A filled HTML form in Slack's terms: `state.values`, and what a pressed element carries."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from starlette.datastructures import FormData, UploadFile

from sandbox.page.forms import field_name, filled_values, press_value, pressed, state_values

BERLIN = ZoneInfo("Europe/Berlin")
RED = {"text": {"type": "plain_text", "text": "Red"}, "value": "red:1"}
BLUE = {"text": {"type": "plain_text", "text": "Blue"}, "value": "blue"}
NINE_IN_BERLIN = int(datetime(2027, 7, 1, 7, 0, tzinfo=UTC).timestamp())

STATES: list[tuple[str, dict[str, Any], list[str], dict[str, Any]]] = [
    ("plain_text_input", {}, ["two\r\nlines"], {"value": "two\nlines"}),
    ("plain_text_input", {}, ["   "], {"value": "   "}),
    ("plain_text_input", {}, [""], {"value": None}),
    ("number_input", {}, ["4"], {"value": "4"}),
    ("email_text_input", {}, ["a@b.example"], {"value": "a@b.example"}),
    ("static_select", {"options": [RED, BLUE]}, ["red:1"], {"selected_option": RED}),
    ("static_select", {"options": [RED, BLUE]}, ["green"], {"selected_option": None}),
    ("static_select", {"option_groups": [{"options": [RED, BLUE]}]}, ["blue"], {"selected_option": BLUE}),
    ("multi_static_select", {"options": [RED, BLUE]}, ["blue", "red:1"], {"selected_options": [RED, BLUE]}),
    ("radio_buttons", {"options": [RED, BLUE]}, ["blue"], {"selected_option": BLUE}),
    ("checkboxes", {"options": [RED, BLUE]}, [], {"selected_options": []}),
    ("users_select", {}, ["UAMY0001"], {"selected_user": "UAMY0001"}),
    ("multi_users_select", {}, ["UAMY0001", "UBEN0001"], {"selected_users": ["UAMY0001", "UBEN0001"]}),
    ("conversations_select", {}, [""], {"selected_conversation": None}),
    ("channels_select", {}, ["CGENERAL1"], {"selected_channel": "CGENERAL1"}),
    ("datepicker", {}, ["2027-07-01"], {"selected_date": "2027-07-01"}),
    ("timepicker", {}, ["09:00"], {"selected_time": "09:00"}),
    ("datetimepicker", {}, ["2027-07-01T09:00"], {"selected_date_time": NINE_IN_BERLIN}),
    ("datetimepicker", {}, ["soon"], {"selected_date_time": None}),
]  # fmt: skip


def input_block(element_type: str, **extra: Any) -> dict[str, Any]:
    return {
        "type": "input",
        "block_id": "b:1",
        "element": {"type": element_type, "action_id": "a b", **extra},
    }


@pytest.mark.parametrize(("element_type", "extra", "sent", "state"), STATES)
def test_a_field_is_read_into_slacks_shape(
    element_type: str, extra: dict[str, Any], sent: list[str], state: dict[str, Any]
) -> None:
    form = FormData([(field_name("b:1", "a b"), value) for value in sent])

    values = state_values([input_block(element_type, **extra)], form, BERLIN)

    assert values == {"b:1": {"a b": {"type": element_type, **state}}}


@pytest.mark.parametrize(("element_type", "extra", "sent", "state"), STATES)
def test_what_was_read_is_shown_again_as_it_was_sent(
    element_type: str, extra: dict[str, Any], sent: list[str], state: dict[str, Any]
) -> None:
    element = input_block(element_type, **extra)["element"]
    form = FormData([(field_name("b:1", "a b"), value) for value in sent])
    values = state_values([{**input_block(element_type), "element": element}], form, BERLIN)

    shown = filled_values(element, values["b:1"]["a b"], BERLIN)

    understood = [value.replace("\r\n", "\n") for value in sent if any(state.values()) and value]
    assert sorted(shown) == sorted(understood)


@pytest.mark.parametrize(
    ("element", "shown"),
    [
        ({"type": "plain_text_input", "initial_value": "x"}, ["x"]),
        ({"type": "static_select", "initial_option": RED}, ["red:1"]),
        ({"type": "checkboxes", "initial_options": [RED, BLUE]}, ["red:1", "blue"]),
        ({"type": "multi_users_select", "initial_users": ["U1"]}, ["U1"]),
        ({"type": "datetimepicker", "initial_date_time": NINE_IN_BERLIN}, ["2027-07-01T09:00"]),
        ({"type": "timepicker"}, []),
    ],
)
def test_a_new_form_shows_initial_values(element: dict[str, Any], shown: list[str]) -> None:
    assert filled_values(element, None, BERLIN) == shown


def test_a_field_that_was_emptied_does_not_show_its_initial_value_again() -> None:
    element = {"type": "plain_text_input", "initial_value": "x"}

    assert filled_values(element, {"type": "plain_text_input", "value": None}, BERLIN) == []


BUTTON = {"type": "button", "action_id": "go:now", "value": "17"}
MENU = {"type": "overflow", "action_id": "more", "options": [RED, BLUE]}
PICK = {"type": "static_select", "action_id": "pick", "options": [RED, BLUE]}
TICKS = {"type": "checkboxes", "action_id": "ticks", "options": [RED, BLUE]}
DATE = {"type": "datepicker", "action_id": "day"}
BLOCKS: list[dict[str, Any]] = [
    {"type": "divider"},
    {"type": "section", "block_id": "s%/1", "accessory": MENU},
    {"type": "actions", "block_id": "acts", "elements": [BUTTON, PICK, TICKS, DATE]},
]


@pytest.mark.parametrize(
    ("sent", "action_id", "value"),
    [
        ([("press", press_value("acts", "go:now"))], "go:now", None),
        ([("press", press_value("s%/1", "more", "red:1"))], "more", "red:1"),
        ([("press", press_value("acts", "pick")), (field_name("acts", "pick"), "red:1")], "pick", "red:1"),
        ([("press", press_value("acts", "ticks")), (field_name("acts", "ticks"), "blue")], "ticks", ["blue"]),
        ([("press", press_value("acts", "ticks"))], "ticks", []),
        ([("press", press_value("acts", "day")), (field_name("acts", "day"), "2027-01-02")], "day", "2027-01-02"),
    ],
)  # fmt: skip
def test_a_press_says_which_element_and_what_was_chosen(
    sent: list[tuple[str, str]], action_id: str, value: object
) -> None:
    act = pressed(BLOCKS, FormData(list[tuple[str, str | UploadFile]](sent)), BERLIN)

    assert act is not None
    assert (act.action_id, act.value) == (action_id, value)


@pytest.mark.parametrize("sent", ["", "acts", "acts:gone", "gone:go%3Anow", ":::::"])
def test_a_press_of_something_that_is_not_there_is_nothing(sent: str) -> None:
    assert pressed(BLOCKS, FormData([("press", sent)]), BERLIN) is None
