"""Reporting lines that lead back to where they began: finding them, and leaving out what would close them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

Circle = tuple[str, ...]
"""People of whom each reports to the next, and the last to the first."""
ROUNDS: Final = 50
"""To take a manager back may close another circle by the one who stood before; nobody's roster does that so often."""


@dataclass(frozen=True)
class Untangled:
    """The new managers that close no circle, and by person the circle that theirs would have closed."""

    managers: dict[str, str | None]
    refused: dict[str, Circle]


def circles(managers: Mapping[str, str | None]) -> list[Circle]:
    """Find all circles among people and their managers; each person is passed once."""
    found: list[Circle] = []
    passed: dict[str, int] = {}
    for number, start in enumerate(managers):
        path: list[str] = []
        at: str | None = start
        while at is not None and at not in passed:
            passed[at] = number
            path.append(at)
            at = managers.get(at)
        if at is not None and passed[at] == number and path:
            found.append(tuple(path[path.index(at) :]))
    return found


def untangle(standing: Mapping[str, str | None], wanted: Mapping[str, str | None]) -> Untangled:
    """Lay new managers over those that stand, leaving out every one that is part of a circle.

    Circles that have nothing to do with the new ones are not ours to mend.
    """
    kept = dict(wanted)
    refused: dict[str, Circle] = {}
    for _ in range(ROUNDS):
        closed = {
            person: circle
            for circle in circles({**standing, **kept})
            for person in circle
            if kept.get(person) is not None
        }
        if not closed:
            break
        refused |= closed
        for person in closed:
            del kept[person]
    return Untangled(kept, refused)
