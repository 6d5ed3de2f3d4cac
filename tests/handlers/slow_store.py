"""A store that is slow: each statement takes its time, or somebody holds the rows that others wait for."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from sqlalchemy import Connection, event, text

from bot.runtime.database import READING, Sessions
from bot.runtime.patience import OutOfTime

IN_TIME = 3.0
"""Seconds after which Slack gives up on an app."""


@contextmanager
def slow_store(sessions: Sessions) -> Iterator[threading.Event]:
    """Let nobody write about members until the event is set, or the block ends."""
    free, locked = threading.Event(), threading.Event()

    def hold() -> None:
        with sessions.begin() as session:
            session.execute(text("UPDATE member SET name = name"))
            locked.set()
            free.wait()

    with ThreadPoolExecutor(1) as holder:
        held = holder.submit(hold)
        assert locked.wait(IN_TIME)
        try:
            yield free
        finally:
            free.set()
            held.result()


@contextmanager
def slow_statements(sessions: Sessions, seconds: float) -> Iterator[None]:
    """Let each statement take so long, whoever asks for it; the store itself is as quick as ever."""
    ended = threading.Event()

    def dawdle(*_statement: object) -> None:
        ended.wait(seconds)

    engines = (sessions.engine, sessions.engine.get_execution_options()[READING])
    kinds = [(engine, kind) for engine in engines for kind in ("do_execute", "do_executemany")]
    for engine, kind in kinds:
        event.listen(engine, kind, dawdle)
    try:
        yield
    finally:
        ended.set()
        for engine, kind in kinds:
            event.remove(engine, kind, dawdle)


def wait_until_so_many_wait(sessions: Sessions, number: int) -> None:
    """Wait until as many transactions as this stand before the rows, on PostgreSQL."""
    deadline = time.monotonic() + IN_TIME
    while _waiting(sessions) < number:
        assert time.monotonic() < deadline, "they were not let in"


def _waiting(sessions: Sessions) -> int:
    with sessions.read() as session:
        return int(session.scalars(text("SELECT count(*) FROM pg_locks WHERE NOT granted")).one())


@contextmanager
def refusing(sessions: Sessions, *, threads: str = "", looking: bool = False) -> Iterator[list[str]]:
    """Let nobody on a thread of such a name begin to write, or to look either; lists who tried in vain."""
    tried: list[str] = []

    def refuse(_connection: Connection) -> None:
        name = threading.current_thread().name
        if name.startswith(threads):
            tried.append(name)
            raise OutOfTime

    reading = sessions.engine.get_execution_options()[READING]
    engines = [sessions.engine, reading] if looking else [sessions.engine]
    for engine in engines:
        event.listen(engine, "begin", refuse)
    try:
        yield tried
    finally:
        for engine in engines:
            event.remove(engine, "begin", refuse)
