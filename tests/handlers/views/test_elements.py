"""The shared builders: escaping, cutting, wording refusals."""

from __future__ import annotations

import pytest

from bot.errors import Name, Refusal
from handlers.views import elements
from handlers.views.elements import Message
from sandbox.block_kit.surfaces import check_message, check_view
from tests.people import AMY, MONDAY_NOON


class Sample(Refusal):
    """I did not get "{text}" of {name}. Try `/growth`."""


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("<!channel> & <@U1>", "&lt;!channel&gt; &amp; &lt;@U1&gt;"),
        ("&lt;", "&amp;lt;"),
        ("two\nlines\t here", "two lines here"),
        ("  ", ""),
    ],
)
def test_what_a_person_wrote_is_defused_and_kept_to_its_line(text: str, shown: str) -> None:
    assert elements.one_line(text) == shown


def test_a_quote_marks_every_line() -> None:
    assert elements.quoted("a\n<b>\n\nc") == "> a\n> &lt;b&gt;\n> \n> c"
    assert elements.quoted("") == "> "


@pytest.mark.parametrize(("text", "limit"), [("abc", 3), ("abcd", 3), ("x" * 5000, 3000)])
def test_a_cut_text_says_so_and_keeps_the_limit(text: str, limit: int) -> None:
    cut = elements.clip(text, limit)

    assert len(cut) <= limit
    assert (cut == text) == (len(text) <= limit)
    assert cut == text or cut.endswith("…")


@pytest.mark.parametrize("token", ["<@UAMY0001>", elements.when(MONDAY_NOON), "&amp;", "&lt;"])
def test_no_token_is_cut_in_two(token: str) -> None:
    text = f"0123456789{token}"
    cuts = {elements.clip_markup(text, limit) for limit in range(11, len(text))}

    assert cuts == {"0123456789…"}


@pytest.mark.parametrize("text", ["&" * 5000, "<" * 5000, "<@UAMY0001> " * 500, "x" * 50_000])
def test_texts_of_any_length_fit_everywhere(text: str) -> None:
    escaped = elements.escape(text)
    message = Message(escaped)

    assert check_message(message.payload()["blocks"]) is None
    assert check_message([elements.section(elements.quoted(text)), elements.context(escaped)]) is None
    assert check_view(elements.dialog(message, "T" * 80)) is None
    assert check_view(elements.notice(escaped)) is None
    assert len(message.payload()["text"]) <= 4000


@pytest.mark.parametrize(
    ("value", "is_number"),
    [
        *((value, True) for value in ("0", "12", "9" * 18)),
        *((value, False) for value in ("9" * 19, "-1", "1.0", "²", "١", "", " 1", None, 1)),
    ],
)
def test_only_plain_digits_of_a_rows_size_are_a_number(value: object, is_number: bool) -> None:
    assert elements.is_number(value) is is_number


def test_a_date_has_words_for_clients_that_cannot() -> None:
    assert elements.when(MONDAY_NOON, "Europe/Berlin").endswith("|Mon 23 Nov 2026, 13:00 Europe/Berlin>")


def test_a_refusal_defuses_what_was_typed_and_mentions_people() -> None:
    refusal = Sample(text="<!channel> {name}", name=Name(AMY))

    assert elements.refusal_words(refusal) == (
        f'I did not get "&lt;!channel&gt; {{name}}" of <@{AMY}>. Try `/growth`.'
    )


def test_in_a_form_a_refusal_is_plain_words() -> None:
    refusal = Sample(text="<b> & co", name=Name(AMY))

    assert elements.plain_words(refusal, {AMY: "Amy"}) == 'I did not get "<b> & co" of Amy. Try /growth.'


def test_buttons_and_options_keep_slacks_limits() -> None:
    long = "x" * 300
    block = elements.actions(
        elements.button(
            long, "a.b", 1, style="primary", confirm=elements.confirm(long, long * 2, long, long)
        ),
        {**elements.choice("static_select", [elements.option(long, "1", long)], "1"), "action_id": "a.c"},
    )

    assert check_message([block, elements.header(long), elements.divider()]) is None
