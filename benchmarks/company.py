"""A made-up company of any size: departments, time zones, working hours, skills, languages, a line of reporting."""

from __future__ import annotations

import random
from datetime import date

from bot.matching import Person
from bot.matching.people import MINUTES_A_WEEK, AtWork

OFFSETS = {"San Francisco": -8, "New York": -5, "London": 0, "Berlin": 1, "Rome": 1, "Bangalore": 5.5}
"""Hours ahead of UTC."""
SKILLS, OFFERED, WANTED = 150, 3, 2
LANGUAGES = ("de", "fr", "es", "hi")
REPORTS, A_DAY, WORKING = 8, 24 * 60, 8 * 60
ONLY_ONE_LANGUAGE = 0.02
"""So many speak no English, and can talk to few."""


def company(count: int, seed: int = 1) -> list[Person]:
    """Make up so many people, always the same ones for a seed."""
    chance = random.Random(seed)
    departments = [f"Department {number}" for number in range(max(3, min(40, count // 25)))]
    return [_person(chance, place, departments) for place in range(count)]


def _person(chance: random.Random, place: int, departments: list[str]) -> Person:
    location, skills = chance.choice(list(OFFSETS)), [f"Skill {number}" for number in range(SKILLS)]
    languages = {"en", *chance.sample(LANGUAGES, chance.choice([0, 0, 1]))}
    if chance.random() < ONLY_ONE_LANGUAGE:
        languages = {chance.choice(LANGUAGES)}
    return Person(
        name_of(place),
        department=chance.choice(departments),
        manager=name_of(place // REPORTS) if place else None,
        location=location,
        started_on=date(2010 + min(15, int(chance.expovariate(0.25))), chance.randint(1, 12), 1),
        offers=frozenset(chance.sample(skills, OFFERED)),
        wants=frozenset(chance.sample(skills, WANTED)),
        languages=frozenset(languages),
        at_work=_week(OFFSETS[location], chance.choice([8, 9, 9, 10])),
        excludes=frozenset({name_of(chance.randrange(max(1, place)))} if chance.random() < 0.1 else ()),
    )


def name_of(place: int) -> str:
    """Give the id of a person by their number."""
    return f"U{place:06}"


def _week(offset: float, starts: int) -> AtWork:
    """Place five working days, Monday to Friday there, in the week of UTC."""
    begins = [(day * A_DAY + starts * 60 - round(offset * 60)) % MINUTES_A_WEEK for day in range(5)]
    return tuple(sorted((begin, min(begin + WORKING, MINUTES_A_WEEK)) for begin in begins))
