"""Rounds to try the matching on: small ones with everything that makes matching hard, and companies of any size."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from itertools import pairwise

from bot.matching.people import AtWork, History, Mixing, Person, Round, Rules

DAY = 24 * 60
EARLY: AtWork = tuple((day * DAY + 7 * 60, day * DAY + 15 * 60) for day in range(5))
LATE: AtWork = tuple((day * DAY + 14 * 60, day * DAY + 22 * 60) for day in range(5))
NIGHT: AtWork = tuple((day * DAY + 22 * 60, day * DAY + 24 * 60) for day in range(5))
SHORT: AtWork = ((9 * 60, 11 * 60),)
"""A morning a week."""
SKILLS = ("sql", "sales", "talks", "hiring", "python", "writing", "budgets")


def ids(count: int) -> list[str]:
    return [f"U{number:04}" for number in range(count)]


def alike(count: int) -> list[Person]:
    """People of whom nothing is known."""
    return [Person(name) for name in ids(count)]


def some(chance: random.Random, values: Sequence[str], most: int) -> frozenset[str]:
    return frozenset(chance.sample(values, chance.randint(0, most)))


def small_round(seed: int, most: int = 10) -> Round:
    """A few people, with exclusions, hubs, ties, a history and a ledger, more or less of each."""
    chance = random.Random(seed)
    names = ids(chance.randint(2, most))
    everything = chance.random() < 0.7
    people = [_person(chance, names, name, everything=everything) for name in names]
    if chance.random() < 0.3:
        people = _with_hubs(chance, people)
    number = chance.randint(1, 12)
    rules = Rules(
        mixing=chance.choice([Mixing.ANY, Mixing.ACROSS, Mixing.WITHIN]),
        is_mixing_hard=chance.random() < 0.3,
        repeat_window=chance.choice([0, 1, 3, 6, 20]),
        least_shared_minutes=chance.choice([0, 120, 600]),
    )
    return Round(tuple(people), History(number, _rounds(chance, names, number)), rules, seed)


def _person(chance: random.Random, names: list[str], name: str, *, everything: bool) -> Person:
    burdened = chance.choice([None, None, 1, 2, 3])
    refused = frozenset(chance.sample(names, chance.choice([0, 0, 0, 1, 2, len(names) // 2]))) - {name}
    person = Person(name, excludes=refused, in_three_in=burdened, left_over_in=chance.choice([None, None, 4]))
    if not everything:
        return person
    return replace(
        person,
        department=chance.choice([None, "Sales", "Design", "Legal"]),
        manager=chance.choice([None, None, *names]),
        location=chance.choice([None, "Rome", "Oslo"]),
        started_on=chance.choice([None, date(2014, 5, 1), date(2020, 2, 29), date(2026, 1, 1)]),
        offers=some(chance, SKILLS, 3),
        wants=some(chance, SKILLS, 3),
        languages=chance.choice([frozenset(), frozenset({"en"}), frozenset({"en", "fi"}), frozenset({"fi"})]),
        at_work=chance.choice([(), EARLY, EARLY, LATE, LATE, NIGHT, SHORT]),
        channels=some(chance, ("CTEA", "CRUN", "CHESS", "CINEMA", "CHOIR"), 5),
    )


def _with_hubs(chance: random.Random, people: list[Person]) -> list[Person]:
    """Let most of them refuse everybody but a few."""
    hubs = {person.id for person in people[: chance.randint(1, 3)]}
    others = frozenset(person.id for person in people) - hubs
    return [each if each.id in hubs else replace(each, excludes=others - {each.id}) for each in people]


def _rounds(chance: random.Random, names: list[str], number: int) -> dict[int, tuple[tuple[str, ...], ...]]:
    rounds = {}
    for before in range(max(0, number - chance.choice([0, 2, 5, 12])), number):
        chance.shuffle(names)
        size = chance.choice([2, 2, 2, 3])
        cuts = [*range(0, len(names), size), len(names)]
        rounds[before] = tuple(tuple(names[a:b]) for a, b in pairwise(cuts) if b - a > 1)
    names.sort()
    return rounds


def company(count: int, seed: int = 1) -> list[Person]:
    """People of several departments and working hours, who teach and want to learn, most of whom could meet."""
    chance = random.Random(seed)
    departments = [f"Department {number}" for number in range(max(3, min(40, count // 25)))]
    skills = [f"Skill {number}" for number in range(60)]
    return [
        Person(
            name,
            department=chance.choice(departments),
            manager=f"U{place // 8:04}" if place else None,
            location=f"City {chance.randrange(8)}",
            started_on=date(2010 + chance.randrange(16), chance.randint(1, 12), 1),
            offers=frozenset(chance.sample(skills, 3)),
            wants=frozenset(chance.sample(skills, 3)),
            languages=frozenset({"en", *chance.sample(["de", "fr", "hi"], chance.choice([0, 1]))}),
            at_work=chance.choice([EARLY, EARLY, LATE]),
        )
        for place, name in enumerate(ids(count))
    ]
