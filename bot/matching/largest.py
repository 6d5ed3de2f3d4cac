"""The largest cells of each row of a table of which only some cells are known."""

from __future__ import annotations

from typing import Final

import numpy as np

from bot.matching.layers import Numbers

LEVELS: Final = 64
"""Into so many classes values are sorted before some of them are sorted exactly."""
VALUE_BITS: Final = 20
"""Values, and the turns of those that are equal, are parts of one number to sort by."""
TURN_BITS: Final = 20
MOST_VALUE: Final = 2**VALUE_BITS - 1
GOLDEN: Final = 0.6180339887498949
"""Steps of this share of a circle never meet again soon."""


def largest_cells(
    row: Numbers, column: Numbers, values: Numbers, rows: Numbers, size: int, count: int
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
