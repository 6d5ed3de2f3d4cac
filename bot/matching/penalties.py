"""What many people's matching loses by leaving somebody alone, or by a repeat, so that sums keep the order of aims.

Whole numbers up to 2 to the 50th are exact in floating point: the largest sum of each aim stays below what a single
step of the next higher one costs, and all of them below that.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from bot.matching.fields import Field
from bot.matching.fractional import Edges
from bot.matching.layers import Numbers, Pairs
from bot.matching.people import LARGEST_AFFINITY

BURDEN: Final = 2**16
"""Of one rank of burden: more than moving sixty pairs can gain."""
MOST_RANKS: Final = 63
FEW_ALONE: Final = 64


@dataclass(frozen=True)
class Penalties:
    """The penalties of one round, and what bounds on the sum of everything say about each aim."""

    alone: Numbers
    """What it is worth to leave each place alone: far below 0."""
    repeats: Edges
    """The pairs that would be repeats, with what they are worth: their affinity less the penalty."""
    lost: dict[tuple[int, int], int]
    """What each of those loses."""
    of_one: int
    of_repeat: int
    most_of_repeat: int

    @classmethod
    def of(cls, field: Field, burden: Numbers) -> Penalties:
        """Choose penalties for so many people."""
        pairs = field.size // 2 + 1
        ranks = np.minimum(burden, MOST_RANKS)
        of_repeat = 2 * (LARGEST_AFFINITY * pairs + BURDEN * FEW_ALONE * (int(ranks.max(initial=0)) + 1))
        first, second, met_in = field.repeats()
        affinity = field.pairs(first, second).astype(np.int64) if len(first) else first
        first, second, met_in, affinity = (each[affinity >= 0] for each in (first, second, met_in, affinity))
        rounds = np.unique(met_in)
        youth = np.searchsorted(rounds, met_in) * (of_repeat // 16 // max(1, len(rounds)))
        lost = of_repeat + youth
        of_one = 2 * pairs * (2 * of_repeat + BURDEN * (MOST_RANKS + 1) * 2)
        named = dict(zip(zip(first.tolist(), second.tolist(), strict=True), lost.tolist(), strict=True))
        return cls(
            -(of_one + BURDEN * ranks),
            Edges(first, second, affinity - lost),
            named,
            of_one,
            of_repeat,
            int(lost.max(initial=of_repeat)),
        )

    def count_repeats(self, pairs: Pairs) -> int:
        """Count the repeats among some pairs."""
        return sum((min(pair), max(pair)) in self.lost for pair in pairs) if self.lost else 0

    def of_matching(self, pairs: Pairs, alone: list[int]) -> int:
        """Sum all that a matching loses."""
        repeated = sum(self.lost.get((min(pair), max(pair)), 0) for pair in pairs if self.lost)
        return repeated - int(self.alone[alone].sum())

    def least_alone(self, bound: float, size: int) -> int:
        """Say how many must be left alone, given what no matching's sum exceeds."""
        below = self.most_of_repeat * (size // 2) + BURDEN * MOST_RANKS * size
        least = max(0, math.ceil((-bound - below) / self.of_one))
        return least + (size - least) % 2

    def least_repeats(self, bound: float, alone: int) -> int:
        """Say how many repeats there must be if so many are left alone."""
        left = -bound - alone * (self.of_one + int(-self.alone.min(initial=0) - self.of_one))
        return max(0, math.ceil(left / self.most_of_repeat))
