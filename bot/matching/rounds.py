"""A round: from the people who are in to groups, and the reasons for them."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import combinations, pairwise
from typing import Final

import numpy as np

from bot.matching.affinity import Meetings
from bot.matching.explaining import explained, left_over, relaxations
from bot.matching.fields import Field
from bot.matching.larger import larger_groups
from bot.matching.layers import Numbers
from bot.matching.people import SMALLEST_GROUP, History, Person, Round, Rules
from bot.matching.results import Group, LeftOver, Progress, Result
from bot.matching.threes import Grouping, pairs_and_threes


def _unheard(_done: int, _of: int) -> None:
    """Progress that nobody asked for."""


def match(
    people: Iterable[Person], history: History, rules: Rules, seed: int, *, progress: Progress = _unheard
) -> Result:
    """Bring the people of a round together; the same values give the same groups, in whatever order they come.

    `progress` hears, now and then, how much of how much is done. Raises ValueError if a person is in twice.
    """
    in_order = shuffled(people, seed)
    meetings = Meetings.of(history)
    taking_part = [person for person in in_order if rules.guests_may or not person.is_guest]
    field = Field(taking_part, meetings, rules)
    found = _grouped(field, seed, progress)
    groups = sorted((_explained(field, places) for places in found.groups), key=lambda group: group.members)
    return Result(
        tuple(groups),
        _left_over(in_order, groups, rules),
        relaxations(groups, meetings, rules),
        affinity=sum(group.affinity for group in groups),
        bound=found.bound,
        is_proven=found.is_proven,
    )


def replay(matched: Round) -> Result:
    """Match a round that was kept, once more."""
    return match(matched.people, matched.history, matched.rules, matched.seed)


def admissible(groups: Iterable[Group], people: Iterable[Person], rules: Rules) -> tuple[Group, ...]:
    """Choose the groups that could still be made by these rules, with people as they are now; no repeat is looked for.

    A mentor who takes fewer mentees than the groups have keeps the first of them.
    """
    field = Field([each for each in people if rules.guests_may or not each.is_guest], NOBODY_MET, rules)
    at = {person.id: place for place, person in enumerate(field.people)}
    # Somebody may be a mentor and seek one: mentors come first among the places, and first in a group.
    first_at = {person.id: place for place, person in reversed(list(enumerate(field.people)))}
    whole = [each for each in groups if at.keys() >= set(each.members)]
    if rules.is_mentoring:
        whole = _with_room(whole, {person.id: person for person in field.people})
    inside = [(nth, *pair) for nth, each in enumerate(whole) for pair in combinations(each.members, 2)]
    if not inside:
        return ()
    nth, first, second = np.array([(nth, first_at[one], at[other]) for nth, one, other in inside], np.int64).T
    broken = set(nth[field.pairs(first, second) < 0].tolist())
    return tuple(each for place, each in enumerate(whole) if place not in broken)


NOBODY_MET: Final = Meetings(0, {})


def _with_room(groups: Iterable[Group], people: Mapping[str, Person]) -> list[Group]:
    """Choose the groups whose mentor is still one, and takes so many, and whose mentee seeks one."""
    taken = Counter[str]()
    chosen = []
    for group in groups:
        mentor, mentee = (people[each] for each in group.members)
        if taken[mentor.id] < mentor.mentees and mentee.seeks_mentor:
            taken[mentor.id] += 1
            chosen.append(group)
    return chosen


def shuffled(people: Iterable[Person], seed: int) -> list[Person]:
    """Put people in an order that the seed decides: ties go to whoever comes first."""
    in_order = sorted(people, key=lambda person: person.id)
    twice = [one.id for one, next_one in pairwise(in_order) if one.id == next_one.id]
    if twice:
        raise ValueError(f"in the round more than once: {', '.join(twice)}")
    random.Random(seed).shuffle(in_order)
    return in_order


def _grouped(field: Field, seed: int, progress: Progress) -> Grouping:
    burden = burden_of(field)
    if field.rules.is_mentoring or field.rules.group_size == SMALLEST_GROUP:
        return pairs_and_threes(field, burden, progress)
    return larger_groups(field, burden, seed, progress)


def burden_of(field: Field) -> Numbers:
    """Rank how recently everybody had the worse end: 0 for never. To a mentor without a mentee nothing is lost."""
    if field.rules.is_mentoring:
        burdened = [person.left_over_in if person.seeks_mentor else None for person in field.people]
    else:
        burdened = [person.burdened_in for person in field.people]
    ranks = {at: rank for rank, at in enumerate(sorted({at for at in burdened if at is not None}), start=1)}
    return np.array([0 if at is None else ranks[at] for at in burdened], np.int64)


def _explained(field: Field, places: tuple[int, ...]) -> Group:
    members = [field.people[place] for place in sorted(places)]
    if not field.rules.is_mentoring:
        members.sort(key=lambda person: person.id)
    return explained(members, field.meetings, field.rules)


def _left_over(people: Iterable[Person], groups: Iterable[Group], rules: Rules) -> tuple[LeftOver, ...]:
    """List who has no group; in mentoring those count who take mentees or seek a mentor."""
    placed = {member for group in groups for member in group.members}
    over = [person for person in people if person.id not in placed]
    if rules.is_mentoring:
        mentees = {group.members[1] for group in groups}
        over = [each for each in people if each.seeks_mentor and each.id not in mentees]
        over += [each for each in people if each.mentees and not each.seeks_mentor and each.id not in placed]
    return tuple(sorted((left_over(each, rules) for each in over), key=lambda over: over.person))
