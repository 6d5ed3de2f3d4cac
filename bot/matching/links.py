"""Whom each place has something to do with, of few among many: kept as lists, read for many rows at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array, hstack

from bot.matching.layers import Numbers
from bot.matching.people import Person


@dataclass(frozen=True)
class Links:
    """For each place the others it is linked with, each with a number."""

    begins: Numbers
    others: Numbers
    values: Numbers

    @classmethod
    def of(cls, rows: Sequence[Sequence[tuple[int, int]]]) -> Links:
        """Take, for each place, its others and their numbers."""
        begins = np.concatenate([[0], np.cumsum([len(row) for row in rows], dtype=np.int64)])
        others, values = np.array([link for row in rows for link in row], np.int64).reshape(-1, 2).T
        return cls(begins, np.ascontiguousarray(others), np.ascontiguousarray(values))

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
        columns: dict[str, int] = {}
        for person in people:
            for skill in sorted(person.wants):
                columns.setdefault(skill, len(columns))
        wanted = self._matrix([person.wants for person in people], columns)
        offered = self._matrix([person.offers for person in people], columns)
        # Both ways at once: wants against offers, and offers against wants.
        self._rows = hstack([wanted, offered], format="csr")
        self._columns = hstack([offered, wanted], format="csr").T.tocsr()

    def cells(self, rows: Numbers) -> tuple[Numbers, Numbers, Numbers]:
        """Count for some places against all: the position of the place among these, the other, and how many."""
        counted = self._rows[rows] @ self._columns
        row = np.repeat(np.arange(len(rows)), np.diff(counted.indptr))
        return row, counted.indices, counted.data

    @staticmethod
    def _matrix(skills: Sequence[frozenset[str]], columns: dict[str, int]) -> csr_array:
        cells = [sorted(columns[skill] for skill in each if skill in columns) for each in skills]
        begins = np.concatenate([[0], np.cumsum([len(each) for each in cells], dtype=np.int64)])
        indices = np.array([column for each in cells for column in each], np.int64)
        shape = (len(skills), max(1, len(columns)))
        return csr_array((np.ones(len(indices), np.int32), indices, begins), shape=shape)
