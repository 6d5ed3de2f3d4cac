"""A PostgreSQL server that stands still: its system takes what it is sent, and nobody there answers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psutil

from tests.chaos.servers import Premises
from tests.stores import Postgres


@contextmanager
def frozen(server: Postgres) -> Iterator[None]:
    """Stop every process of the server for as long as the block lasts, as where its host is paused."""
    master = psutil.Process(int((Premises(server).folder / "postmaster.pid").read_text().split()[0]))
    master.suspend()  # first, for it would begin others
    stopped = [master, *master.children()]
    for process in stopped:
        with suppress(psutil.NoSuchProcess):  # who is about to leave
            process.suspend()
    try:
        yield
    finally:
        for process in stopped:
            with suppress(psutil.NoSuchProcess):
                process.resume()
