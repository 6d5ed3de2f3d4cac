"""What a view must have and may have, beyond the limits of its blocks."""

from sandbox.block_kit.surfaces import check_view
from tests.sandbox.block_builders import Json, field, home, modal, mrkdwn, plain, section


def test_a_modal_with_a_field_needs_a_submit_button() -> None:
    without_submit = {"type": "modal", "title": plain(1), "blocks": [field()]}

    assert check_view(modal(field())) is None
    problems = check_view(without_submit)
    assert problems is not None
    assert problems.messages == ["[ERROR] missing required field: submit [json-pointer:/view]"]
    assert check_view(home(field())) is None


def test_a_modal_takes_fields_that_a_message_does_not() -> None:
    number = field({"type": "number_input", "is_decimal_allowed": True, "min_value": "0.5"})

    assert check_view(modal(number)) is None
    assert check_view(home(number)) is not None


def test_a_modal_takes_no_blocks_of_messages() -> None:
    assert check_view(modal({"type": "markdown", "text": "x"})) is not None
    assert check_view(home({"type": "markdown", "text": "x"})) is not None


def test_a_view_must_be_a_modal_or_a_home() -> None:
    problems = check_view({"type": "popup", "blocks": []})

    assert problems is not None
    assert problems.messages == ["[ERROR] must be a valid enum value [json-pointer:/view/type]"]


def test_a_view_needs_its_title_and_blocks() -> None:
    problems = check_view({"type": "modal"})

    assert problems is not None
    assert problems.messages == [
        "[ERROR] missing required field: title [json-pointer:/view]",
        "[ERROR] missing required field: blocks [json-pointer:/view]",
    ]


def test_a_view_has_no_fields_of_its_own_invention() -> None:
    problems = check_view(home(colour="red"))

    assert problems is not None
    assert "invalid additional property: colour" in problems.messages[0]


def test_only_one_field_can_be_focused_at_first() -> None:
    def focused(block_id: str) -> Json:
        return field({"type": "plain_text_input", "focus_on_load": True}, block_id=block_id)

    first, second = focused("a"), focused("b")

    assert check_view(modal(first)) is None
    assert check_view(modal(first, second)) is not None


def test_a_view_of_more_than_250_kilobytes_is_too_large() -> None:
    blocks = [section(text=mrkdwn(2600), block_id=str(number)) for number in range(100)]

    problems = check_view(modal(*blocks))

    assert problems is not None
    assert problems.code == "view_too_large"
