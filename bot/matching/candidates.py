"""Which of all pairs are worth considering: everybody's best few, and later what the prices show to be missing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from bot.matching.fields import Field
from bot.matching.fractional import Edges, Prices
from bot.matching.layers import FORBIDDEN, Numbers, Points

BEST: Final = 8
LITTLE: Final = np.float32(2**-6)
"""Less than prices differ by, and more than their rounding."""
GOLDEN: Final = 0.6180339887498949
"""Steps of this share of a circle never meet again soon."""

Rows = NDArray[np.int64]
Passed = Callable[[int], None]
"""Hears how many people have been looked at since it was called last."""


@dataclass(frozen=True)
class Missing:
    """What a look at all pairs found: those worth more than their prices, and by how much a person's is too low."""

    edges: Edges
    short: Prices


def best_edges(field: Field, passed: Passed, count: int = BEST) -> Edges:
    """Give everybody's best pairs that are no repeats."""
    return _together(_best_of_block(field, rows, count) for rows in _looked_at(field, passed))


def missing_edges(field: Field, prices: Prices, passed: Passed, count: int = BEST) -> Missing:
    """Look at all pairs that are no repeats, for those that are worth more than their prices say."""
    short = np.zeros(field.size)
    least_half = float(prices.min(initial=0)) / 2
    half = (prices / 2).astype(np.float32)

    def of_block(rows: Rows) -> tuple[Numbers, Numbers, Points]:
        points = field.affinities(rows)
        over = points.astype(np.float32)
        over -= half
        over -= half[rows, None]
        if least_half < FORBIDDEN / 4:
            over[points < 0] = -np.inf
        short[rows] = 2 * np.maximum(over.max(axis=1), 0)
        wanting = np.flatnonzero(short[rows] >= 2 * LITTLE)
        row, column = _largest(over[wanting], rows[wanting], count, least=LITTLE)
        return rows[wanting][row], column, points[wanting[row], column]

    edges = _together(of_block(rows) for rows in _looked_at(field, passed))
    return Missing(edges, short)


def near_edges(field: Field, prices: Prices, gap: float) -> Edges:
    """Give all pairs whose prices exceed their worth by no more than a gap: only these can be in a better matching."""

    def of_block(rows: Rows) -> tuple[Numbers, Numbers, Points]:
        points = field.affinities(rows)
        slack = prices + prices[rows, None] - 2.0 * points
        row, column = np.divmod(np.flatnonzero((points >= 0) & (slack <= 2 * gap)), field.size)
        return rows[row], column, points[row, column]

    return _together(of_block(rows) for rows in field.blocks())


def _looked_at(field: Field, passed: Passed) -> Iterator[Rows]:
    for rows in field.blocks():
        yield rows
        passed(len(rows))


def _best_of_block(field: Field, rows: Rows, count: int) -> tuple[Numbers, Numbers, Points]:
    points = field.affinities(rows)
    row, column = _largest(points.astype(np.int32), rows, count, least=np.int32(0))
    return rows[row], column, points[row, column]


def _largest(values: NDArray[Any], rows: Rows, count: int, least: Any) -> tuple[Numbers, Numbers]:
    """Find the largest values of each row that are no less than the least, about so many.

    Where many are equal, each row takes others: were it the same for all, a few people would be everybody's best.
    """
    size = values.shape[1]
    if not len(rows):
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    last = min(count, size)
    bar = np.partition(values, size - last, axis=1)[:, size - last]
    is_large = values >= np.maximum(bar, least)[:, None]
    row, column = np.divmod(np.flatnonzero(is_large), size)
    crowded = np.bincount(row, minlength=len(rows)) > 2 * count
    if not crowded.any():
        return row, column
    is_equal = values[row, column] == bar[row]
    turn = (column - (rows[row] * GOLDEN % 1 * size).astype(np.int64)) % size
    order = np.lexsort((turn, is_equal, row))
    row, column = row[order], column[order]
    begins = np.searchsorted(row, np.arange(len(rows)))
    kept = ~crowded[row] | (np.arange(len(row)) - begins[row] < count)
    return row[kept], column[kept]


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
