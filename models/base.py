"""What all tables share: the declarative base, moments in UTC, and writing many rows with one statement."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cache, lru_cache
from typing import Any, cast

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CursorResult,
    DateTime,
    Dialect,
    Insert,
    Integer,
    MetaData,
    Row,
    String,
    Table,
    TableValuedAlias,
    Text,
    TypeDecorator,
    Update,
    bindparam,
    func,
    insert,
    select,
    update,
)
from sqlalchemy import cast as converted
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.orm.attributes import set_committed_value

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
    names = tuple(rows[0])
    if _is_postgresql(session):
        inserting = _insert_arrays(table, names, or_ignore=True)
        done = session.execute(inserting, _arrays(names, rows), execution_options={"preserve_rowcount": True})
        return cast("CursorResult[Any]", done).rowcount
    # Here what comes back is counted: drivers disagree about how many rows many inserts at once touched.
    return len(session.execute(_insert_rows(table), list(rows)).all())


def insert_new(
    session: Session, table: type[Base], rows: Sequence[Mapping[str, Any]], *, returning: Sequence[str]
) -> Sequence[Row[Any]]:
    """Insert the rows and give these columns of each, in any order; all rows name the same columns.

    Raises IntegrityError, and then inserts none, if one of them stands already.
    """
    if not rows:
        return []
    names, columns = tuple(rows[0]), _table(table).c
    is_postgresql = _is_postgresql(session)
    inserting = _insert_arrays(table, names, or_ignore=False) if is_postgresql else insert(_table(table))
    given: Any = _arrays(names, rows) if is_postgresql else list(rows)
    return session.execute(inserting.returning(*(columns[name] for name in returning)), given).all()


def change_each(session: Session, changes: Sequence[tuple[Base, Mapping[str, Any]]]) -> None:
    """Give columns of rows of one table, known by their `id`, new values, with one statement for all.

    What the session holds is kept in step, without its finding out by itself row by row what has changed. All
    changes name the same columns.
    """
    if not changes:
        return
    table, names = type(changes[0][0]), tuple(changes[0][1])
    session.flush()
    rows = [{"id": each.id, **values} for each, values in changes]  # type: ignore[attr-defined]
    if _is_postgresql(session):
        session.execute(_update_arrays(table, names), _arrays(("id", *names), rows))
    else:
        given = [{_given(name): value for name, value in row.items()} for row in rows]
        session.connection().execute(_update_rows(table, names), given)
    for each, values in changes:
        for name, value in values.items():
            set_committed_value(each, name, value)


def hold_alone(session: Session, name: str) -> bool:
    """Take a name until the transaction ends, unless another transaction holds it; no row is locked for it.

    SQLite has one writer at a time, who is alone anyhow.
    """
    if not _is_postgresql(session):
        return True
    return bool(session.scalar(select(func.pg_try_advisory_xact_lock(func.hashtext(name)))))


def wait_to_hold(session: Session, name: str) -> None:
    """Take a name once no other transaction holds it; raises OperationalError if one holds it for too long."""
    if _is_postgresql(session):
        session.execute(select(func.pg_advisory_xact_lock(func.hashtext(name))))


def _is_postgresql(session: Session) -> bool:
    return session.get_bind().dialect.name == "postgresql"


def _table(table: type[Base]) -> Table:
    return cast(Table, table.__table__)


@cache
def _insert_rows(table: type[Base]) -> Any:
    """Write the statement once: SQLAlchemy then repeats its VALUES for the rows without compiling it anew."""
    inserting = sqlite.insert(_table(table)).on_conflict_do_nothing()
    return inserting.returning(*_table(table).primary_key)


@cache
def _insert_arrays(table: type[Base], names: tuple[str, ...], *, or_ignore: bool) -> Insert:
    """Write the statement once, with an array a column: of many VALUES the driver would read each placeholder."""
    rows = _unnested(_table(table), names)
    inserting = postgresql.insert(_table(table)).from_select(names, select(*rows.c))
    return inserting.on_conflict_do_nothing() if or_ignore else inserting


@cache
def _update_rows(table: type[Base], names: tuple[str, ...]) -> Update:
    columns = _table(table).c
    changing = update(_table(table)).where(columns.id == bindparam(_given("id"), type_=columns.id.type))
    return changing.values({name: bindparam(_given(name), type_=columns[name].type) for name in names})


@cache
def _update_arrays(table: type[Base], names: tuple[str, ...]) -> Update:
    rows = _unnested(_table(table), ("id", *names))
    changing = update(_table(table)).where(_table(table).c.id == rows.c.id)
    return changing.values({name: rows.c[name] for name in names})


def _unnested(table: Table, names: Sequence[str]) -> TableValuedAlias:
    """Write rows as one array a column, each of which comes as text."""
    # As an array of VARCHAR(n) a text would be cut short; a column refuses one that is too long.
    kinds = [Text() if isinstance(table.c[name].type, String) else table.c[name].type for name in names]
    arrays = [
        converted(bindparam(_given(name), type_=Text), ARRAY(kind))
        for name, kind in zip(names, kinds, strict=True)
    ]
    return func.unnest(*arrays).table_valued(*names).render_derived()


def _arrays(names: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Write each column as PostgreSQL reads an array; the driver would take three times as long."""
    return {_given(name): _array([row[name] for row in rows]) for name in names}


def _array(values: Sequence[object]) -> str:
    kinds = set(map(type, values))
    if kinds == {int}:
        return "{" + ",".join(map(str, values)) + "}"
    if kinds == {str}:
        texts = cast("Sequence[str]", values)
        if not _MEANT.search("".join(texts)):
            return '{"' + '","'.join(texts) + '"}'
    return "{" + ",".join(map(_element, values)) + "}"


_MEANT = re.compile(r'["\\]')
"""What means something to PostgreSQL even in a quoted text; most columns have nothing of it."""


def _given(name: str) -> str:
    """Name the parameter for a column: one of the same name would be taken for a value to set."""
    return f"given_{name}"


def _element(value: object) -> str:
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if value is None:
        return "NULL"
    if isinstance(value, datetime):
        return _written_moment(value)
    return _element(json.dumps(value)) if isinstance(value, dict) else f'"{value}"'


@lru_cache(maxsize=10_000)
def _written_moment(value: datetime) -> str:
    """Write a moment in UTC; people meet on the hour, so many moments of a batch are the same."""
    if value.tzinfo is None:
        raise ValueError("a moment needs a time zone")
    return f'"{value.astimezone(UTC).isoformat()}"'
