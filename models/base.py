"""What all tables share: the declarative base, moments in UTC and by the store's clock, holding a name among all."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    DateTime,
    Dialect,
    Integer,
    MetaData,
    String,
    TypeDecorator,
    bindparam,
    func,
    select,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

# Names are spelt out so that a migration can drop a constraint on SQLite and PostgreSQL alike.
NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

RowId = BigInteger().with_variant(Integer, "sqlite")
"""Two thousand million deliveries are a few years of many workspaces; SQLite's integers have 64 bits anyway."""

SlackId = String(32)
"""Slack's ids are about a dozen characters; the documentation promises no length."""


Receiver = String(128)
"""A person's or a channel's id, or the ids of up to eight people who are written to together."""


class Base(DeclarativeBase):
    """The base of every table."""

    metadata = MetaData(naming_convention=NAMING)


class UtcDateTime(TypeDecorator[datetime]):
    """A moment, stored in UTC and given back aware; a naive value is a bug and refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Turn the moment into UTC; SQLite keeps no zone, so it gets the bare UTC value."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment needs a time zone")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give the moment back in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class _FromNow(FunctionElement[datetime]):
    """So many seconds from now by the store's clock, which all workers share."""

    inherit_cache = True
    type = UtcDateTime()


def from_now(seconds: float) -> ColumnElement[datetime]:
    """Give the moment so many seconds from now by the store's clock, which all workers share (machine time)."""
    return _FromNow(bindparam(None, float(seconds), unique=True))


@compiles(_FromNow)
def _by_file(element: _FromNow, compiler: SQLCompiler, **options: Any) -> str:
    seconds = compiler.process(element.clauses, **options)
    # As SQLAlchemy writes moments, so that the texts can be compared.
    return f"strftime('%Y-%m-%d %H:%M:%f000', 'now', {seconds} || ' seconds')"


@compiles(_FromNow, "postgresql")
def _by_server(element: _FromNow, compiler: SQLCompiler, **options: Any) -> str:
    return f"clock_timestamp() + {compiler.process(element.clauses, **options)} * interval '1 second'"


def hold_alone(session: Session, name: str) -> bool:
    """Take a name until the transaction ends, unless another transaction holds it; no row is locked for it.

    SQLite has one writer at a time, who is alone anyhow.
    """
    if not is_postgresql(session):
        return True
    return bool(session.scalar(select(func.pg_try_advisory_xact_lock(func.hashtext(name)))))


def wait_to_hold(session: Session, name: str) -> None:
    """Take a name once no other transaction holds it; raises OperationalError if one holds it for too long."""
    if is_postgresql(session):
        session.execute(select(func.pg_advisory_xact_lock(func.hashtext(name))))


def is_postgresql(session: Session) -> bool:
    """Whether the store is PostgreSQL."""
    return session.get_bind().dialect.name == "postgresql"
