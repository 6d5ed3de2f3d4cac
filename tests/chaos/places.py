"""The stores under attack, and the ways in which each can be taken away, copied and put back."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Protocol

import psycopg
from sqlalchemy import text

from bot.runtime.backup import NotBackedUp, back_up
from tests.chaos.felt import OF_A_FILE, OF_A_SERVER, Signs
from tests.chaos.servers import Premises
from tests.chaos.ways import ADVANCE, CRASH, OCCUPY, RESTART, RETARD, SHUT, Way
from tests.stores import Postgres, migrated_sqlite

AWAY = (sqlite3.Error, psycopg.Error, NotBackedUp)
"""What says that the store cannot be had at this moment, by whoever asks it directly."""

RESERVES_SECONDS = 0.5
"""How long the schedule waits for a moment at which nobody reads or writes the store."""


class Place(Protocol):
    """A store that can be attacked."""

    address: str
    ways: tuple[Way, ...]
    is_misled: bool
    """Whether it goes by the workers' clocks while these are put wrong."""

    signs: Signs
    """By what a worker's being hurt is known, of whatever can be taken away here."""

    @property
    def deeds(self) -> Mapping[str, Callable[[], None]]:
        """How what its ways are made of is done."""

    def give_up_reserves(self) -> None:
        """Keep no room of the disk but what is in use, so that whoever writes needs more of it."""

    def back_up(self) -> None:
        """Keep a copy of this moment."""

    def restore(self) -> None:
        """Put the copy in the place of the store; nobody may be at work."""


class SqliteFile:
    """A store in a file; it cannot be away or die by itself, and tells no other time than its machine."""

    signs = OF_A_FILE

    def __init__(self, folder: Path, *, in_the_wrong_hour: bool = False) -> None:
        self.is_misled = in_the_wrong_hour
        self.ways: tuple[Way, ...] = (OCCUPY, ADVANCE, RETARD) if in_the_wrong_hour else (OCCUPY,)
        self._path, self._copy = folder / "trellis.db", folder / "backup.db"
        migrated_sqlite(self._path).dispose()
        self.address = f"sqlite:///{self._path}"
        self._holder: sqlite3.Connection | None = None

    @property
    def deeds(self) -> Mapping[str, Callable[[], None]]:
        return {"occupy": self._occupy, "leave": self._leave}

    def _occupy(self) -> None:
        """Hold the one lock of those who write."""
        self._leave()
        self._holder = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False)
        self._holder.execute("BEGIN IMMEDIATE")

    def _leave(self) -> None:
        if self._holder:
            self._holder.close()
        self._holder = None

    def give_up_reserves(self) -> None:
        """Shorten the log of what was written: once it is as long as it gets, its pages are written again and again."""
        own = closing(sqlite3.connect(self._path, timeout=RESERVES_SECONDS))
        # Somebody else may hold the lock: then this filling hurts less than it could.
        with own as connection, suppress(sqlite3.OperationalError):
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").close()

    def back_up(self) -> None:
        back_up(self.address, self._copy, force=True)

    def restore(self) -> None:
        for ending in ("", "-wal", "-shm"):
            self._path.with_name(self._path.name + ending).unlink(missing_ok=True)
        shutil.copyfile(self._copy, self._path)


class PostgresqlDatabase:
    """A database of a server that is nobody else's: some ways take the whole server with it."""

    # Whatever the hour on a worker's machine, what counts is the server's.
    is_misled = False
    signs = OF_A_SERVER
    ways: tuple[Way, ...] = (OCCUPY, SHUT, CRASH, RESTART, ADVANCE, RETARD)

    def __init__(self, server: Postgres, name: str) -> None:
        self._server, self._name, self._copy = server, name, f"{name}_backup"
        self.address = server.address(name)
        self._premises = Premises(server)
        self._crowd: list[psycopg.Connection] = []

    @property
    def deeds(self) -> Mapping[str, Callable[[], None]]:
        server, name = self._server, self._name
        return {
            "occupy": self._occupy,
            "leave": self._leave,
            "shut": lambda: server.shut(name),
            "open": lambda: server.open(name),
            "crash": self._crash,
            "recover": lambda: None,
            "stop the server": self._premises.stop,
            "start the server": self._premises.start,
        }

    def _occupy(self) -> None:
        """Take every connection the server has to give, after throwing out who has one."""
        address = self._server.address("postgres").replace("+psycopg", "")
        self._fill_up(address)
        if self._crowd:
            self._crowd[0].execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [self._name]
            )
            # What was freed is taken before somebody else does.
            self._fill_up(address)

    def _fill_up(self, address: str) -> None:
        try:
            while True:
                self._crowd.append(psycopg.connect(address, autocommit=True))
        except psycopg.OperationalError:
            return  # that was the last one

    def _leave(self) -> None:
        for connection in self._crowd:
            connection.close()
        self._crowd = []

    def _crash(self) -> None:
        """Kill one process of the server as nobody should."""
        asked = text("SELECT min(pid) FROM pg_stat_activity WHERE datname = :name")
        with self._server._admin.connect() as connection:
            number = connection.scalar(asked, {"name": self._name})
        if number:
            with suppress(ProcessLookupError):  # it left by itself
                os.kill(number, signal.SIGKILL)

    def give_up_reserves(self) -> None:
        """Do nothing: what is filled is the disk of the workers, where only their logs are."""

    def back_up(self) -> None:
        """Copy the database, for which it has to be alone."""
        self._server._execute(f"DROP DATABASE IF EXISTS {self._copy}")
        self._server.shut(self._name)
        try:
            self._server._execute(f"CREATE DATABASE {self._copy} TEMPLATE {self._name} STRATEGY file_copy")
        finally:
            self._server.open(self._name)

    def restore(self) -> None:
        self._server._execute(f"DROP DATABASE {self._name} WITH (FORCE)")
        self._server._execute(f"CREATE DATABASE {self._name} TEMPLATE {self._copy} STRATEGY file_copy")

    def clear_away(self) -> None:
        self._leave()
        self._premises.forget()
        self._server._execute(f"DROP DATABASE IF EXISTS {self._copy}")


@contextmanager
def postgresql_database(server: Postgres) -> Iterator[PostgresqlDatabase]:
    """Give a database to attack, and leave the server as it was."""
    with server.database() as name:
        place = PostgresqlDatabase(server, name)
        try:
            yield place
        finally:
            place.clear_away()
