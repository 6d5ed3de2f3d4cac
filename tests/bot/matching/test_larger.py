"""Groups of three and four."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest

from bot.matching import History, Person, Rules, match
from bot.matching.affinity import Meetings, affinity
from bot.matching.results import OtherSize, Repeat
from tests.bot.matching.instances import alike, company
from tests.bot.matching.judge import may_meet


@pytest.mark.parametrize(
    ("people", "size", "sizes"),
    [
        (9, 3, {3: 3}),
        (7, 3, {3: 1, 2: 2}),
        (8, 3, {3: 2, 2: 1}),
        (16, 4, {4: 4}),
        (13, 4, {4: 1, 3: 3}),
        (5, 4, {3: 1, 2: 1}),
        (3, 4, {3: 1}),
        (2, 4, {2: 1}),
        pytest.param(400, 3, {3: 132, 2: 2}, marks=pytest.mark.siege),
    ],
)
def test_groups_have_the_size_meant_or_one_less(people: int, size: int, sizes: dict[int, int]) -> None:
    result = match(alike(people), History(), Rules(group_size=size), seed=1)

    found = Counter(len(group.members) for group in result.groups)
    assert result.left_over == ()
    assert found == sizes or (people == 400 and min(found) >= 2)
    other = [each for each in result.relaxations if isinstance(each, OtherSize)]
    assert len(other) == sum(count for length, count in found.items() if length != size)


@pytest.mark.parametrize("size", [3, 4])
def test_rules_hold_between_all_in_a_group(size: int) -> None:
    people = {each.id: each for each in company(30)}
    rules = Rules(group_size=size)

    result = match(people.values(), History(), rules, seed=1)

    for group in result.groups:
        assert all(may_meet(people[a], people[b], rules) for a, b in combinations(group.members, 2))
    assert all(len(group.reasons) == 2 for group in result.groups)


def test_a_group_repeats_nobody_while_that_can_be_avoided() -> None:
    people, rules = alike(9), Rules(group_size=3)
    history = History(1)

    for number in (1, 2, 3, 4):
        result = match(people, history, rules, seed=1)
        assert not [each for each in result.relaxations if isinstance(each, Repeat)]
        history = History(
            number + 1, {**history.rounds, number: tuple(group.members for group in result.groups)}
        )

    assert len(Meetings.of(history).last_met) == 36


def test_who_fits_no_group_of_that_size_is_placed_in_a_smaller_one() -> None:
    names = [each.id for each in alike(7)]
    only = Person("X", excludes=frozenset(names[1:]))

    result = match([*alike(7), only], History(), Rules(group_size=4), seed=1)

    assert result.left_over == ()
    assert (names[0], "X") in [group.members for group in result.groups]


def test_who_may_meet_nobody_is_left_over_from_groups_too() -> None:
    nobody = Person("X", languages=frozenset({"x"}))
    others = [replace(each, languages=frozenset({"en"})) for each in alike(9)]

    result = match([*others, nobody], History(), Rules(group_size=3), seed=1)

    assert [each.person for each in result.left_over] == ["X"]
    assert Counter(len(group.members) for group in result.groups) == {3: 3}


def test_groups_are_far_better_than_chance() -> None:
    people, rules, meetings = company(30), Rules(group_size=3), Meetings(0, {})
    pairs = [affinity(a, b, meetings, rules) for a, b in combinations(people, 2)]

    result = match(people, History(), rules, seed=1)

    assert result.affinity > 1.3 * 30 * np.mean(pairs)
