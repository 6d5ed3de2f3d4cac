"""What others do to match people, written anew from what is published of it; each in a process of its own.

`python -m benchmarks.matching_peers NAME FILE GROUP_SIZE LIMIT` reads a table of affinities, below 0 where two may not
meet, and prints what came out as JSON, unless it takes more seconds of CPU than the limit. All but the first are given
the table; Trellis makes its own in the time that counts.

- `greedy`: weigh all pairs in Python, and take the best of those left, and so on (`benchmarks/matching_plain.py`).
- `given_greedy`: the same, all weights read from the table: nothing but sorting and taking is left to do.
- `shuffle`: deal people at random until no pair met lately, as most coffee bots do; the rules are not known to it.
- `networkx`: `max_weight_matching` on the complete graph (Edmonds' blossoms, as Galil gave them in 1986).
- `rustworkx`: the same method compiled.
- `cp_sat`: groups of a size by OR-tools' solver, two being together as the variable, for 40 seconds.
"""

from __future__ import annotations

import json
import random
import resource
import sys
import time
from collections.abc import Callable, Set
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks import matching_plain
from benchmarks.company import company

Table = NDArray[np.int16]
Pairs = list[tuple[int, int]]

ROUNDS, WINDOW, MOST_DEALS = 10, 6, 1_000
QUICK_SECONDS, TURNS = 2.0, 3
SOLVER_SECONDS, SOLVER_WORKERS = 40.0, 2


def shuffle(table: Table) -> Pairs:
    """Deal ten rounds, and give all their pairs."""
    chance, rounds = random.Random(1), list[set[tuple[int, int]]]()
    for _ in range(ROUNDS):
        rounds.append(deal(len(table), set().union(*rounds[-WINDOW:]), chance))
    return [pair for dealt in rounds for pair in dealt]


def deal(count: int, lately: Set[tuple[int, int]], chance: random.Random) -> set[tuple[int, int]]:
    """Deal so many people until no two of them met lately, or as often as one has patience for."""
    people = list(range(count))
    for _ in range(MOST_DEALS):
        chance.shuffle(people)
        dealt = {(min(a, b), max(a, b)) for a, b in zip(people[::2], people[1::2], strict=False)}
        if not dealt & lately:
            break
    return dealt


def greedy(table: Table) -> Pairs:
    """Match the people the table was made from, in Python alone; what that sums up to has to be what the table says."""
    total, pairs = matching_plain.greedy(company(len(table)))
    if total != sum(int(table[pair]) for pair in pairs):
        raise ValueError("pairs are weighed in another way than in the table")
    return pairs


def take_the_best(table: Table) -> Pairs:
    """Sort all pairs, and take each whose two are still free."""
    rows = table.tolist()
    every = [(rows[a][b], a, b) for a, b in combinations(range(len(rows)), 2) if rows[a][b] >= 0]
    every.sort(reverse=True)
    free, pairs = set(range(len(rows))), []
    for _, a, b in every:
        if a in free and b in free:
            free -= {a, b}
            pairs.append((a, b))
    return pairs


def networkx(table: Table) -> Pairs:
    """Match exactly in Python."""
    import networkx as nx

    graph = nx.Graph()
    graph.add_weighted_edges_from(_edges(table))
    return [(int(a), int(b)) for a, b in nx.max_weight_matching(graph, maxcardinality=True)]


def rustworkx(table: Table) -> Pairs:
    """Match exactly, compiled."""
    import rustworkx as rx

    graph: Any = rx.PyGraph()
    graph.add_nodes_from(range(len(table)))
    graph.add_edges_from(_edges(table))
    return list(rx.max_weight_matching(graph, max_cardinality=True, weight_fn=int))


def cp_sat(table: Table, size: int) -> Pairs:
    """Group everybody; who is together with two others keeps these together."""
    from ortools.sat.python import cp_model

    people, model = range(len(table)), cp_model.CpModel()
    together = {
        (a, b): model.new_bool_var("") if table[a, b] >= 0 else model.new_constant(0)
        for a, b in combinations(people, 2)
    }
    for one in people:
        model.add(sum(var for pair, var in together.items() if one in pair) == size - 1)
    for a, b, c in combinations(people, 3):
        three = together[a, b], together[b, c], together[a, c]
        for at in range(3):
            model.add_bool_or(three[at].negated(), three[at - 1].negated(), three[at - 2])
    model.maximize(sum(int(table[pair]) * var for pair, var in together.items() if table[pair] >= 0))
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds = SOLVER_SECONDS
    solver.parameters.num_workers = SOLVER_WORKERS
    status = solver.solve(model)
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return []
    return [pair for pair, var in together.items() if solver.value(var)]


def _edges(table: Table) -> list[tuple[int, int, int]]:
    first, second = np.nonzero(np.triu(table >= 0, 1))
    return list(zip(first.tolist(), second.tolist(), table[first, second].tolist(), strict=True))


def _timed(solve: Callable[[], Pairs]) -> tuple[float, Pairs]:
    """Give the seconds of CPU, the least of three turns where one is quick."""
    best, pairs = float("inf"), []
    for _ in range(TURNS):
        begun = time.process_time()
        pairs = solve()
        best = min(best, time.process_time() - begun)
        if best > QUICK_SECONDS:
            break
    return best, pairs


def most_megabytes() -> float:
    """Give the most memory this program has held; what `resource` says counts the one that started it, too."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM:"))


def main(name: str, file: str, size: str, limit: str) -> None:
    """Solve, and print; after the limit the system ends the process."""
    resource.setrlimit(resource.RLIMIT_CPU, (int(limit), int(limit) + 1))
    table: Table = np.load(file)
    solvers: dict[str, Callable[[], Pairs]] = {
        "shuffle": lambda: shuffle(table),
        "greedy": lambda: greedy(table),
        "given_greedy": lambda: take_the_best(table),
        "networkx": lambda: networkx(table),
        "rustworkx": lambda: rustworkx(table),
        "cp_sat": lambda: cp_sat(table, int(size)),
    }
    before = most_megabytes()
    seconds, pairs = _timed(solvers[name])
    worth = [int(table[pair]) for pair in pairs]
    found = {
        "seconds": seconds,
        "affinity": sum(each for each in worth if each >= 0),
        "broken": sum(each < 0 for each in worth),
        "over": len(table) - len({one for pair in pairs for one in pair}),
        "megabytes": most_megabytes() - before,
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
