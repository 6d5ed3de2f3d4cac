"""The matching beside others' ways of doing it: each solves the same first round, in a process of its own.

Seconds are of CPU. The others run with the interpreter that `benchmarks.peers` looks for; what it
lacks is left out.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import combinations
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from benchmarks.company import company
from benchmarks.figures import Figure
from benchmarks.matching_rounds import Played, played_apart
from benchmarks.matching_rules import RULES
from benchmarks.peers import BESIDE, PYTHON
from bot.matching import History, Person, Rules, match
from bot.matching.affinity import Meetings
from bot.matching.fields import Field
from bot.runtime.config import ROOT, read_environment

LIMIT = 900


@dataclass(frozen=True)
class Peer:
    """Another way, for so many people, and how many times as fast Trellis has to be."""

    name: str
    people: int
    least_times: float | None = None
    what: str = ""
    limit: int = LIMIT
    """After so many seconds of CPU it is ended; then that it takes longer is all that is known."""


NETWORKX, SHUFFLE, GIVEN = (
    "networkx, complete",
    "shuffle with retries, ten rounds",
    "greedy, given all weights",
)
GREEDY, RUSTWORKX = "greedy by weight in Python", "rustworkx, complete"
TWO_MINUTES = 120
PEERS = (
    Peer("shuffle", 20, what=SHUFFLE),
    Peer("shuffle", 100, what=SHUFFLE),
    Peer("shuffle", 500, what=SHUFFLE),
    Peer("shuffle", 2_000, what=SHUFFLE),
    Peer("greedy", 20, what=GREEDY),
    Peer("greedy", 100, what=GREEDY),
    Peer("greedy", 500, what=GREEDY),
    Peer("greedy", 1_000, 2, GREEDY),
    Peer("greedy", 2_000, 5, GREEDY),
    Peer("greedy", 5_000, 30, GREEDY),
    Peer("given_greedy", 1_000, what=GIVEN),
    Peer("given_greedy", 2_000, what=GIVEN),
    Peer("given_greedy", 5_000, what=GIVEN),
    Peer("networkx", 20, what=NETWORKX, limit=TWO_MINUTES),
    Peer("networkx", 100, 25, NETWORKX, TWO_MINUTES),
    Peer("networkx", 500, 100, NETWORKX, TWO_MINUTES),
    Peer("networkx", 1_000, 400, NETWORKX, TWO_MINUTES),
    Peer("rustworkx", 1_000, 12, RUSTWORKX),
    Peer("rustworkx", 2_000, 60, RUSTWORKX),
)
TURNS = 3
"""Ours, of which the quickest counts, as of theirs where it is quick."""
MEMORY_SHARE, MEMORY_PEOPLE = 0.1, 5_000
"""Of what greedy takes, for so many people."""
LARGE, LARGE_AGAINST = 10_000, 2_000
"""So many are matched in less time than greedy takes for so many."""
GROUPED, GROUP_SIZES, GROUP_SHARE = 60, (3, 4), 0.96


def beside_others() -> Iterator[Figure]:
    """Let each peer solve a first round, and Trellis right after it."""
    for peer in PEERS:
        theirs = _by_peer(peer.name, peer.people, limit=peer.limit)
        if theirs is not None:
            yield _peer_figure(peer, theirs)


def against_greedy() -> Iterator[Figure]:
    """Compare the memory, and many people here with fewer there."""
    theirs, fewer, given = (
        _by_peer(name, people, limit=LIMIT)
        for name, people in (
            ("greedy", MEMORY_PEOPLE),
            ("greedy", LARGE_AGAINST),
            ("given_greedy", LARGE_AGAINST),
        )
    )
    ours, many = _fastest(MEMORY_PEOPLE), _fastest(LARGE)
    if theirs is None or fewer is None or given is None:
        return
    yield Figure(
        f"memory for matching {MEMORY_PEOPLE:,} people",
        f"{ours.megabytes:.0f} MB",
        f"{GREEDY}: {theirs['megabytes']:.0f} MB",
        f"at most {MEMORY_SHARE:.0%} of it",
        ours.megabytes <= MEMORY_SHARE * theirs["megabytes"],
    )
    yield Figure(
        f"matching {LARGE:,} people",
        f"{many.seconds:.3g} s",
        f"{LARGE_AGAINST:,} people: {GREEDY} {fewer['seconds']:.3g} s, given all weights {given['seconds']:.3g} s",
        f"less time than {GREEDY}",
        many.seconds < fewer["seconds"],
    )


def in_groups() -> Iterator[Figure]:
    """Compare groups of three and four with what a solver finds."""
    for size in GROUP_SIZES:
        theirs = _by_peer("cp_sat", GROUPED, size, limit=LIMIT)
        if theirs is None:
            continue
        result = match(sociable(GROUPED), History(), Rules(mixing=RULES.mixing, group_size=size), 1)
        pairs = sum(len(list(combinations(group.members, 2))) for group in result.groups)
        share = result.affinity / max(1, theirs["affinity"])
        yield Figure(
            f"matching {GROUPED} people in groups of {size}",
            f"{share:.2%} of CP-SAT's sum, {pairs} pairs; {len(result.left_over)} left over",
            f"CP-SAT: {theirs['affinity']} in {theirs['seconds']:.0f} s of CPU",
            f"at least {GROUP_SHARE:.0%}",
            share >= GROUP_SHARE,
        )


def sociable(count: int) -> list[Person]:
    """Make up so many people who all speak one language."""
    return [person for person in company(count + count // 10) if "en" in person.languages][:count]


@cache
def _by_peer(name: str, people: int, size: int = 2, *, limit: int) -> dict[str, Any] | None:
    """Let a peer solve the first round; None if it is not installed."""
    python = interpreter()
    with TemporaryDirectory() as folder:
        table = Path(folder) / "table.npy"
        np.save(table, _table(sociable(people) if size > 2 else company(people), RULES))
        command = [str(python), "-m", "benchmarks.matching_peers", name, str(table), str(size), str(limit)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if done.returncode == -signal.SIGXCPU:
        return {"seconds": limit, "affinity": 0, "over": people, "broken": 0, "megabytes": 0}
    if "ModuleNotFoundError" in done.stderr:
        print(f"{name} is left out: {python} does not have it; {PYTHON} may name another interpreter")
        return None
    done.check_returncode()
    return dict(json.loads(done.stdout))


def interpreter() -> Path:
    """Name the one that has what others made, if any does."""
    named = read_environment().get(PYTHON)
    if named:
        return Path(named)
    return BESIDE if BESIDE.exists() else Path(sys.executable)


def _table(people: Sequence[Person], rules: Rules) -> Any:
    field = Field(people, Meetings.of(History()), rules)
    return field.affinities(np.arange(field.size))


def _fastest(people: int) -> Played:
    turns = (played_apart(people, 1)[0] for _ in range(TURNS))
    return min(turns, key=lambda played: played.seconds)


def _peer_figure(peer: Peer, theirs: dict[str, Any]) -> Figure:
    ours, has_ended = _fastest(peer.people), theirs["affinity"] > 0
    times = theirs["seconds"] / ours.seconds
    rounds = 10 if peer.name == "shuffle" else 1
    share = theirs["affinity"] / rounds * ours.share / ours.affinity
    faster = f"{times:.1f} times as fast" if has_ended else f"more than {times:.0f} times as fast"
    left = f"{theirs['over']} left over, {theirs['broken']} rules broken"
    told = f"{theirs['seconds']:.3g} s; {share:.2%} of the bound; {left}"
    return Figure(
        f"matching {peer.people:,} people",
        f"{ours.seconds:.3g} s, {faster}; {ours.share:.2%} of the bound;"
        f" {ours.over} left over, {ours.broken} rules broken",
        f"{peer.what}: {told if has_ended else f'did not end within {peer.limit} s'}",
        f"at least {peer.least_times} times" if peer.least_times else "",
        times >= peer.least_times if peer.least_times else None,
    )
