"""PostgreSQL's driver, which waits for the server no longer than somebody at the door waits for us.

A server that is frozen, or whose host is, takes what it is sent and never answers: no time-out of its own ends a
statement there, and none of TCP's, for its system acknowledges each packet.
"""

from __future__ import annotations

import time
from collections.abc import Generator
from typing import Any, TypeVar

import psycopg
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.pool import ConnectionPoolEntry

from bot.runtime import patience
from bot.runtime.patience import PATIENCE_SECONDS, OutOfTime

READING_SECONDS = 2.0 * PATIENCE_SECONDS
"""How long who only reads waits for each answer though nobody waits for theirs: the server ends every one before.

What writes waits on: what a frozen server was told it may still do.
"""
Result = TypeVar("Result")
Steps = Generator[Any, Any, Result]
"""What the driver does, step by step: it asks for the socket to be ready, and hears whether it is."""


class Silent(psycopg.OperationalError):
    """The server has not answered in time."""


SILENT = (Silent, psycopg.errors.ConnectionTimeout)


class Impatient(psycopg.Connection[Any]):
    """A connection that is closed when its server keeps somebody waiting for too long: the answer may still come."""

    only_reads = False

    def wait(self, gen: Steps[Result], *how: Any, **further: Any) -> Result:
        """Take the steps of a statement, looking at the clock each time nothing came, some ten times a second."""
        ends_at = patience.gives_up_at()
        if ends_at is None and self.only_reads:
            ends_at = time.monotonic() + READING_SECONDS
        if ends_at is None:
            return super().wait(gen, *how, **further)
        try:
            return super().wait(_until(ends_at, gen), *how, **further)
        except Silent:
            self.close()
            raise

    @classmethod
    def _connect_gen(cls, *how: Any, **further: Any) -> Any:
        """Connect as it does; its own time-out counts in whole seconds, from two on."""
        steps, ends_at = super()._connect_gen(*how, **further), patience.gives_up_at()
        return steps if ends_at is None else _until(ends_at, steps)


def _until(ends_at: float, steps: Steps[Result]) -> Steps[Result]:
    """Take the steps until then (monotonic); raises Silent. What has arrived is taken whatever the time."""
    try:
        asked = next(steps)
        while True:
            asked = steps.send((yield asked))
            if time.monotonic() > ends_at:
                raise Silent("the server is silent")
    except StopIteration as end:
        result: Result = end.value
        return result


def connect(
    _dialect: Dialect,
    _entry: ConnectionPoolEntry,
    arguments: list[Any],
    options: dict[str, Any],
    *,
    only_reads: bool,
) -> Impatient:
    """Make a connection for a pool; a listener of SQLAlchemy's `do_connect`."""
    connection = Impatient.connect(*arguments, **options)
    connection.only_reads = only_reads
    return connection


def tell_apart(failure: ExceptionContext) -> None:
    """Raise OutOfTime for who was kept waiting; a listener of SQLAlchemy's `handle_error`.

    The other connections of the pool are left alone: a server that was only slow would have to let all in anew.
    """
    silence = failure.original_exception
    if not isinstance(silence, SILENT):
        return
    failure.invalidate_pool_on_disconnect = False
    if patience.gives_up_at() is not None:
        raise OutOfTime from silence
