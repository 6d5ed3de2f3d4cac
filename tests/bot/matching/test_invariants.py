"""What holds for every round, whatever it is given."""

from __future__ import annotations

import random
from dataclasses import replace
from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.matching import History, Mixing, Person, Result, Round, Rules, admissible, match, replay
from bot.matching.affinity import Meetings, affinity, shared_minutes, terms
from bot.matching.results import (
    NeverMet,
    NotMetFor,
    OfferedSkill,
    OtherDepartments,
    OtherSize,
    Reason,
    Repeat,
    SameDepartment,
    SameLocation,
    SharedHours,
    SharedLanguage,
    TenureApart,
)
from tests.bot.matching.instances import small_round
from tests.bot.matching.judge import Judge, may_meet

few = settings(max_examples=settings().max_examples // 10)
"""A round is a lot to look at."""


@st.composite
def rounds(draw: st.DrawFn) -> Round:
    """Rounds of all sizes of groups, with guests and mentors."""
    chance = random.Random(draw(st.integers(0, 2**32)))
    matched = small_round(chance.randrange(2**32), most=draw(st.sampled_from([4, 12, 24])))
    people = tuple(
        replace(
            person,
            is_guest=chance.random() < 0.1,
            mentees=chance.choice([0, 0, 1, 2]),
            seeks_mentor=chance.random() < 0.5,
        )
        for person in matched.people
    )
    mixing = draw(st.sampled_from([matched.rules.mixing, Mixing.MENTORING]))
    size = draw(st.sampled_from([2, 2, 3, 4]))
    rules = replace(matched.rules, group_size=size, mixing=mixing, guests_may=draw(st.booleans()))
    return replace(matched, people=people, rules=rules)


def pairs_of(result: Result) -> list[tuple[str, str]]:
    return [pair for group in result.groups for pair in combinations(group.members, 2)]


@few
@given(rounds())
def test_no_rule_is_ever_broken(matched: Round) -> None:
    people = {person.id: person for person in matched.people}

    result = replay(matched)

    assert all(may_meet(people[a], people[b], matched.rules) for a, b in pairs_of(result))


@few
@given(rounds())
def test_everybody_is_in_one_group_or_left_over(matched: Round) -> None:
    result = replay(matched)

    over = [each.person for each in result.left_over]
    if matched.rules.is_mentoring:
        mentees = [group.members[1] for group in result.groups]
        seeking = {person.id for person in matched.people if person.seeks_mentor}
        assert len(mentees) == len(set(mentees))
        assert set(mentees) == seeking - set(over)
        return
    placed = [name for group in result.groups for name in group.members]
    assert sorted(placed + over) == sorted(person.id for person in matched.people)


@few
@given(rounds())
def test_nobody_is_left_over_whom_somebody_left_over_could_meet(matched: Round) -> None:
    people = {person.id: person for person in matched.people}

    over = [people[each.person] for each in replay(matched).left_over]

    if not matched.rules.is_mentoring:
        assert not any(may_meet(one, other, matched.rules) for one, other in combinations(over, 2))


@few
@given(rounds())
def test_a_mentor_never_takes_more_mentees_than_they_offer_to(matched: Round) -> None:
    matched = replace(matched, rules=replace(matched.rules, mixing=Mixing.MENTORING))
    places = {person.id: person.mentees for person in matched.people}

    mentors = [group.members[0] for group in replay(matched).groups]

    assert all(mentors.count(mentor) <= places[mentor] for mentor in mentors)


@few
@given(rounds(), st.randoms(use_true_random=False))
def test_the_order_of_what_comes_in_makes_no_difference(matched: Round, chance: random.Random) -> None:
    people = list(matched.people)
    chance.shuffle(people)

    again = match(people, matched.history, matched.rules, matched.seed)

    assert again == replay(matched)


@few
@given(rounds(), st.randoms(use_true_random=False))
def test_of_groups_made_earlier_those_stay_that_the_rules_of_now_would_let_be(
    matched: Round, chance: random.Random
) -> None:
    rules = matched.rules
    earlier = replay(
        replace(matched, people=tuple(replace(each, excludes=frozenset()) for each in matched.people))
    )
    there = {each.id: each for each in matched.people if chance.random() < 0.9}

    kept = admissible(earlier.groups, there.values(), rules)

    allowed = [
        group
        for group in earlier.groups
        if there.keys() >= set(group.members)
        and all(may_meet(there[a], there[b], rules) for a, b in combinations(group.members, 2))
    ]
    assert list(kept) == allowed


def test_a_mentor_who_takes_fewer_mentees_by_now_keeps_so_many() -> None:
    mentees = [Person(name, seeks_mentor=True) for name in "BCD"]
    rules, history = Rules(mixing=Mixing.MENTORING), History(1)
    groups = match([Person("A", mentees=3), *mentees], history, rules, 1).groups

    kept = [admissible(groups, [Person("A", mentees=count), *mentees], rules) for count in (3, 2, 0)]
    without = admissible(
        groups, [Person("A", mentees=3), replace(mentees[0], seeks_mentor=False), *mentees[1:]], rules
    )

    assert kept == [groups, groups[:2], ()]
    assert without == groups[1:]


@few
@given(rounds())
def test_groups_come_in_order_and_add_up(matched: Round) -> None:
    people, meetings = {each.id: each for each in matched.people}, Meetings.of(matched.history)

    result = replay(matched)

    assert list(result.groups) == sorted(result.groups, key=lambda group: group.members)
    if not matched.rules.is_mentoring:
        assert all(list(group.members) == sorted(group.members) for group in result.groups)
    assert result.affinity <= result.bound
    total = sum(affinity(people[a], people[b], meetings, matched.rules) for a, b in pairs_of(result))
    assert result.affinity == total == sum(group.affinity for group in result.groups)


@few
@given(rounds())
def test_every_relaxation_is_recorded(matched: Round) -> None:
    meetings, rules = Meetings.of(matched.history), matched.rules

    result = replay(matched)

    repeats = [
        Repeat(a, b, met) for a, b in pairs_of(result) if (met := meetings.repeat(a, b, rules)) is not None
    ]
    told = [
        Repeat(min(each.first, each.second), max(each.first, each.second), each.met_in) for each in repeats
    ]
    sizes = [OtherSize(group.members) for group in result.groups if len(group.members) != rules.group_size]
    assert sorted(map(repr, result.relaxations)) == sorted(map(repr, [*told, *sizes]))


@few
@given(rounds())
def test_two_reasons_are_told_and_both_are_true(matched: Round) -> None:
    people, meetings = {person.id: person for person in matched.people}, Meetings.of(matched.history)

    for group in replay(matched).groups:
        pairs = [(people[one], people[other]) for one, other in combinations(group.members, 2)]
        possible = {
            reason
            for one, other in pairs
            for points, reason in terms(one, other, meetings, matched.rules)
            if points > 0 and reason is not None and not is_repeat(reason, matched.rules)
        }
        assert len(group.reasons) == len(set(group.reasons)) == min(2, len(possible))
        if len({type(reason) for reason in possible}) > 1:
            assert len({type(reason) for reason in group.reasons}) == 2
        assert all(any(is_true(each, *pair, meetings) for pair in pairs) for each in group.reasons)
        assert not any(is_repeat(reason, matched.rules) for reason in group.reasons)


def is_repeat(reason: Reason, rules: Rules) -> bool:
    return isinstance(reason, NotMetFor) and reason.rounds <= max(1, rules.repeat_window)


def is_true(reason: Reason, one: Person, other: Person, meetings: Meetings) -> bool:
    """Whether a reason holds of two people, by what is known of them."""
    match reason:
        case OfferedSkill(skill, by, to):
            teacher, learner = (one, other) if by == one.id else (other, one)
            return (teacher.id, learner.id) == (by, to) and skill in teacher.offers & learner.wants
        case TenureApart(years):
            apart = abs(_years(one) - _years(other))
            return None not in (one.started_on, other.started_on) and years >= 1 >= abs(apart - years)
        case NeverMet():
            return meetings.met_in(one.id, other.id) is None
        case NotMetFor(rounds):
            return meetings.ago(one.id, other.id) == rounds
        case _:
            return is_in_both(reason, one, other)


def is_in_both(reason: Reason, one: Person, other: Person) -> bool:
    """Whether a reason holds by what can be read in two profiles alike."""
    match reason:
        case OtherDepartments(first, second):
            return first != second and {first, second} == {one.department, other.department}
        case SameDepartment(department):
            return one.department == other.department == department
        case SameLocation(location):
            return one.location == other.location == location
        case SharedLanguage(language):
            return language in one.languages & other.languages
        case SharedHours(hours):
            return 1 <= hours == shared_minutes(one.at_work, other.at_work) // 60
        case _:
            return False


def _years(person: Person) -> int:
    return person.started_on.year if person.started_on else 0


@few
@given(rounds())
def test_what_somebody_is_told_does_not_depend_on_who_excluded_whom(matched: Round) -> None:
    swapped: dict[str, set[str]] = {person.id: set() for person in matched.people}
    for person in matched.people:
        for other in person.excludes:
            swapped[other].add(person.id)
    people = [replace(person, excludes=frozenset(swapped[person.id])) for person in matched.people]

    assert match(people, matched.history, matched.rules, matched.seed) == replay(matched)


@few
@given(st.integers(0, 2**32))
def test_threes_count_as_three_meetings(seed: int) -> None:
    matched = small_round(seed, most=6)
    three = tuple(sorted(person.id for person in matched.people)[:3])
    meetings = Meetings.of(replace(matched.history, rounds={matched.history.number - 1: (three,)}))

    assert set(meetings.last_met) == set(combinations(three, 2))


@few
@given(st.integers(0, 2**32))
def test_a_group_of_pairs_is_bounded_by_what_is_possible(seed: int) -> None:
    matched = small_round(seed, most=8)
    judge = Judge(matched)

    result = replay(matched)

    assert result.is_proven
    if 2 * judge.best_pairs[0] == len(matched.people):
        assert result.is_best
        assert result.bound == judge.best_pairs[-1]
