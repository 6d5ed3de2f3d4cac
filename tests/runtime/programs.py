"""Trellis as a program of its own process, for tests that start it, ask it, and end it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from bot.runtime.config import ROOT
from sandbox.driver import Driver
from sandbox.identity import BOT_TOKEN, SIGNING_SECRET
from sandbox.testing import Running
from tests.stores import migrated_sqlite

START_SECONDS, END_SECONDS, LOOK_AGAIN_SECONDS = 60.0, 25.0, 0.1
"""A process that is asked to end does so within 25 s, whatever hangs or is away."""


@pytest.fixture
def environment(workspace: Running, slack: Driver, tmp_path: Path) -> dict[str, str]:
    """Give the environment of an operator who uses the sandbox, with a migrated store."""
    store = tmp_path / "trellis.db"
    migrated_sqlite(store).dispose()
    return {
        "PATH": os.defpath,
        "SLACK_BOT_TOKEN": BOT_TOKEN,
        "SLACK_SIGNING_SECRET": SIGNING_SECRET,
        "SLACK_APP_TOKEN": "",
        "SLACK_API_URL": workspace.api_url,
        "DATABASE_URL": f"sqlite:///{store}",
        "HOST": "127.0.0.1",
        "PORT": str(free_port()),
    }


def free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])


@contextmanager
def running_app(
    arguments: Sequence[str], environment: dict[str, str], *, home: Path = ROOT, log: int = subprocess.PIPE
) -> Iterator[subprocess.Popen[str]]:
    """Run the program, or the one in another folder, for as long as the block lasts; asked to, it must end by itself.

    A pipe that nobody reads holds some 64 kB: who logs more waits for a reader, so that it then takes `DEVNULL`.
    """
    command = [sys.executable, "app.py", *arguments]
    process = subprocess.Popen(
        command, cwd=home, env=environment, text=True, stdout=subprocess.PIPE, stderr=log
    )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.communicate(timeout=END_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            raise


def wait_until_ready(process: subprocess.Popen[str], environment: dict[str, str]) -> None:
    wait_until(process, lambda: fetch(environment, "/readyz") == 200)


def wait_until(process: subprocess.Popen[str], look: Callable[[], bool]) -> None:
    """Look now and then, while the process goes on, until it is so."""
    deadline = time.monotonic() + START_SECONDS
    while not look():
        # Asking without a pause would take from the program what it needs.
        with suppress(subprocess.TimeoutExpired):
            process.wait(LOOK_AGAIN_SECONDS)
        assert process.poll() is None, process.communicate()[1]
        assert time.monotonic() < deadline, "it took too long"


def fetch(environment: dict[str, str], path: str) -> int:
    """Ask the web server, and give the status; 0 if nobody listens."""
    return hear(environment, path)[0]


def hear(environment: dict[str, str], path: str) -> tuple[int, str]:
    """Ask the web server, and give the status, 0 if nobody listens, and what it says."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{environment['PORT']}{path}", timeout=5) as answer:
            return int(answer.status), answer.read().decode()
    except urllib.error.HTTPError as refusal:
        with refusal:
            return refusal.code, refusal.read().decode()
    except OSError:
        return 0, ""
