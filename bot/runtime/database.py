"""The store: engines for SQLite and PostgreSQL, transactions, and the state of the migrations."""

from __future__ import annotations

import select
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.orm import Session

from bot.runtime.config import ROOT

# Slack waits 3 s for an answer: a store that makes us wait longer must fail while we can still say so.
PATIENCE_SECONDS = 2


class WritesWhileReading(Exception):
    """Something was written where only reading was announced: a bug, and nothing was changed."""


def connect(url: str) -> Engine:
    """Make the engine for the address, set up so that every wait ends within Slack's three seconds.

    What people wrote stays out of the messages of errors (`hide_parameters`), for those reach the log.
    """
    if url.startswith("sqlite"):
        return _sqlite(url)
    return _postgresql(url)


def _engine(url: str, arguments: dict[str, object]) -> Engine:
    engine = create_engine(
        url,
        pool_size=20,
        max_overflow=10,
        pool_timeout=PATIENCE_SECONDS,
        connect_args=arguments,
        hide_parameters=True,
    )
    event.listen(engine, "before_cursor_execute", _refuse_to_write)
    return engine


def _postgresql(url: str) -> Engine:
    patience = f"-c lock_timeout={PATIENCE_SECONDS}s -c statement_timeout={PATIENCE_SECONDS}s -c timezone=UTC"
    engine = _engine(
        url,
        {
            "options": patience,
            "connect_timeout": PATIENCE_SECONDS,
            "tcp_user_timeout": PATIENCE_SECONDS * 1000,
            # The driver's own BEGIN is switched off: it would be a round trip before every question.
            "autocommit": True,
        },
    )
    event.listen(engine, "checkout", _require_silence)
    event.listen(engine, "begin", _begin_postgresql)
    return engine


def _require_silence(connection: Any, _record: object, _proxy: object) -> None:
    """Give back no connection the server has ended; unlike a ping this asks nobody and waits for nothing.

    A server that goes says so on the wire, and has nothing to say to a connection at rest otherwise.
    """
    heard = select.poll()
    heard.register(connection.fileno(), select.POLLIN)
    if heard.poll(0):
        raise InvalidatePoolError


def _begin_postgresql(connection: Connection) -> None:
    """Open a transaction unless it only reads: each statement of it sees what was committed before it anyway."""
    options = connection.get_execution_options()
    if not options.get("reading") and options.get("isolation_level") != "AUTOCOMMIT":
        connection.exec_driver_sql("BEGIN")


def _refuse_to_write(
    connection: Connection, _cursor: object, _statement: str, _values: object, context: Any, _many: bool
) -> None:
    """Hold what only reads to its word: there is no transaction whose end would drop a change."""
    if connection.get_execution_options().get("reading") and context.is_crud:
        raise WritesWhileReading


def _sqlite(url: str) -> Engine:
    engine = _engine(url, {"timeout": PATIENCE_SECONDS, "check_same_thread": False})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: object) -> None:
    """Write-ahead logging lets readers read while one writes; the driver's own BEGIN is switched off."""
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}").close()


def _begin_sqlite(connection: Connection) -> None:
    """Take the write lock at once: a reader that turns writer half-way fails without waiting its turn.

    What only reads needs no transaction, as on PostgreSQL; each statement would hand the interpreter to another thread.
    """
    if not connection.get_execution_options().get("reading"):
        connection.exec_driver_sql("BEGIN IMMEDIATE")


class Sessions:
    """Opens transactions; doors and the loops hold one of these, never a session."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._reading = engine.execution_options(reading=True)
        self.version = object()
        """A new one after each transaction that may have written: whatever was read before may be out of date."""

    @contextmanager
    def begin(self) -> Iterator[Session]:
        """Open a transaction that may write; it commits at the end of the block, or not at all."""
        try:
            with Session(self.engine, expire_on_commit=False) as session, session.begin():
                yield session
        finally:
            self.version = object()

    @contextmanager
    def read(self) -> Iterator[Session]:
        """Open a session that only reads: it waits for nobody, and nothing it changed is kept."""
        with Session(self._reading, expire_on_commit=False, autoflush=False) as session:
            yield session


def _alembic(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(ROOT / "migrations"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def migrate(engine: Engine, *, to: str = "head") -> None:
    """Bring the tables to a revision; a lower one is gone down to, and what a newer version made is left alone."""
    with engine.begin() as connection:
        standing = _standing(connection)
        if standing is not None and standing not in _revisions():
            return
        if connection.dialect.name == "postgresql":
            # What answers a person must be quick; rebuilding a table may take its time.
            connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
        is_down = to == "base" or (standing is not None and to in _revisions(upper=standing))
        (command.downgrade if is_down else command.upgrade)(_alembic(connection), to)


def _standing(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _revisions(*, upper: str = "head", lower: str = "base") -> list[str]:
    """List the revisions this version knows from the upper one, which is included, down to the lower one."""
    scripts = ScriptDirectory.from_config(_alembic())
    return [script.revision for script in scripts.iterate_revisions(upper, lower)]


def missing_migrations(engine: Engine) -> int:
    """Count the migrations this version brings that the store lacks; a store from a newer version lacks none."""
    with engine.connect() as connection:
        standing = _standing(connection)
    if standing is not None and standing not in _revisions():
        return 0
    return len(_revisions(lower=standing or "base"))
