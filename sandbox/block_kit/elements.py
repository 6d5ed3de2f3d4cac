"""Block Kit's elements as rules: what each must and may have, and how long.

Sizes: https://docs.slack.dev/reference/block-kit/block-elements
"""

from collections.abc import Iterator, Mapping

from sandbox.block_kit.objects import (
    ALT_TEXT_MAX,
    ID_MAX,
    OPTION_TEXT_MAX,
    OPTIONS_MAX,
    box_option,
    confirm,
    conversation_filter,
    dispatch_config,
    distinct_values,
    identifier,
    initial_among_options,
    menu_option,
    option,
    option_group,
    plain,
    slack_file,
    url,
    web_address,
)
from sandbox.block_kit.rich_text import rich_text
from sandbox.block_kit.specs import (
    Spec,
    as_record,
    boolean,
    calendar_day,
    exactly_one,
    integer,
    items,
    one_of,
    problem,
    record,
    string,
)

PLACEHOLDER_MAX = 150
INPUT_MAX = 3000
BOXES_MAX = 10
OVERFLOW_MAX = 5
BUTTON_TEXT_MAX = 75
BUTTON_VALUE_MAX = 2000

INTERACTIVE: dict[str, Spec] = {"action_id": identifier}
MENU: dict[str, Spec] = INTERACTIVE | {
    "placeholder": plain(PLACEHOLDER_MAX),
    "confirm": confirm,
    "focus_on_load": boolean,
}
MULTI: dict[str, Spec] = MENU | {"max_selected_items": integer(1, OPTIONS_MAX)}
FIELD: dict[str, Spec] = INTERACTIVE | {
    "placeholder": plain(PLACEHOLDER_MAX),
    "focus_on_load": boolean,
    "dispatch_action_config": dispatch_config,
}
OPTIONS: dict[str, Spec] = {
    "options": items(menu_option, maximum=OPTIONS_MAX),
    "option_groups": items(option_group, maximum=OPTIONS_MAX),
}
ids: Spec = items(identifier, maximum=OPTIONS_MAX, minimum=0)


def _element(kind: str, optional: Mapping[str, Spec], *also: Spec, **required: Spec) -> Spec:
    return record({"type": one_of(kind), **required}, optional, *also)


def _lengths_in_order(value: object, pointer: str) -> Iterator[str]:
    element = as_record(value)
    least, most = element.get("min_length"), element.get("max_length")
    if isinstance(least, int) and isinstance(most, int) and least > most:
        yield problem("min_length must be less than or equal to max_length", f"{pointer}/min_length")


def _decimal(value: object, pointer: str) -> Iterator[str]:
    yield from string(40, pattern=r"-?\d+(\.\d+)?")(value, pointer)


ELEMENTS: dict[str, Spec] = {
    "button": _element(
        "button",
        INTERACTIVE
        | {
            "url": url,
            "value": string(BUTTON_VALUE_MAX),
            "style": one_of("primary", "danger"),
            "confirm": confirm,
            "accessibility_label": string(75),
        },
        text=plain(BUTTON_TEXT_MAX),
    ),
    "checkboxes": _element(
        "checkboxes",
        INTERACTIVE
        | {
            "initial_options": items(box_option, maximum=BOXES_MAX),
            "confirm": confirm,
            "focus_on_load": boolean,
        },
        initial_among_options("initial_options"),
        distinct_values,
        options=items(box_option, maximum=BOXES_MAX),
    ),
    "radio_buttons": _element(
        "radio_buttons",
        INTERACTIVE | {"initial_option": box_option, "confirm": confirm, "focus_on_load": boolean},
        initial_among_options("initial_option"),
        distinct_values,
        options=items(box_option, maximum=BOXES_MAX),
    ),
    "overflow": _element(
        "overflow",
        INTERACTIVE | {"confirm": confirm},
        distinct_values,
        options=items(option(plain(OPTION_TEXT_MAX), with_url=True), maximum=OVERFLOW_MAX),
    ),
    "static_select": _element(
        "static_select",
        MENU | OPTIONS | {"initial_option": menu_option},
        exactly_one("options", "option_groups"),
        initial_among_options("initial_option"),
        distinct_values,
    ),
    "multi_static_select": _element(
        "multi_static_select",
        MULTI | OPTIONS | {"initial_options": items(menu_option, maximum=OPTIONS_MAX)},
        exactly_one("options", "option_groups"),
        initial_among_options("initial_options"),
        distinct_values,
    ),
    "external_select": _element(
        "external_select", MENU | {"initial_option": menu_option, "min_query_length": integer(0, 100)}
    ),
    "multi_external_select": _element(
        "multi_external_select",
        MULTI
        | {"initial_options": items(menu_option, maximum=OPTIONS_MAX), "min_query_length": integer(0, 100)},
    ),
    "users_select": _element("users_select", MENU | {"initial_user": identifier}),
    "multi_users_select": _element("multi_users_select", MULTI | {"initial_users": ids}),
    "conversations_select": _element(
        "conversations_select",
        MENU
        | {
            "initial_conversation": identifier,
            "default_to_current_conversation": boolean,
            "response_url_enabled": boolean,
            "filter": conversation_filter,
        },
    ),
    "multi_conversations_select": _element(
        "multi_conversations_select",
        MULTI
        | {
            "initial_conversations": ids,
            "default_to_current_conversation": boolean,
            "filter": conversation_filter,
        },
    ),
    "channels_select": _element(
        "channels_select", MENU | {"initial_channel": identifier, "response_url_enabled": boolean}
    ),
    "multi_channels_select": _element("multi_channels_select", MULTI | {"initial_channels": ids}),
    "datepicker": _element("datepicker", MENU | {"initial_date": calendar_day}),
    "timepicker": _element(
        "timepicker",
        MENU | {"initial_time": string(5, pattern=r"([01]\d|2[0-3]):[0-5]\d"), "timezone": string(ID_MAX)},
    ),
    "datetimepicker": _element(
        "datetimepicker",
        INTERACTIVE
        | {
            "initial_date_time": integer(10**9, 10**10 - 1),
            "confirm": confirm,
            "focus_on_load": boolean,
        },
    ),
    "plain_text_input": _element(
        "plain_text_input",
        FIELD
        | {
            "initial_value": string(INPUT_MAX, minimum=0),
            "multiline": boolean,
            "min_length": integer(0, INPUT_MAX),
            "max_length": integer(1, INPUT_MAX),
        },
        _lengths_in_order,
    ),
    "email_text_input": _element("email_text_input", FIELD | {"initial_value": string(INPUT_MAX)}),
    "url_text_input": _element("url_text_input", FIELD | {"initial_value": string(INPUT_MAX)}),
    "number_input": _element(
        "number_input",
        FIELD | {"initial_value": _decimal, "min_value": _decimal, "max_value": _decimal},
        is_decimal_allowed=boolean,
    ),
    "rich_text_input": _element("rich_text_input", FIELD | {"initial_value": rich_text}),
    "file_input": _element(
        "file_input",
        INTERACTIVE | {"filetypes": items(string(20), maximum=50), "max_files": integer(1, 10)},
    ),
    "image": _element(
        "image",
        {"image_url": web_address, "slack_file": slack_file},
        exactly_one("image_url", "slack_file"),
        alt_text=string(ALT_TEXT_MAX),
    ),
    "feedback_buttons": _element(
        "feedback_buttons",
        INTERACTIVE,
        positive_button=record(
            {"text": plain(75), "value": string(BUTTON_VALUE_MAX)}, {"accessibility_label": string(75)}
        ),
        negative_button=record(
            {"text": plain(75), "value": string(BUTTON_VALUE_MAX)}, {"accessibility_label": string(75)}
        ),
    ),
    "icon_button": _element(
        "icon_button",
        INTERACTIVE
        | {
            "value": string(BUTTON_VALUE_MAX),
            "confirm": confirm,
            "accessibility_label": string(75),
            "visible_to_user_ids": ids,
        },
        icon=one_of("trash"),
        text=plain(75),
    ),
}
