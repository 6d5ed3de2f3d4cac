"""Words as Slack escapes them: picked people, typed look-alikes, odd spaces and quotes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.grammars.words import (
    QUOTE_LIMIT,
    number,
    plain,
    quote,
    split_first,
    unescape_once,
    unquoted,
    words,
)


def escaped(text: str) -> str:
    """Escape typed text as Slack does before it sends a command."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


@given(st.text())
def test_what_somebody_typed_is_what_we_read(typed: str) -> None:
    assert unescape_once(escaped(typed)) == typed


def test_unescaping_happens_once_and_no_more() -> None:
    assert unescape_once("&amp;lt;b&amp;gt; &amp;amp;") == "&lt;b&gt; &amp;"


@pytest.mark.parametrize(
    ("text", "person"),
    [
        ("<@U0BEN>", "U0BEN"),
        ("<@U0BEN|ben>", "U0BEN"),
        ("<@W0BEN|Ben O&amp;Neill>", "W0BEN"),
        ("\u2068<@U0BEN|ben>\u2069", "U0BEN"),
        ("&lt;@U0BEN&gt;", None),
        ("&lt;@U0BEN|ben&gt;", None),
        ("&amp;lt;@U0BEN&amp;gt;", None),
        ("@ben", None),
        ("<#C0ALL|general>", None),
        ("<!subteam^S1|@design>", None),
        ("<@B0BOT>", None),
    ],
)
def test_only_a_picked_person_is_one(text: str, person: str | None) -> None:
    (word,) = words(text)

    assert word.person == person


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("Every  TUESDAY", ["every", "tuesday"]),
        ("every\u00a0tuesday\t10:00\r\n", ["every", "tuesday", "10:00"]),
        ("every\u3000tuesday １０：００", ["every", "tuesday", "10:00"]),
        ("“every” ‘tuesday’, 10:00.", ["every", "tuesday", "10:00"]),
        ("\u200bskip \u200b \ufeff", ["skip"]),
        ("skip<@U0BEN|ben>", ["skip", "@ben"]),
        ("a &lt; b", ["a", "<", "b"]),
        (' "" ', []),
        ("", []),
    ],
)
def test_words_are_compared_without_what_a_keyboard_adds(text: str, keys: list[str]) -> None:
    assert [word.key for word in words(text)] == keys


def test_the_first_word_parts_from_a_rest_that_stays_as_slack_sent_it() -> None:
    assert split_first("\n Add  Read &lt;Working&gt; with <@U0BEN|ben>") == (
        "add",
        "  Read &lt;Working&gt; with <@U0BEN|ben>",
    )
    assert split_first(" \u200b ") == ("", "")


@pytest.mark.parametrize(
    ("text", "prose"),
    [
        ("Talk to <@U0BEN|ben>, weekly", "Talk to @ben, weekly"),
        ("Talk to <@U0BEN>", "Talk to @U0BEN"),
        ("Answer in <#C0ALL|general>", "Answer in #general"),
        ("Ask <!subteam^S1|@design>", "Ask @design"),
        ("Read <https://example.org/a?b=1&amp;c=2>", "Read https://example.org/a?b=1&c=2"),
        ("Read <http://example.org|example.org>", "Read example.org"),
        ("Never write <!channel>", "Never write <!channel>"),
        ("Never write &lt;!channel&gt;", "Never write <!channel>"),
        ("I <3 this", "I <3 this"),
        ("one\ntwo\u00a0\tthree", "one two three"),
        ("nul\x00 and half\ud83d", "nul and half"),
        ("🌱 grow", "🌱 grow"),
        ("👩\u200d💻 pair", "👩\u200d💻 pair"),
        ("ללמוד ערבית", "ללמוד ערבית"),
        (" \u200b\u2067 \u2069", ""),
    ],
)
def test_prose_reads_as_it_was_typed_on_one_line(text: str, prose: str) -> None:
    assert plain(text) == prose


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        ('"Two demos"', "Two demos"),
        ("“Let’s demo”", "Let’s demo"),
        ("«Two demos»", "Two demos"),
        ("„Two demos“", "Two demos"),
        ('""', ""),
        ('"', '"'),
        ('"Two" and "three"', '"Two" and "three"'),
        ("Two demos", "Two demos"),
    ],
)
def test_quotes_come_off_only_when_they_hold_the_whole(text: str, bare: str) -> None:
    assert unquoted(text) == bare


def test_a_refusal_repeats_a_text_only_so_far() -> None:
    assert quote("x" * QUOTE_LIMIT) == "x" * QUOTE_LIMIT
    assert quote("x" * 5000) == "x" * (QUOTE_LIMIT - 1) + "…"


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("0", 0),
        ("007", 7),
        ("two", 2),
        ("twelve", 12),
        ("-1", None),
        ("1.5", None),
        ("9" * 5000, None),
        ("", None),
    ],
)
def test_numbers_are_whole_and_of_a_sane_size(key: str, expected: int | None) -> None:
    assert number(key) == expected
