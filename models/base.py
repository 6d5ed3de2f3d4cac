"""What all tables share: the declarative base, moments in UTC, and inserts that tolerate a twin."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any, cast

from sqlalchemy import (
    BigInteger,
    DateTime,
    Dialect,
    Integer,
    MetaData,
    String,
    Table,
    TypeDecorator,
    bindparam,
    func,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.sql.dml import ReturningInsert

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


def insert_missing(session: Session, table: type[Base], rows: Sequence[Mapping[str, Any]]) -> int:
    """Insert the rows whose unique keys are new and say how many were; all rows name the same columns.

    A row that stands already is left as it is: this is what makes planning and receipts safe to repeat.
    """
    if not rows:
        return 0
    is_postgresql = session.get_bind().dialect.name == "postgresql"
    names = tuple(rows[0])
    given: Any = {name: [row[name] for row in rows] for name in names} if is_postgresql else rows
    inserting = _insert_arrays(table, names) if is_postgresql else _insert_rows(table)
    # What comes back is counted: drivers disagree about the number of rows that many inserts at once touched.
    return len(session.execute(inserting, given).all())


@cache
def _insert_rows(table: type[Base]) -> ReturningInsert[Any]:
    """Write the statement once: SQLAlchemy then repeats its VALUES for the rows without compiling it anew."""
    columns = cast(Table, table.__table__)
    inserting = sqlite.insert(columns).on_conflict_do_nothing()
    return cast("ReturningInsert[Any]", inserting.returning(*columns.primary_key))


@cache
def _insert_arrays(table: type[Base], names: tuple[str, ...]) -> ReturningInsert[Any]:
    """Write the statement once, with an array a column: of many VALUES the driver would read each placeholder."""
    columns = cast(Table, table.__table__)
    arrays = [bindparam(name, type_=postgresql.ARRAY(columns.c[name].type)) for name in names]
    rows = func.unnest(*arrays).table_valued(*names).render_derived()
    inserting = postgresql.insert(columns).from_select(names, select(*rows.c)).on_conflict_do_nothing()
    return cast("ReturningInsert[Any]", inserting.returning(*columns.primary_key))
