"""The bot as the program an operator starts, beside a workspace in this process that it follows."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

from bot.runtime.config import ROOT
from sandbox.driver import Driver
from sandbox.identity import APP_TOKEN, BOT_TOKEN
from sandbox.model import Json, TourStep
from sandbox.testing import Running, running

START_SECONDS = 30.0
MOVES_LIMIT = 12
"""More things than a journey of two weeks has; each move looks two weeks far."""


class Program:
    """`python app.py`, attached over a socket; it may be killed and started again on the same store."""

    def __init__(self, workspace: Running, folder: Path) -> None:
        self.workspace = workspace
        self._log = folder / "bot.log"
        self._environment = {
            "PATH": os.defpath,
            "SLACK_BOT_TOKEN": BOT_TOKEN,
            "SLACK_APP_TOKEN": APP_TOKEN,
            "SLACK_SIGNING_SECRET": "",
            "SLACK_API_URL": workspace.api_url,
            "CLOCK_URL": f"{workspace.url}/clock",
            "DATABASE_URL": f"sqlite:///{folder / 'trellis.db'}",
            "HOST": "127.0.0.1",
        }
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def slack(self) -> Driver:
        """The workspace, to act in."""
        return self.workspace.driver

    def start(self, *, seconds: float = START_SECONDS) -> None:
        """Start it and wait until it is connected and follows the clock, by when nothing of before is left to do."""
        started_at = self.slack.now()
        with self._log.open("ab") as log:
            # A session of its own, for it is several processes, which are killed together.
            self._process = subprocess.Popen(
                [sys.executable, "app.py"],
                cwd=ROOT,
                env={**self._environment, "PORT": str(_free_port())},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.slack.eventually(lambda: self._is_there(started_at), seconds=seconds)

    def _is_there(self, started_at: datetime) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, self._log.read_text()
        # What a killed one reported last is older than the start of this one.
        return bool(self.slack.state()["sockets"]) and self.slack.is_followed_since(started_at)

    def kill(self) -> None:
        """Kill all of it at once, and wait until the workspace has noticed."""
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None
        self.slack.eventually(lambda: not self.slack.state()["sockets"])

    def revive(self) -> None:
        """Start it if it was killed."""
        if self._process is None:
            self.start()

    def move_on(self) -> Json:
        """Move the clock to the next thing somebody sees, and say how that went."""
        moved = self.slack.move_clock(to_next=True)
        assert moved["warning"] is None
        return moved

    def move_on_until(self, look: Callable[[], object]) -> None:
        """Move from thing to thing until there is what is looked for."""
        for _ in range(MOVES_LIMIT):
            if look():
                return
            self.move_on()
        raise AssertionError(f"It was not there after {MOVES_LIMIT} moves, at {self.slack.now()}.")

    def to_next_monday(self) -> None:
        """Move the clock to a Monday 05:00 UTC, when nobody has begun to work west of India."""
        now = self.slack.now()
        days = 7 - now.weekday()
        monday = datetime.combine(now.date() + timedelta(days=days), time(5), tzinfo=UTC)
        assert self.slack.move_clock(monday)["warning"] is None


@contextmanager
def running_program(folder: Path, *, tour: Sequence[TourStep] = (), rates: bool = True) -> Iterator[Program]:
    """Run both for as long as the block lasts, with Slack's rates in force unless a journey is too long for them."""
    with running(manifest=ROOT / "manifest.json", rates=rates, tour=tour) as workspace:
        program = Program(workspace, folder)
        try:
            program.start()
            yield program
        finally:
            program.kill()


def _free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])
