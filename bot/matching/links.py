"""Whom each place has something to do with, of few among many: kept as lists, read for many rows at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from bot.matching.layers import Numbers
from bot.matching.people import Person

Cells = tuple[Numbers, Numbers]
"""Rows and columns."""


@dataclass(frozen=True)
class Links:
    """For each place the others it is linked with, each with a number."""

    begins: Numbers
    others: Numbers
    values: Numbers

    @classmethod
    def of(cls, size: int, found: Sequence[tuple[int, int, int]]) -> Links:
        """Link so many places as pairs say, each a place, another and a number; both ways, and twice is once."""
        one, other, number = np.array(found, np.int64).reshape(-1, 3).T
        keys = np.concatenate([one << 32 | other, other << 32 | one])
        keys, kept = np.unique(keys, return_index=True)
        first = keys >> 32
        begins = np.searchsorted(first, np.arange(size + 1))
        return cls(begins, keys - (first << 32), np.concatenate([number, number])[kept])

    def has(self, first: Numbers, second: Numbers) -> NDArray[np.bool]:
        """Tell of each of some places whether it is linked with one other."""
        keys = np.repeat(np.arange(len(self.begins) - 1), np.diff(self.begins)) << 32 | self.others
        return np.isin(first << 32 | second, keys)

    def row(self, place: int) -> tuple[Numbers, Numbers]:
        """Give the others of one place, and their numbers."""
        cells = slice(self.begins[place], self.begins[place + 1])
        return self.others[cells], self.values[cells]

    def cells(self, rows: Numbers) -> tuple[Numbers, Numbers, Numbers]:
        """Give all links of some places: the position of the place among these, the other, and the number."""
        counts = self.begins[rows + 1] - self.begins[rows]
        row = np.repeat(np.arange(len(rows)), counts)
        at = np.arange(len(row)) + np.repeat(self.begins[rows] - np.cumsum(counts) + counts, counts)
        return row, self.others[at], self.values[at]


class Taught:
    """How many skills one of two offers and the other wants."""

    def __init__(self, people: Sequence[Person]) -> None:
        known = sorted(frozenset[str]().union(*(person.wants for person in people)))
        columns = {skill: column for column, skill in enumerate(known)}
        wants = _listed([person.wants for person in people], columns)
        offers = _listed([person.offers for person in people], columns)
        # Both ways at once: wants against offers, and offers against wants.
        size, width = len(people), max(1, len(columns))
        self._rows = _table(_side_by_side(wants, offers, width), (size, 2 * width))
        self._columns = _table(_side_by_side(offers, wants, width)[::-1], (2 * width, size))

    def cells(self, rows: Numbers, columns: Numbers | None = None) -> tuple[Numbers, Numbers, Numbers]:
        """Count for some places against all, or some: the positions of both, and how many."""
        counted = self._rows[rows] @ (self._columns if columns is None else self._columns[:, columns])
        row = np.repeat(np.arange(len(rows)), np.diff(counted.indptr))
        return row, counted.indices, counted.data


def _listed(sets: Sequence[frozenset[str]], columns: Mapping[str, int]) -> Cells:
    """List who has what, as row and column; what has no column is left out."""
    found = [[columns[each] for each in some if each in columns] for some in sets]
    rows = np.repeat(np.arange(len(sets)), np.fromiter(map(len, found), np.int64, len(found)))
    return rows, np.fromiter(chain.from_iterable(found), np.int64, len(rows))


def _side_by_side(left: Cells, right: Cells, width: int) -> Cells:
    """Put two tables beside each other."""
    return np.concatenate([left[0], right[0]]), np.concatenate([left[1], right[1] + width])


def _table(cells: Cells, shape: tuple[int, int]) -> csr_array:
    """Put a one in each cell. Sets have no order of their own, and what is found must not depend on any."""
    rows, columns = cells
    order = np.argsort(rows * shape[1] + columns)
    begins = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=shape[0]))])
    return csr_array((np.ones(len(order), np.int32), columns[order], begins), shape=shape)
