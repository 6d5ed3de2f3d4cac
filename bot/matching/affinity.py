"""How well two people fit: a sum of named terms, from which "why you two" is written as well.

Each term says per mille how well two people fit in one respect, as whole numbers and alike for two people and for
arrays of them: a round weighs millions of pairs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from bot.matching.people import LONG_AGO_ROUNDS, AtWork, History, Mixing, Person, Rules, Weights
from bot.matching.results import (
    NeverMet,
    NotMetFor,
    OfferedSkill,
    OtherDepartments,
    Reason,
    SameDepartment,
    SameLocation,
    SharedHours,
    SharedLanguage,
    TenureApart,
)

Whole = NDArray[Any] | int | np.integer[Any]
"""A whole number, or an array of them."""

SKILL_STEPS: Final = np.array([0, 600, 800, 900, 1000], dtype=np.int32)
"""By how many skills one can teach the other, both ways together: the first counts most."""
PLENTY_OF_MINUTES: Final = 20 * 60
FAR_APART_YEARS: Final = 4
MANY_CHANNELS: Final = 4
PER_MILLE: Final = 1000


def _capped(value: Whole, most: int) -> Any:
    """Take no more than the most; of two people at a time numpy would be slow."""
    return min(value, most) if isinstance(value, int) else np.minimum(value, most)


def skills_fit(taught: Whole) -> Any:
    """Weigh how many skills one offers and the other wants, both ways together."""
    return SKILL_STEPS[_capped(taught, len(SKILL_STEPS) - 1)]


def department_fit(mixing: Mixing, is_same: Any, is_known: Any) -> Any:
    """Weigh whether two departments are the same, as the programme wishes; unknown ones are no help."""
    is_wished = mixing in (Mixing.ACROSS, Mixing.WITHIN)
    return (is_known & is_wished & (is_same ^ (mixing is Mixing.ACROSS))) * PER_MILLE


def hours_fit(minutes: Whole) -> Any:
    """Weigh the working minutes a week that two people share; nothing is gained beyond plenty."""
    return _capped(minutes, PLENTY_OF_MINUTES) * PER_MILLE // PLENTY_OF_MINUTES


def tenure_fit(years: Whole) -> Any:
    """Weigh how many years apart two people joined: those far apart have more to tell each other."""
    return _capped(years, FAR_APART_YEARS) * PER_MILLE // FAR_APART_YEARS


def newness_lost(ago: Whole) -> Any:
    """Weigh that two met so many rounds ago, which people who never met do not lose."""
    return PER_MILLE - _capped(ago, LONG_AGO_ROUNDS) * (PER_MILLE // 2) // LONG_AGO_ROUNDS


def language_fit(common: Whole) -> Any:
    """Weigh how many languages two people share; a second one helps where the first is nobody's own."""
    return _capped(common, 2) * (PER_MILLE // 2)


def location_fit(is_same: Any) -> Any:
    """Weigh that two people could meet in person."""
    return is_same * PER_MILLE


def channels_lost(common: Whole) -> Any:
    """Weigh that two share so many channels, which people who are not known to share any do not lose.

    They hear of each other there anyway. It is never told as a reason: it would say where somebody is, or is not.
    """
    return _capped(common, MANY_CHANNELS) * PER_MILLE // MANY_CHANNELS


def weighed(weight: int, fit: Any) -> Any:
    """Turn a fit per mille into points."""
    return weight * fit // PER_MILLE


def year_of(day: date) -> int:
    """Give the year of a start date as a number whose differences are years of tenure."""
    return day.toordinal() * 4 // 1461


@lru_cache(maxsize=4096)
def shared_minutes(first: AtWork, second: AtWork) -> int:
    """Count the minutes of the week in which two people are at work."""
    overlaps = (min(a[1], b[1]) - max(a[0], b[0]) for a in first for b in second)
    return sum(minutes for minutes in overlaps if minutes > 0)


@dataclass(frozen=True)
class Meetings:
    """When two people last met; pairs are named with the smaller id first."""

    number: int
    last_met: dict[tuple[str, str], int]

    @classmethod
    def of(cls, history: History) -> Meetings:
        """Read a history, in which everybody in a group meets everybody else in it."""
        last_met: dict[tuple[str, str], int] = {}
        for number in sorted(history.rounds):
            for group in history.rounds[number]:
                last_met.update(dict.fromkeys(pairs_in(group), number))
        return cls(history.number, last_met)

    def met_in(self, first: str, second: str) -> int | None:
        """Give the number of the round in which two people last met."""
        return self.last_met.get((min(first, second), max(first, second)))

    def ago(self, first: str, second: str) -> int | None:
        """Give how many rounds ago two people last met."""
        met_in = self.met_in(first, second)
        return None if met_in is None else self.number - met_in

    def repeat(self, first: str, second: str, rules: Rules) -> int | None:
        """Give the round two people met in, if it is too short ago for them to meet again."""
        met_in = self.met_in(first, second)
        return met_in if met_in is not None and self.number - met_in <= rules.repeat_window else None


def pairs_in(group: tuple[str, ...]) -> list[tuple[str, str]]:
    """List the pairs in a group, the smaller id first."""
    members = sorted(group)
    return [(first, second) for place, first in enumerate(members) for second in members[place + 1 :]]


def terms(
    first: Person, second: Person, meetings: Meetings, rules: Rules
) -> Iterator[tuple[int, Reason | None]]:
    """Give the points of each term, and the reason that may be told for them, where there is one to tell."""
    weights = rules.weights
    if second.id < first.id:
        first, second = second, first
    taught = _taught(first, second)
    yield weighed(weights.skills, int(skills_fit(len(taught)))), taught[0] if taught else None
    yield from _of_profiles(first, second, rules)
    yield _newness(first, second, meetings, weights)
    shared = len(first.channels & second.channels)
    yield weights.channels - weighed(weights.channels, channels_lost(shared)), None


def affinity(first: Person, second: Person, meetings: Meetings, rules: Rules) -> int:
    """Say how well two people fit, from 0 to 1000."""
    return sum(int(points) for points, _ in terms(first, second, meetings, rules))


def _taught(first: Person, second: Person) -> list[OfferedSkill]:
    """List what one can teach the other, both ways, in the order of the alphabet."""
    return [
        OfferedSkill(skill, teacher.id, learner.id)
        for teacher, learner in ((first, second), (second, first))
        for skill in sorted(teacher.offers & learner.wants)
    ]


def _of_profiles(first: Person, second: Person, rules: Rules) -> Iterator[tuple[int, Reason | None]]:
    """Weigh what many people have alike."""
    weights = rules.weights
    one, other = first.department, second.department
    fit = department_fit(rules.mixing, one == other, one is not None and other is not None)
    yield weighed(weights.department, int(fit)), _departments(first, second)
    minutes = shared_minutes(first.at_work, second.at_work)
    yield weighed(weights.hours, hours_fit(minutes)), SharedHours(minutes // 60) if minutes >= 60 else None
    if first.started_on and second.started_on:
        years = abs(year_of(first.started_on) - year_of(second.started_on))
        yield weighed(weights.tenure, tenure_fit(years)), TenureApart(years)
    common = first.languages & second.languages
    yield weighed(weights.language, language_fit(len(common))), SharedLanguage(min(common, default=""))
    if first.location is not None and first.location == second.location:
        yield weighed(weights.location, PER_MILLE), SameLocation(first.location)


def _departments(first: Person, second: Person) -> Reason | None:
    if first.department is None or second.department is None:
        return None
    if first.department == second.department:
        return SameDepartment(first.department)
    return OtherDepartments(first.department, second.department)


def _newness(first: Person, second: Person, meetings: Meetings, weights: Weights) -> tuple[int, Reason]:
    ago = meetings.ago(first.id, second.id)
    if ago is None:
        return weights.newness, NeverMet()
    return weights.newness - weighed(weights.newness, newness_lost(ago)), NotMetFor(ago)
