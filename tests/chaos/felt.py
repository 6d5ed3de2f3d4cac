"""What workers feel of the attacks, told over a pipe: on a full disk, or under a limit of files, no log says it."""

from __future__ import annotations

import logging
import os
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from sqlalchemy import Engine, event
from sqlalchemy.engine import ExceptionContext

PIPE = "felt"
MOST_CHARACTERS = 300
"""Of a line: what is shorter than a pipe's atom (4 kB) arrives in one piece."""
AT_ONCE = 2**16
LOST_LOG, DISK_LOG, OWN_POOL = "no room in the log", "no room on the disk for the log", "pool taken"
CUT_OFF = ("closed the connection unexpectedly", "consuming input failed", "not yet accepting connections")

Signs = Mapping[str, tuple[str, ...]]
"""By the name of an attack: words one of which is in what a worker says meanwhile whom it has hurt."""

OF_ANY_STORE: Signs = {
    "fill the log": (f"{LOST_LOG}: [Errno 28]",),
    "take the pool": (f"{OWN_POOL}: store_away", f"{OWN_POOL}: tick_failed", f"{OWN_POOL}: chores_failed"),
}
OF_A_FILE: Signs = {
    **OF_ANY_STORE,
    "occupy": ("database is locked",),
    "fill the disk": ("database or disk is full",),
    "cap files": ("disk I/O error",),
}
"""That the log found no room is not enough: here the store lies on the same disk."""
OF_A_SERVER: Signs = {
    **OF_ANY_STORE,
    "occupy": ("too many clients", "slots are reserved"),
    "shut": ("not currently accepting connections",),
    "crash": ("in recovery mode", "crash of another server process", *CUT_OFF),
    "stop the server": ("immediate shutdown", "Is the server running", "starting up", *CUT_OFF),
    "fill the disk": (f"{DISK_LOG}: [Errno 28]",),
    "cap files": (f"{DISK_LOG}: [Errno 27]",),
}


class Voice(logging.Handler):
    """Tells, from within a worker, each warning of its log and each error of its store."""

    def __init__(self, folder: Path) -> None:
        super().__init__(logging.WARNING)
        self._pipe = os.open(folder / PIPE, os.O_WRONLY | os.O_NONBLOCK)
        self.circumstance = ""
        """What is said with everything from now on."""

    def emit(self, record: logging.LogRecord) -> None:
        self.tell(f"{record.msg} {getattr(record, 'error', '')}")

    def tell(self, what: str) -> None:
        line = " ".join(f"{self.circumstance} {what}".split())[:MOST_CHARACTERS]
        # A pipe that is full holds enough to know that it was felt; nobody listens any more when all is over.
        with suppress(BlockingIOError, BrokenPipeError):
            os.write(self._pipe, f"{line}\n".encode())

    def tell_of(self, engine: Engine) -> None:
        event.listen(engine, "handle_error", self._of_store)

    def _of_store(self, context: ExceptionContext) -> None:
        self.tell(f"store: {context.original_exception}")


class Ear:
    """Hears what the workers of a run tell."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / PIPE
        os.mkfifo(self._path)
        # Open to write as well: otherwise it would end with the last worker.
        self._pipe = os.open(self._path, os.O_RDWR | os.O_NONBLOCK)
        self._begun, self._meanwhile = b"", ""
        self._heard: Counter[tuple[str, str]] = Counter()

    def expect(self, attack: str) -> None:
        """Take what is told from now on for the consequence of this attack, until there is another."""
        self.listen()
        self._meanwhile = attack

    def listen(self) -> None:
        """Take what was told since: a pipe holds the errors of a few seconds."""
        with suppress(BlockingIOError):
            while told := os.read(self._pipe, AT_ONCE):
                *lines, self._begun = (self._begun + told).split(b"\n")
                self._heard.update((self._meanwhile, line.decode(errors="replace")) for line in lines)

    def felt(self, signs: Signs) -> Counter[str]:
        """Count by the attacks' names what was told of each."""
        self.listen()
        felt: Counter[str] = Counter()
        for (attack, line), times in self._heard.items():
            if any(word in line for word in signs.get(attack, ())):
                felt[attack] += times
        return felt

    def close(self) -> None:
        os.close(self._pipe)
        self._path.unlink()
