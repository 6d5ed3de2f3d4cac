"""The workers under attack: hired, signalled, starved of disk, and dismissed."""

from __future__ import annotations

import os
import resource
import signal
import time
from contextlib import suppress
from dataclasses import dataclass, field, replace

from tests.chaos.worker import Nursery, Order

END_SECONDS = 10.0
LOOK_EVERY_SECONDS = 0.05


@dataclass
class Crew:
    """The workers at work, by their places."""

    nursery: Nursery
    order: Order
    pids: list[int] = field(default_factory=list)
    hired: int = 0

    def hire(self, place: int) -> None:
        """Put a new worker into the place."""
        self.hired += 1
        log = f"{self.order.log}.{self.hired}"
        pid = self.nursery.worker(replace(self.order, log=log, seed=self.order.seed * 1000 + self.hired))
        self.pids[place : place + 1] = [pid]

    def signal(self, place: int, number: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            os.kill(self.pids[place], number)

    def dismiss(self) -> None:
        """Send everybody home, and those who do not go for good."""
        for place in range(len(self.pids)):
            self.signal(place, signal.SIGCONT)
            self.signal(place, signal.SIGTERM)
        deadline = time.monotonic() + END_SECONDS
        while any(map(_is_alive, self.pids)) and time.monotonic() < deadline:
            time.sleep(LOOK_EVERY_SECONDS)
        for place in range(len(self.pids)):
            self.signal(place, signal.SIGKILL)
        self.pids = []

    def limit_files(self, size: int) -> None:
        """Let no worker write beyond so many bytes of any file."""
        for pid in self.pids:
            with suppress(ProcessLookupError):
                resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
