"""How well and how fast people are matched: ten rounds with history, and beside others' ways of doing it.

In the ten rounds each way has the history that it made itself; the others are given a finished table of what each two
are worth, which is not in their time, and know of no groups of three.

`python -m benchmarks matching` measures all of it, `python -m benchmarks.matching PART…` some parts: rounds, deficit,
fairness, others, greedy, groups, large. Seconds are of CPU, of one core.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.figures import Figure, table
from benchmarks.matching_beside import against_greedy, beside_others, in_groups, interpreter, sociable
from benchmarks.matching_decade import played_apart as played_decade
from benchmarks.matching_fairness import fairness
from benchmarks.matching_rounds import played_apart
from benchmarks.matching_rules import RULES
from bot.matching import History, Person, match

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
MATCHED, LONELY = 4_000, 50


def measure() -> Iterator[Figure]:
    """Measure all of it: half an hour, of which the largest rounds take most, and come last."""
    for part in PARTS.values():
        yield from part()


DECADES: Mapping[str, tuple[str, Sequence[int]]] = {
    "shuffle": ("a shuffle with retries", (20, 100, 500, 2_000, 10_000, 50_000)),
    "greedy": ("greedy by weight", (20, 100, 500, 2_000, 10_000)),
    "networkx": ("networkx, complete graph", (20, 100, 500)),
}
"""Other ways, and how many people each of them matches in less than two minutes and the memory at hand."""


def _rounds() -> Iterator[Figure]:
    for size in SIZES:
        yield from _decades(size)


def _large() -> Iterator[Figure]:
    for size in LARGE_SIZES:
        yield from _decades(size)


def _decades(size: Size) -> Iterator[Figure]:
    yield _rounds_figure(size)
    for name, (what, sizes) in DECADES.items():
        found = played_decade(name, size.people, interpreter()) if size.people in sizes else None
        if found is not None:
            yield Figure(
                f"the same {size.people:,} by {what}",
                f"{found.seconds:.3g} s the slowest, {found.megabytes:.0f} MB; worst {found.share:.3%} of the bound;"
                f" {found.over} left over, {found.repeats} repeats, {found.broken} rules broken",
            )


def _rounds_figure(size: Size) -> Figure:
    played = played_apart(size.people, ROUNDS)
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


def _deficit() -> Iterator[Figure]:
    """Match many of whom some speak with nobody."""
    lonely = [Person(f"X{number}", languages=frozenset({f"x{number}"})) for number in range(LONELY)]
    result = match([*sociable(MATCHED - LONELY), *lonely], History(), RULES, SEED)
    yield Figure(
        f"left over of {MATCHED:,} people, {LONELY} of whom cannot be matched",
        f"{len(result.left_over)}, {'proven' if result.is_proven else 'not proven'}",
        "",
        f"exactly {LONELY}, proven",
        len(result.left_over) == LONELY and result.is_proven,
    )


PARTS: Mapping[str, Callable[[], Iterator[Figure]]] = {
    "rounds": _rounds,
    "deficit": _deficit,
    "fairness": fairness,
    "others": beside_others,
    "greedy": against_greedy,
    "groups": in_groups,
    "large": _large,
}


def main(arguments: Sequence[str]) -> int:
    """Measure the parts named, or all; the exit code says whether every bar was met."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.matching")
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], help="default: all")
    figures: list[Figure] = []
    for name in parser.parse_args(arguments).parts or PARTS:
        for figure in PARTS[name]():
            print(f"{figure.what}: {figure.value} | {figure.against}", flush=True)
            figures.append(figure)
    print(f"\n{table(figures)}")
    return 1 if any(figure.is_met is False for figure in figures) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
