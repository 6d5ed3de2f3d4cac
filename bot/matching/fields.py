"""Everybody of a round as arrays: how well they fit and who may not meet, thousands of pairs at a time.

What many people have alike comes from layers (`bot/matching/layers.py`); what is a person's own, skills,
exclusions, manager and history, is laid over them. No array has a cell for every pair.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from bot.matching.affinity import Meetings, newness_lost, skills_fit, weighed
from bot.matching.layers import (
    FORBIDDEN,
    UNKNOWN,
    Layer,
    Numbers,
    Points,
    acquaintance,
    belonging,
    working_life,
)
from bot.matching.links import Links, Taught
from bot.matching.people import Person, Rules

CELLS: Final = 1_000_000
"""Of a block: a few megabytes."""
Cells = tuple[Numbers, Numbers, Points]
Least = Callable[[Numbers, Numbers], NDArray[Any]]
"""Says of cells how many points are of no interest."""
EITHER, MENTOR, MENTEE = range(3)


class Field:
    """The places to fill in a round, numbered from 0: a person each, or a mentor as often as they take mentees."""

    def __init__(self, people: Sequence[Person], meetings: Meetings, rules: Rules) -> None:
        self.rules, self.meetings = rules, meetings
        self.people, sides = _places(people, rules)
        self.size = len(self.people)
        self._apart = np.zeros(max(CELLS, self.size), np.int16)
        alike = belonging(self.people, sides, rules), working_life(self.people, rules)
        self._layers = (*alike, *acquaintance(self.people, rules))
        self._skill_points = weighed(rules.weights.skills, skills_fit(np.arange(256))).astype(np.int16)
        self._relate()

    def _relate(self) -> None:
        """Find, for every place, the places it has something to do with."""
        at: dict[str, list[int]] = {}
        for place, person in enumerate(self.people):
            at.setdefault(person.id, []).append(place)
        self._taught = Taught(self.people)
        self._barred = Links.of(self.size, list(_barred(self.people, at)))
        met = [
            (one, other, number)
            for (first, second), number in self.meetings.last_met.items()
            for one in at.get(first, ())
            for other in at.get(second, ())
        ]
        self._met = Links.of(self.size, met)

    def blocks(self) -> Iterator[Numbers]:
        """Cut all places into blocks that are small enough for `affinities`."""
        rows = max(1, CELLS // max(1, self.size))
        for begin in range(0, self.size, rows):
            yield np.arange(begin, min(begin + rows, self.size))

    def affinities(self, rows: Numbers, *, with_repeats: bool = False) -> Points:
        """Weigh some places against all; who may not meet, or only as a repeat, is below 0."""
        found = self._summed(lambda layer: layer.block(rows))
        cells = found.reshape(-1)
        row, other, taught = self._taught.cells(rows)
        cells[row * self.size + other] += self._skill_points[np.minimum(taught, 255)]
        row, other, met_in = self._met.cells(rows)
        cells[row * self.size + other] += self._met_points(met_in, with_repeats=with_repeats)
        row, other, _ = self._barred.cells(rows)
        cells[row * self.size + other] = FORBIDDEN
        return found

    def most_untaught(self) -> Points:
        """Say for every place what it can be worth at most to those with whom it shares no skill."""
        return self._summed(Layer.most)

    def _summed(self, weigh: Callable[[Layer], Points]) -> Points:
        """Add up what the layers say."""
        first, *others = self._layers
        found = weigh(first)
        for layer in others:
            found += weigh(layer)
        return found

    def partly(self, rows: Numbers, columns: Numbers, least: Least | None = None) -> tuple[Points, Cells]:
        """Weigh some places against some, and against all others where one can teach the other something.

        The second is cells: the position of the place among these, the other, and what they are worth. Those that are
        not worth more than the least that is asked of them may be left out.
        """
        row, other, taught = self._taught.cells(rows)
        points = self._skill_points[np.minimum(taught, 255)]
        position = np.full(self.size, UNKNOWN, np.int64)
        position[columns] = np.arange(len(columns))
        block = self._summed(lambda layer: layer.block(rows, columns))
        if len(columns):
            inside = position[other] >= 0
            block[row[inside], position[other[inside]]] += points[inside]
            row, other, points = row[~inside], other[~inside], points[~inside]
        counts = np.bincount(row, minlength=len(rows))
        points += self._summed(lambda layer: layer.lists(rows, counts, other))
        if least:
            # What people lose by having met is looked up for the few that are left.
            kept = np.flatnonzero(points > least(row, other))
            row, other, points = row[kept], other[kept], points[kept]
        self._restrict(rows, position, block, (row, other, points))
        return block, (row, other, points)

    def _restrict(self, rows: Numbers, position: Numbers, block: Points, cells: Cells) -> None:
        """Take off what people lose by having met, and forbid what the rules forbid."""
        row, other, points = cells
        met, partner, met_in = self._met.cells(rows)
        lost = self._met_points(met_in, with_repeats=False)
        barred, refused, _ = self._barred.cells(rows)
        inside, within = position[partner] >= 0, position[refused] >= 0
        block[met[inside], position[partner[inside]]] += lost[inside]
        block[barred[within], position[refused[within]]] = FORBIDDEN
        self._apart[met * self.size + partner] = lost
        self._apart[barred * self.size + refused] = FORBIDDEN
        points += self._apart[row * self.size + other]
        self._apart[met * self.size + partner] = 0
        self._apart[barred * self.size + refused] = 0

    def between(self, rows: Numbers, columns: Numbers) -> Points:
        """Weigh some places against some; who may not meet, or only as a repeat, is below 0."""
        found = self._summed(lambda layer: layer.block(rows, columns))
        row, position, taught = self._taught.cells(rows, columns)
        found[row, position] += self._skill_points[np.minimum(taught, 255)]
        at = np.full(self.size, UNKNOWN, np.int64)
        at[columns] = np.arange(len(columns))
        row, other, met_in = self._met.cells(rows)
        here = at[other] >= 0
        found[row[here], at[other[here]]] += self._met_points(met_in[here], with_repeats=False)
        row, other, _ = self._barred.cells(rows)
        here = at[other] >= 0
        found[row[here], at[other[here]]] = FORBIDDEN
        return found

    def square(self, places: Numbers, *, with_repeats: bool = False) -> Points:
        """Weigh some places against each other."""
        rows = max(1, CELLS // max(1, self.size))
        parts = [places[begin : begin + rows] for begin in range(0, len(places), rows)]
        found = [self.affinities(part, with_repeats=with_repeats)[:, places] for part in parts]
        return np.concatenate(found) if found else np.zeros((0, 0), np.int16)

    def repeats(self) -> tuple[Numbers, Numbers, Numbers]:
        """List who could only meet again too soon: two places, the first one smaller, and the round they met in."""
        first, second, met_in = self._met.cells(np.arange(self.size))
        kept = (first < second) & self._is_repeat(met_in)
        return first[kept], second[kept], met_in[kept]

    def met_too_soon(self, place: int) -> dict[int, int]:
        """Give whom a place could only meet as a repeat, and the round they met in."""
        others, met_in = self._met.row(place)
        too_soon = self._is_repeat(met_in)
        return dict(zip(others[too_soon].tolist(), met_in[too_soon].tolist(), strict=True))

    def ages(self, places: Numbers) -> Numbers:
        """Give the round in which each two of some places met, where that makes them a repeat, else -1."""
        found = np.full((len(places), len(places)), UNKNOWN, np.int64)
        position = np.full(self.size, UNKNOWN, np.int64)
        position[places] = np.arange(len(places))
        row, other, met_in = self._met.cells(places)
        here = (position[other] >= 0) & self._is_repeat(met_in)
        found[row[here], position[other[here]]] = met_in[here]
        return found

    def pairs(self, first: Numbers, second: Numbers) -> Points:
        """Weigh each of some places against one other, repeats included."""
        found = self._summed(lambda layer: layer.pairs(first, second))
        both = [
            (self.people[a], self.people[b]) for a, b in zip(first.tolist(), second.tolist(), strict=True)
        ]
        taught = [len(a.offers & b.wants) + len(b.offers & a.wants) for a, b in both]
        found += self._skill_points[np.minimum(np.array(taught, np.int64), 255)]
        met = [self.meetings.met_in(a.id, b.id) for a, b in both] if self.meetings.last_met else []
        again = [at for at, met_in in enumerate(met) if met_in is not None]
        met_in = np.array([met[at] for at in again], np.int64)
        found[again] += self._met_points(met_in, with_repeats=True)
        found[self._barred.has(first, second)] = FORBIDDEN
        return found

    def _met_points(self, met_in: Numbers, *, with_repeats: bool) -> Points:
        lost = weighed(self.rules.weights.newness, newness_lost(self.meetings.number - met_in))
        refused = self._is_repeat(met_in) & (not with_repeats)
        found: Points = np.where(refused, FORBIDDEN, -lost).astype(np.int16)
        return found

    def _is_repeat(self, met_in: Any) -> Any:
        return self.meetings.number - met_in <= self.rules.repeat_window


def _places(people: Sequence[Person], rules: Rules) -> tuple[list[Person], list[int]]:
    """List who fills each place, and on which side."""
    if not rules.is_mentoring:
        return list(people), [EITHER] * len(people)
    mentors = [person for person in people for _ in range(person.mentees)]
    mentees = [person for person in people if person.seeks_mentor]
    return mentors + mentees, [MENTOR] * len(mentors) + [MENTEE] * len(mentees)


def _barred(people: Sequence[Person], at: dict[str, list[int]]) -> Iterator[tuple[int, int, int]]:
    """Find whom each place may never meet: itself, a manager, an exclusion."""
    for place, person in enumerate(people):
        for other in (*person.excludes, person.manager, person.id):
            for there in at.get(other or "", ()):
                yield place, there, 0
