"""Block Kit's limits: each just inside, accepted, and just outside, refused."""

from collections.abc import Callable

import pytest

from sandbox.block_kit.surfaces import check_message, check_view
from tests.sandbox.block_builders import (
    Json,
    actions,
    button,
    buttons,
    confirm,
    field,
    home,
    image,
    modal,
    mrkdwn,
    options,
    overflow,
    plain,
    rich,
    section,
    select,
    table,
)

MESSAGE_LIMITS: list[tuple[str, Callable[[int], list[Json]], int, str]] = [
    ("blocks of a message", lambda n: [{"type": "divider"}] * n, 50, "no more than 50 items allowed"),
    ("section text", lambda n: [section(text=mrkdwn(n))], 3000, "must be less than 3001 characters"),
    ("section fields", lambda n: [section(fields=[plain(1)] * n)], 10, "no more than 10 items allowed"),
    ("a section's field", lambda n: [section(fields=[plain(n)])], 2000, "must be less than 2001 characters"),
    ("header", lambda n: [{"type": "header", "text": plain(n)}], 150, "must be less than 151 characters"),
    ("context", lambda n: [{"type": "context", "elements": [plain(1)] * n}], 10, "no more than 10 items"),
    ("elements of actions", lambda n: [buttons(n)], 25, "no more than 25 items allowed"),
    (
        "markdown",
        lambda n: [{"type": "markdown", "text": "x" * n}],
        12_000,
        "must be less than 12001 characters",
    ),
    ("button text", lambda n: [actions(button(text=plain(n)))], 75, "must be less than 76 characters"),
    ("button value", lambda n: [actions(button(value="x" * n))], 2000, "must be less than 2001 characters"),
    (
        "button link",
        lambda n: [actions(button(url="https://" + "x" * (n - 8)))],
        3000,
        "must be less than 3001",
    ),
    ("option text", lambda n: [actions(select(options=options(1, text=n)))], 75, "must be less than 76"),
    ("option value", lambda n: [actions(select(options=options(1, value=n)))], 150, "must be less than 151"),
    (
        "option description",
        lambda n: [actions(select(options=options(1, description=n)))],
        75,
        "less than 76",
    ),
    ("options of a select", lambda n: [actions(select(n))], 100, "no more than 100 items allowed"),
    ("checkboxes", lambda n: [actions({"type": "checkboxes", "options": options(n)})], 10, "no more than 10"),
    (
        "radio buttons",
        lambda n: [actions({"type": "radio_buttons", "options": options(n)})],
        10,
        "no more than 10",
    ),
    ("overflow", lambda n: [actions(overflow(n))], 5, "no more than 5 items allowed"),
    ("block id", lambda n: [section(block_id="x" * n)], 255, "must be less than 256 characters"),
    ("action id", lambda n: [actions(button(action_id="x" * n))], 255, "must be less than 256 characters"),
    (
        "placeholder",
        lambda n: [actions(select(placeholder=plain(n)))],
        150,
        "must be less than 151 characters",
    ),
    ("confirm title", lambda n: [confirm(title=n)], 100, "must be less than 101 characters"),
    ("confirm text", lambda n: [confirm(text=n)], 300, "must be less than 301 characters"),
    ("confirm button", lambda n: [confirm(button_text=n)], 30, "must be less than 31 characters"),
    (
        "image address",
        lambda n: [image(image_url="https://" + "x" * (n - 8))],
        3000,
        "must be less than 3001",
    ),
    ("image description", lambda n: [image(alt_text="x" * n)], 2000, "must be less than 2001 characters"),
    ("image title", lambda n: [image(title=plain(n))], 2000, "must be less than 2001 characters"),
    ("field label", lambda n: [field(label=plain(n))], 2000, "must be less than 2001 characters"),
    ("field hint", lambda n: [field(hint=plain(n))], 2000, "must be less than 2001 characters"),
    ("table rows", lambda n: [table(n, 1)], 100, "no more than 100 items allowed"),
    ("table cells", lambda n: [table(1, n)], 20, "no more than 20 items allowed"),
    (
        "cards",
        lambda n: [{"type": "carousel", "elements": [{"type": "card", "title": plain(1)}] * n}],
        10,
        "no more",
    ),
    (
        "max_length",
        lambda n: [field({"type": "plain_text_input", "max_length": n})],
        3000,
        "less than or equal",
    ),
    (
        "initial text",
        lambda n: [field({"type": "plain_text_input", "initial_value": "x" * n})],
        3000,
        "less than",
    ),
]

VIEW_LIMITS: list[tuple[str, Callable[[int], Json], int, str]] = [
    ("blocks of a modal", lambda n: modal(*[{"type": "divider"}] * n), 100, "no more than 100 items allowed"),
    ("blocks of a Home", lambda n: home(*[{"type": "divider"}] * n), 100, "no more than 100 items allowed"),
    ("title", lambda n: modal(title=plain(n)), 24, "must be less than 25 characters"),
    ("submit", lambda n: modal(submit=plain(n)), 24, "must be less than 25 characters"),
    ("close", lambda n: modal(close=plain(n)), 24, "must be less than 25 characters"),
    (
        "private metadata",
        lambda n: modal(private_metadata="x" * n),
        3000,
        "must be less than 3001 characters",
    ),
    ("callback id", lambda n: modal(callback_id="x" * n), 255, "must be less than 256 characters"),
    ("external id", lambda n: modal(external_id="x" * n), 255, "must be less than 256 characters"),
    ("alert", lambda n: modal({"type": "alert", "text": plain(n)}), 200, "must be less than 201 characters"),
]


@pytest.mark.parametrize(
    ("name", "build", "limit", "words"), MESSAGE_LIMITS, ids=[row[0] for row in MESSAGE_LIMITS]
)
def test_a_message_is_accepted_at_its_limit_and_refused_beyond(
    name: str, build: Callable[[int], list[Json]], limit: int, words: str
) -> None:
    assert check_message(build(limit)) is None

    problems = check_message(build(limit + 1))
    assert problems is not None
    assert problems.code == "invalid_blocks"
    assert words in problems.messages[0]


@pytest.mark.parametrize(
    ("name", "build", "limit", "words"), VIEW_LIMITS, ids=[row[0] for row in VIEW_LIMITS]
)
def test_a_view_is_accepted_at_its_limit_and_refused_beyond(
    name: str, build: Callable[[int], Json], limit: int, words: str
) -> None:
    assert check_view(build(limit)) is None

    problems = check_view(build(limit + 1))
    assert problems is not None
    assert problems.code == "invalid_arguments"
    assert words in problems.messages[0]


REFUSED_BLOCKS = {
    "an unknown block": ({"type": "marquee"}, "unsupported type: marquee"),
    "a block without a type": ({"text": plain(1)}, "missing required field: type"),
    "a section without text or fields": ({"type": "section"}, "must define either `text` or `fields`"),
    "a section with an empty text": (section(text=mrkdwn(0)), "must be more than 0 characters"),
    "a section whose text is a string": (section(text="words"), "must provide an object"),
    "an empty list of buttons": ({"type": "actions", "elements": []}, "no less than 1 items allowed"),
    "a field nobody knows": (section(colour="red"), "invalid additional property: colour"),
    "a header in mrkdwn": ({"type": "header", "text": mrkdwn(1)}, "unsupported type: mrkdwn"),
    "a button in mrkdwn": (actions(button(text=mrkdwn(1))), "unsupported type: mrkdwn"),
    "a button in a style of its own": (actions(button(style="fancy")), "must be a valid enum value"),
    "a button without a text": (actions({"type": "button"}), "missing required field: text"),
    "a text field among buttons": (
        actions({"type": "plain_text_input"}),
        "unsupported type: plain_text_input",
    ),
    "a button beside a context": ({"type": "context", "elements": [button()]}, "unsupported type: button"),
    "a button as a field": (field(button()), "unsupported type: button"),
    "an emoji flag on mrkdwn": (
        section(text=mrkdwn(1) | {"emoji": True}),
        "invalid additional property: emoji",
    ),
    "a day that does not exist": (
        actions({"type": "datepicker", "initial_date": "2027-02-31"}),
        "valid date",
    ),
    "a time that does not exist": (
        actions({"type": "timepicker", "initial_time": "25:00"}),
        "required format",
    ),
    "two kinds of options": (actions(select(option_groups=[])), "must define only one of"),
    "an initial option that is not offered": (
        actions(select(2, initial_option={"text": plain(1), "value": "other"})),
        "initial_option does not match any of the options",
    ),
    "options that cannot be told apart": (
        actions({"type": "radio_buttons", "options": options(1) * 2}),
        "duplicate option value",
    ),
    "an image without words": ({"type": "image", "image_url": "https://x.example/x.png"}, "field: alt_text"),
    "a confirmation without a title": (
        actions(button(confirm={"text": plain(1)})),
        "missing required field: title",
    ),
    "a number field outside a modal": (
        field({"type": "number_input", "is_decimal_allowed": False}),
        "unsupported type: number_input",
    ),
    "an alert outside a modal": ({"type": "alert", "text": plain(1)}, "unsupported type: alert"),
    "a list in rich text without a style": (
        {"type": "rich_text", "elements": [{"type": "rich_text_list", "elements": []}]},
        "missing required field: style",
    ),
    "lengths in the wrong order": (
        field({"type": "plain_text_input", "min_length": 9, "max_length": 8}),
        "min_length must be less than or equal to max_length",
    ),
}


@pytest.mark.parametrize("name", REFUSED_BLOCKS)
def test_a_message_is_refused_with(name: str) -> None:
    block, words = REFUSED_BLOCKS[name]

    problems = check_message([block])

    assert problems is not None
    assert words in " ".join(problems.messages)


ACCEPTED_BLOCKS = {
    "every kind of button": actions(button(style="danger", url="https://x.example", accessibility_label="x")),
    "a section with an image": section(
        accessory={"type": "image", "image_url": "https://x.example", "alt_text": "x"}
    ),
    "boxes with mrkdwn labels": actions(
        {"type": "checkboxes", "options": [{"text": mrkdwn(5), "value": "a", "description": mrkdwn(5)}]}
    ),
    "groups of options": actions(
        {"type": "static_select", "option_groups": [{"label": plain(1), "options": options(2)}]}
    ),
    "an initial option": actions(select(3, initial_option=options(3)[1])),
    "a rich text": rich("hello"),
    "a field of a message": field(dispatch_action=True, optional=True),
    "a menu of people": actions(
        {"type": "users_select", "placeholder": plain(5), "initial_user": "UAMY0001"}
    ),
    "a filtered menu of conversations": actions(
        {"type": "conversations_select", "filter": {"include": ["public"], "exclude_bot_users": True}}
    ),
    "an overflow with a link": actions(
        {"type": "overflow", "options": [{"text": plain(1), "value": "a", "url": "https://x.example"}]}
    ),
    "a picker of moments": actions({"type": "datetimepicker", "initial_date_time": 1_800_000_000}),
    "a picker of times": actions(
        {"type": "timepicker", "initial_time": "09:30", "timezone": "Europe/Berlin"}
    ),
}


@pytest.mark.parametrize("name", ACCEPTED_BLOCKS)
def test_a_message_is_accepted_with(name: str) -> None:
    assert check_message([ACCEPTED_BLOCKS[name]]) is None


def test_a_problem_names_its_place_as_slack_does() -> None:
    problems = check_message([section(), actions(button(text=plain(76)))])

    assert problems is not None
    assert problems.messages == [
        "[ERROR] must be less than 76 characters [json-pointer:/blocks/1/elements/0/text/text]"
    ]


def test_two_blocks_cannot_share_an_id() -> None:
    assert check_message([section(block_id="a"), section(block_id="b")]) is None

    problems = check_message([section(block_id="a"), section(block_id="a")])
    assert problems is not None
    assert "`block_id` a already exists" in problems.messages[0]


def test_two_elements_of_a_block_cannot_share_an_id_but_those_of_two_blocks_can() -> None:
    twins = [button(action_id="a"), button(action_id="a")]

    assert check_message([actions(twins[0]), actions(twins[1])]) is None
    problems = check_message([{"type": "actions", "elements": twins}])
    assert problems is not None
    assert "`action_id` a already exists" in problems.messages[0]


def test_a_message_is_refused_when_its_blocks_are_too_long_together() -> None:
    assert check_message([section(text=mrkdwn(2600))] * 5) is None

    problems = check_message([section(text=mrkdwn(2601))] * 5)
    assert problems is not None
    assert problems.code == "msg_blocks_too_long"


def test_blocks_that_are_no_list_have_an_error_of_their_own() -> None:
    problems = check_message({"type": "section"})

    assert problems is not None
    assert problems.code == "invalid_blocks_format"


def test_two_tables_do_not_fit_in_a_message() -> None:
    assert check_message([table(1, 1)]) is None
    assert check_message([table(1, 1), table(1, 1)]) is not None
