"""`/growth`: overview, help, settings, pause and resume."""

from __future__ import annotations

import pytest

from tests.people import AMY, BEN
from tests.trellis import Trellis


def test_the_overview_of_somebody_new_says_what_to_begin_with(trellis: Trellis) -> None:
    answer = trellis.slack.command(AMY, "/growth")

    assert "*1-on-1s:* none yet" in answer.text
    assert "*Goals:* none open" in answer.text
    assert answer.message.buttons == ["Add a 1-on-1", "Add a goal", "Settings"]
    assert answer.visible_to == AMY


def test_the_overview_shows_what_is_next(trellis: Trellis) -> None:
    trellis.slack.command(AMY, "/1on1 add @ben every thursday 10:00")
    trellis.slack.command(AMY, "/goal add Give two demos by 2027-03-31")

    words = trellis.slack.command(AMY, "/growth overview").message.words

    assert f"<@{BEN}>" in words
    assert "Thu 26 Nov 2026, 10:00" in words
    assert "1. Give two demos" in words


@pytest.mark.parametrize("label", ["Add a 1-on-1", "Add a goal", "Settings"])
def test_its_buttons_open_forms(trellis: Trellis, label: str) -> None:
    message = trellis.slack.command(AMY, "/growth").message

    assert trellis.slack.press(AMY, message, label).view is not None


def test_help_shows_all_commands(trellis: Trellis) -> None:
    words = trellis.slack.command(AMY, "/growth help").message.words

    for command in ("/growth pause", "/1on1 add", "/1on1 ask", "/goal add", "/goal share"):
        assert command in words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("/growth pause", "I keep quiet until you say `/growth resume`"),
        ("/growth pause until friday", "Fri 27 Nov 2026, 00:00 America/New_York"),
        ("/GROWTH pause until 2026-12-24".lower(), "Thu 24 Dec 2026, 00:00"),
        ("/growth resume", "I am back"),
    ],
)
def test_pausing_and_resuming_are_confirmed(trellis: Trellis, text: str, words: str) -> None:
    assert words in trellis.slack.command(AMY, text).text


def test_a_pause_is_seen_in_the_overview_until_it_ends(trellis: Trellis) -> None:
    trellis.slack.command(AMY, "/growth pause until friday")
    paused = trellis.slack.command(AMY, "/growth").text
    trellis.slack.command(AMY, "/growth resume")

    assert "*Paused until" in paused
    assert "Paused" not in trellis.slack.command(AMY, "/growth").text


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("/growth pause until yesterday", "/growth pause until friday"),
        ("/growth pause until 2026-02-31", "not a day in the calendar"),
        ("/growth pause until 2026-11-01", "too early"),
        ("/growth pausse", "/growth pause"),
        ("/growth dance", "/growth help"),
        ("/growth <!channel>", "/growth help"),
    ],
)
def test_what_is_not_understood_is_answered_with_what_would_be(
    trellis: Trellis, text: str, hint: str
) -> None:
    answer = trellis.slack.command(AMY, text)

    assert hint in answer.text
    assert "<!channel>" not in answer.message.everything
    assert answer.visible_to == AMY
    assert "Paused" not in trellis.slack.command(AMY, "/growth").text
