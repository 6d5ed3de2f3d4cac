"""Ten rounds by others' ways of matching, each with the history that it made itself, and with some people away.

`python -m benchmarks.matching_decade NAME PEOPLE` prints what came of them as JSON, from a process of its own. The
others are told who met lately and, but for the shuffle, what each two are worth to each other: that is not in their
time. Greedy and networkx take those who met lately only where nobody else is left.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from itertools import combinations
from pathlib import Path

import numpy as np

from benchmarks.company import company
from benchmarks.matching_peers import Pairs, Table, deal, most_megabytes, networkx, take_the_best
from benchmarks.matching_rounds import AWAY, WARM
from benchmarks.matching_rules import RULES, is_broken
from bot.matching import History, Person, match
from bot.matching.affinity import Meetings
from bot.matching.fields import Field
from bot.runtime.config import ROOT

ROUNDS = 10
ALL_FRESH = 1_100
"""More than the best pair is worth."""
Groups = tuple[tuple[str, ...], ...]
Solve = Callable[[Sequence[Person], History], tuple[float, Groups]]
"""Match who is here after this history; give the seconds of CPU it took, and the groups."""


@dataclass(frozen=True)
class Decade:
    """What ten rounds came to."""

    seconds: float
    """Of CPU, of the slowest round."""
    megabytes: float
    """By which the process grew beyond people, history and libraries."""
    share: float
    """Of the bound on the complete graph, with the same history, in the worst round."""
    over: int
    repeats: int
    broken: int


@dataclass(frozen=True)
class _Round:
    here: Sequence[Person]
    history: History
    seconds: float
    groups: Groups


def played_apart(name: str, count: int, python: Path) -> Decade | None:
    """Play ten rounds in a process of their own; None if this interpreter does not have the way."""
    command = [str(python), "-m", "benchmarks.matching_decade", name, str(count)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if "ModuleNotFoundError" in done.stderr:
        return None
    done.check_returncode()
    return Decade(**json.loads(done.stdout))


def play(name: str, count: int) -> Decade:
    """Let one way of matching play ten rounds."""
    match(company(WARM, seed=0), History(), RULES, seed=0)
    solve, people = WAYS[name], company(count)
    before = most_megabytes()
    rounds = list(_played(solve, people))
    grown = most_megabytes() - before
    return Decade(
        max(each.seconds for each in rounds),
        grown,
        min(map(_share, rounds)),
        sum(len(each.here) - sum(map(len, each.groups)) for each in rounds),
        sum(map(_repeats, rounds)),
        sum(map(_broken, rounds)),
    )


def _played(solve: Solve, people: Sequence[Person]) -> Iterator[_Round]:
    history = History(1)
    for number in range(1, ROUNDS + 1):
        here = random.Random(number).sample(people, len(people) - round(AWAY * len(people)))
        seconds, groups = solve(here, history)
        yield _Round(here, history, seconds, groups)
        history = History(number + 1, {**history.rounds, number: groups})


def _share(played: _Round) -> float:
    """Give the share of what no matching of these people after this history can exceed."""
    field = Field(played.here, Meetings.of(played.history), RULES)
    at = {person.id: place for place, person in enumerate(field.people)}
    pairs = [pair for group in played.groups for pair in combinations(group, 2)]
    first, second = (np.array([at[pair[side]] for pair in pairs], np.int64) for side in (0, 1))
    worth = field.pairs(first, second).astype(np.int64)
    bound = match(played.here, played.history, RULES, seed=played.history.number).bound
    return float(np.maximum(worth, 0).sum()) / max(1, bound)


def _repeats(played: _Round) -> int:
    meetings = Meetings.of(played.history)
    pairs = [pair for group in played.groups for pair in combinations(group, 2)]
    return sum(meetings.repeat(one, other, RULES) is not None for one, other in pairs)


def _broken(played: _Round) -> int:
    by_id = {person.id: person for person in played.here}
    pairs = [pair for group in played.groups for pair in combinations(group, 2)]
    return sum(is_broken(by_id[one], by_id[other]) for one, other in pairs)


def _by_chance(here: Sequence[Person], history: History) -> tuple[float, Groups]:
    names = [person.id for person in here]
    at = {name: place for place, name in enumerate(names)}
    lately = {
        (min(at[one], at[other]), max(at[one], at[other]))
        for number, groups in history.rounds.items()
        if history.number - number <= RULES.repeat_window
        for one, other in groups
        if one in at and other in at
    }
    begun = time.process_time()
    pairs = deal(len(names), lately, random.Random(history.number))
    return time.process_time() - begun, tuple((names[a], names[b]) for a, b in pairs)


def _by_table(
    solve: Callable[[Table], Pairs], here: Sequence[Person], history: History
) -> tuple[float, Groups]:
    field = Field(here, Meetings.of(history), RULES)
    table = field.affinities(np.arange(field.size), with_repeats=True)
    first, second, _ = field.repeats()
    table[table >= 0] += ALL_FRESH
    table[first, second] -= ALL_FRESH
    table[second, first] = table[first, second]
    begun = time.process_time()
    pairs = solve(table)
    seconds = time.process_time() - begun
    return seconds, tuple((field.people[a].id, field.people[b].id) for a, b in pairs)


WAYS: dict[str, Solve] = {
    "shuffle": _by_chance,
    "greedy": partial(_by_table, take_the_best),
    "networkx": partial(_by_table, networkx),
}


if __name__ == "__main__":
    print(json.dumps(asdict(play(sys.argv[1], int(sys.argv[2])))))
