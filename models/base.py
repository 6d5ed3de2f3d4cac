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
    # What comes back is counted: drivers disagree about the number of rows that many inserts at once touched.
    return len(session.execute(_insert_missing(table, session.get_bind().dialect.name), rows).all())


@cache
def _insert_missing(table: type[Base], dialect_name: str) -> ReturningInsert[Any]:
    """Write the statement once: SQLAlchemy then repeats its VALUES for the rows without compiling it anew."""
    columns = cast(Table, table.__table__)
    dialect = postgresql if dialect_name == "postgresql" else sqlite
    inserting = dialect.insert(columns).on_conflict_do_nothing()
    return cast("ReturningInsert[Any]", inserting.returning(*columns.primary_key))
