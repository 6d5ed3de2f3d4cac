"""One more partner after the round: for somebody who would like another one, or whose mentor declined."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from bot.matching.affinity import Meetings
from bot.matching.explaining import explained, relaxations
from bot.matching.fields import Field
from bot.matching.people import History, Person, Rules
from bot.matching.results import Found, Group
from bot.matching.rounds import shuffled


def find_partner(
    person: Person,
    free: Iterable[Person],
    history: History,
    rules: Rules,
    seed: int,
    *,
    besides: frozenset[str] = frozenset(),
) -> Found | None:
    """Find the best partner among people who are free, `besides` those who are out of the question this time.

    Somebody new before a repeat, among repeats the oldest, then whoever fits best. In mentoring the person seeks a
    mentor, and a mentor is free who takes mentees. None if the rules leave nobody.
    """
    meetings = Meetings.of(history)
    others = [each for each in shuffled(free, seed) if each.id != person.id and each.id not in besides]
    if rules.is_mentoring:
        others = [replace(each, mentees=min(each.mentees, 1), seeks_mentor=False) for each in others]
        person = replace(person, mentees=0, seeks_mentor=True)
    others = [each for each in others if rules.guests_may or not each.is_guest]
    field = Field([*others, person], meetings, rules)
    row = field.affinities(np.array([field.size - 1]), with_repeats=True)[0].tolist()
    too_soon = field.met_too_soon(field.size - 1)
    newest = history.number
    ranked = [(-too_soon.get(at, -newest - 1), points, -at) for at, points in enumerate(row) if points >= 0]
    if not ranked or (person.is_guest and not rules.guests_may):
        return None
    other = field.people[-max(ranked)[2]]
    members = [other, person] if rules.is_mentoring else sorted([other, person], key=lambda each: each.id)
    group = explained(members, meetings, rules)
    kept = relaxations([group], meetings, replace(rules, group_size=len(members)))
    return Found(group, kept)


def next_mentor(
    mentee: Person,
    people: Iterable[Person],
    kept: Iterable[Group],
    history: History,
    rules: Rules,
    seed: int,
    *,
    declined: frozenset[str],
) -> Found | None:
    """Find a mentee whose mentor declined the next best one, among those with places left by the groups kept."""
    taken = Counter(group.members[0] for group in kept)
    free = [replace(each, mentees=each.mentees - taken[each.id]) for each in people]
    mentors = [each for each in free if each.mentees > 0]
    return find_partner(mentee, mentors, history, rules, seed, besides=declined)
