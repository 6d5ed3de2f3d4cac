"""A day with several meetings is prepared in one message, of which each part can be pressed by itself."""

from __future__ import annotations

from functools import partial

import pytest

from bot.planning import PREP
from sandbox.seen import Message
from tests.handlers.one_on_ones_stage import live_until, preps, states
from tests.handlers.slow_store import refusing
from tests.people import AMY, BEN, MIA, RAY
from tests.trellis import Trellis, utc

THREE = (
    "/1on1 add @ben every thursday 10:00",
    "/1on1 add @ray every thursday 14:00",
    "/1on1 add @mia every thursday 12:00",
)
WEDNESDAY_10, WEDNESDAY_12 = utc("2026-11-25 15:00"), utc("2026-11-25 17:00")
"""In New York: a day before the first meeting, and before the second."""
THURSDAY_NOON = utc("2026-11-26 17:00")


def register(trellis: Trellis, *commands: str) -> None:
    for each in commands:
        assert "every" in trellis.slack.command(AMY, each).text


def the_day(trellis: Trellis) -> Message:
    (message,) = preps(trellis, AMY)
    return message


def test_what_prepares_a_day_comes_at_once_when_the_first_is_due(trellis: Trellis) -> None:
    register(trellis, *THREE)
    trellis.tick(WEDNESDAY_10)

    message = the_day(trellis)
    live_until(trellis, THURSDAY_NOON)

    assert message.text.startswith("Three 1-on-1s, ")
    met = [message.text.index(f"<@{who}>") for who in (BEN, MIA, RAY)]
    assert met == sorted(met)
    assert len(preps(trellis, AMY)) == 1
    assert [len(preps(trellis, who)) for who in (BEN, MIA, RAY)] == [1, 1, 1]


def test_another_day_has_a_message_of_its_own(trellis: Trellis) -> None:
    register(trellis, THREE[0], "/1on1 add @mia every friday 10:00", THREE[1])

    live_until(trellis, utc("2026-11-27 12:00"))

    first, second = preps(trellis, AMY)
    assert f"<@{BEN}>" in first.text
    assert f"<@{RAY}>" in first.text
    assert f"<@{MIA}>" not in first.text
    assert second.text.startswith(f"<@{MIA}>")


def test_a_meeting_that_is_left_out_is_not_prepared(trellis: Trellis) -> None:
    register(trellis, *THREE)
    trellis.slack.command(AMY, "/1on1 skip @mia")

    trellis.tick(WEDNESDAY_10)

    assert the_day(trellis).text.startswith("Two 1-on-1s, ")
    assert f"<@{MIA}>" not in the_day(trellis).text


def test_one_that_is_registered_when_the_others_were_sent_comes_alone(trellis: Trellis) -> None:
    register(trellis, *THREE[:2])
    trellis.tick(WEDNESDAY_10)
    register(trellis, THREE[2])

    trellis.tick(WEDNESDAY_12)

    first, second = preps(trellis, AMY)
    assert first.text.startswith("Two 1-on-1s, ")
    assert second.text.startswith(f"<@{MIA}>")


def test_a_click_changes_the_part_in_which_it_was(trellis: Trellis) -> None:
    register(trellis, *THREE)
    trellis.tick(WEDNESDAY_10)
    before = parts_of(the_day(trellis))

    for place in (1, 0, 1):
        swaps = [each for each in the_day(trellis).elements if each.label == "Another question"]
        trellis.slack.press(AMY, the_day(trellis), swaps[place])
        trellis.slack.eventually(partial(is_otherwise, trellis, before))
        after = parts_of(the_day(trellis))
        changed = [number for number in range(3) if before[number] != after[number]]
        assert changed == [place]
        before = after


def is_otherwise(trellis: Trellis, before: list[str]) -> bool:
    return parts_of(the_day(trellis)) != before


def parts_of(message: Message) -> list[str]:
    """Read the paragraphs that bring a question."""
    return [block["text"]["text"] for block in message.blocks[1:] if block["type"] == "section"]


def test_each_meeting_keeps_its_own_row(trellis: Trellis) -> None:
    register(trellis, *THREE)

    trellis.tick(WEDNESDAY_10)

    sent = [each for each in states(trellis, PREP) if each[0] == AMY]
    assert sent == [(AMY, "sent", None)] * 3


def test_two_parts_that_are_answered_late_keep_what_either_shows(
    trellis: Trellis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.runtime.perseverance.FIRST_SECONDS", 0.1)
    register(trellis, *THREE)
    trellis.tick(WEDNESDAY_10)
    day = the_day(trellis)
    before = parts_of(day)
    swaps = [each for each in day.elements if each.label == "Another question"]

    with refusing(trellis.sessions):
        for place in (0, 2):
            trellis.slack.press(AMY, day, swaps[place])

    assert trellis.late.settle(seconds=5)
    after = parts_of(the_day(trellis))
    assert [number for number in range(3) if before[number] != after[number]] == [0, 2]
