"""The best pairs among few places, exactly, by a matching of largest weight in a general graph (blossoms).

Several aims are one whole number each pair is worth, the magnitudes so far apart that no gain in a lower aim makes up
for a loss in a higher one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import rustworkx
from numpy.typing import NDArray

from bot.matching.fields import Field
from bot.matching.foresight import Threes
from bot.matching.layers import UNKNOWN, Numbers, Pairs
from bot.matching.people import LARGEST_AFFINITY

SAFE: Final = 2**62


@dataclass(frozen=True)
class Worths:
    """What some places are worth to each other, in all aims at once."""

    places: Numbers
    allowed: NDArray[np.bool]
    affinity: NDArray[np.int64]
    plain: NDArray[Any]
    """Of a pair: few and old repeats, and the affinity."""
    covered: NDArray[Any]
    """Of a place, as soon as it is in any pair: those who could not be the third of one, then the lately burdened."""
    is_hostless: NDArray[np.bool]
    """Who could not be the third of any pair."""
    threes: Threes
    """Who should meet in a three of this round or a later one, and before that not."""
    spared: int
    """What it is worth to leave one of those as they are."""

    @property
    def whole(self) -> NDArray[Any]:
        """What a pair is worth together with its two places being in one."""
        worth: NDArray[Any] = self.plain + np.add.outer(self.covered, self.covered)
        return worth

    def of_threes(self, a: Numbers, b: Numbers, c: Numbers) -> NDArray[Any]:
        """What threes are worth: all three pairs, less what they spoil of the threes that should come."""
        worth: NDArray[Any] = self.plain[a, b] + self.plain[a, c] + self.plain[b, c]
        for three in self.threes:
            inside = np.isin(a, three).astype(int) + np.isin(b, three) + np.isin(c, three)
            # Pairs inside are spoilt already, except that here is where they belong.
            worth = worth + np.array([0, -1, 0, 3])[inside] * self.spared
        return worth


def best_pairs(field: Field, places: Numbers, burden: Numbers) -> Pairs:
    """Match some places among each other: as many as can be, with fewest repeats, and so on down to the affinity.

    `burden` says of every place of the field how recently it had the worse end, from 0: the more, the later again.
    """
    worths = worths_of(field, places, burden)
    return [(int(places[a]), int(places[b])) for a, b in heaviest(worths.whole, worths.allowed)]


def heaviest(worth: NDArray[Any], allowed: NDArray[np.bool]) -> Pairs:
    """Match as many as can be over the pairs allowed, and among all such matchings take the one of most worth."""
    first, second = np.nonzero(np.triu(allowed, 1))
    edges = list(zip(first.tolist(), second.tolist(), worth[first, second].tolist(), strict=True))
    return heaviest_of(edges, len(worth))


def heaviest_of(edges: list[tuple[int, int, int]], size: int) -> Pairs:
    """Match as many of so many places as can be over some edges, worth the most."""
    graph: rustworkx.PyGraph[None, int] = rustworkx.PyGraph()
    graph.add_nodes_from([None] * size)
    graph.add_edges_from(edges)
    found = rustworkx.max_weight_matching(graph, max_cardinality=True, weight_fn=int)
    return sorted((min(pair), max(pair)) for pair in found)


def worths_of(field: Field, places: Numbers, burden: Numbers, threes: Threes | None = None) -> Worths:
    """Weigh some places against each other, each aim beyond all that the aims below it can sum up to.

    Those of coming `threes`, which name places by their position among these, should not meet as pairs.
    """
    affinity = field.square(places, with_repeats=True).astype(np.int64)
    allowed = affinity >= 0
    is_fresh, oldness = _freshness(field, places)
    is_hostless = _hostless(allowed)
    # The lowest first; what belongs to a place counts for both of a pair.
    spared = _spared(threes or [], len(places))
    aims = (spared, burden[places], oldness, is_fresh, is_hostless.astype(np.int64))
    units = _units(aims, len(places))
    kind = np.int64 if units[-1] * 2 * (len(places) + 6) < SAFE else object
    kept, eased, aged, fresh, hosted = (
        aim.astype(kind) * unit for aim, unit in zip(aims, units, strict=True)
    )
    plain = affinity.astype(kind) + kept + aged + fresh
    return Worths(places, allowed, affinity, plain, eased + hosted, is_hostless, threes or [], units[0])


def _spared(threes: Threes, size: int) -> Numbers:
    spared = np.ones((size, size), np.int64)
    for three in threes:
        spared[np.ix_(three, three)] = 0
    return spared


def _units(aims: Sequence[Numbers], size: int) -> list[int]:
    """Give the unit of each aim, beyond the largest sum of the ones before it; a three counts as three pairs."""
    pairs, units = size // 2 + 3, []
    beyond = LARGEST_AFFINITY * pairs + 1
    for aim in aims:
        units.append(beyond)
        beyond += 2 * pairs * beyond * int(aim.max(initial=0))
    return units


def _hostless(allowed: NDArray[np.bool]) -> NDArray[np.bool]:
    """Tell who could not be the third of any pair, and so would have to be left over."""
    if not len(allowed):
        return np.zeros(0, np.bool)
    # Most have a third friend with their first one already; the others are looked at one by one.
    found: NDArray[np.bool] = ~(allowed & allowed[allowed.argmax(axis=1)]).any(axis=1)
    for place in np.flatnonzero(found).tolist():
        row = allowed[place]
        found[place] = not any((row & allowed[other]).any() for other in np.flatnonzero(row))
    return found


def _freshness(field: Field, places: Numbers) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Say for each two whether they would be no repeat, and if they are one, how old it is among all repeats."""
    met_in = field.ages(places)
    rounds = np.unique(met_in[met_in != UNKNOWN])
    oldness = np.where(met_in == UNKNOWN, 0, len(rounds) - np.searchsorted(rounds, met_in))
    return (met_in == UNKNOWN).astype(np.int64), oldness
