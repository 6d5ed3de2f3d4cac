"""Rounds of matching played one after the other in a process of their own, whose memory is looked at.

`python -m benchmarks.matching_rounds PEOPLE ROUNDS` prints one line of JSON a round.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from itertools import combinations

from benchmarks.company import company
from benchmarks.matching_peers import most_megabytes
from benchmarks.matching_rules import RULES, is_broken
from bot.matching import History, Person, Result, match
from bot.matching.results import Repeat
from bot.runtime.config import ROOT

AWAY = 0.04
"""The share of people who sit a round out, others each time."""
WARM = 300


@dataclass(frozen=True)
class Played:
    """What a round gave, and what it took."""

    people: int
    seconds: float
    """Of CPU."""
    share: float
    """Of the bound."""
    affinity: int
    over: int
    repeats: int
    broken: int
    """Pairs that break a rule, by a check that knows nothing of how they were found."""
    is_proven: bool
    megabytes: float
    """By which the process grew beyond people, history and libraries."""


def play(count: int, rounds: int) -> Iterator[Played]:
    """Play rounds, each with the history and the ledger that the ones before it left."""
    match(company(WARM, seed=0), History(), RULES, seed=0)
    people, history = company(count), History(1)
    before = most_megabytes()
    for number in range(1, rounds + 1):
        away = round(AWAY * count) if rounds > 1 else 0
        here = random.Random(number).sample(people, count - away)
        begun = time.process_time()
        result = match(here, history, RULES, seed=number)
        yield _played(here, result, time.process_time() - begun, most_megabytes() - before)
        people = _remembered(people, result, number)
        met = {**history.rounds, number: tuple(group.members for group in result.groups)}
        history = History(number + 1, met)


def played_apart(count: int, rounds: int) -> tuple[Played, ...]:
    """Play rounds in a process of their own."""
    command = [sys.executable, "-m", "benchmarks.matching_rounds", str(count), str(rounds)]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    return tuple(Played(**json.loads(line)) for line in done.stdout.splitlines())


def _played(here: list[Person], result: Result, seconds: float, megabytes: float) -> Played:
    by_id = {person.id: person for person in here}
    pairs = [pair for group in result.groups for pair in combinations(group.members, 2)]
    return Played(
        len(here),
        seconds,
        result.affinity / max(1, result.bound),
        result.affinity,
        len(result.left_over),
        sum(isinstance(each, Repeat) for each in result.relaxations),
        sum(is_broken(by_id[one], by_id[other]) for one, other in pairs),
        result.is_proven,
        megabytes,
    )


def _remembered(people: list[Person], result: Result, number: int) -> list[Person]:
    threes = {name for group in result.groups if len(group.members) > 2 for name in group.members}
    over = {each.person for each in result.left_over}
    return [
        replace(
            each,
            in_three_in=number if each.id in threes else each.in_three_in,
            left_over_in=number if each.id in over else each.left_over_in,
        )
        for each in people
    ]


if __name__ == "__main__":
    for played in play(int(sys.argv[1]), int(sys.argv[2])):
        print(json.dumps(asdict(played)), flush=True)
