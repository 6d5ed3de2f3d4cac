"""What `/growth` understands, and what it refuses."""

from __future__ import annotations

from datetime import date

import pytest

from bot.errors import DayTooEarly, DidYouMean, ImpossibleDate, NotUnderstood, Refusal, UsageNotUnderstood
from handlers.grammars.growth import GrowthCommand, Help, Overview, Pause, Resume, Settings, parse

A_WEDNESDAY = date(2027, 3, 31)


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("", Overview()),
        (" \t\u00a0", Overview()),
        ("overview", Overview()),
        ("help", Help()),
        ("Help me", Help()),
        ("SETTINGS", Settings()),
        ("pause", Pause(None)),
        ("pause until 2027-04-12", Pause(date(2027, 4, 12))),
        ("pause until next monday", Pause(date(2027, 4, 5))),
        ("pause till tomorrow", Pause(date(2027, 4, 1))),
        ("pause until in 2 weeks", Pause(date(2027, 4, 14))),
        ("pause friday", Pause(date(2027, 4, 2))),
        ("resume", Resume()),
    ],
)
def test_what_is_asked_for_is_understood(text: str, command: GrowthCommand) -> None:
    assert parse(text, today=A_WEDNESDAY) == command


@pytest.mark.parametrize(
    ("text", "refusal"),
    [
        ("setings", NotUnderstood),
        ("settings now", NotUnderstood),
        ("resume tomorrow", NotUnderstood),
        ("export", NotUnderstood),
        ("forget me", NotUnderstood),
        ("<@U0BEN|ben>", NotUnderstood),
        ("pause until", UsageNotUnderstood),
        ("pause until later", UsageNotUnderstood),
        ("pause until tomorow", DidYouMean),
        ("pause unitl friday", DidYouMean),
        ("pause until friday or so", UsageNotUnderstood),
        ("pause until 2027-02-31", ImpossibleDate),
        ("pause until today", DayTooEarly),
        ("pause until 2027-03-30", DayTooEarly),
    ],
)
def test_what_makes_no_sense_is_refused(text: str, refusal: type[Refusal]) -> None:
    with pytest.raises(refusal) as raised:
        parse(text, today=A_WEDNESDAY)

    assert type(raised.value) is refusal


def test_a_refusal_points_to_the_closest_usage() -> None:
    with pytest.raises(NotUnderstood) as raised:
        parse("setings", today=A_WEDNESDAY)

    assert str(raised.value) == 'I did not get "setings". Try: `/growth settings`.'
