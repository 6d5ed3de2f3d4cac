"""The demo as a newcomer runs it: two processes that begin and end together."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from bot.runtime.config import ROOT
from sandbox.driver import Driver
from tests.people import AMY

END_SECONDS = 60.0
"""Each of the two processes may take 25 s for itself."""


def test_the_demo_starts_over_and_ends_without_a_trace(tmp_path: Path) -> None:
    assert "Give one demo a month" in goal_added(tmp_path / "demo")


@pytest.mark.siege
def test_the_demo_continues(tmp_path: Path) -> None:
    goal_added(tmp_path / "demo")

    with demo(tmp_path / "demo") as driver:
        listed = driver.command(AMY, "/goal")

    assert "Give one demo a month" in str(listed.blocks)


def goal_added(folder: Path) -> str:
    """Begin anew where an older demo was, and give the answer to a goal."""
    folder.mkdir()
    (folder / "trellis.db").write_text("of another age")
    with demo(folder, "--fresh") as driver:
        return str(driver.command(AMY, "/goal add Give one demo a month by 2030-01-01").blocks)


@contextmanager
def demo(folder: Path, *arguments: str) -> Iterator[Driver]:
    """Run the demo, give a driver of its page, then press Ctrl-C."""
    command = [sys.executable, "app.py", "demo", "--folder", str(folder), *arguments]
    process = subprocess.Popen(command, cwd=ROOT, text=True, stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        shown = [process.stdout.readline() for _ in range(4)]
        children = psutil.Process(process.pid).children(recursive=True)
        with Driver(shown[1].split()[-1].rstrip("/")) as driver:
            yield driver
    finally:
        process.send_signal(signal.SIGINT)
        rest, _ = process.communicate(timeout=END_SECONDS)
    assert "Ctrl-C" in shown[2]
    assert (process.returncode, rest) == (0, "")
    assert len(children) >= 3
    assert not [child for child in children if child.is_running()]
