"""What the workers of a run live under, as files in a folder, so that one hired in the middle lives under the same."""

from __future__ import annotations

import logging
import os
import sys
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from bot.runtime.clock import SystemClock
from bot.runtime.database import READING, Sessions
from tests.chaos.felt import DISK_LOG, LOST_LOG, OWN_POOL, Voice

PEOPLE, MACHINE = "people", "machine"
"""The clocks that can be put wrong."""
FULL_LOG, NO_POOL = "full log", "no pool"
"""What a worker does to itself, for nobody else can: writes to its log find no room, its connections are all taken."""
FULL = "/dev/full"

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Conditions:
    """The folder; whoever knows it reads and writes what holds now."""

    folder: Path

    def shift(self, clock: str, seconds: int) -> None:
        """Put a clock so many seconds ahead."""
        fresh = self.folder / f"{clock}.new"
        fresh.write_text(str(seconds))
        fresh.replace(self.folder / clock)

    def shift_of(self, clock: str) -> timedelta:
        return timedelta(seconds=float((self.folder / clock).read_text()))

    def begin(self, ailment: str) -> None:
        (self.folder / ailment).touch()

    def end(self, ailment: str) -> None:
        (self.folder / ailment).unlink(missing_ok=True)

    def has(self, ailment: str) -> bool:
        return (self.folder / ailment).exists()


@dataclass(frozen=True)
class ShiftedClock(SystemClock):
    """The machine's clock as it was put, and people's, which goes by the machine's and the seconds it was put ahead."""

    conditions: Conditions

    def people_now(self) -> datetime:
        return self.machine_now() + self.conditions.shift_of(PEOPLE)

    def machine_now(self) -> datetime:
        return super().machine_now() + self.conditions.shift_of(MACHINE)


class Patient:
    """A worker that suffers from what its conditions say, and tells what it feels."""

    def __init__(self, conditions: Conditions, sessions: Sessions) -> None:
        self._conditions, self._voice = conditions, Voice(conditions.folder)
        engine = sessions.engine
        self._engines: tuple[Engine, ...] = (engine, engine.get_execution_options()[READING])
        self._hoard: list[Connection] = []
        self._log: int | None = None
        for each in self._engines:
            self._voice.tell_of(each)
        for handler in logging.getLogger().handlers:
            handler.handleError = self._miss_log  # type: ignore[method-assign]  # what it is there for
        logging.getLogger().addHandler(self._voice)

    def _miss_log(self, record: logging.LogRecord) -> None:
        """Tell why something could not be written to the log."""
        self._voice.tell(f"{DISK_LOG if self._log is None else LOST_LOG}: {sys.exception()}")

    def suffer(self) -> None:
        """Fall ill and recover, as things stand."""
        self._lose_log() if self._conditions.has(FULL_LOG) else self._find_log()
        self._take_pool() if self._conditions.has(NO_POOL) else self._give_pool()

    def _lose_log(self) -> None:
        """Let all that is said go where there is never room."""
        if self._log is not None:
            return
        self._log = os.dup(sys.stderr.fileno())
        full = os.open(FULL, os.O_WRONLY)
        os.dup2(full, sys.stderr.fileno())
        os.close(full)
        log.warning("log_full")

    def _find_log(self) -> None:
        if self._log is None:
            return
        os.dup2(self._log, sys.stderr.fileno())
        os.close(self._log)
        self._log = None
        log.warning("log_found")

    def _take_pool(self) -> None:
        """Take every connection this process may have; whoever works here gets none."""
        if self._hoard:
            return
        self._voice.circumstance = f"{OWN_POOL}:"
        for engine in self._engines:
            # Away, or no connection left: then there is nothing to take.
            with suppress(DBAPIError, PoolTimeoutError):
                while True:
                    self._hoard.append(engine.connect())
        log.warning("pool_taken", extra={"connections": len(self._hoard)})

    def _give_pool(self) -> None:
        if self._hoard:
            log.warning("pool_given", extra={"connections": len(self._hoard)})
        for connection in self._hoard:
            # A pool would keep it: eight workers had all that a server gives, and nobody else came in ever after.
            connection.invalidate()
            connection.close()
        self._hoard = []
        self._voice.circumstance = ""
