"""How long somebody at the door waits for the store: what cannot be done while Slack listens is not done at all.

Slack gives up after three seconds, and what takes effect after that takes effect unseen: people type it again. So all
that a request does in the store ends before, however many statements it takes and whichever of them is slow. Nothing
is put off to be done later instead: nobody could be told what came of it but by a message, and what asks for room or
for the state of things has to be answered now or not at all.

What the engine does, and what follows an answer, runs on threads of its own, where nobody waits and nothing ends early.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.pool import ConnectionPoolEntry

PATIENCE_SECONDS = 2
"""No statement begins later; what is left of Slack's three is for the one that is under way, and for the way back."""
ROUGHLY_SECONDS = 0.4
"""The store is told anew how long a statement may take when that is so much less: telling it costs a round trip."""
_TOLD = "may_take"
"""What the store was told last over a connection, in seconds, is kept there under this name."""


class OutOfTime(Exception):
    """The store is too slow to answer whoever waits: the transaction is left without a change."""


@dataclass
class _Wait:
    ends_at: float
    """By the monotonic clock."""
    has_kept: bool = False


_WAIT: ContextVar[_Wait | None] = ContextVar("wait", default=None)


@contextmanager
def somebody_waits(seconds: float = PATIENCE_SECONDS) -> Iterator[None]:
    """Let the store be asked for so long and no longer, counted from where the outermost such block begins."""
    if _WAIT.get():
        yield
        return
    token = _WAIT.set(_Wait(time.monotonic() + seconds))
    try:
        yield
    finally:
        _WAIT.reset(token)


def has_kept() -> bool:
    """Whether a transaction took effect while they wait; only without one may they hear that nothing was changed."""
    wait = _WAIT.get()
    return wait is not None and wait.has_kept


def note_kept() -> None:
    """Note that a transaction took effect."""
    if wait := _WAIT.get():
        wait.has_kept = True


def watch(engine: Engine) -> None:
    """Let an engine begin and commit nothing for whom it has no time left."""
    tell = _tell_sqlite if engine.dialect.name == "sqlite" else _tell_postgresql

    def before_statement(connection: Connection, _cursor: object, statement: str, *_others: object) -> None:
        left = _left()
        if left is None or statement.startswith("ROLLBACK"):
            return
        info = connection.info
        if info.get(_TOLD, PATIENCE_SECONDS) - left > ROUGHLY_SECONDS:
            info[_TOLD] = left
            tell(connection.connection.dbapi_connection, left)

    def forget(driver: object, record: ConnectionPoolEntry, _proxy: object) -> None:
        if not record.info.pop(_TOLD, None):
            return
        try:
            tell(driver, PATIENCE_SECONDS)
        except engine.dialect.loaded_dbapi.Error as gone:
            raise DisconnectionError from gone

    event.listen(engine, "before_cursor_execute", before_statement)
    event.listen(engine, "commit", lambda _connection: _left())
    event.listen(engine, "checkout", forget)


def _left() -> float | None:
    """Say how many seconds are left, None if nobody waits; raises OutOfTime."""
    wait = _WAIT.get()
    if wait is None:
        return None
    left = wait.ends_at - time.monotonic()
    if left <= 0:
        raise OutOfTime
    return left


def _tell_sqlite(driver: Any, seconds: float) -> None:
    """Only a lock is waited for; its file is on this machine."""
    driver.execute(f"PRAGMA busy_timeout = {_milliseconds(seconds)}").close()


def _tell_postgresql(driver: Any, seconds: float) -> None:
    driver.execute(f"SET statement_timeout = {_milliseconds(seconds)}").close()


def _milliseconds(seconds: float) -> int:
    """Give what both stores count in; 0 would mean for ever."""
    return max(1, round(1000 * seconds))
