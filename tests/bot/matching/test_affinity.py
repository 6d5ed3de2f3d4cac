"""How well two people fit, said for two and for everybody at once."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.matching import History, Mixing, Person, Rules, Weights, match
from bot.matching.affinity import Meetings, affinity, shared_minutes
from bot.matching.fields import Field
from bot.matching.results import (
    NeverMet,
    NotMetFor,
    OfferedSkill,
    OtherDepartments,
    SameDepartment,
    SameLocation,
    SharedHours,
    SharedLanguage,
    TenureApart,
)
from tests.bot.matching.instances import EARLY, LATE, NIGHT, small_round, some
from tests.bot.matching.judge import may_meet

NOBODY_MET = Meetings(1, {})
ANY = Rules()


@given(st.integers(0, 2**32))
def test_everybody_at_once_is_weighed_as_two_are(seed: int) -> None:
    matched = small_round(seed, most=12)
    people, rules, meetings = matched.people, matched.rules, Meetings.of(matched.history)
    field = Field(people, meetings, rules)
    everybody = np.arange(field.size)

    fresh, every = field.affinities(everybody), field.affinities(everybody, with_repeats=True)

    rows, columns = np.meshgrid(everybody, everybody)
    listed = field.pairs(rows.ravel(), columns.ravel()).reshape(every.shape)
    assert np.array_equal(listed < 0, every < 0)
    for a, one in enumerate(people):
        for b, other in enumerate(people):
            if not may_meet(one, other, rules):
                assert every[a, b] < 0
                assert fresh[a, b] < 0
                continue
            assert every[a, b] == affinity(one, other, meetings, rules)
            assert listed[b, a] == every[a, b]
            is_repeat = meetings.repeat(one.id, other.id, rules) is not None
            assert (fresh[a, b] < 0) if is_repeat else (fresh[a, b] == every[a, b])


@given(st.integers(0, 2**32))
def test_where_only_a_part_is_weighed_the_rest_is_worth_no_more_than_was_said(seed: int) -> None:
    matched = small_round(seed, most=12)
    field = Field(matched.people, Meetings.of(matched.history), matched.rules)
    everybody = np.arange(field.size)
    fresh, columns = field.affinities(everybody), everybody[seed % 3 :: 2]

    block, (row, other, points) = field.partly(everybody, columns)

    inside = np.isin(everybody, columns)
    assert np.array_equal(np.maximum(block, -1), np.maximum(fresh[:, inside], -1))
    assert np.array_equal(np.maximum(points, -1), np.maximum(fresh[row, other], -1))
    unweighed = fresh.copy()
    unweighed[row, other] = -1
    assert (unweighed[:, ~inside] <= np.maximum(field.most_untaught(), -1)[:, None]).all()


@given(st.integers(0, 2**32))
def test_two_fit_as_well_either_way_round_and_within_bounds(seed: int) -> None:
    matched = small_round(seed, most=4)
    one, other = matched.people[:2]
    meetings = Meetings.of(matched.history)

    fit = affinity(one, other, meetings, matched.rules)

    assert 0 <= fit == affinity(other, one, meetings, matched.rules) <= 1000


@pytest.mark.parametrize(
    ("one", "other", "better"),
    [
        (Person("A", wants=frozenset({"sql"})), Person("B"), Person("C", offers=frozenset({"sql"}))),
        (Person("A", offers=frozenset({"sql"})), Person("B"), Person("C", wants=frozenset({"sql"}))),
        (Person("A", at_work=EARLY), Person("B", at_work=LATE), Person("C", at_work=EARLY)),
        (Person("A", location="Rome"), Person("B", location="Oslo"), Person("C", location="Rome")),
        (
            Person("A", started_on=date(2020, 1, 1)),
            Person("B", started_on=date(2019, 1, 1)),
            Person("C", started_on=date(2010, 1, 1)),
        ),
        (
            Person("A", languages=frozenset({"en", "fi"})),
            Person("B", languages=frozenset({"en"})),
            Person("C", languages=frozenset({"en", "fi"})),
        ),
    ],
)
def test_each_term_counts(one: Person, other: Person, better: Person) -> None:
    assert affinity(one, better, NOBODY_MET, ANY) > affinity(one, other, NOBODY_MET, ANY)


@pytest.mark.parametrize(
    ("mixing", "same_is_better"), [(Mixing.ANY, None), (Mixing.ACROSS, False), (Mixing.WITHIN, True)]
)
def test_departments_count_as_the_programme_wishes(mixing: Mixing, same_is_better: bool | None) -> None:
    rules = Rules(mixing=mixing)
    one, same, different = (Person(name, department=at) for name, at in (("A", "X"), ("B", "X"), ("C", "Y")))

    gain = affinity(one, same, NOBODY_MET, rules) - affinity(one, different, NOBODY_MET, rules)

    assert (gain > 0) - (gain < 0) == {None: 0, False: -1, True: 1}[same_is_better]


def test_a_meeting_long_ago_is_no_repeat_but_counts_less_than_none() -> None:
    one, other, rules = Person("A"), Person("B"), Rules(repeat_window=6)
    met_at = [Meetings(100, {("A", "B"): number}) for number in (93, 80, 50)]

    fits = [affinity(one, other, meetings, rules) for meetings in (*met_at, NOBODY_MET)]

    assert all(meetings.repeat("A", "B", rules) is None for meetings in met_at)
    assert Meetings(99, {("A", "B"): 93}).repeat("A", "B", rules) == 93
    assert fits == sorted(fits)
    assert fits[0] < fits[1] < fits[3]


def test_the_fewer_channels_two_share_the_better_and_nobody_is_told() -> None:
    one, *others = (
        Person(name, channels=frozenset(channels))
        for name, channels in (("A", "xyz"), ("B", ""), ("C", "w"), ("D", "x"), ("E", "xyz"))
    )
    known = frozenset({"x", "y", "z", "w"})

    fits = [affinity(one, each, NOBODY_MET, ANY) for each in others]
    (group,) = match([one, others[2]], History(), ANY, 1).groups

    assert fits[0] == fits[1] > fits[2] > fits[3]
    assert not any(set(map(str, vars(reason).values())) & known for reason in group.reasons)
    assert group.reasons == (NeverMet(),)


def test_any_number_of_channels_counts_for_all_as_for_two() -> None:
    chance, names = random.Random(5), [f"C{number}" for number in range(150)]
    people = [Person(name, channels=some(chance, names, 40)) for name in "ABCDEFGH"]

    everybody = Field(people, NOBODY_MET, ANY).affinities(np.arange(len(people)), with_repeats=True)

    expected = [[affinity(one, other, NOBODY_MET, ANY) for other in people] for one in people]
    away = ~np.eye(len(people), dtype=bool)
    assert np.array_equal(everybody[away], np.array(expected)[away])
    assert len(set(everybody[away].tolist())) > 2


def test_weights_are_a_thousand_at_most() -> None:
    with pytest.raises(ValueError, match="1000"):
        Weights(skills=900, hours=150)
    with pytest.raises(ValueError, match="0 or more"):
        replace(Weights(), skills=-1)


def test_what_one_term_gives_up_the_others_gain_in_their_proportion() -> None:
    usual = Weights()

    leaning = usual.in_shares({"tenure": 4, "department": 1, "location": 0})

    assert usual.in_shares({}) == usual
    assert leaning.location == 0
    assert leaning.tenure / leaning.skills == pytest.approx(2 * usual.tenure / usual.skills, rel=0.02)
    assert leaning.department / leaning.skills == pytest.approx(usual.department / usual.skills / 2, rel=0.02)
    assert 990 < sum(vars(leaning).values()) <= 1000 == sum(vars(usual).values())
    assert set(vars(usual.in_shares(dict.fromkeys(vars(usual), 0))).values()) == {0}


@pytest.mark.parametrize(
    ("one", "other", "minutes"), [(EARLY, LATE, 300), (EARLY, EARLY, 2400), (NIGHT, LATE, 0)]
)
def test_shared_minutes_are_counted(
    one: tuple[tuple[int, int], ...], other: tuple[tuple[int, int], ...], minutes: int
) -> None:
    assert shared_minutes(one, other) == shared_minutes(other, one) == minutes


@pytest.mark.parametrize(
    ("one", "other", "rules", "told"),
    [
        (Person("A"), Person("B"), ANY, (NeverMet(),)),
        (
            Person("A", wants=frozenset({"sql", "art"}), location="Rome"),
            Person("B", offers=frozenset({"sql", "art"}), location="Rome"),
            ANY,
            (OfferedSkill("art", "B", "A"), NeverMet()),
        ),
        (
            Person("A", department="X", at_work=EARLY),
            Person("B", department="Y", at_work=EARLY),
            Rules(mixing=Mixing.ACROSS),
            (OtherDepartments("X", "Y"), SharedHours(40)),
        ),
        (
            Person("A", department="X", location="Rome"),
            Person("B", department="X", location="Rome"),
            Rules(mixing=Mixing.WITHIN, weights=Weights(newness=0)),
            (SameDepartment("X"), SameLocation("Rome")),
        ),
        (
            Person("A", started_on=date(2015, 1, 1), languages=frozenset({"en", "fi"})),
            Person("B", started_on=date(2025, 1, 1), languages=frozenset({"fi", "en"})),
            Rules(weights=Weights(newness=0)),
            (TenureApart(10), SharedLanguage("en")),
        ),
    ],
)
def test_the_strongest_reasons_are_told(one: Person, other: Person, rules: Rules, told: object) -> None:
    (group,) = match([one, other], History(), rules, 1).groups

    assert group.reasons == told


def test_a_meeting_long_ago_may_be_told() -> None:
    history = History(20, {5: (("A", "B"),)})

    (group,) = match([Person("A"), Person("B")], history, ANY, 1).groups

    assert group.reasons == (NotMetFor(15),)
