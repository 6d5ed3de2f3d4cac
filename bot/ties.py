"""Ties between departments: which have met, how often, and since which round; pure.

Nothing is said of a department that few people of take part: the small ones are put together, and never one alone,
as its figure would then be the rest of a total.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Final

from bot.attributes import comparable

FEWEST: Final = 5
"""Of fewer people no figure is shown."""
MOST: Final = 16
"""So many departments are told apart; what is larger than that can neither be drawn nor read."""
FEWEST_TOGETHER: Final = 2


@dataclass(frozen=True)
class Meeting:
    """So many times in a round somebody of a department met somebody of another; named as people wrote them."""

    number: int
    one: str
    other: str
    count: int = 1


@dataclass(frozen=True)
class Tie:
    """Two departments whose people have met; None stands for the smaller departments together."""

    one: str | None
    other: str | None
    meetings: int
    since: int
    """The number of the round in which they met first."""


@dataclass(frozen=True)
class Ties:
    """All departments that can be told apart, by name, and the ties between them, those of most meetings first."""

    departments: tuple[str | None, ...]
    ties: tuple[Tie, ...]

    @property
    def possible(self) -> int:
        """How many ties there can be."""
        return len(list(combinations(self.departments, 2)))

    def new_in(self, number: int) -> tuple[Tie, ...]:
        """Choose those of which a round was the first."""
        return tuple(tie for tie in self.ties if tie.since == number)

    def before(self, number: int) -> tuple[Tie, ...]:
        """Choose those that there were before a round."""
        return tuple(tie for tie in self.ties if tie.since < number)


def pairs_of(number: int, people: Mapping[str, str | None]) -> Iterable[Meeting]:
    """Give the meetings of one group: its people's departments by id, None where that is not known."""
    known = [department for _, department in sorted(people.items()) if department is not None]
    return [Meeting(number, one, other) for one, other in combinations(known, 2)]


def ties(meetings: Iterable[Meeting], people: Mapping[str, int]) -> Ties:
    """Find the ties; `people` says of how many people of each department figures may be made."""
    sizes, spelling = _alike(people)
    shown = _told_apart(sizes, spelling)
    counts: dict[tuple[str | None, str | None], int] = {}
    since: dict[tuple[str | None, str | None], int] = {}
    for meeting in meetings:
        one, other = comparable(meeting.one), comparable(meeting.other)
        if not shown.keys() >= {one, other} or shown[one] == shown[other]:
            continue
        pair = _in_order(shown[one], shown[other])
        counts[pair] = counts.get(pair, 0) + meeting.count
        since[pair] = min(since.get(pair, meeting.number), meeting.number)
    found = [Tie(*pair, count, since[pair]) for pair, count in counts.items()]
    departments = sorted(set(shown.values()), key=_place)
    return Ties(tuple(departments), tuple(sorted(found, key=_weight)))


def _alike(people: Mapping[str, int]) -> tuple[dict[str, int], dict[str, str]]:
    """Add up what is the same written differently, and choose how most write it; both by comparable name."""
    sizes: dict[str, int] = {}
    spelling: dict[str, str] = {}
    for name in sorted(people, key=lambda name: (people[name], name)):
        sizes[comparable(name)] = sizes.get(comparable(name), 0) + people[name]
        spelling[comparable(name)] = name
    return sizes, spelling


def _told_apart(sizes: Mapping[str, int], spelling: Mapping[str, str]) -> dict[str, str | None]:
    """Say as what each department is shown, by comparable name: its own name, or None among the smaller ones."""
    joined = put_together(sizes, most=MOST)
    return {name: None if name in joined else spelling[name] for name in sizes}


def put_together(
    sizes: Mapping[str, int], *, fewest: int = FEWEST, most: int | None = None
) -> frozenset[str]:
    """Name what is shown as one, so that no figure is of fewer people than that, nor the rest of a total.

    That are all that are too small, the smallest beyond as many as can be shown, and, if this is one alone or still
    too few people, the next smallest.
    """
    in_order = sorted(sizes, key=lambda name: (sizes[name], name))
    joined = sum(size < fewest for size in sizes.values())
    if most is not None and len(in_order) > most:
        joined = max(joined, len(in_order) - most + 1)
    while 0 < joined < len(in_order) and _is_telling([sizes[name] for name in in_order[:joined]], fewest):
        joined += 1
    return frozenset(in_order[:joined])


def _is_telling(joined: list[int], fewest: int) -> bool:
    return len(joined) < FEWEST_TOGETHER or sum(joined) < fewest


def _in_order(one: str | None, other: str | None) -> tuple[str | None, str | None]:
    return (one, other) if _place(one) < _place(other) else (other, one)


def _place(name: str | None) -> tuple[bool, str, str]:
    """Sort by name, the smaller ones last."""
    return name is None, comparable(name or ""), name or ""


def _weight(tie: Tie) -> tuple[int, tuple[bool, str, str], tuple[bool, str, str]]:
    return -tie.meetings, _place(tie.one), _place(tie.other)
