"""The workers under attack: hired, signalled, starved of disk, and dismissed."""

from __future__ import annotations

import resource
import signal
from contextlib import suppress
from dataclasses import dataclass, field, replace

import psutil

from tests.chaos.worker import Nursery, Order

END_SECONDS = 15.0


@dataclass
class Crew:
    """The workers at work, by their places."""

    nursery: Nursery
    order: Order
    # A process knows when it was born: another that got its number is never signalled in its stead.
    workers: list[psutil.Process] = field(default_factory=list)
    hired: int = 0
    file_limit: int = resource.RLIM_INFINITY
    """Bytes up to which a worker may write a file."""

    def hire(self, place: int) -> None:
        """Put a new worker into the place."""
        self.hired += 1
        log = f"{self.order.log}.{self.hired}"
        order = replace(self.order, log=log, seed=self.order.seed * 1000 + self.hired)
        worker = psutil.Process(self.nursery.worker(order))
        self.workers[place : place + 1] = [worker]
        if self.file_limit != resource.RLIM_INFINITY:
            self._limit(worker)

    @property
    def is_complete(self) -> bool:
        """Whether nobody ended by themselves."""
        return all(worker.is_running() for worker in self.workers)

    def signal(self, place: int, number: signal.Signals) -> bool:
        """Signal a worker, and say whether it was there to be."""
        try:
            self.workers[place].send_signal(number)
        except psutil.NoSuchProcess:
            return False
        return True

    def limit_files(self, size: int) -> None:
        """Let no worker, nor one who is hired now, write beyond so many bytes of any file."""
        self.file_limit = size
        for worker in self.workers:
            self._limit(worker)

    def _limit(self, worker: psutil.Process) -> None:
        with suppress(psutil.NoSuchProcess):
            worker.rlimit(psutil.RLIMIT_FSIZE, (self.file_limit, psutil.RLIM_INFINITY))

    def dismiss(self) -> None:
        """Send everybody home, and those who do not go for good."""
        for place in range(len(self.workers)):
            self.signal(place, signal.SIGCONT)
            self.signal(place, signal.SIGTERM)
        _, staying = psutil.wait_procs(self.workers, timeout=END_SECONDS)
        for worker in staying:
            with suppress(psutil.NoSuchProcess):
                worker.kill()
        self.workers = []
