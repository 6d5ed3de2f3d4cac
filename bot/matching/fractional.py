"""The best pairs of very many people: an assignment of everybody to somebody, whose prices bound every solution.

Matching people in pairs is an assignment in which the choice is mutual. Without that condition it is a problem of
bipartite graphs that scales; what comes out falls into cycles: two who chose each other are a pair, longer even cycles
split into pairs, and the few odd ones give up one person each.

The prices of the assignment, one a person, are such that no pair is worth more than its two prices: their sum
bounds every matching, and a pair that is not among the candidates is of interest only if it is worth more than that.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import maximum_bipartite_matching, min_weight_full_bipartite_matching

from bot.matching.layers import Numbers

Prices = NDArray[np.float64]
"""Doubled, so that halves are whole: of two people, at least twice what they are worth to each other."""


@dataclass(frozen=True)
class Edges:
    """Pairs to choose from: the smaller place first."""

    first: Numbers
    second: Numbers
    worth: NDArray[Any]

    @classmethod
    def none(cls) -> Edges:
        """Give no pairs at all."""
        nothing = np.zeros(0, np.int64)
        return cls(nothing, nothing, nothing)

    @classmethod
    def of(cls, one: Numbers, other: Numbers, worth: NDArray[Any]) -> Edges:
        """Take pairs whichever of the two comes first, and as often as they come."""
        first, second = np.minimum(one, other).astype(np.int64), np.maximum(one, other).astype(np.int64)
        return cls(first, second, worth.astype(np.int64))

    @classmethod
    def together(cls, parts: Iterable[Edges]) -> Edges:
        """Put lists together; a pair that is in several counts once, as the first of them says."""
        every = [cls.none(), *parts]
        first, second = np.concatenate([e.first for e in every]), np.concatenate([e.second for e in every])
        _, kept = np.unique((first << 32) | second, return_index=True)
        return cls(first[kept], second[kept], np.concatenate([e.worth for e in every])[kept])

    def those(self, kept: NDArray[np.bool]) -> Edges:
        """Take some of them."""
        return Edges(self.first[kept], self.second[kept], self.worth[kept])

    def joined(self, other: Edges) -> Edges:
        """Put two lists together; a pair that is in both counts once, as the first says."""
        return Edges.together([self, other])


@dataclass(frozen=True)
class Assignment:
    """Whom everybody is assigned to (themselves: nobody), what that is worth, and the prices."""

    chosen: Numbers
    worth: Prices
    prices: Prices


def assign(edges: Edges, alone: NDArray[Any], prices: Prices) -> Assignment:
    """Assign everybody over some pairs; `alone` is what it is worth to leave each over, far below 0.

    Prices of an earlier assignment make the work short: only where they are wrong is there anything to do.
    """
    size = len(alone)
    everybody = np.arange(size)
    rows = np.concatenate([edges.first, edges.second, everybody])
    columns = np.concatenate([edges.second, edges.first, everybody])
    worth = np.concatenate([edges.worth, edges.worth, 2 * alone])
    gain = 2.0 * worth - prices[rows] - prices[columns]
    # Whoever is assigned costs something: a cost of nothing would count as a missing edge.
    gains = csr_array((gain, (rows, columns)), shape=(size, size))
    cost = csr_array((gain.max() + 1 - gains.data, gains.indices, gains.indptr), shape=(size, size))
    _, chosen = min_weight_full_bipartite_matching(cost)
    chosen = chosen.astype(np.int64)
    gained = _at(gains, everybody, chosen)
    raised = _potentials(gains, chosen, gained)
    return Assignment(chosen, (gained + prices + prices[chosen]) / 2, prices + raised)


def unplaced(edges: Edges, size: int) -> Numbers:
    """Tell whom any assignment over some pairs would have to leave alone, or others in their place."""
    rows, columns = np.concatenate([edges.first, edges.second]), np.concatenate([edges.second, edges.first])
    graph = csr_array((np.ones(len(rows), np.int8), (rows, columns)), shape=(size, size))
    return np.flatnonzero(maximum_bipartite_matching(graph, perm_type="column") < 0)


def _at(matrix: csr_array, rows: Numbers, columns: Numbers) -> Prices:
    """Read one cell a row; explicit zeros are cells too."""
    size = matrix.shape[1]
    keys = np.repeat(np.arange(len(rows)), np.diff(matrix.indptr)) * size + matrix.indices
    order = np.argsort(keys, kind="stable") if not matrix.has_sorted_indices else None
    found = np.searchsorted(keys, rows * size + columns, sorter=order)
    values: Prices = matrix.data[found if order is None else order[found]]
    return values


def _potentials(gains: csr_array, chosen: Numbers, gained: Prices) -> Prices:
    """Find the prices that an assignment of most gain implies, as longest ways through what could be exchanged."""
    size = len(chosen)
    holder = np.empty(size, np.int64)
    holder[chosen] = np.arange(size)
    step = gains.data - gained[holder][gains.indices]
    before = holder[gains.indices]
    starts = gains.indptr[:-1]
    own = gained / 2
    for _ in range(size):
        longer = np.maximum.reduceat(step + own[before], starts)
        if np.array_equal(longer, own):
            break
        own = longer
    other = (gained - own)[holder]
    return (own + other) / 2


def mutual(assignment: Assignment) -> tuple[list[tuple[int, int]], list[int], list[int]]:
    """Read an assignment's pairs, whom it leaves alone, and whom its odd cycles have to give up."""
    everybody, whom = np.arange(len(assignment.chosen)), assignment.chosen
    alone = np.flatnonzero(whom == everybody).tolist()
    agreed = whom[whom] == everybody
    first = np.flatnonzero(agreed & (everybody < whom))
    pairs: list[tuple[int, int]] = list(zip(first.tolist(), whom[first].tolist(), strict=True))
    given_up: list[int] = []
    for cycle in _cycles(whom, ~agreed):
        begin = _best_begin(assignment.worth[cycle])
        turned = cycle[begin:] + cycle[:begin]
        pairs += zip(turned[0::2], turned[1::2], strict=False)
        given_up += turned[len(turned) // 2 * 2 :]
    return pairs, alone, given_up


def _cycles(chosen: Numbers, among: NDArray[np.bool]) -> Iterator[list[int]]:
    """Follow who is assigned to whom, once around each cycle."""
    left = among.copy()
    for start in np.flatnonzero(among).tolist():
        if not left[start]:
            continue
        cycle = [start]
        while (following := int(chosen[cycle[-1]])) != start:
            cycle.append(following)
        left[cycle] = False
        yield cycle


def _best_begin(worth: NDArray[np.float64]) -> int:
    """Find where to begin to split a cycle in pairs, the last one left over if it is odd; worth[i]: of i and i + 1."""
    length = len(worth)
    twice = np.concatenate([worth, worth])
    begins = range(2) if length % 2 == 0 else range(length)
    return max(begins, key=lambda begin: (float(twice[begin : begin + length - 1 : 2].sum()), -begin))
