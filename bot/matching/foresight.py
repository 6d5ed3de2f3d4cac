"""Who will be in the threes of the next rounds, so that they do not meet before, and need no repeat to take their turn.

As long as numbers are odd, in each round three people are in a three, those first who were longest ago. The last of
them would often have met each other by then; somebody else would have to take a second turn instead.
"""

from __future__ import annotations

from itertools import combinations
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bot.matching.fields import Field
from bot.matching.layers import UNKNOWN, Numbers

Threes = list[tuple[int, int, int]]

MOST_STEPS: Final = 3_000
"""Of looking for a division in threes, before doing without."""


def coming_threes(field: Field, allowed: NDArray[np.bool], burden: Numbers) -> Threes:
    """Divide those whose turn it is during the repeat window into threes that will be no repeats then."""
    turns = field.rules.repeat_window + 1
    met_in = field.ages(np.arange(field.size))
    planned: Threes = []
    waiting: list[int] = []
    for rank in np.unique(burden).tolist():
        waiting = waiting + np.flatnonzero(burden == rank).tolist()
        if len(planned) + len(waiting) // 3 > turns:
            break
        then = field.meetings.number + len(planned)
        fits = allowed & ((met_in == UNKNOWN) | (then - met_in > field.rules.repeat_window))
        threes = _divided(waiting, fits)
        planned += threes
        waiting = [place for place in waiting if not any(place in three for three in threes)]
    return planned


def _divided(people: list[int], fits: NDArray[np.bool]) -> Threes:
    """Divide people into as many threes that fit as there can be, if such a division is found soon; else none."""
    count, left = len(people) // 3, MOST_STEPS

    def rest_of(free: list[int], spare: int) -> Threes | None:
        nonlocal left
        left -= 1
        if len(free) <= spare:
            return []
        if left <= 0:
            return None
        known = fits[np.ix_(free, free)].sum(axis=1)
        first = free[int(known.argmin())]
        others = [place for place in free if place != first]
        near = [place for place in others if fits[first, place]]
        for second, third in combinations(near, 2):
            if fits[second, third]:
                rest = rest_of([place for place in others if place not in (second, third)], spare)
                if rest is not None:
                    return [(first, second, third), *rest]
        return rest_of(others, spare - 1) if spare else None

    return rest_of(people, len(people) - 3 * count) or []
