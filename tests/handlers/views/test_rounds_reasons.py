"""Which words reasons have: true ones, and the same whoever wanted whom."""

from __future__ import annotations

import pytest

from bot.matching.results import (
    MentorsTaken,
    NeverMet,
    NobodyFree,
    NotAsked,
    NotMetFor,
    Repeat,
    WhyLeftOver,
)
from handlers.views.programme_reports import why_left_over
from handlers.views.rounds_reasons import relaxed, why_nobody, why_over, why_these
from tests.people import AMY, BEN


@pytest.mark.parametrize("why", [MentorsTaken(), NotAsked(), None])
def test_a_mentor_and_a_mentee_who_are_both_left_over_read_of_no_mentee_or_place_too_few(
    why: WhyLeftOver | None,
) -> None:
    for words in (why_nobody, why_left_over):
        assert words(why) == words(NobodyFree())
    assert why_over(why or NobodyFree()) == why_over(NobodyFree())


def test_who_was_put_together_is_said_to_have_been_buddies_in_this_programme_and_not_to_have_met() -> None:
    reasons = NeverMet(), NotMetFor(3)
    words = [why_these([each], are_two=are_two) for each in reasons for are_two in (True, False)]

    assert words == [
        "you were never buddies in this programme",
        "two were never buddies in this programme",
        "you were last buddies 3 rounds ago",
        "two were last buddies 3 rounds ago",
    ]
    assert relaxed(Repeat(AMY, BEN, 2)) == f"<@{AMY}> and <@{BEN}> are buddies again, as in round 2"
