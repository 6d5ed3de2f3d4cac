"""The present as all workers share it: the moment by which leases are measured, and the history it belongs to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnClause, Select, String, func, literal_column, select
from sqlalchemy.orm import Session

from bot.runtime.clock import Clock
from models.base import UtcDateTime

_HISTORY: ColumnClause[str] = literal_column(
    "(pg_control_system()).system_identifier || '/' || left(pg_walfile_name(pg_current_wal_lsn()), 8)", String
)
"""A server's cluster and its timeline: the one is another after a dump is read in, the other after a recovery."""


@dataclass(frozen=True)
class Present:
    """A moment of machine time, and the history of the server it was read from, if the store is a server's."""

    machine_now: datetime
    history: str | None


def machine_now(session: Session, clock: Clock) -> datetime:
    """Read the clock all workers share: the database's, where it is a server."""
    if _is_server(session):
        return session.scalars(select(func.clock_timestamp(type_=UtcDateTime))).one()
    return clock.machine_now()


def present(session: Session, clock: Clock) -> Present:
    """Read that clock, and the history the store is in."""
    if not _is_server(session):
        return Present(clock.machine_now(), None)
    asked: Select[datetime, str] = select(func.clock_timestamp(type_=UtcDateTime), _HISTORY)
    return Present(*session.execute(asked).one())


def _is_server(session: Session) -> bool:
    return session.get_bind().dialect.name == "postgresql"
