"""How well and how fast people are matched: ten rounds with history, and beside others' ways of doing it.

Seconds are of CPU. The others run with the interpreter that `benchmarks.peers` looks for; what it lacks is left out.
"""

from __future__ import annotations

import json
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
from benchmarks.matching_fairness import fairness
from benchmarks.matching_rounds import RULES, Played
from benchmarks.peers import BESIDE, PYTHON
from bot.matching import History, Person, Rules, match
from bot.matching.affinity import Meetings
from bot.matching.fields import Field
from bot.runtime.config import ROOT, read_environment

ROUNDS, SEED = 10, 1


@dataclass(frozen=True)
class Size:
    """How many people are matched, and what is asked of it: the share of the bound, and the megabytes at most."""

    people: int
    share: float
    megabytes: float | None = None


SIZES = (
    Size(20, 1),
    Size(100, 1),
    Size(500, 1),
    Size(1_000, 1),
    Size(2_000, 1),
    Size(5_000, 0.998),
    Size(10_000, 0.998, 150),
)
LARGE_SIZES = (Size(20_000, 0.998), Size(50_000, 0.995, 400))


@dataclass(frozen=True)
class Peer:
    """Another way, for so many people, and how many times as fast Trellis has to be."""

    name: str
    people: int
    least_times: float | None = None
    what: str = ""


PEERS = (
    Peer("shuffle", 500, what="shuffle with retries, all ten rounds"),
    Peer("shuffle", 2_000, what="shuffle with retries, all ten rounds"),
    Peer("greedy", 500),
    Peer("greedy", 1_000, 2),
    Peer("greedy", 2_000, 5),
    Peer("greedy", 5_000, 30),
    Peer("networkx", 100, 25),
    Peer("networkx", 500, 100),
    Peer("networkx", 1_000, 400),
    Peer("rustworkx", 1_000, 12),
    Peer("rustworkx", 2_000, 60),
)
MEMORY_SHARE, MEMORY_PEOPLE = 0.1, 5_000
"""Of what greedy takes, for so many people."""
LARGE, LARGE_AGAINST = 10_000, 2_000
"""So many are matched in less time than greedy takes for so many."""
MATCHED, LONELY = 4_000, 50
GROUPED, GROUP_SIZES, GROUP_SHARE = 60, (3, 4), 0.96
PEER_SECONDS = 240
"""What takes longer is ended; then that it takes longer is all that is known."""


def measure() -> Iterator[Figure]:
    """Measure all of it: half an hour, of which the largest rounds take most, and come last."""
    for size in SIZES:
        yield _rounds_figure(size)
    yield _deficit_figure()
    yield from fairness()
    python = _interpreter()
    for peer in PEERS:
        theirs = _by_peer(python, peer.name, peer.people)
        if theirs is not None:
            yield _peer_figure(peer, theirs)
    yield from _against_greedy(python)
    for group_size in GROUP_SIZES:
        yield from _group_figure(python, group_size)
    for size in LARGE_SIZES:
        yield _rounds_figure(size)


def _rounds_figure(size: Size) -> Figure:
    played = _play(size.people, ROUNDS)
    worst = min(each.share for each in played)
    over, repeats, broken = (
        sum(getattr(each, name) for each in played) for name in ("over", "repeats", "broken")
    )
    most = max(each.megabytes for each in played)
    proven = all(each.is_proven for each in played)
    seconds = [each.seconds for each in played]
    asked = f"{size.share:.1%} of the bound" + (f", under {size.megabytes} MB" if size.megabytes else "")
    return Figure(
        f"matching {size.people:,} people, {ROUNDS} rounds with history, 4% away",
        f"{min(seconds):.3g}–{max(seconds):.3g} s a round, {most:.0f} MB; worst {worst:.3%} of the bound;"
        f" {over} left over, {repeats} repeats, {broken} rules broken; {'all' if proven else 'not all'} proven",
        "",
        f"{asked}, all proven, no rule broken",
        worst >= size.share and broken == 0 and proven and most < (size.megabytes or np.inf),
    )


def _deficit_figure() -> Figure:
    """Match many of whom some speak with nobody."""
    lonely = [Person(f"X{number}", languages=frozenset({f"x{number}"})) for number in range(LONELY)]
    result = match([*_sociable(MATCHED - LONELY), *lonely], History(), RULES, SEED)
    return Figure(
        f"left over of {MATCHED:,} people, {LONELY} of whom cannot be matched",
        f"{len(result.left_over)}, {'proven' if result.is_proven else 'not proven'}",
        "",
        f"exactly {LONELY}, proven",
        len(result.left_over) == LONELY and result.is_proven,
    )


def _sociable(count: int) -> list[Person]:
    return [person for person in company(count + count // 10) if "en" in person.languages][:count]


@cache
def _play(people: int, rounds: int) -> tuple[Played, ...]:
    """Play rounds in a process of their own."""
    command = [sys.executable, "-m", "benchmarks.matching_rounds", str(people), str(rounds)]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    return tuple(Played(**json.loads(line)) for line in done.stdout.splitlines())


def _interpreter() -> Path:
    named = read_environment().get(PYTHON)
    if named:
        return Path(named)
    return BESIDE if BESIDE.exists() else Path(sys.executable)


@cache
def _by_peer(python: Path, name: str, people: int, size: int = 2) -> dict[str, Any] | None:
    """Let a peer solve the first round; None if it is not installed."""
    with TemporaryDirectory() as folder:
        table = Path(folder) / "table.npy"
        np.save(table, _table(_sociable(people) if size > 2 else company(people), RULES))
        command = [str(python), "-m", "benchmarks.matching_peers", name, str(table), str(size)]
        try:
            done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=PEER_SECONDS)
        except subprocess.TimeoutExpired:
            return {"seconds": PEER_SECONDS, "affinity": 0, "over": people, "broken": 0, "megabytes": 0}
    if "ModuleNotFoundError" in done.stderr:
        print(f"{name} is left out: {python} does not have it; {PYTHON} may name another interpreter")
        return None
    done.check_returncode()
    return dict(json.loads(done.stdout))


def _table(people: Sequence[Person], rules: Rules) -> Any:
    field = Field(people, Meetings.of(History()), rules)
    return field.affinities(np.arange(field.size))


def _peer_figure(peer: Peer, theirs: dict[str, Any]) -> Figure:
    (ours,) = min((_play(peer.people, 1) for _ in range(3)), key=lambda played: played[0].seconds)
    times = theirs["seconds"] / ours.seconds
    rounds = ROUNDS if peer.name == "shuffle" else 1
    share = theirs["affinity"] / rounds * ours.share / ours.affinity
    return Figure(
        f"matching {peer.people:,} people",
        f"{ours.seconds:.3g} s, {times:.1f} times as fast; {ours.share:.2%} of the bound;"
        f" {ours.over} left over, {ours.broken} rules broken",
        f"{peer.what or peer.name}: {_told(theirs, share)}",
        f"at least {peer.least_times} times" if peer.least_times else "",
        times >= peer.least_times if peer.least_times else None,
    )


def _told(theirs: dict[str, Any], share: float) -> str:
    if not theirs["affinity"]:
        return f"not done in {PEER_SECONDS} s"
    left = f"{theirs['over']} left over, {theirs['broken']} rules broken"
    return f"{theirs['seconds']:.3g} s; {share:.2%} of the bound; {left}"


def _against_greedy(python: Path) -> Iterator[Figure]:
    """Compare the memory, and many people here with fewer there."""
    theirs, fewer = (_by_peer(python, "greedy", people) for people in (MEMORY_PEOPLE, LARGE_AGAINST))
    (ours,), (many,) = _play(MEMORY_PEOPLE, 1), _play(LARGE, 1)
    if theirs is None or fewer is None:
        return
    yield Figure(
        f"memory for matching {MEMORY_PEOPLE:,} people",
        f"{ours.megabytes:.0f} MB",
        f"greedy: {theirs['megabytes']:.0f} MB",
        f"at most {MEMORY_SHARE:.0%} of it",
        ours.megabytes <= MEMORY_SHARE * theirs["megabytes"],
    )
    yield Figure(
        f"matching {LARGE:,} people",
        f"{many.seconds:.3g} s",
        f"greedy, {LARGE_AGAINST:,} people: {fewer['seconds']:.3g} s",
        "less time",
        many.seconds < fewer["seconds"],
    )


def _group_figure(python: Path, size: int) -> Iterator[Figure]:
    theirs = _by_peer(python, "cp_sat", GROUPED, size)
    if theirs is None:
        return
    result = match(_sociable(GROUPED), History(), Rules(mixing=RULES.mixing, group_size=size), SEED)
    pairs = sum(len(list(combinations(group.members, 2))) for group in result.groups)
    share = result.affinity / max(1, theirs["affinity"])
    yield Figure(
        f"matching {GROUPED} people in groups of {size}",
        f"{share:.2%} of CP-SAT's sum, {pairs} pairs; {len(result.left_over)} left over",
        f"CP-SAT: {theirs['affinity']} in {theirs['seconds']:.0f} s of CPU",
        f"at least {GROUP_SHARE:.0%}",
        share >= GROUP_SHARE,
    )
