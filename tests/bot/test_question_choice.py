"""A pair sees everything before it sees anything again, and hears of another theme each time."""

from __future__ import annotations

import itertools
import os
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from bot.question_bank import Question, QuestionBank, Theme, default_bank
from bot.question_choice import Asked, Choice, FreshStart, History, LongAgo, NeverTouched, NothingFits, choose
from tests.bot.pairs import ANY, MONDAY_NOON, WEEK, meet


def a_bank(*sizes: int, when: frozenset[str] = ANY) -> QuestionBank:
    """Make a bank whose first theme, "a", has the first number of questions, "a-1" and so on."""
    themes = tuple(Theme(id=chr(ord("a") + place), label=f"theme {place}") for place in range(len(sizes)))
    questions = (
        Question(f"{theme.id}-{number}", theme.id, "What?", "What?", "What?", ("What?",), when)
        for theme, size in zip(themes, sizes, strict=True)
        for number in range(1, size + 1)
    )
    return QuestionBank(themes, tuple(questions))


def asked(*question_ids: str, not_useful: Iterable[str] = ()) -> list[Asked]:
    """Make a history of one question a week, the last one a week before MONDAY_NOON."""
    unwanted = set(not_useful)
    first_at = MONDAY_NOON - len(question_ids) * WEEK
    return [
        Asked(question_id, question_id.partition("-")[0], first_at + place * WEEK, question_id in unwanted)
        for place, question_id in enumerate(question_ids)
    ]


def choose_now(
    bank: QuestionBank, history: list[Asked], *, fits: frozenset[str] = ANY, seed: int = 1
) -> Choice:
    return choose(bank, History.of(history), fits=fits, chance=random.Random(seed))


def themes_twice_in_a_row(history: list[Asked]) -> list[str]:
    return [second.theme for first, second in itertools.pairwise(history) if first.theme == second.theme]


BANKS = st.lists(st.integers(1, 5), min_size=1, max_size=6).map(lambda sizes: a_bank(*sizes))
SEEDS = st.integers(0, 2**32)


# Cycles


@given(bank=BANKS, seed=SEEDS)
@settings(max_examples=60, deadline=None)
def test_nothing_comes_again_before_everything_was_seen_in_three_full_cycles(
    bank: QuestionBank, seed: int
) -> None:
    size = len(bank.questions)
    history = meet(bank, 3 * size, seed=seed)
    cycles = [history[start : start + size] for start in range(0, 3 * size, size)]
    for cycle in cycles:
        assert {one.question_id for one in cycle} == {question.id for question in bank.questions}


@given(bank=BANKS, seed=SEEDS)
@settings(max_examples=60, deadline=None)
def test_no_theme_comes_twice_in_a_row_where_the_bank_allows_it(bank: QuestionBank, seed: int) -> None:
    largest = max(Counter(question.theme for question in bank.questions).values())
    assume(2 * largest <= len(bank.questions))
    assert themes_twice_in_a_row(meet(bank, 3 * len(bank.questions), seed=seed)) == []


@pytest.mark.parametrize("seed", range(3))
def test_the_packaged_bank_goes_round_three_times_without_repetition(seed: int) -> None:
    fitting = {question.id for question in default_bank().questions if question.fits(ANY)}
    history = meet(default_bank(), 3 * len(fitting), seed=seed)
    for start in range(0, len(history), len(fitting)):
        assert {one.question_id for one in history[start : start + len(fitting)]} == fitting
    assert themes_twice_in_a_row(history) == []


def test_the_first_fifteen_questions_are_of_fifteen_themes() -> None:
    assert len({one.theme for one in meet(default_bank(), 15)}) == 15


def test_a_theme_that_makes_up_most_of_the_bank_is_spread_as_far_as_it_goes() -> None:
    history = meet(a_bank(4, 1, 1), 6)
    assert len(themes_twice_in_a_row(history)) == 1


def test_within_a_theme_the_question_seen_longest_ago_comes_first() -> None:
    bank = a_bank(2, 2)
    history = asked("a-2", "b-1", "a-1", "b-2")
    assert {choose_now(bank, history, seed=seed).question.id for seed in range(20)} == {"a-2"}


def test_a_new_question_in_the_bank_comes_before_any_repetition_and_only_once() -> None:
    history = asked("a-1", "b-1", "a-2", "b-2", "a-1", "b-1")
    bank = a_bank(2, 2, 1)
    after = meet(bank, 3, history=history)[len(history) :]
    assert after[0].question_id == "c-1"
    assert {one.question_id for one in after[1:]} == {"a-2", "b-2"}


def test_retired_questions_in_the_history_do_no_harm() -> None:
    history = asked("gone-1", "a-1", "gone-1", "gone-2")
    choice = choose_now(a_bank(1, 1), history)
    assert choice.question.id == "b-1"
    assert choice.why == NeverTouched("theme 1")


# Themes


@pytest.mark.parametrize("seed", range(5))
def test_a_theme_never_touched_goes_before_one_left_long_ago(seed: int) -> None:
    choice = choose_now(a_bank(3, 3, 3), asked("a-1", "b-1"), seed=seed)
    assert choice.question.theme == "c"
    assert choice.why == NeverTouched("theme 2")


@pytest.mark.parametrize("seed", range(5))
def test_of_themes_touched_the_one_left_longest_goes_first(seed: int) -> None:
    choice = choose_now(a_bank(3, 3, 3), asked("b-1", "c-1", "a-1"), seed=seed)
    assert choice.question.theme == "b"
    assert choice.why == LongAgo("theme 1", last_on=date(2027, 2, 8))


def test_themes_left_equally_long_are_decided_by_chance() -> None:
    chosen = {choose_now(a_bank(2, 2, 2), [], seed=seed).question.theme for seed in range(40)}
    assert chosen == {"a", "b", "c"}


def test_a_pairs_first_question_is_a_fresh_start() -> None:
    assert choose_now(default_bank(), []).why == FreshStart()


# Situations, and what was not useful


def test_a_question_for_a_situation_comes_only_while_it_holds() -> None:
    everyday, special = (
        a_bank(1).questions[0],
        replace(a_bank(0, 1).questions[0], when=frozenset({"anniversary"})),
    )
    bank = QuestionBank(a_bank(1, 1).themes, (everyday, special))
    history = asked("a-1")
    assert choose_now(bank, history).question == everyday
    assert choose_now(bank, history, fits=ANY | {"anniversary"}).question == special


def test_what_was_not_useful_stays_away_while_anything_else_fits() -> None:
    history = asked("a-1", "b-1", "b-2", not_useful=["a-1"])
    for _ in range(12):
        question = choose_now(a_bank(1, 2), history).question
        assert question.id != "a-1"
        history.append(Asked(question.id, question.theme, MONDAY_NOON))


def test_what_was_not_useful_comes_back_when_nothing_else_fits() -> None:
    history = asked("a-1", "b-1", not_useful=["a-1", "b-1"])
    assert choose_now(a_bank(1, 1), history).question.id == "a-1"


# Small banks


def test_a_bank_of_one_question_repeats_it() -> None:
    assert [one.question_id for one in meet(a_bank(1), 4)] == ["a-1"] * 4


def test_a_bank_of_one_theme_goes_round_in_it() -> None:
    history = meet(a_bank(3), 9)
    assert [len({one.question_id for one in history[start : start + 3]}) for start in (0, 3, 6)] == [3, 3, 3]
    assert all(first.question_id != second.question_id for first, second in itertools.pairwise(history))


def test_a_bank_in_which_nothing_fits_says_so() -> None:
    with pytest.raises(NothingFits, match="any"):
        choose_now(a_bank(1, when=frozenset({"anniversary"})), [])


# The same inputs, the same question


@given(bank=BANKS, seed=SEEDS, times=st.integers(0, 12), shuffle=st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_the_order_of_the_bank_changes_nothing(
    bank: QuestionBank, seed: int, times: int, shuffle: random.Random
) -> None:
    questions, themes = list(bank.questions), list(bank.themes)
    shuffle.shuffle(questions)
    shuffle.shuffle(themes)
    shuffled = QuestionBank(tuple(themes), tuple(questions))
    history = meet(bank, times, seed=seed)
    assert meet(shuffled, times, seed=seed) == history
    assert choose_now(shuffled, history, seed=seed) == choose_now(bank, history, seed=seed)


def test_neither_does_the_hash_seed_of_the_process() -> None:
    program = (
        "from bot.question_bank import default_bank\n"
        "from tests.bot.pairs import meet\n"
        "print([one.question_id for one in meet(default_bank(), 40, seed=7)])"
    )
    root = Path(__file__).parents[2]
    apart = subprocess.run(
        [sys.executable, "-c", program],
        env={"PATH": os.defpath, "PYTHONHASHSEED": "4242"},
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    # The seed of this process is another one in each run.
    assert apart == f"{[one.question_id for one in meet(default_bank(), 40, seed=7)]}\n"
