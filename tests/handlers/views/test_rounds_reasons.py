"""Which words reasons have: true ones, and the same whoever wanted whom."""

from __future__ import annotations

import pytest

from bot.matching.results import MentorsTaken, NobodyFree, NotAsked, WhyLeftOver
from handlers.views.programme_reports import why_left_over
from handlers.views.rounds_reasons import why_nobody, why_over


@pytest.mark.parametrize("why", [MentorsTaken(), NotAsked(), None])
def test_a_mentor_and_a_mentee_who_are_both_left_over_read_of_no_mentee_or_place_too_few(
    why: WhyLeftOver | None,
) -> None:
    for words in (why_nobody, why_left_over):
        assert words(why) == words(NobodyFree())
    assert why_over(why or NobodyFree()) == why_over(NobodyFree())
