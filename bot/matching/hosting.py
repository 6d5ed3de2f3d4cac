"""Third people for pairs: a place for those whom pairs leave over."""

from __future__ import annotations

from typing import Final

import numpy as np
from scipy.optimize import linear_sum_assignment

from bot.matching.fields import Field
from bot.matching.layers import Numbers, Pairs

SOLVED_AT_ONCE: Final = 4_000_000
"""Up to so many ways to place people are weighed against each other; beyond it one person after the other is placed."""
REPEAT, AGE, BURDEN = 2**34, 2**22, 2**14
"""What a repeat costs, each round by which it is younger, and each rank of a host's burden: more than all below it."""
MOST_ROUNDS, MOST_RANKS = 1023, 63


def thirds(field: Field, burden: Numbers, pairs: Pairs, alone: list[int]) -> dict[int, int]:
    """Give, by the number of a pair, who joins it: as many as can, with fewest repeats, and so on; one a pair."""
    gains = [(place, _gains(field, burden, place, pairs)) for place in alone if pairs]
    gains = [(place, gain) for place, gain in gains if gain.max() > 0]
    if len(gains) * len(pairs) > SOLVED_AT_ONCE:
        return _one_by_one(gains)
    if not gains:
        return {}
    table = np.stack([gain for _, gain in gains])
    rows, columns = linear_sum_assignment(table, maximize=True)
    chosen = zip(rows.tolist(), columns.tolist(), strict=True)
    return {at: gains[row][0] for row, at in chosen if table[row, at] > 0}


def _one_by_one(gains: list[tuple[int, Numbers]]) -> dict[int, int]:
    found: dict[int, int] = {}
    for place, gain in gains:
        gain[list(found)] = 0
        if gain.max() > 0:
            found[int(gain.argmax())] = place
    return found


def _gains(field: Field, burden: Numbers, place: int, pairs: Pairs) -> Numbers:
    """Say how much each pair gains by a third, from 1; 0 where the rules forbid it."""
    row = field.affinities(np.array([place]), with_repeats=True)[0].astype(np.int64)
    lost = BURDEN * np.minimum(burden, MOST_RANKS)
    for other, met_in in field.met_too_soon(place).items():
        age = min(field.meetings.number - met_in, MOST_ROUNDS)
        lost[other] += REPEAT + AGE * (MOST_ROUNDS - age)
    one, other_one = np.array(pairs, np.int64).T
    worth = row[one] + row[other_one] - lost[one] - lost[other_one] + 4 * REPEAT
    return np.where((row[one] >= 0) & (row[other_one] >= 0), worth, 0)
