"""Greedy by weight as a bot in plain Python does it: weigh all pairs one by one, sort them, take each still free.

It starts from people, as Trellis does, and is given nothing that Trellis computes. Rules and weights are the same,
written anew for two people at a time and without detours: no reasons are made, what two working weeks or two sets of
languages have in common is worked out once, and a pair that may not meet is weighed no further. Nobody has met before
or shares a channel. That its sums are ours is checked in each run.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import TypeVar

from benchmarks.matching_rules import RULES
from bot.matching import Person
from bot.matching.affinity import shared_minutes
from bot.matching.people import AtWork

Weighed = list[tuple[int, int, int]]
"""What two are worth to each other, and their places."""
Kind = TypeVar("Kind", bound=Hashable)
FORBIDDEN = -1_000_000

WEIGHTS = RULES.weights
STRANGERS = WEIGHTS.newness + WEIGHTS.channels
OF_SKILLS = [WEIGHTS.skills * share // 1000 for share in (0, 600, 800, 900, *[1000] * 9)]
OF_YEARS = [WEIGHTS.tenure * (250 * min(years, 4)) // 1000 for years in range(100)]
PLENTY = 20 * 60


def greedy(people: Sequence[Person]) -> tuple[int, list[tuple[int, int]]]:
    """Match people; give the sum of what pairs are worth, and the pairs."""
    every = weighed(people)
    every.sort(reverse=True)
    free, pairs, total = set(range(len(people))), [], 0
    for worth, a, b in every:
        if a in free and b in free:
            free -= {a, b}
            pairs.append((a, b))
            total += worth
    return total, pairs


def weighed(people: Sequence[Person]) -> Weighed:
    """Weigh all pairs that may meet."""
    week_of, hours = _compared([person.at_work for person in people], _of_hours)
    tongue_of, languages = _compared([person.languages for person in people], _of_languages)
    rows = [
        (
            each.id,
            each.manager,
            each.excludes,
            each.department,
            each.location,
            _year(each),
            each.offers,
            each.wants,
        )
        for each in people
    ]
    every: Weighed = []
    for a, (name, manager, excludes, department, location, year, offers, wants) in enumerate(rows):
        of_week, of_tongue = hours[week_of[a]], languages[tongue_of[a]]
        for b in range(a + 1, len(rows)):
            worth = of_week[week_of[b]] + of_tongue[tongue_of[b]]
            their, boss, refused, division, city, joined, offered, wanted = rows[b]
            if worth < 0 or their == manager or boss == name or their in excludes or name in refused:
                continue
            worth += STRANGERS + OF_YEARS[abs(year - joined)]
            worth += OF_SKILLS[len(offers & wanted) + len(wants & offered)]
            if department != division:
                worth += WEIGHTS.department
            if location == city:
                worth += WEIGHTS.location
            every.append((worth, a, b))
    return every


def _year(person: Person) -> int:
    return person.started_on.toordinal() * 4 // 1461 if person.started_on else 0


def _compared(
    kinds: Sequence[Kind], compare: Callable[[Kind, Kind], int]
) -> tuple[list[int], list[list[int]]]:
    """Number what occurs, and compare each two of them once."""
    known = {kind: number for number, kind in enumerate(dict.fromkeys(kinds))}
    return [known[kind] for kind in kinds], [[compare(one, other) for other in known] for one in known]


def _of_hours(one: AtWork, other: AtWork) -> int:
    minutes = shared_minutes(one, other)
    if minutes < RULES.least_shared_minutes:
        return FORBIDDEN
    return WEIGHTS.hours * (min(minutes, PLENTY) * 1000 // PLENTY) // 1000


def _of_languages(one: frozenset[str], other: frozenset[str]) -> int:
    common = len(one & other)
    return WEIGHTS.language * min(common, 2) * 500 // 1000 if common else FORBIDDEN
