"""Block Kit's blocks as rules: what each must and may have, which elements it may hold, and where it may stand.

Sizes: https://docs.slack.dev/reference/block-kit/blocks
"""

from collections.abc import Mapping
from typing import Literal

from sandbox.block_kit.elements import ELEMENTS
from sandbox.block_kit.objects import (
    ALT_TEXT_MAX,
    TEXT_MAX,
    identifier,
    plain,
    slack_file,
    text,
    web_address,
)
from sandbox.block_kit.rich_text import FIELDS as RICH_TEXT
from sandbox.block_kit.rich_text import rich_text
from sandbox.block_kit.specs import (
    Spec,
    at_least_one,
    boolean,
    exactly_one,
    integer,
    items,
    one_of,
    record,
    string,
    typed,
)

Surface = Literal["message", "modal", "home"]

FIELDS_MAX = 10
FIELD_MAX = 2000
HEADER_MAX = 150
ACTIONS_MAX = 25
CONTEXT_MAX = 10
LABEL_MAX = 2000
MARKDOWN_MAX = 12_000
ALERT_MAX = 200
CARDS_MAX = 10
ROWS_MAX = 100
CELLS_MAX = 20

SELECTS = frozenset(
    f"{prefix}{kind}_select"
    for prefix in ("", "multi_")
    for kind in ("static", "external", "users", "conversations", "channels")
)
CHOICES = SELECTS | {"checkboxes", "radio_buttons", "datepicker", "timepicker"}
IN_ACTIONS = CHOICES | {"button", "overflow", "datetimepicker"}
IN_SECTION = CHOICES | {"button", "overflow", "image"}
MODAL_FIELDS = frozenset({"email_text_input", "url_text_input", "number_input", "file_input"})
"""Fields that only a modal may have."""
IN_INPUT = CHOICES | MODAL_FIELDS | {"datetimepicker", "plain_text_input", "rich_text_input"}


def _among(kinds: frozenset[str]) -> Spec:
    return typed({kind: ELEMENTS[kind] for kind in kinds})


def _block(kind: str, required: Mapping[str, Spec], optional: Mapping[str, Spec], *also: Spec) -> Spec:
    return record({"type": one_of(kind), **required}, {"block_id": identifier, **optional}, *also)


_cell: Spec = typed(
    {"rich_text": rich_text, "raw_text": record({"type": one_of("raw_text"), "text": string(3000)})}
)
_card: Spec = _block(
    "card",
    {},
    {
        "hero_image": ELEMENTS["image"],
        "icon": ELEMENTS["image"],
        "title": text(150),
        "subtitle": text(150),
        "body": text(200),
        "actions": items(_among(frozenset({"button"})), maximum=5),
    },
    at_least_one("hero_image", "title", "actions", "body"),
)

BLOCKS: dict[str, Spec] = {
    "section": _block(
        "section",
        {},
        {
            "text": text(TEXT_MAX),
            "fields": items(text(FIELD_MAX), maximum=FIELDS_MAX),
            "accessory": _among(IN_SECTION),
            "expand": boolean,
        },
        at_least_one("text", "fields"),
    ),
    "header": _block("header", {"text": plain(HEADER_MAX)}, {}),
    "divider": _block("divider", {}, {}),
    "context": _block(
        "context",
        {
            "elements": items(
                typed({"image": ELEMENTS["image"], "plain_text": text(TEXT_MAX), "mrkdwn": text(TEXT_MAX)}),
                maximum=CONTEXT_MAX,
            )
        },
        {},
    ),
    "actions": _block("actions", {"elements": items(_among(IN_ACTIONS), maximum=ACTIONS_MAX)}, {}),
    "context_actions": _block(
        "context_actions",
        {"elements": items(_among(frozenset({"feedback_buttons", "icon_button"})), maximum=5)},
        {},
    ),
    "image": _block(
        "image",
        {"alt_text": string(ALT_TEXT_MAX)},
        {"image_url": web_address, "slack_file": slack_file, "title": plain(2000)},
        exactly_one("image_url", "slack_file"),
    ),
    "input": _block(
        "input",
        {"label": plain(LABEL_MAX), "element": _among(IN_INPUT)},
        {"dispatch_action": boolean, "hint": plain(LABEL_MAX), "optional": boolean},
    ),
    "rich_text": _block("rich_text", {"elements": RICH_TEXT["elements"]}, {}),
    "markdown": _block("markdown", {"text": string(MARKDOWN_MAX)}, {}),
    "video": _block(
        "video",
        {
            "alt_text": string(ALT_TEXT_MAX),
            "title": plain(199),
            "thumbnail_url": web_address,
            "video_url": web_address,
        },
        {
            "author_name": string(49),
            "description": plain(200),
            "provider_icon_url": web_address,
            "provider_name": string(49),
            "title_url": web_address,
        },
    ),
    "table": _block(
        "table",
        {"rows": items(items(_cell, maximum=CELLS_MAX), maximum=ROWS_MAX)},
        {
            "column_settings": items(
                record({}, {"align": one_of("left", "center", "right"), "is_wrapped": boolean}),
                maximum=CELLS_MAX,
            )
        },
    ),
    "alert": _block(
        "alert",
        {"text": text(ALERT_MAX)},
        {"level": one_of("default", "info", "warning", "error", "success")},
    ),
    "card": _card,
    "carousel": _block("carousel", {"elements": items(typed({"card": _card}), maximum=CARDS_MAX)}, {}),
    "file": _block(
        "file", {"external_id": string(255), "source": one_of("remote")}, {"size": integer(0, 2**40)}
    ),
}

MESSAGE_ONLY = frozenset({"markdown", "table", "context_actions", "card", "carousel", "file"})
MODAL_ONLY = frozenset({"alert"})


def blocks_of(surface: Surface) -> Mapping[str, Spec]:
    """Return the blocks that a surface may show."""
    elsewhere: frozenset[str] = frozenset()
    elsewhere |= MESSAGE_ONLY if surface != "message" else frozenset()
    elsewhere |= MODAL_ONLY if surface != "modal" else frozenset()
    return {kind: spec for kind, spec in BLOCKS.items() if kind not in elsewhere}
