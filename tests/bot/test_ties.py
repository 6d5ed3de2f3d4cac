"""Ties between departments, and that no figure is of few people."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as some

from bot.ties import FEWEST, MOST, Meeting, Tie, pairs_of, put_together, ties

LARGE = {"Design": 6, "Legal": 5, "Sales": 9}


def test_a_group_of_three_ties_each_two_of_its_departments() -> None:
    group = {"U1": "Sales", "U2": "Legal", "U3": "Sales", "U4": None}

    found = ties(pairs_of(1, group), LARGE)

    assert found.ties == (Tie("Legal", "Sales", meetings=2, since=1),)


def test_a_tie_is_new_only_in_the_round_in_which_two_departments_met_first() -> None:
    met = [Meeting(3, "Sales", "Legal"), Meeting(1, "Legal", "Sales", 4), Meeting(3, "Sales", "Design")]

    found = ties(met, LARGE)

    assert found.ties == (Tie("Legal", "Sales", 5, 1), Tie("Design", "Sales", 1, 3))
    assert found.before(3) == (Tie("Legal", "Sales", 5, 1),)
    assert found.new_in(3) == (Tie("Design", "Sales", 1, 3),)
    assert found.possible == 3


def test_a_department_is_one_however_it_is_written() -> None:
    found = ties(
        [Meeting(1, "sales", "LEGAL"), Meeting(1, "Sales", "sales ")], {"sales": 2, "Sales": 4, **LARGE}
    )

    assert found.departments == ("Design", "Legal", "Sales")
    assert found.ties == (Tie("Legal", "Sales", 1, 1),)


def test_the_next_smallest_joins_one_that_is_small_alone() -> None:
    met = [Meeting(1, "Board", "Sales"), Meeting(1, "Legal", "Sales"), Meeting(1, "Board", "Legal")]

    found = ties(met, {**LARGE, "Board": 2})

    assert found.departments == ("Design", "Sales", None)
    assert found.ties == (Tie("Sales", None, 2, 1),)


def test_of_two_tiny_departments_no_figure_is_made_either() -> None:
    assert put_together({"Board": 1, "Lab": 1, **LARGE}) == {"Board", "Lab", "Legal"}


def test_where_all_are_small_nothing_can_be_told_apart() -> None:
    found = ties([Meeting(1, "Board", "Lab")], {"Board": 2, "Lab": 4})

    assert (found.departments, found.ties) == ((None,), ())


@given(some.dictionaries(some.text(min_size=1, max_size=3), some.integers(1, 30), max_size=60))
def test_nothing_shown_is_of_few_people_or_the_rest_of_a_total(sizes: dict[str, int]) -> None:
    joined = put_together(sizes, most=MOST)

    apart = sizes.keys() - joined
    assert all(sizes[name] >= FEWEST for name in apart)
    assert len(apart) + bool(joined) <= MOST
    if joined and apart:
        assert len(joined) >= 2
        assert sum(sizes[name] for name in joined) >= FEWEST
