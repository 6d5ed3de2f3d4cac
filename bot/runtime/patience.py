"""How long somebody at the door waits for the store: what cannot be done while Slack listens leaves it unchanged.

Slack gives up after three seconds, and what takes effect after that takes effect unseen: people type it again. So all
that a request does in the store ends before, however many statements it takes and whichever of them is slow. Whoever
asked then hears an interim word, and the door tries again where nobody waits (`perseverance`). It may do so because
here is known what nobody else can say: whether a commit was asked for, after which the same could be there twice.

What the engine does, and what follows an answer, runs on threads of its own, where nobody waits and nothing ends early.
"""

from __future__ import annotations

import math
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import DisconnectionError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry

PATIENCE_SECONDS = 2
"""No statement begins later; what is left of Slack's three is for the one that is under way, and for the way back."""
THE_WAY_BACK_SECONDS = 0.7
"""So much of the third second may go by on the way to a distant store and back."""
ROUGHLY_SECONDS = 0.4
"""The store is told anew how long a statement may take when that is so much less: telling it costs a round trip."""
SILENCE_SECONDS = 0.5
"""So long after the last moment to begin a near server is given up that says nothing at all.

One that lives has ended the statement itself by then, as it was told: at most ROUGHLY_SECONDS late.
"""
ANSWER_SECONDS = 0.6
"""So long after the last moment to begin an answer has to be given: what is left of Slack's three is for its way."""
NEAR_SECONDS = 0.1
"""A store further away is not told at all: what little time there is goes into round trips."""
Tell = Callable[[Any, float], None]
"""Tells the store, over a driver's connection, how many seconds a statement may take."""
Mark = Callable[[Session], None]
_TOLD = "may_take"
"""What the store was told last over a connection, in seconds, is kept there under this name."""


_BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
_PRIMARY_CODE = 0xFF
"""SQLite's error codes have the kind of error in the lowest byte (https://www.sqlite.org/rescode.html)."""


class OutOfTime(Exception):
    """The store is too slow to answer whoever waits: the transaction is left without a change."""


class OutOfTurn(OutOfTime):
    """What the same person asked for before is still to be done: whoever may look may not write yet."""


@dataclass
class _Wait:
    ends_at: float
    """By the monotonic clock, as `asked_at` is."""
    asked_at: float = 0.0
    trip: float = math.inf
    """Seconds to a server and back: what the quickest statement took, for others may have waited for a lock."""
    may_have_kept: bool = False
    may_write: bool = True
    mark: Mark | None = None
    """Notes in a transaction that this request has its effect with it."""

    def left(self, *, trips: int) -> float:
        """Say how many seconds are left before the last moment to begin; raises OutOfTime if so many trips are late."""
        left = self.ends_at - time.monotonic()
        if left <= 0 or (self.trip < math.inf and left + THE_WAY_BACK_SECONDS < trips * self.trip):
            raise OutOfTime
        return left

    @property
    def is_far(self) -> bool:
        """Whether it is known that a way to the server and back takes long."""
        return NEAR_SECONDS < self.trip < math.inf


_WAIT: ContextVar[_Wait | None] = ContextVar("wait", default=None)


@contextmanager
def somebody_waits(seconds: float = PATIENCE_SECONDS, mark: Mark | None = None) -> Iterator[None]:
    """Let the store be asked for so long and no longer, counted from where the outermost such block begins.

    What is to happen once, even if two processes try, is marked in the transaction of its effect, the first that is
    kept: `mark` gets its session, and raises what ends it if the same was marked before.
    """
    if _WAIT.get():
        yield
        return
    token = _WAIT.set(_Wait(time.monotonic() + seconds, mark=mark))
    try:
        yield
    finally:
        _WAIT.reset(token)


def may_have_kept() -> bool:
    """Whether a commit was asked for while they wait; only without one may they hear that nothing was changed."""
    wait = _WAIT.get()
    return wait is not None and wait.may_have_kept


@contextmanager
def apart() -> Iterator[None]:
    """Do what may be done any number of times: a commit of it does not keep a request from being tried again."""
    wait = _WAIT.get()
    if wait is None:
        yield
        return
    before = wait.may_have_kept, wait.mark
    wait.mark = None
    try:
        yield
    finally:
        wait.may_have_kept, wait.mark = before


def mark(session: Session) -> None:
    """Mark a transaction that begins, where that is asked for and none was kept yet."""
    wait = _WAIT.get()
    if wait and wait.mark and not wait.may_have_kept:
        wait.mark(session)


def only_look() -> None:
    """Let whoever waits read and not write: `before_writing` then raises OutOfTurn."""
    if wait := _WAIT.get():
        wait.may_write = False


def before_writing(_connection: Connection) -> None:
    """Turn away who may only look; a listener of SQLAlchemy's `begin` on an engine that writes."""
    wait = _WAIT.get()
    if wait and not wait.may_write:
        raise OutOfTurn


def passes_by_itself(error: Exception) -> bool:
    """Whether the store raised this because it was slow, locked or away: the same may succeed a little later."""
    if isinstance(error, OutOfTime | InterfaceError | PoolTimeoutError):
        return True
    if not isinstance(error, OperationalError):
        return False
    code: int | None = getattr(
        error.orig, "sqlite_errorcode", None
    )  # a server's errors of this kind have none
    return code is None or code & _PRIMARY_CODE in _BUSY


def gives_up_at() -> float | None:
    """Say when (monotonic) a server that says nothing is waited for no longer; None if nobody waits."""
    wait = _WAIT.get()
    if wait is None:
        return None
    return wait.ends_at + (THE_WAY_BACK_SECONDS if wait.is_far else SILENCE_SECONDS)


def answers_by() -> float:
    """Say when (monotonic) whoever waits has to have an answer; at once if nobody does."""
    wait = _WAIT.get()
    return wait.ends_at + ANSWER_SECONDS if wait else 0.0


def watch(engine: Engine) -> None:
    """Let an engine begin and commit nothing for whom it has no time left."""
    is_server = engine.dialect.name != "sqlite"
    tell = _tell_postgresql if is_server else _tell_sqlite
    event.listen(engine, "before_cursor_execute", partial(_before_statement, tell))
    event.listen(engine, "commit", _before_commit)
    event.listen(engine, "checkout", partial(_forget, tell, engine.dialect.loaded_dbapi.Error))
    if is_server:
        event.listen(engine, "after_cursor_execute", _after_statement)


def _before_statement(
    tell: Tell, connection: Connection, _cursor: object, statement: str, *_others: object
) -> None:
    wait = _WAIT.get()
    if wait is None or statement.startswith("ROLLBACK"):
        return
    left = wait.left(trips=2)  # this one, and the one to take it back
    told = connection.info.get(_TOLD, PATIENCE_SECONDS)
    if told - left > ROUGHLY_SECONDS and not wait.is_far:
        connection.info[_TOLD] = left
        tell(connection.connection.dbapi_connection, left)
    wait.asked_at = time.monotonic()


def _after_statement(*_statement: object) -> None:
    if wait := _WAIT.get():
        wait.trip = min(wait.trip, time.monotonic() - wait.asked_at)


def _before_commit(_connection: Connection) -> None:
    if wait := _WAIT.get():
        wait.left(trips=1)
        wait.may_have_kept = True  # a server that goes just now may have carried it out


def _forget(
    tell: Tell, error: type[Exception], driver: object, record: ConnectionPoolEntry, _proxy: object
) -> None:
    """Let the next one to use a connection have all the time there is."""
    if not record.info.pop(_TOLD, None):
        return
    try:
        tell(driver, PATIENCE_SECONDS)
    except error as gone:
        raise DisconnectionError from gone


def _tell_sqlite(driver: Any, seconds: float) -> None:
    """Only a lock is waited for; its file is on this machine."""
    driver.execute(f"PRAGMA busy_timeout = {_milliseconds(seconds)}").close()


def _tell_postgresql(driver: Any, seconds: float) -> None:
    driver.execute(f"SET statement_timeout = {_milliseconds(seconds)}").close()


def _milliseconds(seconds: float) -> int:
    """Give what both stores count in; 0 would mean for ever."""
    return max(1, round(1000 * seconds))
