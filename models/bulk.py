"""Writing and asking for many rows with one statement, as quick as each store allows."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, date, datetime, time
from functools import cache, lru_cache
from typing import Any, Self, cast

from sqlalchemy import (
    ARRAY,
    BindParameter,
    Boolean,
    ColumnElement,
    CompoundSelect,
    CursorResult,
    Dialect,
    Insert,
    Row,
    Select,
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
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import InstrumentedAttribute, Session
from sqlalchemy.orm.attributes import set_committed_value
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.operators import OperatorType

from models.base import Base, is_postgresql

Rows = Sequence[Mapping[str, Any]]
"""Rows to write: columns by name, the same ones in each."""
NOTHING: Mapping[str, Any] = {}


def insert_missing(
    session: Session,
    table: type[Base],
    rows: Rows | Sequence[tuple[Any, ...]],
    *,
    names: Sequence[str] | None = None,
    alike: Mapping[str, Any] = NOTHING,
    are_likely_new: bool = False,
) -> int:
    """Insert the rows whose unique keys are new and say how many were; all rows name the same columns.

    Rows that are tuples take their names from `names`. What they have in common may be given once. A row that stands
    already is left as it is: this is what makes planning and receipts safe to repeat. Where this is not to be expected,
    `are_likely_new` saves PostgreSQL from looking for each of them first, a fifth of its work.
    """
    if not rows:
        return 0
    names = tuple(names or rows[0])
    if is_postgresql(session):
        given = _arrays(names, rows, alike)
        if are_likely_new and _are_all_new(session, _insert_arrays(table, names, tuple(alike)), given):
            return len(rows)
        inserting = _insert_arrays(table, names, tuple(alike), or_ignore=True)
        done = session.execute(inserting, given, execution_options={"preserve_rowcount": True})
        return cast("CursorResult[Any]", done).rowcount
    # Here what comes back is counted: drivers disagree about how many rows many inserts at once touched.
    each = [{**_named(names, row), **alike} for row in rows]
    return len(session.execute(_insert_rows(table), each).all())


def _are_all_new(session: Session, inserting: Insert, given: Mapping[str, Any]) -> bool:
    """Insert rows and say whether it was done: none is if one of them stands already."""
    try:
        with session.begin_nested():
            session.execute(inserting, given)
    except IntegrityError:
        return False
    return True


def insert_new(
    session: Session,
    table: type[Base],
    rows: Rows,
    *,
    alike: Mapping[str, Any] = NOTHING,
    returning: Sequence[str] = (),
) -> Sequence[Row[Any]]:
    """Insert the rows and give these columns of each, in any order, if any; all rows name the same columns.

    What they have in common may be given once. Raises IntegrityError, and then inserts none, if one of them
    stands already.
    """
    if not rows:
        return []
    names, columns = tuple(rows[0]), _table(table).c
    inserting: Insert = insert(_table(table))
    given: Any = [{**row, **alike} for row in rows]
    if is_postgresql(session):
        inserting = _insert_arrays(table, names, tuple(alike))
        given = _arrays(names, rows, alike)
    if not returning:
        session.execute(inserting, given)
        return []
    return session.execute(inserting.returning(*(columns[name] for name in returning)), given).all()


def change_each(session: Session, changes: Sequence[tuple[Base, Mapping[str, Any]]]) -> None:
    """Give columns of rows of one table, known by their `id`, new values, with one statement for all.

    What the session holds is kept in step, without its finding out by itself row by row what has changed. All
    changes name the same columns.
    """
    if not changes:
        return
    session.flush()
    rows = [{"id": each.id, **values} for each, values in changes]  # type: ignore[attr-defined]
    update_each(session, type(changes[0][0]), rows)
    for each, values in changes:
        for name, value in values.items():
            set_committed_value(each, name, value)


def update_each(
    session: Session,
    table: type[Base],
    rows: Rows,
    *,
    alike: Mapping[str, Any] = NOTHING,
    known_by: tuple[str, ...] = ("id",),
) -> None:
    """Give columns of rows, known by the `id` or other columns among them, new values, with one statement for all.

    What they have in common may be given once. What a session holds of them is not kept in step.
    """
    if not rows:
        return
    names = tuple(rows[0])
    if is_postgresql(session):
        session.execute(_update_arrays(table, names, tuple(alike), known_by), _arrays(names, rows, alike))
        return
    given = [{_given(name): value for name, value in {**row, **alike}.items()} for row in rows]
    session.connection().execute(_update_rows(table, (*names, *alike), known_by), given)


def rows_of(
    session: Session, asked: Select[*tuple[Any, ...]] | CompoundSelect[*tuple[Any, ...]]
) -> Sequence[Any]:
    """Read columns as they come from the store, in half the time the session takes to look at each row."""
    return session.connection().execute(asked).all()


def which_exist(*asked: Select[Any]) -> Select[*tuple[bool, ...]]:
    """Ask at once of which of these there is any row."""
    return select(*(each.order_by(None).exists() for each in asked))


def one_of(column: InstrumentedAttribute[Any], values: Collection[Any]) -> ColumnElement[bool]:
    """Ask for rows whose column has one of many values.

    They are one parameter, whereas `in_` has one for each, which driver and store would read one by one: half a
    millisecond for 500.
    """
    return _OneOf(column, bindparam(None, list(values), type_=_Values(), unique=True))


def table_of(**columns: Sequence[str]) -> TableValuedAlias:
    """Name rows of texts, column by column, to ask for what belongs to each of them; PostgreSQL only."""
    arrays = [
        converted(bindparam(None, values, type_=_Values(), unique=True), ARRAY(Text))
        for values in columns.values()
    ]
    return func.unnest(*arrays).table_valued(*columns).render_derived()


class _Values(TypeDecorator[list[Any]]):
    """Many values as one text, as the store at hand takes them apart."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: list[Any] | None, dialect: Dialect) -> str | None:
        if value is None or dialect.name != "postgresql":
            return json.dumps(value)
        return _array(value)


class _OneOf(FunctionElement[bool]):
    """Whether a column has one of the values of a list; the stores say it differently."""

    inherit_cache = True
    type = Boolean()

    def self_group(self, against: OperatorType | None = None) -> Self:
        """Stand among other conditions as it is: SQLite finds no index for `IN (…) = 1`, as it would read otherwise."""
        return self


@compiles(_OneOf)
def _in_list(element: _OneOf, compiler: SQLCompiler, **options: Any) -> str:
    one, values = element.clauses
    return compiler.process(one.in_(select(func.json_each(values).table_valued("value").c.value)), **options)


@compiles(_OneOf, "postgresql")
def _in_array(element: _OneOf, compiler: SQLCompiler, **options: Any) -> str:
    one, values = element.clauses
    kind = Text() if isinstance(one.type, String) else one.type
    # `= ANY (…)` would compare each row it reads with each value: of 5,000 both it takes longer than is waited for.
    return compiler.process(one.in_(select(func.unnest(converted(values, ARRAY(kind))))), **options)


def _table(table: type[Base]) -> Table:
    return cast(Table, table.__table__)


@cache
def _insert_rows(table: type[Base]) -> Any:
    """Write the statement once: SQLAlchemy then repeats its VALUES for the rows without compiling it anew."""
    inserting = sqlite.insert(_table(table)).on_conflict_do_nothing()
    return inserting.returning(*_table(table).primary_key)


@cache
def _insert_arrays(
    table: type[Base], names: tuple[str, ...], alike: tuple[str, ...], *, or_ignore: bool = False
) -> Insert:
    """Write the statement once, with an array a column: of many VALUES the driver would read each placeholder."""
    rows = _unnested(_table(table), names)
    same = [_one_given(_table(table), name) for name in alike]
    inserting = postgresql.insert(_table(table)).from_select((*names, *alike), select(*rows.c, *same))
    return inserting.on_conflict_do_nothing() if or_ignore else inserting


@cache
def _update_rows(table: type[Base], names: tuple[str, ...], known_by: tuple[str, ...]) -> Update:
    known = _table(table)
    changing = update(known).where(*(known.c[name] == _one_given(known, name) for name in known_by))
    return changing.values({name: _one_given(known, name) for name in names if name not in known_by})


@cache
def _update_arrays(
    table: type[Base], names: tuple[str, ...], alike: tuple[str, ...], known_by: tuple[str, ...]
) -> Update:
    rows = _unnested(_table(table), names)
    changing = update(_table(table)).where(*(_table(table).c[name] == rows.c[name] for name in known_by))
    same = {name: _one_given(_table(table), name) for name in alike}
    return changing.values({name: rows.c[name] for name in names if name not in known_by} | same)


def _one_given(table: Table, name: str) -> BindParameter[Any]:
    return bindparam(_given(name), type_=table.c[name].type)


def _unnested(table: Table, names: Sequence[str]) -> TableValuedAlias:
    """Write rows as one array a column, each of which comes as text."""
    # As an array of VARCHAR(n) a text would be cut short; a column refuses one that is too long.
    kinds = [Text() if isinstance(table.c[name].type, String) else table.c[name].type for name in names]
    arrays = [
        converted(bindparam(_given(name), type_=Text), ARRAY(kind))
        for name, kind in zip(names, kinds, strict=True)
    ]
    return func.unnest(*arrays).table_valued(*names).render_derived()


def _named(names: Sequence[str], row: Mapping[str, Any] | tuple[Any, ...]) -> Mapping[str, Any]:
    return dict(zip(names, row, strict=True)) if isinstance(row, tuple) else row


def _arrays(
    names: Sequence[str], rows: Rows | Sequence[tuple[Any, ...]], alike: Mapping[str, Any]
) -> dict[str, Any]:
    """Write each column as PostgreSQL reads an array; the driver would take three times as long."""
    columns = zip(
        *(row if isinstance(row, tuple) else map(row.__getitem__, names) for row in rows), strict=True
    )
    arrays = {_given(name): _array(values) for name, values in zip(names, columns, strict=True)}
    return arrays | {_given(name): value for name, value in alike.items()}


def _array(values: Sequence[object]) -> str:
    kinds = set(map(type, values))
    if kinds <= _PLAIN:
        return "{" + ",".join(map(str, values)) + "}"
    if kinds == {str}:
        texts = cast("Sequence[str]", values)
        if not _MEANT.search("".join(texts)):
            return '{"' + '","'.join(texts) + '"}'
    if kinds == {datetime}:
        return "{" + ",".join(map(_written_moment, cast("Sequence[datetime]", values))) + "}"
    return "{" + ",".join(map(_element, values)) + "}"


_PLAIN = {int, date, time}
"""Their texts have nothing that means something to PostgreSQL."""
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
    return _element(json.dumps(value)) if isinstance(value, dict | list) else f'"{value}"'


@lru_cache(maxsize=10_000)
def _written_moment(value: datetime) -> str:
    """Write a moment in UTC; people meet on the hour, so many moments of a batch are the same."""
    if value.tzinfo is None:
        raise ValueError("a moment needs a time zone")
    return f'"{value.astimezone(UTC).isoformat()}"'
