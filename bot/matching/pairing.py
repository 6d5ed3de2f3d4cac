"""Everybody in pairs: exactly while they are few, and within a bound that is stated when they are many."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from bot.matching.candidates import Pool, best_edges_of, missing_beyond, near_edges, pool_of
from bot.matching.exact import best_pairs, heaviest_of
from bot.matching.fields import Field
from bot.matching.fractional import Edges, Prices, assign, mutual, unplaced
from bot.matching.layers import Numbers, Pairs
from bot.matching.mending import mend
from bot.matching.penalties import Penalties
from bot.matching.proof import is_largest
from bot.matching.results import Progress

FEW: Final = 256
"""So many are matched exactly at once."""
EXACT: Final = 2_000
"""Up to so many the best of all matchings is looked for, beyond it one that is close."""
CLOSE: Final = 0.4
"""A matching of many is close when the bound leaves no more room than this for each of them: a thousandth, or so."""
MOST_LOOKS: Final = {EXACT: 20, 20_000: 4, 1_000_000: 3}
"""How often all pairs are looked at, up to so many people."""
NEAR_EDGES_EACH: Final = 60
MORE: Final = 64
"""So many candidates have those for whom the first few are not enough."""
FINE: Final = 2**16
"""Prices are whole multiples of less than this part."""
FIRST_GAPS: Final = (8.0, 2.0, 0.5)
"""How near pairs are to their prices that are looked at first; nearer ones where too many are."""
STEPS: Final = (64, 400, 800, 1_600)


@dataclass(frozen=True)
class Pairing:
    """Pairs of places, the places left alone, and what is known about better ones."""

    pairs: Pairs
    alone: list[int]
    bound: int
    """The largest affinity a matching can have that is as good in everything that matters more."""
    is_proven: bool
    """Whether no matching leaves fewer alone or has fewer repeats."""
    prices: Prices
    priced: float
    """What the prices bound the sum of everything by."""
    is_complete: bool
    """Whether no pair at all is worth more than its prices."""


@dataclass(frozen=True)
class Priced:
    """The fractional solution: prices, what they bound everything by, and the pairs read from it."""

    prices: Prices
    bound: float
    pairs: Pairs
    alone: list[int]
    is_complete: bool
    """Whether no pair at all is worth more than its prices."""


def pair_up(field: Field, burden: Numbers, progress: Progress) -> Pairing:
    """Match all places of a field in pairs."""
    if field.size <= FEW:
        return _pair_few(field, burden)
    return Many(field, burden, progress).pair_up()


def affinity_of(field: Field, pairs: Pairs) -> int:
    """Sum the affinities of some pairs."""
    if not pairs:
        return 0
    first, second = np.array(pairs, np.int64).T
    return int(field.pairs(first, second).sum())


def _pair_few(field: Field, burden: Numbers) -> Pairing:
    pairs = best_pairs(field, np.arange(field.size), burden)
    alone = _left(field.size, pairs)
    return Pairing(pairs, alone, affinity_of(field, pairs), True, np.zeros(field.size), math.inf, False)


def _left(size: int, pairs: Pairs) -> list[int]:
    matched = {place for pair in pairs for place in pair}
    return [place for place in range(size) if place not in matched]


class Many:
    """One round of many people, on its way from candidates to pairs."""

    def __init__(self, field: Field, burden: Numbers, progress: Progress) -> None:
        self.field, self.burden = field, burden
        self.penalties = Penalties.of(field, burden)
        self.done, self.of, self.progress = 0, 3 * field.size, progress

    def pair_up(self) -> Pairing:
        """Match without repeats first; only if that leaves somebody alone are repeats weighed against it."""
        pool = pool_of(self.field, self._passed)
        edges = self._with_more_for_the_lonely(pool)
        priced = self._price(edges, pool)
        found = self._judged(self._mended(priced, STEPS[:1]), priced)
        repeats = self.penalties.repeats
        if (found.alone and len(repeats.first)) or self.penalties.count_repeats(found.pairs):
            priced = self._price(edges.joined(repeats), pool)
            found = min(
                (self._judged(each, priced) for each in (found, self._mended(priced, STEPS))),
                key=self._badness,
            )
        elif found.alone and not found.is_proven:
            found = self._judged(self._mended(priced, STEPS), priced)
        self.progress(self.of, self.of)
        return self._polished(found)

    def _passed(self, count: int) -> None:
        self.done = min(self.done + count, self.of - 1)
        self.progress(self.done, self.of)

    def _price(self, edges: Edges, pool: Pool) -> Priced:
        """Assign everybody, look for pairs that the prices show to be missing, and again until that is few."""
        size = self.field.size
        looks = next(looks for most, looks in MOST_LOOKS.items() if size <= most)
        room = 0.0 if size <= EXACT else CLOSE * size
        bound, prices = math.inf, np.zeros(size)
        while True:
            solved = assign(edges, self.penalties.alone, prices)
            prices, reached = solved.prices, float(solved.worth.sum()) / 2
            missing = pool.missing(prices)
            grown = edges.joined(missing.edges)
            if float(missing.short.sum()) / 4 <= room or len(grown.first) == len(edges.first):
                missing = missing.joined(missing_beyond(self.field, pool, prices, self._passed))
                bound = min(bound, float((prices + missing.short / 2).sum()) / 2)
                looks -= 1
                if bound - reached <= room or looks <= 0:
                    break
                grown = edges.joined(missing.edges)
            edges = grown
        pairs, alone, given_up = mutual(solved)
        return Priced(prices, bound, pairs, alone + given_up, not missing.short.any())

    def _with_more_for_the_lonely(self, pool: Pool) -> Edges:
        """Give those more candidates whom the first ones leave alone: they would spoil the prices of all others."""
        edges = pool.first()
        lonely = unplaced(edges, self.field.size)
        if len(lonely):
            edges = edges.joined(pool.of_places(lonely))
            lonely = unplaced(edges, self.field.size)
        if len(lonely):
            edges = edges.joined(best_edges_of(self.field, lonely, MORE))
        return edges

    def _mended(self, priced: Priced, steps: tuple[int, ...]) -> Pairing:
        """Match those left over with the help of ever more others, until it is proven that nobody else can be."""
        found = Pairing(priced.pairs, priced.alone, 0, False, priced.prices, priced.bound, priced.is_complete)
        for most in steps:
            judged = self._judged(found, priced)
            if judged.is_proven:
                return judged
            pairs = mend(self.field, found.pairs, judged.alone, priced.prices, self.burden, most)
            found = replace(found, pairs=pairs, alone=_left(self.field.size, pairs))
        return found

    def _judged(self, found: Pairing, priced: Priced) -> Pairing:
        """Say how much better than what was found anything can be."""
        repeats, alone = self.penalties.count_repeats(found.pairs), len(found.alone)
        least_alone = self.penalties.least_alone(priced.bound, self.field.size)
        bound = priced.bound + self.penalties.of_matching(found.pairs, found.alone)
        fewest_alone = alone <= least_alone or is_largest(self.field, found.pairs, found.alone)
        is_proven = fewest_alone and repeats <= self.penalties.least_repeats(priced.bound, alone)
        return replace(found, bound=math.floor(bound), is_proven=is_proven)

    def _badness(self, found: Pairing) -> tuple[int, int, int, int]:
        penalty = self.penalties.of_matching(found.pairs, found.alone)
        affinity = affinity_of(self.field, found.pairs)
        return len(found.alone), self.penalties.count_repeats(found.pairs), penalty, -affinity

    def _polished(self, found: Pairing) -> Pairing:
        """Look for the best of all matchings, exactly, while that is affordable.

        Pairs whose prices exceed their worth by more than the room to the bound cannot be in a better one. The best
        among the nearest leaves little room; if all within it were looked at, it is the best of all.
        """
        is_small = self.field.size <= EXACT and found.is_complete
        if not is_small or found.alone or self.penalties.count_repeats(found.pairs):
            return found
        for gap in FIRST_GAPS:
            better = self._best_among(found, gap)
            room = better.bound - affinity_of(self.field, better.pairs)
            if better is not found or room <= 0:
                return self._best_among(better, room) if room > gap else better
        return found

    def _best_among(self, found: Pairing, near: float) -> Pairing:
        """Match exactly over the pairs that are nearest to their prices, and those found before."""
        gap = found.bound - affinity_of(self.field, found.pairs)
        most = NEAR_EDGES_EACH * self.field.size
        edges = near_edges(self.field, found.prices, min(near, gap), most) if gap > 0 else None
        if edges is None:
            return found
        first, second = np.sort(np.array(found.pairs, np.int64), axis=1).T
        known = Edges(first, second, self.field.pairs(first, second).astype(np.int64))
        edges = edges.joined(known)
        # Less their prices, everybody's best pairs are worth the same, and hardly any search is left to do.
        prices = found.prices
        above = 2 * edges.worth - prices[edges.first] - prices[edges.second]
        worth = np.rint((above - above.min() + 1) * FINE).astype(np.int64)
        rows = zip(edges.first.tolist(), edges.second.tolist(), worth.tolist(), strict=True)
        pairs = heaviest_of(list(rows), self.field.size)
        affinity = affinity_of(self.field, pairs)
        is_best = near >= min(gap, found.bound - affinity)
        return replace(found, pairs=pairs, bound=affinity if is_best else found.bound)
