"""Which pairs are looked at: a guess says whom to keep, and what was not kept is never worth more than it says."""

from __future__ import annotations

import numpy as np
import pytest

from bot.matching import History, Mixing, Person, Rules
from bot.matching.affinity import Meetings
from bot.matching.candidates import Missing, Pool, missing_beyond, pool_of
from bot.matching.fields import Field
from bot.matching.fractional import Edges, Prices, assign, mutual, unplaced
from tests.bot.matching.instances import alike, company

RULES = Rules(mixing=Mixing.ACROSS)
SIZE = 300


def field_of(people: list[Person]) -> Field:
    met = History(3, {2: tuple((people[at].id, people[at + 1].id) for at in range(0, len(people) - 1, 2))})
    return Field(people, Meetings.of(met), RULES)


def pool_in(field: Field) -> Pool:
    return pool_of(field, lambda _count: None)


def priced(field: Field, edges: Edges) -> Prices:
    return assign(edges, np.full(field.size, -100_000), np.zeros(field.size)).prices


def without_skills(people: list[Person]) -> list[Person]:
    return [Person(each.id, each.department, at_work=each.at_work) for each in people]


PEOPLE = {
    "a company": lambda: company(SIZE),
    "nobody's skills known": lambda: without_skills(company(SIZE)),
    "nothing known": lambda: alike(SIZE),
}


@pytest.fixture(params=PEOPLE, scope="module")
def field(request: pytest.FixtureRequest) -> Field:
    return field_of(PEOPLE[request.param]())


def test_no_pair_beyond_reach_is_worth_more_than_the_guess_says(field: Field) -> None:
    pool = pool_in(field)
    worth = field.affinities(np.arange(field.size)).astype(int)
    allowed = worth >= 0
    allowed[pool.edges.first, pool.edges.second] = allowed[pool.edges.second, pool.edges.first] = False

    beyond = worth - pool.guess.halves - pool.guess.bars[:, None]

    assert (beyond[allowed] <= 0).all()


def test_within_reach_are_true_pairs_a_few_for_each(field: Field) -> None:
    pool = pool_in(field)
    edges = pool.edges

    assert (field.affinities(np.arange(field.size))[edges.first, edges.second] == edges.worth).all()
    assert (edges.worth >= 0).all()
    assert len(edges.first) <= 64 * field.size
    assert set(np.concatenate([pool.first().first, pool.first().second]).tolist()) == set(range(field.size))


def test_prices_miss_exactly_the_pairs_worth_more(field: Field) -> None:
    pool = pool_in(field)
    prices = priced(field, pool.first())
    worth = field.affinities(np.arange(field.size)).astype(int)

    missing = pool.missing(prices).joined(missing_beyond(field, pool, prices, lambda _count: None))

    over = 2 * worth - prices - prices[:, None]
    over[worth < 0] = 0
    found = set(zip(missing.edges.first.tolist(), missing.edges.second.tolist(), strict=True))
    assert found == set(zip(*(each.tolist() for each in np.nonzero(np.triu(over > 0))), strict=True))
    assert (missing.short == np.maximum(over, 0).max(axis=1)).all()


def test_some_places_are_weighed_against_some_as_against_all(field: Field) -> None:
    rows, columns = np.array([5, 0, 17]), np.array([17, 3, 5, 1, 299])

    assert (field.between(rows, columns) == field.affinities(rows)[:, columns]).all()


def test_nothing_is_missing_of_nobody() -> None:
    assert not Missing.nothing(0).joined(Missing.of(Edges.none(), np.zeros(0))).short.any()


def test_whoever_has_to_share_a_partner_is_not_placed() -> None:
    star = Edges(np.array([0, 0, 0]), np.array([1, 2, 3]), np.array([5, 5, 5]))

    assert len(unplaced(star, 4)) == 2
    assert unplaced(star, 5).tolist()[-1] == 4


def test_an_odd_cycle_gives_one_up_and_pairs_stay_pairs() -> None:
    edges = Edges.of(np.array([4, 0, 2, 1]), np.array([3, 1, 0, 2]), np.array([7, 9, 9, 8]))

    pairs, alone, given_up = mutual(assign(edges, np.full(6, -1_000), np.zeros(6)))

    assert sorted(pairs)[-1] == (3, 4)
    assert alone == [5]
    assert len(given_up) == 1
    assert set(given_up) < {0, 1, 2}
