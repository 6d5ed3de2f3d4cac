"""What many people have alike, weighed once for each combination of it and looked up for everybody who has it."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from bot.matching.affinity import (
    channels_lost,
    department_fit,
    hours_fit,
    language_fit,
    location_fit,
    tenure_fit,
    weighed,
    year_of,
)
from bot.matching.people import LARGEST_AFFINITY, MINUTES_A_WEEK, AtWork, Mixing, Person, Rules

Numbers = NDArray[np.int64]
Points = NDArray[np.int16]
"""Affinities; below 0 where two may not meet."""
Pairs = list[tuple[int, int]]
Traits = tuple[Numbers, ...]
Weigh = Callable[[Traits, Traits], Points]
"""Weighs columns of traits against rows, or lists of one length against each other."""

UNKNOWN: Final = -1
FORBIDDEN: Final = np.int16(-10 * LARGEST_AFFINITY)
"""So far below 0 that no points lift it above, and that three of them still are a number of 16 bits."""
CELLS: Final = 16_000_000
"""A table of more is not kept but made anew, for the rows that are asked for."""
BITS: Final = 64
AT_ONCE: Final = 1_000_000
"""So many cells of a table are made at once, for what that takes besides."""


class Layer:
    """Some traits of everybody: combinations of them, and who has which."""

    def __init__(self, traits: Sequence[Numbers], weigh: Weigh, most: int) -> None:
        self._weigh, self._most = weigh, most
        keys = np.zeros_like(traits[0])
        for trait in traits:
            keys = keys * (int(trait.max(initial=0)) + 2) + trait + 1
        kinds, firsts, self._which = np.unique(keys, return_index=True, return_inverse=True)
        self._kinds: Traits = tuple(trait[firsts] for trait in traits)
        parts = np.array_split(np.arange(len(kinds)), len(kinds) ** 2 // AT_ONCE + 1)
        is_kept = len(kinds) ** 2 <= CELLS
        self._table = np.concatenate([self._weighed(part) for part in parts]) if is_kept else None

    def most(self) -> Points:
        """Say for everybody what they can have with anybody at most, as far as that is cheap to know."""
        if self._table is None:
            return np.full(len(self._which), self._most, np.int16)
        found: Points = self._table.max(axis=1, initial=FORBIDDEN)[self._which]
        return found

    def block(self, rows: Numbers, columns: Numbers | None = None) -> Points:
        """Weigh some people against all, or against some."""
        across = self._which if columns is None else self._which[columns]
        if self._table is not None:
            return np.take(self._table[self._which[rows]], across, axis=1)
        kinds, which = np.unique(self._which[rows], return_inverse=True)
        return np.take(self._weighed(kinds)[which], across, axis=1)

    def pairs(self, first: Numbers, second: Numbers) -> Points:
        """Weigh each of some people against one other."""
        one, other = self._which[first], self._which[second]
        if self._table is not None:
            return self._table.reshape(-1).take(one * len(self._table) + other)
        return self._weigh(
            tuple(each[one] for each in self._kinds), tuple(each[other] for each in self._kinds)
        )

    def lists(self, rows: Numbers, counts: Numbers, others: Numbers) -> Points:
        """Weigh each of some people against as many others as its count says, all in one list."""
        if self._table is None:
            return self.pairs(np.repeat(rows, counts), others)
        cells = np.repeat(self._which[rows] * len(self._table), counts)
        cells += self._which[others]
        return self._table.reshape(-1).take(cells)

    def _weighed(self, kinds: Numbers) -> Points:
        return self._weigh(tuple(each[kinds][:, None] for each in self._kinds), self._kinds)


def belonging(people: Sequence[Person], sides: Sequence[int], rules: Rules) -> Layer:
    """Lay out departments, years of joining and sides of mentoring; all are strangers to each other.

    Where people work goes with when they do: together in the other layer, kinds of people stay few.
    """
    weights = rules.weights
    strangers = weights.newness + weights.channels

    def weigh(one: Traits, other: Traits) -> Points:
        known = (one[0] >= 0) & (other[0] >= 0)
        same = one[0] == other[0]
        apart = np.where((one[1] > 0) & (other[1] > 0), np.abs(one[1] - other[1]), 0)
        points = weighed(weights.department, department_fit(rules.mixing, same, known))
        points = points + weighed(weights.tenure, tenure_fit(apart)) + strangers
        forbidden = _mixed_wrongly(rules, same, known)
        if rules.is_mentoring:
            forbidden = forbidden | (one[2] == other[2])
        return _unless(forbidden, points)

    departments, _ = _coded(person.department for person in people)
    years = np.array([year_of(each.started_on) if each.started_on else 0 for each in people], np.int64)
    most = weights.department + weights.tenure + strangers
    return Layer((departments, years, np.array(sides, np.int64)), weigh, most)


def working_life(people: Sequence[Person], rules: Rules) -> Layer:
    """Lay out working hours, languages and places."""
    weights = rules.weights
    hours, patterns = _coded(person.at_work or None for person in people)
    languages, tongues = _coded(person.languages or None for person in people)
    places, _ = _coded(person.location for person in people)
    minutes_of, common_of = _Minutes(patterns), _common(tongues)

    def weigh(one: Traits, other: Traits) -> Points:
        minutes, common = minutes_of(one[0], other[0]), common_of[one[1], other[1]]
        located = (one[2] >= 0) & (one[2] == other[2])
        points = weighed(weights.hours, hours_fit(np.maximum(minutes, 0)))
        points = points + weighed(weights.location, location_fit(located))
        points += weighed(weights.language, language_fit(np.maximum(common, 0)))
        weeks = np.minimum(minutes_of.weeks[one[0]], minutes_of.weeks[other[0]])
        too_few = (minutes != UNKNOWN) & (minutes < np.minimum(weeks, rules.least_shared_minutes))
        return _unless(too_few | (common == 0), points)

    return Layer((hours, languages, places), weigh, weights.hours + weights.language + weights.location)


def acquaintance(people: Sequence[Person], rules: Rules) -> Iterator[Layer]:
    """Lay out what those lose who share channels; nothing where of nobody a channel is known, or none counts."""
    if not rules.weights.channels or not any(person.channels for person in people):
        return
    channels, known = _coded(person.channels or None for person in people)
    names = sorted(frozenset[str]().union(*known))
    words = [names[begin : begin + BITS] for begin in range(0, len(names), BITS)]
    # A bit for each channel; the last row is of whom none is known.
    sets = [np.array([*(_bits(word, some) for some in known), 0], np.uint64) for word in words]
    lost = weighed(rules.weights.channels, channels_lost(np.arange(len(names) + 1)))
    points = (-lost).astype(np.int16)

    def weigh(one: Traits, other: Traits) -> Points:
        common = sum(np.bitwise_count(word[one[0]] & word[other[0]]).astype(np.intp) for word in sets)
        found: Points = points.take(common)
        return found

    yield Layer((channels,), weigh, 0)


def _bits(names: Sequence[str], held: frozenset[str]) -> int:
    """Write which of some names are held as the bits of a number."""
    return sum(1 << place for place, name in enumerate(names) if name in held)


def _unless(forbidden: Any, points: Any) -> Points:
    found: Points = np.where(forbidden, FORBIDDEN, points).astype(np.int16)
    return found


def _mixed_wrongly(rules: Rules, same: Any, known: Any) -> Any:
    """Tell whether a rule of the owner's keeps two departments apart; an unknown one is within none."""
    if not rules.is_mixing_hard:
        return known & False
    refused = {Mixing.ACROSS: known & same, Mixing.WITHIN: ~(known & same)}
    return refused.get(rules.mixing, known & False)


def _coded(values: Iterable[Hashable]) -> tuple[Numbers, list[Any]]:
    """Number values in the order in which they are met, and list them; None is unknown."""
    known: dict[Any, int] = {}
    codes = [UNKNOWN if value is None else known.setdefault(value, len(known)) for value in values]
    return np.array(codes, np.int64), list(known)


class _Minutes:
    """The working minutes that patterns share, -1 where one of two is not known.

    The week is cut wherever a pattern begins or ends, so that a product of matrices counts the minutes.
    """

    def __init__(self, patterns: Sequence[AtWork]) -> None:
        cuts = {0, MINUTES_A_WEEK}.union(
            minute for pattern in patterns for pair in pattern for minute in pair
        )
        edges = np.array(sorted(cuts), np.int64)
        self._at_work = np.zeros((len(patterns) + 1, len(edges) - 1), np.float32)
        for row, pattern in zip(self._at_work, patterns, strict=False):
            for begin, end in pattern:
                row[np.searchsorted(edges, begin) : np.searchsorted(edges, end)] = 1
        self._lengths = np.diff(edges).astype(np.float32)
        self.weeks = (self._at_work @ self._lengths).astype(np.int32)
        """How long each pattern's week is: of nobody are more shared minutes asked than they work."""

    def __call__(self, rows: Numbers, columns: Numbers) -> NDArray[np.int32]:
        if rows.ndim == 1:
            found = np.einsum("ij,ij,j->i", self._at_work[rows], self._at_work[columns], self._lengths)
            return np.where((rows < 0) | (columns < 0), UNKNOWN, found).astype(np.int32)
        kinds, which = np.unique(rows.ravel(), return_inverse=True)
        table = ((self._at_work[kinds] * self._lengths) @ self._at_work.T).astype(np.int32)
        table[kinds == UNKNOWN, :] = UNKNOWN
        table[:, UNKNOWN] = UNKNOWN
        return table[which][:, columns]


def _common(tongues: Sequence[frozenset[str]]) -> NDArray[np.int32]:
    """Count the languages two sets share; the last row and column stand for what is not known, -1."""
    found = np.full((len(tongues) + 1, len(tongues) + 1), UNKNOWN, np.int32)
    for row, one in enumerate(tongues):
        found[row, : len(tongues)] = [len(one & other) for other in tongues]
    return found
