"""Which of all pairs are worth considering: everybody's best few, and later what the prices show to be missing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bot.matching.fields import CELLS, Cells, Field
from bot.matching.fractional import Edges, Prices
from bot.matching.layers import Numbers, Points

BEST: Final = 8
LITTLE: Final = np.float32(2**-6)
"""Less than prices differ by, and more than their rounding."""
LEVELS: Final = 64
"""Into so many classes values are sorted before some of them are sorted exactly."""
VALUE_BITS: Final = 20
"""Values, and the turns of those that are equal, are parts of one number to sort by."""
TURN_BITS: Final = 20
MOST_VALUE: Final = 2**VALUE_BITS - 1
GOLDEN: Final = 0.6180339887498949
"""Steps of this share of a circle never meet again soon."""

Rows = NDArray[np.int64]
Look = tuple[Rows, Numbers, Numbers, Points, NDArray[np.float32]]
"""Some rows, and cells in them: the position of the row, the column, the points, and these less the prices."""
Passed = Callable[[int], None]
"""Hears how many people have been looked at since it was called last."""


@dataclass(frozen=True)
class Missing:
    """What a look at all pairs found: those worth more than their prices, and by how much a person's is too low."""

    edges: Edges
    short: Prices


def best_edges(field: Field, passed: Passed, count: int = BEST) -> Edges:
    """Give everybody's best pairs that are no repeats."""
    untaught = field.most_untaught()
    return _together(_best_of_block(field, rows, count, untaught) for rows in _looked_at(field, passed))


def best_edges_of(field: Field, places: Numbers, count: int) -> Edges:
    """Give the best pairs of some places that are no repeats."""
    untaught = field.most_untaught()
    at_once = max(1, CELLS // field.size)
    blocks = (places[begin : begin + at_once] for begin in range(0, len(places), at_once))
    return _together(_best_of_block(field, rows, count, untaught) for rows in blocks)


def missing_edges(field: Field, prices: Prices, passed: Passed, count: int = BEST) -> Missing:
    """Look at all pairs that are no repeats, for those that are worth more than their prices say."""
    short = np.zeros(field.size)

    def of_block(look: Look) -> Cells:
        rows, row, column, points, over = look
        begins = np.flatnonzero(np.diff(row, prepend=-1))
        short[rows[row[begins]]] = 2.0 * np.maximum.reduceat(over, begins) if len(begins) else 0
        wanting = over >= LITTLE
        row, column, over = row[wanting], column[wanting], over[wanting]
        steps = np.minimum(over / LITTLE, MOST_VALUE).astype(np.int64)
        kept = _largest_cells(row, column, steps, rows, field.size, count)
        return rows[row[kept]], column[kept], points[wanting][kept]

    edges = _together(map(of_block, _looks(field, prices, 0.0, passed)))
    return Missing(edges, short)


def near_edges(field: Field, prices: Prices, gap: float) -> Edges:
    """Give all pairs whose prices exceed their worth by no more than a gap: only these can be in a better matching."""
    looks = _looks(field, prices, -gap - float(LITTLE), lambda _count: None)
    return _together((rows[row], column, points) for rows, row, column, points, _ in looks)


def _looks(field: Field, prices: Prices, above: float, passed: Passed) -> Iterator[Look]:
    """Look at all pairs that are no repeats, block by block, for those worth more than their prices by so much.

    Of those who share no skill, only whoever's prices are low can be: the lowest come first, in rows and columns.
    """
    half = (prices / 2).astype(np.float32)
    room = field.most_untaught() - half - np.float32(above) + LITTLE
    nearest, ordered = np.argsort(half, kind="stable"), np.sort(half)
    by_room = np.argsort(-room, kind="stable")
    for at in _looked_at(field, passed):
        rows = by_room[at]
        columns = nearest[: np.searchsorted(ordered, room[rows[0]])]
        yield rows, *_worth_more(field, rows, columns, half, above)


def _worth_more(
    field: Field, rows: Rows, columns: Numbers, half: NDArray[np.float32], above: float
) -> tuple[Numbers, Numbers, Points, NDArray[np.float32]]:
    """Give the cells worth more than their prices, row by row; those of other columns only where a skill is shared."""
    block, (row, column, points) = field.partly(rows, columns)
    over = block - half[columns]
    over -= half[rows, None]
    over[block < 0] = -np.inf
    here, there = np.divmod(np.flatnonzero(over > above), max(1, len(columns)))
    over_cells = points - half[column]
    over_cells -= half[rows[row]]
    kept = np.flatnonzero((points >= 0) & (over_cells > above))
    row, column = np.concatenate([row[kept], here]), np.concatenate([column[kept], columns[there]])
    order = np.argsort(row, kind="stable")
    points = np.concatenate([points[kept], block[here, there]])
    return (
        row[order],
        column[order],
        points[order],
        np.concatenate([over_cells[kept], over[here, there]])[order],
    )


def _looked_at(field: Field, passed: Passed) -> Iterator[Rows]:
    for rows in field.blocks():
        yield rows
        passed(len(rows))


def _best_of_block(field: Field, rows: Rows, count: int, untaught: Points) -> Cells:
    """Look at those who share a skill first; all others only where these may be better."""
    _, (row, column, points) = field.partly(rows, rows[:0])
    better = points > np.maximum(untaught[rows], 0)[row]
    row, column, points = row[better], column[better], points[better]
    is_enough = np.bincount(row, minlength=len(rows)) >= count
    enough = is_enough[row]
    row, column, points = row[enough], column[enough], points[enough]
    kept = _largest_cells(row, column, points.astype(np.int64), rows, field.size, count)
    row, column, points = rows[row[kept]], column[kept], points[kept]
    rest = rows[~is_enough]
    every = field.affinities(rest)
    here, there = _largest(every, rest, count)
    return (
        np.concatenate([row, rest[here]]),
        np.concatenate([column, there]),
        np.concatenate([points, every[here, there]]),
    )


def _largest(points: Points, rows: Rows, count: int) -> tuple[Numbers, Numbers]:
    """Find the largest points of each row that are allowed, about so many."""
    size = points.shape[1]
    if not len(rows):
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    last = min(count, size)
    bar = np.partition(points, size - last, axis=1)[:, size - last]
    row, column = np.divmod(np.flatnonzero(points >= np.maximum(bar, 0)[:, None]), size)
    kept = _largest_cells(row, column, points[row, column].astype(np.int64), rows, size, count)
    return row[kept], column[kept]


def _largest_cells(
    row: Numbers, column: Numbers, values: Numbers, rows: Rows, size: int, count: int
) -> Numbers:
    """Find, of cells whose values are whole and from 0 to the most, the largest of each row, about so many.

    Where many are equal, each row takes others: were it the same for all, a few people would be everybody's best.
    """
    near = _near_the_best(row, values, len(rows), count)
    row, column, values = row[near], column[near], values[near]
    turn = column - (rows * GOLDEN % 1 * size).astype(np.int64)[row]
    turn[turn < 0] += size
    order = np.argsort(((row << VALUE_BITS) + MOST_VALUE - values << TURN_BITS) + turn)
    row, values = row[order], values[order]
    counts = np.bincount(row, minlength=len(rows))
    begins = np.cumsum(counts) - counts
    some = np.flatnonzero(counts)
    bar = np.zeros(len(rows), np.int64)
    bar[some] = values[begins[some] + np.minimum(counts[some], count) - 1]
    is_large = values >= bar[row]
    crowded = np.bincount(row[is_large], minlength=len(rows)) > 2 * count
    first = np.arange(len(row)) - begins[row] < count
    return near[order[is_large & (first | ~crowded[row])]]


def _near_the_best(row: Numbers, values: Numbers, rows: int, count: int) -> Numbers:
    """Sift out what is certainly not among the best of its row, without sorting."""
    level = values * LEVELS // (int(values.max(initial=0)) + 1)
    counts = np.bincount(row * LEVELS + level, minlength=rows * LEVELS).reshape(rows, LEVELS)
    is_above = counts[:, ::-1].cumsum(axis=1) < count
    least = LEVELS - 1 - is_above.sum(axis=1)
    return np.flatnonzero(level >= least[row])


def _together(parts: Iterator[tuple[Numbers, Numbers, Points]]) -> Edges:
    first, second, worth = [], [], []
    for rows, columns, points in parts:
        first.append(np.minimum(rows, columns).astype(np.int32))
        second.append(np.maximum(rows, columns).astype(np.int32))
        worth.append(points)
    nothing = Edges(*(np.zeros(0, np.int64) for _ in range(3)))
    if not first:
        return nothing
    found = Edges(*(np.concatenate(part).astype(np.int64) for part in (first, second, worth)))
    return found.joined(nothing)
