"""Counting a programme's groups: what became of each round for how many people, and who met whom; pure.

A group counts that stands, or that met before it was dissolved: so everybody is seen where they are in the end.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from operator import attrgetter
from typing import Any, Final

from bot.ties import Meeting, Ties, pairs_of, put_together, ties
from models.rounds import MET, NOT_YET, STANDING, SWAP

SILENT: Final = "silent"
SAID: Final = (SILENT, NOT_YET, SWAP, MET)
"""What became of a round for somebody; of several the last counts. A mentor's no is a not yet."""


@dataclass(frozen=True)
class Group:
    """Who was put together in a round, and what they said of it."""

    number: int
    """The round's."""
    place: int
    answers: Mapping[str, str | None]
    stands: bool

    @property
    def has_met(self) -> bool:
        """Whether one of them said so."""
        return MET in self.answers.values()

    @property
    def counts(self) -> bool:
        """Whether it is one of those that are seen in the end."""
        return self.stands or self.has_met


def groups(rows: Iterable[Any]) -> Iterator[Group]:
    """Read groups from rows of number, group, place, state, person and answer, sorted by the first two."""
    for (number, _), team in groupby(rows, key=lambda row: (row[0], row[1])):
        people = list(team)
        _, _, place, state, *_ = people[0]
        yield Group(number, place, {row[4]: row[5] for row in people}, state == STANDING)


@dataclass
class Tally:
    """What was counted."""

    said: dict[int, Counter[str]] = field(default_factory=dict)
    """By round, of how many people what became."""
    people: set[str] = field(default_factory=set)
    """Whoever was in a group."""
    meetings: Counter[Meeting] = field(default_factory=Counter)
    kept: list[Group] = field(default_factory=list)
    """The groups of the round that was asked for, as they stand."""

    def ties(self, departments: Mapping[str, str]) -> Ties:
        """Find the ties, by the departments of today, keyed by person."""
        sizes = Counter(departments[who] for who in self.people if who in departments)
        met = (Meeting(each.number, each.one, each.other, many) for each, many in self.meetings.items())
        return ties(met, sizes)


def tally(every: Iterable[Group], departments: Mapping[str, str], *, keep: int | None = None) -> Tally:
    """Count groups, sorted by round; those of one round may be kept."""
    counted = Tally()
    for number, of_round in groupby(every, key=attrgetter("number")):
        best: dict[str, int] = {}
        seen = set[str]()
        parted: list[set[str]] = []
        for group in of_round:
            _note(group, best)
            if group.counts:
                seen.update(group.answers)
            # Who stayed together after somebody left them have met once, not twice.
            if group.has_met and not any(group.answers.keys() <= each for each in parted):
                team = {who: departments.get(who) for who in group.answers}
                counted.meetings.update(pairs_of(number, team))
                parted += [set(group.answers)] * (not group.stands)
            if (
                number == keep and group.stands
            ):  # one that met before it was dissolved would say so of its people
                counted.kept.append(group)
        counted.said[number] = Counter(SAID[best[who]] for who in seen)
        counted.people |= seen
    return counted


def _note(group: Group, best: dict[str, int]) -> None:
    """Remember of each person the best that became of the round."""
    for who, answer in group.answers.items():
        code = SAID.index(MET) if group.has_met else _code(answer)
        best[who] = max(best.get(who, 0), code)


def _code(answer: str | None) -> int:
    if answer is None:
        return 0
    return SAID.index(answer if answer in SAID else NOT_YET)


@dataclass(frozen=True)
class Unmet:
    """How many of those who did not meet said one of these things: put together, where few said one of them."""

    said: tuple[str, ...]
    count: int


def unmet(said: Mapping[str, int]) -> tuple[Unmet, ...]:
    """Say what those said who did not meet, of none of whom it is to be known; empty where that cannot be.

    A count of nobody tells as much as one of everybody, so it is put together with others as a small one is.
    """
    counts = {word: said.get(word, 0) for word in (NOT_YET, SWAP, SILENT)}
    joined = put_together(counts)
    if len(joined) == len(counts):
        return ()
    apart = [Unmet((word,), count) for word, count in counts.items() if word not in joined]
    together = tuple(word for word in counts if word in joined)
    return (*apart, Unmet(together, sum(counts[word] for word in together))) if together else tuple(apart)
