"""The store: engines for SQLite and PostgreSQL, transactions, and the state of the migrations."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.orm import Session

from bot.runtime.config import ROOT

# Slack waits 3 s for an answer: a store that makes us wait longer must fail while we can still say so.
PATIENCE_SECONDS = 2


def connect(url: str) -> Engine:
    """Make the engine for the address, set up so that every wait ends within Slack's three seconds.

    What people wrote stays out of the messages of errors (`hide_parameters`), for those reach the log.
    """
    if url.startswith("sqlite"):
        return _sqlite(url)
    patience = f"-c lock_timeout={PATIENCE_SECONDS}s -c statement_timeout={PATIENCE_SECONDS}s -c timezone=UTC"
    options = {"options": patience, "connect_timeout": PATIENCE_SECONDS}
    return create_engine(
        url,
        pool_size=20,
        max_overflow=10,
        pool_pre_ping=True,
        pool_timeout=PATIENCE_SECONDS,
        connect_args=options,
        hide_parameters=True,
    )


def _sqlite(url: str) -> Engine:
    waiting = {"timeout": PATIENCE_SECONDS, "check_same_thread": False}
    engine = create_engine(
        url,
        pool_size=20,
        max_overflow=10,
        pool_timeout=PATIENCE_SECONDS,
        connect_args=waiting,
        hide_parameters=True,
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: object) -> None:
    """Write-ahead logging lets readers read while one writes; the driver's own BEGIN is switched off."""
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}").close()


def _begin_sqlite(connection: Connection) -> None:
    """Take the write lock at once: a reader that turns writer half-way fails without waiting its turn."""
    is_reading = connection.get_execution_options().get("reading", False)
    connection.exec_driver_sql("BEGIN" if is_reading else "BEGIN IMMEDIATE")


class Sessions:
    """Opens transactions; doors and the loops hold one of these, never a session."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._reading = engine.execution_options(reading=True)

    @contextmanager
    def begin(self) -> Iterator[Session]:
        """Open a transaction that may write; it commits at the end of the block, or not at all."""
        with Session(self.engine, expire_on_commit=False) as session, session.begin():
            yield session

    @contextmanager
    def read(self) -> Iterator[Session]:
        """Open a transaction that only reads; it waits for nobody and what it changed is dropped."""
        with Session(self._reading, expire_on_commit=False, autoflush=False) as session:
            yield session


def _alembic(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(ROOT / "migrations"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def migrate(engine: Engine, *, to: str = "head") -> None:
    """Bring the tables to a revision; a lower one is gone down to."""
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            # What answers a person must be quick; rebuilding a table may take its time.
            connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
        config = _alembic(connection)
        is_down = to == "base" or to in _revisions_below(connection)
        (command.downgrade if is_down else command.upgrade)(config, to)


def _revisions_below(connection: Connection) -> set[str]:
    standing = MigrationContext.configure(connection).get_current_revision()
    scripts = ScriptDirectory.from_config(_alembic())
    return {script.revision for script in scripts.iterate_revisions(standing, "base")} if standing else set()


def missing_migrations(engine: Engine) -> int:
    """Count the migrations this version brings that the store lacks; a store from a newer version lacks none."""
    scripts = ScriptDirectory.from_config(_alembic())
    with engine.connect() as connection:
        standing = MigrationContext.configure(connection).get_current_revision()
    known = {script.revision for script in scripts.walk_revisions()}
    if standing is not None and standing not in known:
        return 0
    return sum(1 for _ in scripts.iterate_revisions("head", standing or "base"))
