"""Where is written down what was put off: a process that is killed leaves it to another, which goes on with it.

A server takes a row while others wait for its locks. A SQLite file has one writer at a time, and what is put off waits
for just that one: so it is written into a file beside it.
"""

from __future__ import annotations

import stat
import time
import uuid
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import cast

from sqlalchemy import URL, Engine, Table, select, text
from sqlalchemy.orm import Session
from sqlalchemy.schema import CreateTable

from bot.runtime.database import Sessions, connect_briefly
from bot.runtime.occupancy import file_of, keep_private
from models.base import from_now
from models.bulk import insert_missing
from models.late_requests import LateRequest

LEASE_SECONDS = 15.0
"""How long what is written down is nobody else's."""
BESIDE = ".late"
"""What the name of the file beside a SQLite store ends with. Were its table to change, it would need another."""


@dataclass(frozen=True)
class Sheet:
    """One request, as it is written down."""

    id: str
    workspace_id: str
    user_id: str
    body: str
    """What Slack sent, as JSON."""
    asked_at: datetime
    """People's time."""
    ends_at: float
    """Until when it may be tried, by this process' monotonic clock."""


_WRITTEN = ("id", "workspace_id", "user_id", "body", "asked_at")


class Notebook:
    """The sheets of all processes that answer on one store, as one of them sees them."""

    def __init__(self, sessions: Sessions) -> None:
        """Keep them in the store of these, or beside it."""
        self._sessions, self._holder = sessions, uuid.uuid4().hex

    def write(self, sheets: Sequence[Sheet], held: Collection[str]) -> frozenset[str]:
        """Write sheets down and hold them and what was held from now on; says which of all these are ours still."""
        ids = {*held, *(sheet.id for sheet in sheets)}
        with self._open() as session:
            now = _now(session)
            insert_missing(session, LateRequest, [self._row(sheet, now) for sheet in sheets])
            return frozenset(session.scalars(LateRequest.leased(ids, self._holder, LEASE_SECONDS)))

    def give_back(self, ids: Collection[str]) -> None:
        """Let others have what is ours."""
        with self._open() as session:
            session.execute(LateRequest.leased(ids, self._holder, 0))

    def delete(self, ids: Collection[str]) -> None:
        """Forget what nobody has to do any more."""
        with self._open() as session:
            session.execute(LateRequest.done(ids))

    def take(self, most: int) -> list[Sheet]:
        """Take so much as is nobody's, in the order in which it was asked for."""
        if not self._has_any():
            return []
        with self._open() as session:
            now, at = _now(session), time.monotonic()
            rows = session.scalars(LateRequest.left_over(most)).all()
            for row in rows:
                row.holder, row.leased_until = self._holder, now + timedelta(seconds=LEASE_SECONDS)
            return [_sheet(row, at + (row.ends_at - now).total_seconds()) for row in rows]

    def _row(self, sheet: Sheet, now: datetime) -> dict[str, object]:
        left = timedelta(seconds=sheet.ends_at - time.monotonic())
        return {
            **{name: getattr(sheet, name) for name in _WRITTEN},
            "holder": self._holder,
            "ends_at": now + left,
            "leased_until": now,  # until it is held, in the same transaction
        }

    def _has_any(self) -> bool:
        """Look without disturbing anybody."""
        if store := self._store():
            return _beside(store).exists()
        with self._sessions.read() as session:
            return session.scalars(LateRequest.left().limit(1)).first() is not None

    def _store(self) -> Path | None:
        """Name the file of a SQLite store."""
        return file_of(self._sessions.engine.url.render_as_string(hide_password=False))

    @contextmanager
    def _open(self) -> Iterator[Session]:
        store = self._store()
        if store:
            keep_private(_beside(store), mode=stat.S_IMODE(store.stat().st_mode))
        engine = _engine(
            URL.create("sqlite", database=str(_beside(store))) if store else self._sessions.engine.url
        )
        with Session(engine, expire_on_commit=False) as session, session.begin():
            if store:
                session.execute(text("PRAGMA secure_delete = ON"))  # words stay in no free page either
                session.execute(CreateTable(cast(Table, LateRequest.__table__), if_not_exists=True))
            yield session


def _beside(store: Path) -> Path:
    return store.with_name(f"{store.name}{BESIDE}")


@lru_cache(maxsize=4)
def _engine(url: URL) -> Engine:
    """Make it once; it has no connections."""
    return connect_briefly(url)


def _now(session: Session) -> datetime:
    return session.scalars(select(from_now(0))).one()


def _sheet(row: LateRequest, ends_at: float) -> Sheet:
    return Sheet(row.id, row.workspace_id, row.user_id, row.body, row.asked_at, ends_at)
