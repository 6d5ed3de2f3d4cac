"""Mentors and mentees, and one more partner after the round."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.matching import History, Mixing, Person, Rules, find_partner, match, next_mentor
from bot.matching.results import LeftOver, MentorsTaken, NotAsked, OfferedSkill, OtherSize, Repeat
from tests.bot.matching.instances import alike, company

MENTORING = Rules(mixing=Mixing.MENTORING)
SQL = frozenset({"sql"})


def mentors(*capacities: int) -> list[Person]:
    return [Person(f"M{number}", mentees=count, offers=SQL) for number, count in enumerate(capacities)]


def mentees(count: int) -> list[Person]:
    return [Person(f"S{number}", seeks_mentor=True) for number in range(count)]


def test_every_place_of_a_mentor_is_filled_before_a_mentee_is_left_over() -> None:
    result = match([*mentors(2, 1), *mentees(4)], History(), MENTORING, seed=1)

    assert sorted(group.members[0] for group in result.groups) == ["M0", "M0", "M1"]
    assert all(mentor < mentee for mentor, mentee in (group.members for group in result.groups))
    assert [each.why for each in result.left_over] == [MentorsTaken()]
    assert result.relaxations == ()
    assert result.is_best


def test_a_mentee_gets_the_mentor_who_offers_what_they_want() -> None:
    wanting = [replace(each, wants=SQL) if each.id == "S1" else each for each in mentees(2)]
    others = [replace(each, offers=frozenset()) if each.id == "M0" else each for each in mentors(1, 1)]

    result = match([*others, *wanting], History(), MENTORING, seed=1)

    assert [group.members for group in result.groups] == [("M0", "S0"), ("M1", "S1")]
    assert result.groups[1].reasons[0] == OfferedSkill("sql", "M1", "S1")


def test_the_mentee_left_over_last_time_comes_first() -> None:
    seeking = [replace(each, left_over_in=3) if each.id == "S2" else each for each in mentees(3)]

    result = match([*mentors(1), *seeking], History(4), MENTORING, seed=1)

    assert [group.members for group in result.groups] == [("M0", "S2")]


def test_somebody_may_be_mentor_and_mentee_but_never_their_own() -> None:
    both = [replace(each, mentees=1, seeks_mentor=True) for each in alike(2)]

    result = match([*both, Person("Z", mentees=1)], History(), MENTORING, seed=1)

    assert len(result.groups) == 2
    assert all(mentor != mentee for mentor, mentee in (group.members for group in result.groups))


def test_a_mentor_without_a_mentee_hears_so() -> None:
    result = match([*mentors(1, 1), *mentees(1)], History(), MENTORING, seed=1)

    assert [each.why for each in result.left_over] == [NotAsked()]


@pytest.mark.parametrize("places", [1, 3])
def test_hundreds_of_mentees_are_matched_with_a_proof(places: int) -> None:
    people = company(300)
    offering = [replace(each, mentees=places) for each in people[:100]]
    seeking = [replace(each, seeks_mentor=True) for each in people[100:]]

    result = match([*offering, *seeking], History(), MENTORING, seed=1)

    over = [each for each in result.left_over if each.why == MentorsTaken()]
    assert len(result.groups) == min(100 * places, 200)
    assert len(over) == 200 - len(result.groups)
    assert result.is_proven


def test_when_a_mentor_declines_the_next_best_with_a_place_left_follows() -> None:
    people = [*mentors(1, 2, 1), *mentees(2)]
    result = match(people, History(), MENTORING, seed=1)
    kept = [group for group in result.groups if group.members[1] != "S0"]
    (declining,) = [group.members[0] for group in result.groups if group.members[1] == "S0"]

    found = next_mentor(people[3], people, kept, History(), MENTORING, 1, declined=frozenset({declining}))

    assert found is not None
    mentor, mentee = found.group.members
    assert (mentor != declining, mentee) == (True, "S0")
    everybody = frozenset({"M0", "M1", "M2"})
    assert next_mentor(people[3], people, kept, History(), MENTORING, 1, declined=everybody) is None


def test_a_swap_finds_the_free_person_who_fits_best() -> None:
    person = Person("A", wants=SQL)
    free = [Person("B"), Person("C", offers=SQL), Person("D", offers=SQL, excludes=frozenset({"A"}))]

    found = find_partner(person, free, History(), Rules(group_size=3), 1)

    assert found is not None
    assert found.group.members == ("A", "C")
    assert not [each for each in found.relaxations if isinstance(each, OtherSize)]


def test_a_swap_takes_somebody_new_before_a_repeat_and_the_oldest_repeat_before_none() -> None:
    person = Person("A", wants=SQL)
    history = History(5, {3: (("A", "B"),), 4: (("A", "C"),)})
    free = [Person("B", offers=SQL), Person("C", offers=SQL), Person("D")]

    new = find_partner(person, free, history, Rules(), 1)
    again = find_partner(person, free, history, Rules(), 1, besides=frozenset({"D"}))

    assert new is not None
    assert again is not None
    assert new.group.members == ("A", "D")
    assert again.group.members == ("A", "B")
    assert again.relaxations == (Repeat("A", "B", 3),)


def test_a_swap_says_so_where_nobody_is_free() -> None:
    refusing = Person("B", excludes=frozenset({"A"}))

    assert find_partner(Person("A"), [Person("A"), refusing], History(), Rules(), 1) is None
    assert find_partner(Person("A"), [Person("C", is_guest=True)], History(), Rules(), 1) is None
    assert find_partner(Person("A", is_guest=True), [Person("C")], History(), Rules(), 1) is None


def test_guests_stay_out_unless_they_may() -> None:
    people = [*alike(3), Person("X", is_guest=True)]

    without, with_them = (match(people, History(), Rules(guests_may=may), seed=1) for may in (False, True))

    assert [each.person for each in without.left_over] == ["X"]
    assert with_them.left_over == ()
    assert LeftOver("X", without.left_over[0].why) == without.left_over[0]
