"""The store: engines for SQLite and PostgreSQL, transactions, and the state of the migrations."""

from __future__ import annotations

import select
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, make_url, text
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry, NullPool

from bot.runtime import patience
from bot.runtime.config import ROOT
from bot.runtime.faults import WrongUse
from bot.runtime.patience import PATIENCE_SECONDS

ROOM_SECONDS = 1
"""How long a connection is waited for, which may come after other waits."""
SHORT_REST_SECONDS = 0.05
"""A connection used so lately is taken as it is: listening to it would hand the interpreter to another thread."""
_POOL: Mapping[str, Any] = {
    "pool_size": 20,
    "max_overflow": 10,
    "pool_timeout": ROOM_SECONDS,
    "pool_use_lifo": True,
}
_NO_POOL: Mapping[str, Any] = {"poolclass": NullPool}
MIGRATIONS = ROOT / "migrations"
READING = "reading"
"""What the engine that only reads is called, in the log and by the one that it belongs to."""


def connect(url: str) -> Engine:
    """Make the engine for the address, set up so that every wait ends within Slack's three seconds.

    What people wrote stays out of the messages of errors (`hide_parameters`), for those reach the log.
    """
    reading = _connect_to_read(make_url(url))
    engine = _engine(make_url(url), _POOL, execution_options={READING: reading})
    event.listen(engine, "begin", patience.before_writing)
    event.listen(engine, "begin", _begin_sqlite if _is_sqlite(engine.url) else _begin_postgresql)
    event.listen(engine, "engine_disposed", lambda _: reading.dispose())
    return engine


def connect_briefly(url: URL) -> Engine:
    """Make an engine for what is seldom done: it keeps no connection, and needs none of those that others wait for."""
    engine = _engine(url, _NO_POOL)
    event.listen(engine, "begin", _begin_sqlite if _is_sqlite(url) else _begin_postgresql)
    return engine


def _connect_to_read(url: URL) -> Engine:
    """Make the second engine for a store, whose connections refuse to write.

    Each statement sees what was committed before it, so there is no transaction to begin and end around it: those
    are round trips to a server, and to a file each hands the interpreter to another thread.
    """
    return _engine(
        url,
        _POOL,
        read_only=True,
        logging_name=READING,
        isolation_level="AUTOCOMMIT",
        skip_autocommit_rollback=True,
        pool_reset_on_return=None,
    )


def _engine(url: URL, pool: Mapping[str, Any], *, read_only: bool = False, **options: Any) -> Engine:
    engine = create_engine(
        url,
        connect_args=_sqlite_arguments() if _is_sqlite(url) else _postgresql_arguments(read_only=read_only),
        hide_parameters=True,
        **pool,
        **options,
    )
    if _is_sqlite(url):
        event.listen(engine, "connect", partial(_prepare_sqlite, read_only=read_only))
    else:
        _use_driver(engine, only_reads=read_only)
        event.listen(engine, "checkin", _note_rest)
        event.listen(engine, "checkout", _require_silence)
    patience.watch(engine)
    return engine


def _use_driver(engine: Engine, *, only_reads: bool) -> None:
    # Whoever keeps the store in a file need not load it.
    from bot.runtime import driver

    event.listen(engine, "do_connect", partial(driver.connect, only_reads=only_reads))
    event.listen(engine, "handle_error", driver.tell_apart)


def _is_sqlite(url: URL) -> bool:
    return url.get_backend_name() == "sqlite"


def _sqlite_arguments() -> dict[str, object]:
    return {"timeout": PATIENCE_SECONDS, "check_same_thread": False}


def _postgresql_arguments(*, read_only: bool) -> dict[str, object]:
    settings = {
        "lock_timeout": f"{PATIENCE_SECONDS}s",
        "statement_timeout": f"{PATIENCE_SECONDS}s",
        "timezone": "UTC",
        "default_transaction_read_only": "on" if read_only else "off",
    }
    return {
        "options": " ".join(f"-c {name}={value}" for name, value in settings.items()),
        "connect_timeout": PATIENCE_SECONDS,
        "tcp_user_timeout": PATIENCE_SECONDS * 1000,
        # The driver's own BEGIN is switched off: it would be a round trip before every question.
        "autocommit": True,
    }


def _note_rest(_connection: object, record: ConnectionPoolEntry) -> None:
    record.info["rests_since"] = time.monotonic()


def _require_silence(connection: Any, record: ConnectionPoolEntry, _proxy: object) -> None:
    """Give back no connection the server has ended; unlike a ping this asks nobody and waits for nothing.

    A server that goes says so on the wire, and has nothing to say to a connection at rest otherwise.
    """
    if time.monotonic() - record.info.get("rests_since", 0.0) < SHORT_REST_SECONDS:
        return
    heard = select.poll()
    heard.register(connection.fileno(), select.POLLIN)
    if heard.poll(0):
        raise InvalidatePoolError


def _begin_postgresql(connection: Connection) -> None:
    """Open a transaction unless a migration asked for none."""
    if connection.get_execution_options().get("isolation_level") != "AUTOCOMMIT":
        connection.exec_driver_sql("BEGIN")


def _prepare_sqlite(connection: Any, _record: object, *, read_only: bool) -> None:
    """Write-ahead logging lets readers read while one writes; the driver's own BEGIN is switched off."""
    connection.isolation_level = None
    # What is committed is on the disk: a message whose claim a power cut made us forget would be sent again. A turn of
    # the delivery writes all it has with one commit.
    pragmas = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON")
    for pragma in (*pragmas, "query_only=ON") if read_only else pragmas:
        connection.execute(f"PRAGMA {pragma}").close()


def _begin_sqlite(connection: Connection) -> None:
    """Take the write lock at once: a reader that turns writer half-way fails without waiting its turn."""
    connection.exec_driver_sql("BEGIN IMMEDIATE")


AFTER_COMMIT = "after_commit"


def after_commit(session: Session, tell: Callable[[], None]) -> None:
    """Tell something, as in a log, once it stands in the store; what is rolled back is told by nobody."""
    session.info.setdefault(AFTER_COMMIT, []).append(tell)


@contextmanager
def savepoint(session: Session) -> Iterator[None]:
    """Do what may have to be undone without the rest; what is undone is told by nobody either."""
    session.flush()
    already = len(session.info.get(AFTER_COMMIT, ()))
    try:
        with session.begin_nested():
            yield
    except Exception:  # whatever it is goes on to whoever asked for this; only what was to be told ends here
        del session.info.get(AFTER_COMMIT, [])[already:]
        raise


class Sessions:
    """Opens transactions; doors and the loops hold one of these, never a session."""

    def __init__(self, engine: Engine) -> None:
        """Open them on an engine that `connect` made."""
        self.engine = engine
        self._reading: Engine = engine.get_execution_options()[READING]
        self.version = object()
        """A new one after each transaction that may have written: whatever was read before may be out of date."""

    @contextmanager
    def begin(self) -> Iterator[Session]:
        """Open a transaction that may write; it commits at the end of the block, or not at all."""
        try:
            with Session(self.engine, expire_on_commit=False) as session, session.begin():
                patience.mark(session)
                yield session
        finally:
            self.version = object()
        for tell in session.info.pop(AFTER_COMMIT, ()):
            tell()

    @contextmanager
    def read(self) -> Iterator[Session]:
        """Open a session that only reads: it waits for nobody, and the store refuses what would write."""
        with Session(self._reading, expire_on_commit=False, autoflush=False) as session:
            yield session

    def connect(self) -> Connection:
        """Open a connection that only reads, where columns are asked for: it costs half as much as a session."""
        return self._reading.connect()


class UnknownRevision(WrongUse):
    """The tables are to be brought to a revision that this version does not have."""


class LeftAstray(Exception):
    """A migration would leave rows that refer to nobody; it is undone."""


def migrate(engine: Engine, *, to: str = "head") -> None:
    """Bring the tables to a revision; a lower one is gone down to, and what a newer version made is left alone.

    Raises UnknownRevision, and LeftAstray.
    """
    known = _revisions()
    if to not in {*known, "head", "base"}:
        raise UnknownRevision(
            f"There is no migration {to!r}: they are {known[0]} to {known[-1]}, head and base"
        )
    with _free_to_rebuild(engine) as connection:
        standing = _standing(connection)
        if standing is not None and standing not in known:
            return
        if standing == (known[-1] if to == "head" else to):
            return
        if connection.dialect.name == "postgresql":
            # What answers a person must be quick; rebuilding a table may take its time.
            connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
        is_down = to == "base" or (standing is not None and to in known[: known.index(standing)])
        _move(connection, to, is_down=is_down)
        _refuse_what_refers_to_nobody(connection)


@contextmanager
def _free_to_rebuild(engine: Engine) -> Iterator[Connection]:
    """Open a transaction in which SQLite may rebuild a table: it drops the old one, to which other tables refer.

    Within a transaction SQLite cannot be told to let it: https://www.sqlite.org/lang_altertable.html#otheralter
    """
    with engine.connect() as connection:
        if connection.dialect.name != "sqlite":
            with connection.begin():
                yield connection
            return
        driver: Any = connection.connection.dbapi_connection
        driver.execute("PRAGMA foreign_keys=OFF").close()
        try:
            with connection.begin():
                yield connection
        finally:
            driver.execute("PRAGMA foreign_keys=ON").close()


def _refuse_what_refers_to_nobody(connection: Connection) -> None:
    """Undo what left rows of SQLite's without what they refer to; PostgreSQL has looked by itself."""
    if connection.dialect.name != "sqlite":
        return
    astray = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
    if astray is not None:
        raise LeftAstray(
            f"The tables stay as they are: a row of {astray[0]} would refer to one that is not there"
        )


def _move(connection: Connection, to: str, *, is_down: bool) -> None:
    # Alembic takes a quarter of a second to load, and most processes find their tables as they should be.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    (command.downgrade if is_down else command.upgrade)(config, to)


def missing_migrations(engine: Engine) -> int:
    """Count the migrations this version brings that the store lacks; a store from a newer version lacks none."""
    known = _revisions()
    with engine.connect() as connection:
        standing = _standing(connection)
    if standing is None:
        return len(known)
    return len(known) - 1 - known.index(standing) if standing in known else 0


def _standing(connection: Connection) -> str | None:
    """Read at which revision the tables stand; None if there are none."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    revision: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return revision


def _revisions() -> list[str]:
    """List the revisions this version knows, the first one first: a file's name begins with its revision's number."""
    return sorted(path.stem.partition("_")[0] for path in (MIGRATIONS / "versions").glob("[!_]*.py"))
