"""Small rounds, each against the best there is by trying everything."""

from __future__ import annotations

import numpy as np
import pytest

from bot.matching.fields import Field
from bot.matching.foresight import coming_threes
from bot.matching.pairing import Many, Pairing, pair_up
from bot.matching.people import Round
from bot.matching.rounds import burden_of, replay, shuffled
from tests.bot.matching.instances import small_round
from tests.bot.matching.judge import NOTHING, Judge, Score, plus

EVERYDAY, AT_LENGTH = 12, 3_500
"""Small rounds a test; there are three tests."""

seeds = pytest.mark.parametrize(
    "seeds",
    [
        pytest.param(range(EVERYDAY), id="everyday"),
        pytest.param(range(EVERYDAY, AT_LENGTH), id="at length", marks=pytest.mark.siege),
    ],
)


def score(judge: Judge, field: Field, pairing: Pairing) -> Score:
    names = [person.id for person in field.people]
    return plus(NOTHING, *(judge.pair(names[a], names[b]) for a, b in pairing.pairs))


def field_of(matched: Round, judge: Judge) -> Field:
    return Field(matched.people, judge.meetings, matched.rules)


def coming(matched: Round, judge: Judge) -> tuple[frozenset[str], ...]:
    """Who will be in a three in this round and the next ones, as the round itself sees it."""
    field = Field(shuffled(matched.people, matched.seed), judge.meetings, matched.rules)
    allowed = field.affinities(np.arange(field.size), with_repeats=True) >= 0
    threes = coming_threes(field, allowed, burden_of(field))
    return tuple(frozenset(field.people[place].id for place in three) for three in threes)


@seeds
def test_pairs_are_the_best_there_are(seeds: range) -> None:
    for seed in seeds:
        matched = small_round(seed)
        judge = Judge(matched)
        field = field_of(matched, judge)

        found = pair_up(field, burden_of(field), lambda _done, _of: None)

        assert score(judge, field, found) == judge.best_pairs, seed


@seeds
def test_a_round_is_the_best_there_is(seeds: range) -> None:
    for seed in seeds:
        matched = small_round(100_000 + seed)
        judge = Judge(matched)

        found = replay(matched)

        placed = {name for group in found.groups for name in group.members}
        score, best = judge.score(found.groups), judge.best_pairs
        assert all(judge.may_be_together(*group.members) for group in found.groups)
        assert {over.person for over in found.left_over} == set(judge.people) - placed
        assert score[0] == best[0], seed
        assert found.affinity == score[-1] <= found.bound
        if 2 * best[0] == len(judge.people):
            assert score == best, seed
        if 2 * best[0] == len(judge.people) - 1:
            foreseeing = Judge(matched, coming(matched, judge))
            with_three = foreseeing.best_with_three()
            assert (foreseeing.score(found.groups) == with_three) if with_three else (score == best), seed
            assert len(found.left_over) == (1 if with_three is None else 0)
        for name in judge.people.keys() - placed:
            hosts = [group for group in found.groups if judge.may_be_together(name, *group.members)]
            assert all(len(group.members) == 3 for group in hosts), seed


@seeds
def test_the_way_of_large_rounds_finds_as_much_in_small_ones(seeds: range) -> None:
    for seed in seeds:
        matched = small_round(200_000 + seed)
        judge = Judge(matched)
        field, best = field_of(matched, judge), judge.best_pairs

        found = Many(field, burden_of(field), lambda _done, _of: None).pair_up()

        pairs, hosted, fresh, oldness, _, _, affinity = score(judge, field, found)
        assert pairs == best[0], seed
        # Among many, who is left over is not chosen by who could be a third.
        assert hosted < best[1] or (fresh, oldness) == (best[2], best[3]), seed
        assert affinity <= found.bound
        if 2 * pairs == len(judge.people):
            assert found.bound >= best[-1]
