"""The stores under attack, and the ways in which each can be taken away, copied and put back."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import psycopg
from sqlalchemy import text

from bot.runtime.backup import NotBackedUp, back_up
from tests.stores import Postgres, migrated_sqlite

FILL = ("fill", "clear")
"""No byte more on the workers' disk, neither in a store that is a file nor in their logs."""
OCCUPY, SHUT, CRASH = ("occupy", "leave"), ("shut", "open"), ("crash", "recover")
AWAY = (sqlite3.Error, psycopg.Error, NotBackedUp)
"""What says that the store cannot be had at this moment, by whoever asks it directly."""


class Place(Protocol):
    """A store that can be attacked."""

    address: str
    ways: tuple[tuple[str, str], ...]

    def occupy(self) -> None:
        """Take what the workers need to get in, so that they wait in vain."""

    def leave(self) -> None:
        """Give it back."""

    def shut(self) -> None:
        """Be away."""

    def open(self) -> None:
        """Be there again."""

    def crash(self) -> None:
        """Die, and recover."""

    def back_up(self) -> None:
        """Keep a copy of this moment."""

    def restore(self) -> None:
        """Put the copy in the place of the store; nobody may be at work."""


class SqliteFile:
    """A store in a file; it cannot be away or die by itself."""

    ways: tuple[tuple[str, str], ...] = (OCCUPY, FILL)

    def __init__(self, folder: Path) -> None:
        self._path, self._copy = folder / "trellis.db", folder / "backup.db"
        migrated_sqlite(self._path).dispose()
        self.address = f"sqlite:///{self._path}"
        self._holder: sqlite3.Connection | None = None

    def occupy(self) -> None:
        """Hold the one lock of those who write."""
        self._holder = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False)
        self._holder.execute("BEGIN IMMEDIATE")

    def leave(self) -> None:
        if self._holder:
            self._holder.close()
        self._holder = None

    def shut(self) -> None:
        raise NotImplementedError

    def open(self) -> None:
        raise NotImplementedError

    def crash(self) -> None:
        raise NotImplementedError

    def back_up(self) -> None:
        back_up(self.address, self._copy, force=True)

    def restore(self) -> None:
        for ending in ("", "-wal", "-shm"):
            self._path.with_name(self._path.name + ending).unlink(missing_ok=True)
        shutil.copyfile(self._copy, self._path)


class PostgresqlDatabase:
    """A database of a server; `crash` takes the whole server with it."""

    def __init__(self, server: Postgres, name: str, *, may_crash: bool) -> None:
        self._server, self._name, self._copy = server, name, f"{name}_backup"
        self.address = server.address(name)
        self.ways = (OCCUPY, SHUT, FILL, *([CRASH] if may_crash else []))
        self._crowd: list[psycopg.Connection] = []

    def occupy(self) -> None:
        """Take every connection the server has to give, after throwing out who has one."""
        address = self._server.address("postgres").replace("+psycopg", "")
        try:
            while True:
                self._crowd.append(psycopg.connect(address, autocommit=True))
        except psycopg.OperationalError:
            pass  # that was the last one
        if self._crowd:
            self._crowd[0].execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [self._name]
            )
            self._fill_up(address)

    def _fill_up(self, address: str) -> None:
        """Take what was freed, before somebody else does."""
        try:
            while True:
                self._crowd.append(psycopg.connect(address, autocommit=True))
        except psycopg.OperationalError:
            return

    def leave(self) -> None:
        for connection in self._crowd:
            connection.close()
        self._crowd = []

    def shut(self) -> None:
        self._server.shut(self._name)

    def open(self) -> None:
        self._server.open(self._name)

    def crash(self) -> None:
        """Kill one backend as nobody should: the server throws everybody out and recovers from its log."""
        asked = text("SELECT min(pid) FROM pg_stat_activity WHERE datname = :name")
        with self._server._admin.connect() as connection:
            number = connection.scalar(asked, {"name": self._name})
        if number:
            os.kill(number, signal.SIGKILL)

    def back_up(self) -> None:
        """Copy the database, for which it has to be alone."""
        self._server._execute(f"DROP DATABASE IF EXISTS {self._copy}")
        self.shut()
        try:
            self._server._execute(f"CREATE DATABASE {self._copy} TEMPLATE {self._name} STRATEGY file_copy")
        finally:
            self.open()

    def restore(self) -> None:
        self._server._execute(f"DROP DATABASE {self._name} WITH (FORCE)")
        self._server._execute(f"CREATE DATABASE {self._name} TEMPLATE {self._copy} STRATEGY file_copy")

    def clear_away(self) -> None:
        self.leave()
        self._server._execute(f"DROP DATABASE IF EXISTS {self._copy}")


@contextmanager
def postgresql_database(server: Postgres, *, may_crash: bool) -> Iterator[PostgresqlDatabase]:
    """Give a database to attack, and leave the server as it was."""
    with server.database() as name:
        place = PostgresqlDatabase(server, name, may_crash=may_crash)
        try:
            yield place
        finally:
            place.clear_away()
