"""What may be told about a round: why people are in a group, why somebody is not, and what had to be relaxed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import combinations
from typing import Final

from bot.matching.affinity import Meetings, pairs_in, terms
from bot.matching.people import Person, Rules
from bot.matching.results import (
    Group,
    GuestsStayOut,
    LeftOver,
    MentorsTaken,
    NobodyFree,
    NotAsked,
    NotMetFor,
    OtherSize,
    Reason,
    Relaxation,
    Repeat,
    WhyLeftOver,
)

MOST_REASONS = 2


def explained(members: Sequence[Person], meetings: Meetings, rules: Rules) -> Group:
    """Make a group of people, with the strongest reasons for it; the order of members is kept."""
    known = [term for pair in combinations(members, 2) for term in terms(*pair, meetings, rules)]
    told = [(points, reason) for points, reason in known if reason is not None and points > 0]
    told.sort(key=lambda each: -each[0])
    reasons = _of_two_kinds([reason for _, reason in told if not _is_lately(reason, rules)])
    return Group(tuple(person.id for person in members), reasons, sum(int(points) for points, _ in known))


def _is_lately(reason: Reason, rules: Rules) -> bool:
    """Whether a reason is that two met not long ago, which speaks against them rather than for them."""
    return isinstance(reason, NotMetFor) and reason.rounds <= max(rules.repeat_window, LAST_ROUND)


LAST_ROUND: Final = 1
"""Rounds ago; that is lately even where people may meet again at once."""


def _of_two_kinds(reasons: Sequence[Reason]) -> tuple[Reason, ...]:
    """Take the strongest, and the strongest of another kind if there is one."""
    others = [reason for reason in reasons[1:] if type(reason) is not type(reasons[0])]
    return (*reasons[:1], *(others or [each for each in reasons[1:] if each != reasons[0]]))[:MOST_REASONS]


def left_over(person: Person, rules: Rules) -> LeftOver:
    """Say why somebody has no group, in a way that is the same whoever excluded whom."""
    return LeftOver(person.id, _why(person, rules))


def _why(person: Person, rules: Rules) -> WhyLeftOver:
    if person.is_guest and not rules.guests_may:
        return GuestsStayOut()
    if not rules.is_mentoring:
        return NobodyFree()
    return MentorsTaken() if person.seeks_mentor else NotAsked()


def relaxations(groups: Iterable[Group], meetings: Meetings, rules: Rules) -> tuple[Relaxation, ...]:
    """List what had to be relaxed, in a fixed order."""
    found: list[Relaxation] = []
    for group in groups:
        for first, second in pairs_in(group.members):
            met_in = meetings.repeat(first, second, rules)
            if met_in is not None:
                found.append(Repeat(first, second, met_in))
        if len(group.members) != rules.group_size:
            found.append(OtherSize(group.members))
    return tuple(found)
