"""Processes that deliver, started together: each says when it is ready, waits for the word, and ends on a word."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.gate import GO, READY
from bot.runtime.config import ROOT

PATIENCE_SECONDS, STALLED_SECONDS = 60.0, 30.0
LOOK_SECONDS = 0.1
AFTERMATH_SECONDS = 1.0
"""How long whoever posts twice has to show it."""


class Stuck(Exception):
    """A process did not start or end, or nothing was posted any more."""


@dataclass(frozen=True)
class Member:
    """One process of a crew."""

    process: subprocess.Popen[str]

    @property
    def pid(self) -> int:
        """The process' id."""
        return self.process.pid

    def hear(self) -> str:
        """Read its next line; raises Stuck if it has ended."""
        assert self.process.stdout
        line = self.process.stdout.readline().strip()
        if not line:
            raise Stuck(f"{self.process.args!r} ended with {self.process.wait(PATIENCE_SECONDS)}")
        return line

    def tell(self, word: str) -> None:
        """Write it a line."""
        assert self.process.stdin
        self.process.stdin.write(word + "\n")
        self.process.stdin.flush()

    def end(self) -> str:
        """Hang up, and give what it still said."""
        try:
            said, _ = self.process.communicate(timeout=PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise Stuck(f"{self.process.args!r} did not end") from None
        return said


@dataclass(frozen=True)
class Counts:
    """What the local Slack took so far, and from when until when."""

    taken: int
    different: int
    first_at: float
    last_at: float

    @property
    def twice(self) -> int:
        """How many messages came again."""
        return self.taken - self.different

    @property
    def per_second(self) -> float:
        """Messages a second from the first request to the last answer."""
        return self.different / (self.last_at - self.first_at)

    def lost(self, wanted: int) -> int:
        """How many never came."""
        return wanted - self.different


@dataclass(frozen=True)
class LocalSlack:
    """A Slack that runs, and its books."""

    url: str

    @property
    def api_url(self) -> str:
        """The `base_url` for a client."""
        return f"{self.url}/api/"

    def counts(self) -> Counts:
        """Ask what was taken."""
        return Counts(**self._ask("counts"))

    def ledger(self) -> tuple[list[tuple[str, str, float]], list[tuple[str, float]]]:
        """Ask for everything taken (workspace, delivery, moment) and every refusal (workspace, moment), in order."""
        said = self._ask("ledger")
        return [tuple(each) for each in said["taken"]], [tuple(each) for each in said["refused"]]

    def await_messages(self, wanted: int) -> Counts:
        """Wait until so many different ones were taken, or none came for long; then for those that come twice."""
        latest, since = self.counts(), time.monotonic()
        while latest.different < wanted and time.monotonic() - since < STALLED_SECONDS:
            # The crew is other processes; to ask without a pause would take the processor from them.
            time.sleep(LOOK_SECONDS)
            counts = self.counts()
            if counts.different > latest.different:
                latest, since = counts, time.monotonic()
        # What comes twice comes late: that nothing does cannot be waited for otherwise.
        time.sleep(AFTERMATH_SECONDS)
        return self.counts() if latest.different < wanted else _without_aftermath(latest, self.counts())

    def _ask(self, what: str) -> dict[str, Any]:
        with urllib.request.urlopen(f"{self.url}/{what}", timeout=PATIENCE_SECONDS) as answer:
            return dict(json.load(answer))


def _without_aftermath(done: Counts, later: Counts) -> Counts:
    """Count what came later, at the moment at which everything was there."""
    return Counts(later.taken, later.different, done.first_at, done.last_at)


@contextmanager
def local_slack(**options: float) -> Iterator[LocalSlack]:
    """Run a local Slack; the options are those of its command line."""
    given = [f"--{name.replace('_', '-')}={value}" for name, value in options.items()]
    with _started([sys.executable, "-m", "benchmarks.local_slack", *given]) as member:
        yield LocalSlack(f"http://127.0.0.1:{member.hear()}")


@contextmanager
def crew(programs: Sequence[Sequence[str]], *, python: Path = Path(sys.executable)) -> Iterator[list[Member]]:
    """Start these modules with their arguments, wait until each is ready, and let all go at once."""
    with ExitStack() as stack:
        members = [stack.enter_context(_started([str(python), "-m", *each])) for each in programs]
        for member in members:
            _require(member.hear() == READY, member)
        for member in members:
            member.tell(GO)
        yield members


def _require(is_ready: bool, member: Member) -> None:
    if not is_ready:
        raise Stuck(f"{member.process.args!r} said something else than that it is ready")


@contextmanager
def _started(command: Sequence[str]) -> Iterator[Member]:
    pipes = partial(subprocess.Popen, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    environment = {"PATH": os.defpath, "PYTHONPATH": str(ROOT)}
    member = Member(pipes(command, cwd=ROOT, env=environment, stderr=subprocess.DEVNULL))
    try:
        yield member
    finally:
        if member.process.poll() is None:
            member.end()
        for pipe in (member.process.stdin, member.process.stdout):
            assert pipe
            pipe.close()
