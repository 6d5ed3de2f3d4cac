"""Trellis' command line in tests: the program's own `main`, without a process for each command."""

from __future__ import annotations

import logging
import runpy
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import pytest

from bot.runtime.config import ROOT


@dataclass(frozen=True)
class Done:
    """What became of a command: its exit code, and what it printed."""

    returncode: int
    stdout: str
    stderr: str


Run = Callable[[Sequence[str], dict[str, str]], Done]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Run]:
    """Run a command that ends by itself; it needs no process of its own to show what it says and returns."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level

    def run_here(arguments: Sequence[str], environment: dict[str, str]) -> Done:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        code = program()(arguments)
        printed = capsys.readouterr()
        return Done(code, printed.out, printed.err)

    yield run_here
    logging.basicConfig(level=level, handlers=handlers, force=True)


@cache
def program() -> Callable[[Sequence[str]], int]:
    """Load the program's `main`, which nothing else may import."""
    main: Callable[[Sequence[str]], int] = runpy.run_path(str(ROOT / "app.py"))["main"]
    return main


def run_apart(arguments: Sequence[str], environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run a command in a process of its own."""
    command = [sys.executable, "app.py", *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60)
