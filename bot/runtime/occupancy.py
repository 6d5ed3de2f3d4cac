"""Who works on a SQLite file: a lock beside it, which the kernel takes back from a process that dies.

Leases and locks hold between any number of processes, on a file too. But all that write to a file wait for one
another, so a second process that plans and delivers makes nothing faster, and is nearly always started by mistake.
What only answers, looks or runs for a moment takes no part in this.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy import make_url

from bot.runtime.faults import Fault

ONLY_US = 0o600
"""The rights of what holds what people wrote, private answers too."""
OCCUPIED = 5
"""The exit code of a process that found another at work; gunicorn uses 3 and 4."""


class Occupied(Fault):
    """Another process works on the store; says which, and what to do."""

    code = OCCUPIED


class Unlockable(Fault):
    """The lock cannot be written where the store is; says why."""


@contextmanager
def occupied(url: str, *, alone: bool) -> Iterator[None]:
    """Hold a SQLite store, alone or beside others that are not alone either; raises Occupied or Unlockable.

    Any number may work on PostgreSQL, and on a store in memory nobody else can.
    """
    store = file_of(url)
    if store is None:
        yield
        return
    lock = store.with_name(f"{store.name}.lock")
    try:
        # Appending: who is refused must not wipe out the name of who holds it.
        held = lock.open("a+")
    except OSError as failure:
        raise Unlockable(f"{lock} cannot be written: {failure.strerror}") from failure
    with held:
        try:
            fcntl.flock(held, (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | fcntl.LOCK_NB)
        except BlockingIOError:
            held.seek(0)
            raise Occupied(_advice(store, held.read().strip())) from None
        held.truncate(0)
        held.write(f"{os.getpid()}\n")
        held.flush()
        # Gunicorn's workers inherit it: it is free when the last of the family has ended.
        yield


def file_of(url: str) -> Path | None:
    """Name the file a SQLite store is in; None for one in memory, and for a server's."""
    address = make_url(url)
    name = address.database or ""
    if address.get_backend_name() != "sqlite" or not name or ":memory:" in name or "mode=memory" in url:
        return None
    return Path(urlsplit(name).path if name.startswith("file:") else name).resolve()


def keep_private(file: Path, *, mode: int = ONLY_US) -> None:
    """Make a file that holds what people write, with rights of this mode, unless it is there already."""
    with suppress(OSError):  # where it cannot be made, whoever opens it says so
        os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, mode))


def _advice(store: Path, holder: str) -> str:
    who = f"process {holder}" if holder else "another process"
    return (
        f"Trellis is at work on {store} already ({who}). Stop that one first; or set DATABASE_URL to a PostgreSQL "
        "server, on which any number may work."
    )
