"""Rounds of hundreds, whose solution comes with a bound instead of a search through everything."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import pytest

from bot.matching import History, Mixing, Person, Result, Rules, match
from bot.matching.affinity import Meetings, affinity
from bot.matching.exact import heaviest
from bot.matching.fields import Field
from bot.matching.pairing import Many, affinity_of, pair_up
from bot.matching.results import NobodyFree, Repeat
from bot.matching.rounds import burden_of
from tests.bot.matching.instances import alike, company
from tests.bot.matching.judge import may_meet

ACROSS = Rules(mixing=Mixing.ACROSS)
NOBODY_MET = Meetings(1, {})


def names_over(result: Result) -> list[str]:
    return [each.person for each in result.left_over]


@pytest.mark.parametrize(
    "count", [120, *(pytest.param(count, marks=pytest.mark.siege) for count in (200, 500))]
)
def test_the_way_of_many_is_as_good_as_all_pairs_at_once(count: int) -> None:
    field = Field(company(count), NOBODY_MET, ACROSS)
    every = field.square(burden_of(field) + range(count))
    best = affinity_of(field, heaviest(every.astype(int), every >= 0))

    found = Many(field, burden_of(field), lambda _done, _of: None).pair_up()

    assert found.alone == []
    assert found.is_proven
    assert affinity_of(field, found.pairs) == found.bound == best


@pytest.mark.parametrize(("count", "rounds"), [(275, 2), pytest.param(700, 10, marks=pytest.mark.siege)])
def test_round_after_round_leaves_nobody_over_and_repeats_nobody(count: int, rounds: int) -> None:
    people, history = company(count), History(1)

    for number in range(1, rounds + 1):
        here = [each for place, each in enumerate(people) if (place + number * 7) % 25]
        result = match(here, history, ACROSS, seed=number)

        by_id = {each.id: each for each in here}
        pairs = [pair for group in result.groups for pair in combinations(group.members, 2)]
        assert all(may_meet(by_id[a], by_id[b], ACROSS) for a, b in pairs)
        assert result.left_over == ()
        assert not [each for each in result.relaxations if isinstance(each, Repeat)]
        assert result.is_best or len(here) % 2
        met = {**history.rounds, number: tuple(group.members for group in result.groups)}
        history = History(number + 1, met)


def test_people_without_anybody_are_left_over_and_proven_to_be() -> None:
    lonely = [Person(f"X{number}", languages=frozenset({f"x{number}"})) for number in range(7)]
    company_of = company(257)

    result = match([*company_of, *lonely], History(), Rules(), seed=1)

    assert names_over(result) == [each.id for each in lonely]
    assert {each.why for each in result.left_over} == {NobodyFree()}
    assert result.is_proven


def test_of_many_with_few_possible_partners_as_many_as_can_be_are_placed() -> None:
    finnish = [
        Person(f"F{number:02}", languages=frozenset({"fi"}), excludes=frozenset()) for number in range(40)
    ]
    apart = [replace(each, excludes=frozenset(other.id for other in finnish) - {each.id}) for each in finnish]
    both = [replace(each, languages=frozenset({"fi", "en"})) for each in company(270)[:10]]
    others = company(270)[10:]

    result = match([*apart, *both, *others], History(), Rules(), seed=1)

    assert len(result.left_over) == 30
    assert result.is_proven


def test_a_closed_circle_of_an_odd_number_has_a_three() -> None:
    finnish = [Person(f"F{number}", languages=frozenset({"fi"})) for number in range(5)]

    result = match([*finnish, *company(259)], History(), Rules(), seed=1)

    assert result.left_over == ()
    assert sorted(len(group.members) for group in result.groups)[-2:] == [3, 3]
    assert result.is_proven


def test_a_repeat_is_taken_before_somebody_is_left_over_and_the_oldest_one() -> None:
    people = company(256)
    finnish = [Person(name, languages=frozenset({"fi"})) for name in ("F1", "F2", "F3", "F4")]
    rounds = {
        1: (("F1", "F2"), ("F3", "F4")),
        2: (("F1", "F3"), ("F2", "F4")),
        3: (("F1", "F4"), ("F2", "F3")),
    }

    result = match([*people, *finnish], History(4, rounds), Rules(repeat_window=5), seed=1)

    assert result.left_over == ()
    assert result.relaxations == (Repeat("F1", "F2", 1), Repeat("F3", "F4", 1))
    assert result.is_proven


def test_the_odd_one_of_a_minority_takes_no_host_from_the_other() -> None:
    """One of the two Finns has a single possible host; the odd place must not go to them."""
    finns = [Person("F1", languages=frozenset({"fi"})), Person("F2", languages=frozenset({"fi"}))]
    bridge = [
        Person("B1", languages=frozenset({"fi", "en"})),
        Person("B2", languages=frozenset({"fi", "en"})),
    ]
    finns[0] = replace(finns[0], excludes=frozenset({"F2", "B2"}))

    result = match([*finns, *bridge, *company(257)], History(), Rules(), seed=1)

    assert result.left_over == ()


def test_people_of_whom_nothing_is_known_are_matched_as_fast() -> None:
    result = match(alike(600), History(), Rules(), seed=1)

    assert len(result.groups) == 300
    assert result.is_best


def test_progress_ends_where_it_said_it_would() -> None:
    heard: list[tuple[int, int]] = []

    match(company(258), History(), ACROSS, seed=1, progress=lambda done, of: heard.append((done, of)))

    assert heard[-1][0] == heard[-1][1]
    assert [done for done, _ in heard] == sorted(done for done, _ in heard)


def test_other_seeds_give_other_pairs_where_all_fit_alike() -> None:
    first, second = (match(alike(30), History(), Rules(), seed=seed) for seed in (1, 2))

    assert first.affinity == second.affinity
    assert first.groups != second.groups


def test_an_odd_number_of_many_is_bounded_too() -> None:
    people = company(261)

    result = match(people, History(), ACROSS, seed=1)

    by_id = {each.id: each for each in people}
    three = next(group.members for group in result.groups if len(group.members) == 3)
    assert result.left_over == ()
    assert sum(affinity(by_id[a], by_id[b], NOBODY_MET, ACROSS) for a, b in combinations(three, 2)) > 0
    assert 0.99 * result.bound <= result.affinity <= result.bound


def test_pairs_of_a_field_without_anybody_are_none() -> None:
    field = Field([], NOBODY_MET, ACROSS)

    assert pair_up(field, burden_of(field), lambda _done, _of: None).pairs == []
    assert match([], History(), ACROSS, seed=1).groups == ()
    assert names_over(match([Person("A")], History(), ACROSS, seed=1)) == ["A"]
