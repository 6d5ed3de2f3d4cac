"""Which of all pairs are worth considering: those within reach at guessed prices, and later what the prices miss."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from bot.matching.fields import CELLS, Field
from bot.matching.fractional import Edges, Prices
from bot.matching.guesses import Guess, guessed
from bot.matching.largest import largest_cells
from bot.matching.layers import Numbers, Points

FIRST, MOST = 8, 64
"""So many of each person's pairs are candidates at first, and within reach at most."""
LITTLE: Final = np.float32(2**-6)
"""Less than prices differ by, and more than their rounding."""

Halves = NDArray[Any]
"""Half of doubled prices, and bars to compare with what is left: whole points if guessed, else 32 bits of a float."""
Look = tuple[Numbers, Numbers, Numbers, Points, Halves]
"""Some rows, and cells in them: the position of the row, the column, the points, and these less price and bar."""
Passed = Callable[[int], None]
"""Hears how many people have been looked at since it was called last."""


@dataclass(frozen=True)
class Missing:
    """Pairs that are worth more than their prices, and by how much a person's price is too low for them."""

    edges: Edges
    short: Prices

    @classmethod
    def nothing(cls, size: int) -> Missing:
        """Miss nothing, of so many people."""
        return cls(Edges.none(), np.zeros(size))

    @classmethod
    def of(cls, edges: Edges, prices: Prices) -> Missing:
        """Find out which of some pairs are missing."""
        over = 2.0 * edges.worth - prices[edges.first] - prices[edges.second]
        wanting, short = over > 0, np.zeros(len(prices))
        edges, over = edges.those(wanting), over[wanting]
        np.maximum.at(short, edges.first, over)
        np.maximum.at(short, edges.second, over)
        return cls(edges, short)

    def joined(self, other: Missing) -> Missing:
        """Miss what either does."""
        return Missing(self.edges.joined(other.edges), np.maximum(self.short, other.short))


@dataclass(frozen=True)
class Pool:
    """The pairs within reach, and the guess that bounds all others.

    Of a pair that is not here neither is worth more to the other, less the guessed price, than the other's bar.
    """

    edges: Edges
    is_first: NDArray[np.bool]
    """Which of them are among the best few of either."""
    guess: Guess

    def first(self) -> Edges:
        """Give the best few of everybody."""
        return self.edges.those(self.is_first)

    def of_places(self, places: Numbers) -> Edges:
        """Give all that some places have within reach, and all that have these."""
        return self.edges.those(np.isin(self.edges.first, places) | np.isin(self.edges.second, places))

    def missing(self, prices: Prices) -> Missing:
        """Look within reach only."""
        return Missing.of(self.edges, prices)


def pool_of(field: Field, passed: Passed) -> Pool:
    """Look at all pairs that are no repeats, for those within reach of either."""
    guess = guessed(field)
    bars, parts = guess.bars.copy(), []
    for rows, row, column, points, over in _looks(field, guess.halves, guess.bars, passed):
        steps = over.astype(np.int64)
        kept = largest_cells(row, column, steps, rows, field.size, MOST)
        is_left_out = np.ones(len(row), np.bool)
        is_left_out[kept] = False
        bar = (guess.bars[rows][row] + over)[is_left_out]
        np.maximum.at(bars, rows[row[is_left_out]], bar)
        row, column = row[kept], column[kept]
        is_first = np.zeros(len(row), np.bool)
        is_first[largest_cells(row, column, steps[kept], rows, field.size, FIRST)] = True
        parts.append((rows[row].astype(np.int32), column.astype(np.int32), points[kept], is_first))
    return _pooled(parts, Guess(guess.halves, bars))


def _pooled(
    parts: Sequence[tuple[NDArray[Any], NDArray[Any], Points, NDArray[np.bool]]], guess: Guess
) -> Pool:
    """Put parts together; of a pair that is in two, either says whether it is among the best."""
    if not parts:
        return Pool(Edges.none(), np.zeros(0, np.bool), guess)
    row, column, worth, is_first = (np.concatenate(each) for each in zip(*parts, strict=True))
    keys = np.minimum(row, column).astype(np.int64) << 32 | np.maximum(row, column)
    order = np.argsort(keys)
    keys = keys[order]
    begins = np.flatnonzero(np.diff(keys, prepend=-1))
    edges = Edges(keys[begins] >> 32, keys[begins] & 0xFFFFFFFF, worth[order[begins]].astype(np.int64))
    are_first = np.logical_or.reduceat(is_first[order], begins) if len(begins) else is_first
    return Pool(edges, are_first, guess)


def best_edges_of(field: Field, places: Numbers, count: int) -> Edges:
    """Give the best pairs of some places that are no repeats, whatever they cost."""
    at_once, found = max(1, CELLS // field.size), Edges.none()
    for begin in range(0, len(places), at_once):
        rows = places[begin : begin + at_once]
        every = field.affinities(rows)
        row, column = np.nonzero(every >= 0)
        points = every[row, column].astype(np.int64)
        kept = largest_cells(row, column, points, rows, field.size, count)
        found = found.joined(Edges.of(rows[row[kept]], column[kept], points[kept]))
    return found


def missing_beyond(field: Field, pool: Pool, prices: Prices, passed: Passed) -> Missing:
    """Look at the pairs beyond reach that are no repeats, as far as the bars let them be worth more than their prices.

    What a pair is worth beyond its prices is at most how far the bar of one, and the guessed price of the other, are
    above the real prices: pairs are looked at where these two are above 0 together.
    """
    half = prices / 2
    above, dearer = pool.guess.bars - half, pool.guess.halves - half
    rows_left, columns = np.argsort(-above, kind="stable"), np.argsort(-dearer, kind="stable")
    ordered, found = -dearer[columns], Missing.nothing(field.size)
    while len(rows_left):
        near = columns[: np.searchsorted(ordered, above[rows_left[0]])]
        rows, rows_left = np.split(rows_left, [max(1, CELLS // max(1, len(near)))])
        near = near[above[near] > -dearer[rows].max()]
        found = found.joined(Missing.of(_worth_more_than(field, prices, rows, near), prices))
        passed(len(rows))
    return found


def _worth_more_than(field: Field, prices: Prices, rows: Numbers, columns: Numbers) -> Edges:
    """Give pairs worth more than their prices, and some that are worth as much."""
    if not len(columns):
        return Edges.none()
    worth, half = field.between(rows, columns), (prices / 2).astype(np.float32)
    over = worth - half[columns]
    over -= half[rows][:, None]
    over[worth < 0] = -np.inf
    row, column = np.nonzero(over > -LITTLE)
    return Edges.of(rows[row], columns[column], worth[row, column])


def near_edges(field: Field, prices: Prices, gap: float, most: int) -> Edges | None:
    """Give all pairs whose prices exceed their worth by no more than a gap: only these can be in a better matching.

    None if there are more than so many.
    """
    half = (prices / 2).astype(np.float32)
    bars = half - np.float32(gap) - LITTLE
    found: list[Edges] = []
    # Each pair is seen from both sides.
    left = 2 * most
    for rows, row, column, points, _ in _looks(field, half, bars, lambda _count: None):
        found.append(Edges.of(rows[row], column, points))
        left -= len(row)
        if left < 0:
            return None
    return Edges.together(found)


def _looks(field: Field, halves: Halves, bars: Halves, passed: Passed) -> Iterator[Look]:
    """Look at all pairs that are no repeats, block by block, for those worth more, less the price, than the bar.

    Of those who share no skill, only whoever's prices are low can be: the lowest come first, in rows and columns.
    """
    room = field.most_untaught() - bars + LITTLE
    nearest, ordered = np.argsort(halves, kind="stable"), np.sort(halves)
    by_room = np.argsort(-room, kind="stable")
    for at in field.blocks():
        rows = by_room[at]
        columns = nearest[: np.searchsorted(ordered, room[rows[0]])]
        yield rows, *_above_the_bar(field, rows, columns, halves, bars)
        passed(len(rows))


def _above_the_bar(
    field: Field, rows: Numbers, columns: Numbers, halves: Halves, bars: Halves
) -> tuple[Numbers, Numbers, Points, Halves]:
    """Give the cells above the bar; those of other columns only where a skill is shared."""
    bar = bars[rows]
    block, (row, column, points) = field.partly(rows, columns, lambda row, other: bar[row] + halves[other])
    over = block - halves[columns]
    over -= bar[:, None]
    here, there = np.divmod(np.flatnonzero(over > 0), max(1, len(columns)))
    cells_over = points - halves[column] - bar[row]
    above = np.flatnonzero(cells_over > 0)
    row, column = np.concatenate([row[above], here]), np.concatenate([column[above], columns[there]])
    points = np.concatenate([points[above], block[here, there]])
    over = np.concatenate([cells_over[above], over[here, there]])
    allowed = points >= 0
    return row[allowed], column[allowed], points[allowed], over[allowed]
