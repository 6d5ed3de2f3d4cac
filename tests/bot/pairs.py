"""A pair that meets every week, as the tests of choosing questions let it; a process of its own can load it soon."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

from bot.question_bank import ANY_TIME, QuestionBank
from bot.question_choice import Asked, History, choose

MONDAY_NOON = datetime(2027, 3, 1, 12, tzinfo=UTC)
WEEK = timedelta(weeks=1)
ANY = frozenset({ANY_TIME})


def meet(bank: QuestionBank, times: int, *, seed: int = 1, history: list[Asked] | None = None) -> list[Asked]:
    """Let a pair meet every week, and return what it was given, after what it had been given before."""
    given_so_far = list(history or [])
    chance = random.Random(seed)
    for week in range(times):
        now = MONDAY_NOON + week * WEEK
        question = choose(bank, History.of(given_so_far), fits=ANY, chance=chance).question
        given_so_far.append(Asked(question.id, question.theme, now))
    return given_so_far
