"""What small groups meet over many rounds: who is in a three how often, and when somebody meets again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations

from benchmarks.company import name_of
from benchmarks.figures import Figure
from bot.matching import History, Person, Result, Rules, match
from bot.matching.exact import heaviest_of

ODD, ODD_ROUNDS = 21, 50
EVEN, EVEN_ROUNDS = 20, 25


def fairness() -> Iterator[Figure]:
    """Play an odd number over many rounds, and an even one until everybody has met everybody."""
    turns: Counter[str] = Counter({name_of(place): 0 for place in range(ODD)})
    most_apart = 0
    for _, result in _in_a_row(ODD, Rules(), ODD_ROUNDS):
        threes = [group.members for group in result.groups if len(group.members) == 3]
        turns.update(name for three in threes for name in three)
        turns.update(each.person for each in result.left_over)
        most_apart = max(most_apart, max(turns.values()) - min(turns.values()))
    yield Figure(
        f"{ODD} people over {ODD_ROUNDS} rounds: times in a three or left over",
        f"never more than {most_apart} apart",
        "",
        "nobody twice before everybody once",
        most_apart <= 1,
    )
    yield _repeats_figure()


def _repeats_figure() -> Figure:
    fresh, avoidable = 0, 0
    for history, result in _in_a_row(EVEN, Rules(repeat_window=EVEN_ROUNDS), EVEN_ROUNDS):
        least = EVEN // 2 - _most_new_pairs(history)
        fresh += not result.relaxations
        avoidable += len(result.relaxations) - least
    return Figure(
        f"{EVEN} people over {EVEN_ROUNDS} rounds: avoidable repeats",
        f"{avoidable}; {fresh} rounds without any",
        f"there are {EVEN - 1} rounds without one at most",
        "none by an exact check",
        avoidable == 0,
    )


def _most_new_pairs(history: History) -> int:
    met = {frozenset(pair) for groups in history.rounds.values() for pair in groups}
    unmet = [
        (one, other, 1)
        for one, other in combinations(range(EVEN), 2)
        if frozenset((name_of(one), name_of(other))) not in met
    ]
    return len(heaviest_of(unmet, EVEN))


def _in_a_row(count: int, rules: Rules, rounds: int) -> Iterator[tuple[History, Result]]:
    people, history = [Person(name_of(place)) for place in range(count)], History(1)
    for number in range(1, rounds + 1):
        result = match(people, history, rules, seed=number)
        yield history, result
        threes = {name for group in result.groups if len(group.members) == 3 for name in group.members}
        people = [replace(each, in_three_in=number) if each.id in threes else each for each in people]
        met = {**history.rounds, number: tuple(group.members for group in result.groups)}
        history = History(number + 1, met)
