"""The texts of `/buddy`: what each is read as, and the hint for what cannot be read."""

from __future__ import annotations

from datetime import date, time
from typing import Any

import pytest

from bot.errors import ChannelNotPicked, DayTooEarly, NotUnderstood, OneChannelAtATime
from handlers.grammars.buddies import (
    Allow,
    BuddyCommand,
    Decline,
    End,
    Exclude,
    HandOver,
    Help,
    Join,
    Leave,
    ListExcluded,
    MatchNow,
    Met,
    Name,
    Overview,
    Pause,
    PauseForm,
    Preview,
    Resume,
    Set,
    Skip,
    TakeOver,
    parse,
)

MONDAY = date(2026, 11, 23)
COFFEE, BEN = "<#C1|coffee>", "<@U2|ben>"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", Overview()),
        ("  HELP ", Help()),
        (f"join {COFFEE}", Join("C1")),
        ("join", Join()),
        (f"join {COFFEE} as mentor for 2 mentees", Join("C1", "mentor", 2)),
        (f"join as a mentee {COFFEE}", Join("C1", "mentee")),
        (f"leave {COFFEE}", Leave("C1")),
        ("leave", Leave()),
        ("skip", Skip()),
        ("pause until friday", Pause(date(2026, 11, 27))),
        (f"pause {COFFEE} until 2027-01-04", Pause(date(2027, 1, 4), "C1")),
        ("pause", PauseForm()),
        ("resume", Resume()),
        (f"not {BEN}", Exclude("U2")),
        ("not", ListExcluded()),
        (f"allow {BEN}", Allow("U2")),
        ("name me", Name(is_unnamed=False)),
        ("do not name me", Name(is_unnamed=True)),
        ("don't name me", Name(is_unnamed=True)),
        ("not name me", Name(is_unnamed=True)),
        ("met", Met()),
        ("decline", Decline()),
        (f"decline {BEN}", Decline("U2")),
        ("preview", Preview()),
        (f"match now {COFFEE}", MatchNow("C1")),
        (f"programme {COFFEE}", Set("C1")),
        ("programme", Set()),
        (f"programme {COFFEE} hand over to {BEN}", HandOver("C1", "U2")),
        (f"programme {COFFEE} end", End("C1")),
        ("program take over <#G9|>", TakeOver("G9")),
    ],
)
def test_a_text_is_read(text: str, said: BuddyCommand) -> None:
    assert parse(text, today=MONDAY) == said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "every 2 weeks on tuesday 10:00 groups of 2 across",
            {"every_weeks": 2, "weekday": 1, "at": time(10), "group_size": 2, "mixing": "across"},
        ),
        ("every week friday at 3pm", {"every_weeks": 1, "weekday": 4, "at": time(15)}),
        ("every other week on mon", {"every_weeks": 2, "weekday": 0}),
        ("thursdays at 9 in europe/berlin", {"weekday": 3, "at": time(9), "zone": "Europe/Berlin"}),
        (
            "within departments even if somebody stays alone",
            {"mixing": "within", "is_mixing_required": True},
        ),
        ("across if possible", {"mixing": "across", "is_mixing_required": False}),
        (
            "mentors everyone with guests",
            {"mixing": "mentoring", "enrolment": "everyone", "takes_guests": True},
        ),
        ("ask people no guests", {"enrolment": "asked", "takes_guests": False}),
        ("pairs anyone repeat after 8 rounds", {"group_size": 2, "mixing": "any", "repeat_window": 8}),
        (
            "share 3 hours quietly pact of 4 weeks",
            {"shared_minutes": 180, "announces": False, "pact_weeks": 4},
        ),
        ("announce no pact", {"announces": True, "pact_weeks": None}),
        (
            "more skills and tenure less hours every week ignore location usual languages",
            {
                "weights": {
                    **dict.fromkeys(("skills", "tenure"), "more"),
                    "hours": "less",
                    "location": "off",
                    "language": "usual",
                },
                "every_weeks": 1,
            },
        ),
    ],
)
def test_every_setting_has_its_words(text: str, said: dict[str, Any]) -> None:
    assert parse(f"programme {COFFEE} {text}", today=MONDAY) == Set("C1", said)


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("joyn", "/buddy join"),
        ("sing", "/buddy join"),
        ("join as boss", "as mentor"),
        ("skip it", "/buddy skip"),
        ("pause until never", "pause until"),
        ("not bob", "type @ and pick the person"),
        ("match later", "/buddy match now"),
        ("decline bob", "type @ and pick the person"),
        (f"programme {COFFEE} every tuseday", "tuesday"),
        (f"programme {COFFEE} every 2 weaks on tuesday", "weeks"),
        (f"programme {COFFEE} groups of many", "groups of 2"),
        (f"programme {COFFEE} tuesday friday", "/buddy programme"),
        (f"programme {COFFEE} in Atlantis", "/buddy programme"),
        (f"programme {COFFEE} more skils", "skills"),
        (f"programme {COFFEE} more skills ignore skills", "/buddy programme"),
        (f"programme {COFFEE} hand over to bob", "type @ and pick the person"),
    ],
)
def test_what_cannot_be_read_is_answered_with_what_could_be(text: str, hint: str) -> None:
    with pytest.raises(NotUnderstood) as refused:
        parse(text, today=MONDAY)

    assert hint in str(refused.value)


def test_a_channel_is_picked_and_is_one() -> None:
    with pytest.raises(ChannelNotPicked):
        parse("join #coffee", today=MONDAY)
    with pytest.raises(OneChannelAtATime):
        parse(f"leave {COFFEE} <#C2|tea>", today=MONDAY)
    with pytest.raises(DayTooEarly):
        parse("pause until today", today=MONDAY)
