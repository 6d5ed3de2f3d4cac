"""Many rounds in a row: who has the worse end, and who meets again."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations, pairwise

import pytest

from bot.matching import History, Person, Result, Rules, match
from bot.matching.exact import heaviest_of
from bot.matching.results import Repeat
from tests.bot.matching.instances import alike, company


def in_a_row(people: list[Person], rules: Rules, count: int) -> Iterator[tuple[History, Result]]:
    """Play rounds one after the other, each with what the ones before left behind."""
    history = History(1)
    for number in range(1, count + 1):
        result = match(people, history, rules, seed=number)
        yield history, result
        threes = {name for group in result.groups if len(group.members) == 3 for name in group.members}
        over = {each.person for each in result.left_over}
        people = [
            replace(
                each,
                in_three_in=number if each.id in threes else each.in_three_in,
                left_over_in=number if each.id in over else each.left_over_in,
            )
            for each in people
        ]
        rounds = {**history.rounds, number: tuple(group.members for group in result.groups)}
        history = History(number + 1, rounds)


def burdened(result: Result) -> list[str]:
    threes = [name for group in result.groups if len(group.members) == 3 for name in group.members]
    return threes + [each.person for each in result.left_over]


def test_of_21_nobody_is_in_a_three_twice_before_everybody_was_once() -> None:
    everybody = [replace(each, at_work=()) for each in company(21)]
    everybody = [replace(each, manager=None) for each in everybody]
    turns: Counter[str] = Counter({each.id: 0 for each in everybody})

    for _, result in in_a_row(everybody, Rules(), count=21):
        turns.update(burdened(result))
        assert max(turns.values()) - min(turns.values()) <= 1

    assert sum(turns.values()) == 21 * 3


def test_of_three_who_may_not_all_meet_each_is_left_over_in_turn() -> None:
    everybody = alike(3)
    everybody[0] = replace(everybody[0], excludes=frozenset({everybody[1].id}))

    over = [burdened(result) for _, result in in_a_row(everybody, Rules(repeat_window=0), count=6)]

    assert all(len(each) == 1 for each in over)
    assert all(one != other for one, other in pairwise(over))
    assert [everybody[2].id] not in over


def test_of_20_a_repeat_comes_only_where_none_can_be_avoided() -> None:
    everybody = alike(20)
    names = [each.id for each in everybody]

    for history, result in in_a_row(everybody, Rules(repeat_window=30), count=25):
        met = {frozenset(pair) for groups in history.rounds.values() for pair in groups}
        unmet = [
            (a, b, 1) for a, b in combinations(range(20), 2) if frozenset((names[a], names[b])) not in met
        ]
        assert len(result.relaxations) == 10 - len(heaviest_of(unmet, 20))
        assert result.left_over == ()
        if len(met) == 190:
            assert {each.met_in for each in result.relaxations if isinstance(each, Repeat)} <= set(
                range(1, 1 + 10)
            )


@pytest.mark.parametrize("count", [61, 261])
def test_the_three_is_of_people_who_were_spared_so_far(count: int) -> None:
    everybody = company(count)
    chance = random.Random(1)
    spared = {each.id for each in chance.sample(everybody, 12)}
    people = [each if each.id in spared else replace(each, in_three_in=3) for each in everybody]

    result = match(people, History(4), Rules(), seed=1)

    assert result.left_over == ()
    assert len(burdened(result)) == 3
    assert set(burdened(result)) <= spared


def test_who_was_left_over_last_is_served_first() -> None:
    everybody = [replace(each, excludes=frozenset({"hub"})) for each in alike(6)]
    hub = Person("hub")
    pair = [Person("A", left_over_in=7), Person("B", left_over_in=3)]
    refused = frozenset(each.id for each in everybody)
    apart = [replace(each, excludes=refused | {"A", "B"}) for each in pair]

    result = match([*everybody, hub, *apart], History(8), Rules(), seed=1)

    assert [each.person for each in result.left_over] == ["B"]
