"""Measures the parts named, or all of them, prints the tables and keeps them in RESULTS.md if asked to."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from benchmarks import (
    attention,
    blocked,
    commands,
    deliveries,
    due_scan,
    home_queries,
    introductions,
    lateness,
    matching,
    memory,
    peers,
    planning,
    recurrence,
    report,
    startup,
)
from benchmarks.figures import Figure, table


class Part(Protocol):
    """A module that measures something."""

    def measure(self) -> Iterator[Figure]:
        """Measure, and give figure by figure."""


RESULTS = Path(__file__).with_name("RESULTS.md")
PARTS: Mapping[str, Part] = {
    "attention": attention,
    "blocked": blocked,
    "commands": commands,
    "deliveries": deliveries,
    "due_scan": due_scan,
    "home_queries": home_queries,
    "introductions": introductions,
    "lateness": lateness,
    "matching": matching,
    "memory": memory,
    "peers": peers,
    "planning": planning,
    "recurrence": recurrence,
    "startup": startup,
}


def main(arguments: Sequence[str]) -> int:
    """Measure the parts named, or all of them; the exit code says whether every bar that was measured was met."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], help="default: all")
    parser.add_argument("--keep", action="store_true", help="write what was measured into RESULTS.md")
    options = parser.parse_args(arguments)
    measured = {name: _measure(name, keeps=options.keep) for name in options.parts or PARTS}
    if unmeasured := [name for name, figures in measured.items() if not figures]:
        print(f"Not measured (above it says why), so that nothing new is kept: {', '.join(unmeasured)}")
    return 1 if any(figure.is_met is False for figures in measured.values() for figure in figures) else 0


def _measure(name: str, *, keeps: bool) -> list[Figure]:
    """Measure a part, and keep it if it gave a figure."""
    figures: list[Figure] = []
    for figure in PARTS[name].measure():
        print(f"{figure.what}: {figure.value}", flush=True)
        figures.append(figure)
    if figures:
        print(f"\n{table(figures)}\n", flush=True)
    if figures and keeps:
        report.keep(RESULTS, name, PARTS[name].__doc__ or "", figures)
    return figures


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
