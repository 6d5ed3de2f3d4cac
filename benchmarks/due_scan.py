"""The question to the store at every beat: what of a million standing 1-on-1s is due."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from statistics import median

from sqlalchemy import Connection, Engine, text

from benchmarks.figures import Figure
from benchmarks.people import NOW, TEAM, profile
from benchmarks.stores import each_store
from bot import members
from bot.planning import BATCH
from bot.runtime.database import Sessions, connect
from handlers import wiring
from models.one_on_ones import OneOnOne

DUE, SMALL, LARGE = 1_000, 10_000, 1_000_000
REPEATS = 40
MOST_TIMES = 1.5
PEOPLE = 2_000


def measure() -> Iterator[Figure]:
    """Measure with ten thousand in all and with a million, turn by turn, on both stores."""
    for kind in ("SQLite", "PostgreSQL"):
        with _filled(kind, SMALL) as small, _filled(kind, LARGE) as large:
            few, many = _alternating((small, large), NOW)
            few_idle, many_idle = _alternating((small, large), NOW - timedelta(days=300))
            seconds = _plan(large)
        yield Figure(
            f"due scan, {DUE} due of {LARGE:,}, {kind}",
            f"{many * 1000:.1f} ms, {many / few:.2f} times",
            f"{few * 1000:.1f} ms with {SMALL:,} in all",
            f"within {MOST_TIMES} times",
            many <= MOST_TIMES * few,
        )
        yield Figure(
            f"the same with nothing due, {kind}", f"{many_idle * 1000:.2f} ms", f"{few_idle * 1000:.2f} ms"
        )
        yield Figure(
            f"planning those {DUE}, question and messages included, {kind}", f"{DUE / seconds:.0f}/s"
        )


@contextmanager
def _filled(kind: str, total: int) -> Iterator[Sessions]:
    """Give a store with so many 1-on-1s of which 1,000 are due."""
    with each_store() as stores:
        engine = connect(stores[kind])
        _welcome_people(Sessions(engine))
        with engine.begin() as connection:
            _without_patience(connection)
            _fill(connection, total)
        _settle(engine)
        yield Sessions(engine)
        engine.dispose()


def _alternating(stores: Sequence[Sessions], moment: datetime) -> list[float]:
    """Scan one after the other, again and again, and give each one's median seconds: both meet the same noise."""
    rounds = [[_scan(sessions, moment) for sessions in stores] for _ in range(REPEATS)]
    return [median(each) for each in zip(*rounds, strict=True)]


def _scan(sessions: Sessions, moment: datetime) -> float:
    """Scan as planning does, batch by batch; nothing is changed."""
    begun = time.perf_counter()
    with sessions.begin() as session:
        for _ in range(DUE // BATCH):
            session.scalars(OneOnOne.due(moment, BATCH)).all()
    return time.perf_counter() - begun


def _plan(sessions: Sessions) -> float:
    begun = time.perf_counter()
    planned = wiring.plan(sessions, NOW)
    if planned != DUE:
        raise RuntimeError(f"{planned} were due instead of {DUE}")
    return time.perf_counter() - begun


def _welcome_people(sessions: Sessions) -> None:
    for first in range(0, PEOPLE, BATCH):
        people = [profile(f"U{number}") for number in range(first, first + BATCH)]
        with sessions.begin() as session:
            members.welcome_workspace(session, TEAM)
            members.remember_all(session, TEAM, people, at=NOW)


def _without_patience(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET LOCAL statement_timeout = 0"))


def _fill(connection: Connection, total: int) -> None:
    """Put in the rows, of which the first are due; a third of the later ones have ended."""
    count = (
        "generate_series(0, {last}) AS numbers(n)"
        if connection.dialect.name == "postgresql"
        else "(WITH RECURSIVE c(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM c WHERE n < {last}) SELECT n FROM c)"
    )
    before, after = NOW - timedelta(hours=1), NOW + timedelta(days=30)
    connection.execute(
        text(
            "INSERT INTO one_on_one (workspace_id, organiser, partner, pair, manager, is_manager_confirmed, rule, at,"
            " zone, minutes, next_on, next_fire_at, registered_at, was_declined)"
            f" SELECT '{TEAM}', 'U' || (n % {PEOPLE}), 'U' || ((n + 1 + n / {PEOPLE}) % {PEOPLE}), 'pair ' || n, NULL,"
            " false, 'FREQ=WEEKLY;BYDAY=FR', '10:00:00.000000', 'Europe/Berlin', 30, :friday,"
            f" CASE WHEN n < {DUE} THEN :before ELSE :after END, :before, false"
            f" FROM {count.format(last=total - 1)}"
        ),
        {
            "before": _stored(connection, before),
            "after": _stored(connection, after),
            "friday": "2026-11-27" if connection.dialect.name == "sqlite" else datetime(2026, 11, 27).date(),  # noqa: DTZ001
        },
    )


def _stored(connection: Connection, moment: datetime) -> str | datetime:
    """Write the moment as the column type keeps it; SQLite holds bare text in UTC."""
    return moment.strftime("%Y-%m-%d %H:%M:%S.%f") if connection.dialect.name == "sqlite" else moment


def _settle(engine: Engine) -> None:
    """Let the store know its own sizes, as it would after a day."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql("SET statement_timeout = 0")
            connection.exec_driver_sql("VACUUM ANALYZE")
        else:
            connection.exec_driver_sql("ANALYZE")
