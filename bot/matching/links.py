"""Whom each place has something to do with, of few among many: kept as lists, read for many rows at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from bot.matching.layers import Numbers
from bot.matching.people import Person


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
        wanted = sorted(frozenset().union(*(person.wants for person in people)))
        columns = {skill: column for column, skill in enumerate(wanted)}
        wants = [sorted(columns[skill] for skill in person.wants) for person in people]
        offers = [sorted(columns[each] for each in person.offers & columns.keys()) for person in people]
        # Both ways at once: wants against offers, and offers against wants.
        self._rows = self._matrix(wants, offers, max(1, len(columns)))
        self._columns = self._matrix(offers, wants, max(1, len(columns))).T.tocsr()

    def cells(self, rows: Numbers) -> tuple[Numbers, Numbers, Numbers]:
        """Count for some places against all: the position of the place among these, the other, and how many."""
        counted = self._rows[rows] @ self._columns
        row = np.repeat(np.arange(len(rows)), np.diff(counted.indptr))
        return row, counted.indices, counted.data

    @staticmethod
    def _matrix(left: Sequence[list[int]], right: Sequence[list[int]], columns: int) -> csr_array:
        """Put two tables of so many columns side by side; of each row is said where it has a one."""
        rows = [
            [*one, *(column + columns for column in other)] for one, other in zip(left, right, strict=True)
        ]
        begins = np.concatenate([[0], np.cumsum([len(row) for row in rows], dtype=np.int64)])
        indices = np.array([column for row in rows for column in row], np.int64)
        return csr_array((np.ones(len(indices), np.int32), indices, begins), shape=(len(rows), 2 * columns))
