"""Stores with standing 1-on-1s by the million: all of one workspace, the first of them due."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta

import psutil
from sqlalchemy import Connection, Engine, delete, text, update

from benchmarks.people import NOW, TEAM, profile
from benchmarks.stores import each_store
from bot import members
from bot.planning import BATCH
from bot.question_bank import default_bank
from bot.runtime.database import Sessions, connect
from models.bulk import insert_new
from models.one_on_ones import Occurrence, OneOnOne
from models.outbox import Delivery
from models.prompts import Prompt

PEOPLE = 2_000
ZONES = ("Europe/Berlin", "Europe/London", "America/New_York", "America/Los_Angeles", "Asia/Kolkata")
RULES = (
    "FREQ=WEEKLY;INTERVAL=1;BYDAY=FR",
    "FREQ=WEEKLY;INTERVAL=2;BYDAY=FR",
    "FREQ=WEEKLY;INTERVAL=4;BYDAY=FR",
    "FREQ=MONTHLY;BYDAY=4FR",
)
STARTS = tuple(f"{hour:02}:{minute:02}:00.000000" for hour in range(8, 18) for minute in (0, 15, 30, 45))
"""Nobody's calendar is full of twins: what is planned together differs in rhythm, zone and start."""
MEETING_ON = date(2026, 11, 27)
HISTORY = 12
"""So many questions each pair that is due has had: a quarter of weekly meetings."""


@contextmanager
def filled(kind: str, total: int, *, due: int) -> Iterator[Sessions]:
    """Give a store of this kind with so many 1-on-1s, of which so many are due."""
    with each_store() as stores:
        engine = connect(stores[kind])
        _welcome_people(Sessions(engine))
        with engine.begin() as connection:
            _without_patience(connection)
            _fill(connection, total, due)
        _remember(Sessions(engine), due)
        _settle(engine, "")
        yield Sessions(engine)
        engine.dispose()


def make_due(sessions: Sessions, due: int) -> None:
    """Let so many of them come near once more; what was planned for them, and what it left in the files, is gone."""
    with sessions.begin() as session:
        session.execute(delete(Delivery))
        session.execute(delete(Prompt).where(Prompt.occurrence_id.is_not(None)))
        session.execute(delete(Occurrence))
        first = update(OneOnOne).where(OneOnOne.id <= due)
        session.execute(first.values(next_on=MEETING_ON, next_fire_at=NOW - timedelta(hours=1)))
    _settle(sessions.engine, "one_on_one, occurrence, prompt, delivery")


def server_cpu(sessions: Sessions) -> float:
    """Give the seconds of CPU that the processes of a PostgreSQL server have taken so far."""
    with sessions.begin() as session:
        connection = session.scalars(text("SELECT pg_backend_pid()")).one()
    server = psutil.Process(connection).parent()
    assert server is not None, "a connection's process is a child of the server"
    ended = server.cpu_times().children_user + server.cpu_times().children_system
    living = [each.cpu_times() for each in server.children()]
    return float(ended + sum(each.user + each.system for each in living))


def _welcome_people(sessions: Sessions) -> None:
    for first in range(0, PEOPLE, BATCH):
        people = [profile(f"U{n}", ZONES[n % len(ZONES)]) for n in range(first, first + BATCH)]
        with sessions.begin() as session:
            members.welcome_workspace(session, TEAM)
            members.remember_all(session, TEAM, people, at=NOW)


def _without_patience(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET LOCAL statement_timeout = 0"))


def _fill(connection: Connection, total: int, due: int) -> None:
    """Put in the rows, of which the first are due."""
    count = (
        "generate_series(0, {last}) AS numbers(n)"
        if connection.dialect.name == "postgresql"
        else "(WITH RECURSIVE c(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM c WHERE n < {last}) SELECT n FROM c)"
    )
    start = _one_of(STARTS, "n / 20")
    start = f"CAST({start} AS time)" if connection.dialect.name == "postgresql" else start
    before, after = NOW - timedelta(hours=1), NOW + timedelta(days=30)
    connection.execute(
        text(
            "INSERT INTO one_on_one (workspace_id, organiser, partner, pair, manager, is_manager_confirmed, rule, at,"
            " zone, minutes, next_on, next_fire_at, registered_at, was_declined)"
            f" SELECT '{TEAM}', 'U' || (n % {PEOPLE}), 'U' || ((n + 1 + n / {PEOPLE}) % {PEOPLE}), 'pair ' || n, NULL,"
            f" false, {_one_of(RULES, 'n / 5')}, {start}, {_one_of(ZONES, 'n')}, 30, :friday,"
            f" CASE WHEN n < {due} THEN :before ELSE :after END, :before, false"
            f" FROM {count.format(last=total - 1)}"
        ),
        {
            "before": _stored(connection, before),
            "after": _stored(connection, after),
            "friday": MEETING_ON.isoformat() if connection.dialect.name == "sqlite" else MEETING_ON,
        },
    )


def _one_of(values: Sequence[str], number: str) -> str:
    """Write the choice of a value by a number, in turn."""
    cases = " ".join(f"WHEN {place} THEN '{value}'" for place, value in enumerate(values))
    return f"CASE ({number}) % {len(values)} {cases} END"


def _stored(connection: Connection, moment: datetime) -> str | datetime:
    """Write the moment as the column type keeps it; SQLite holds bare text in UTC."""
    return moment.strftime("%Y-%m-%d %H:%M:%S.%f") if connection.dialect.name == "sqlite" else moment


def _remember(sessions: Sessions, due: int) -> None:
    """Let the pairs that are due have had questions before."""
    questions = default_bank().questions
    for week, question in enumerate(questions[:: len(questions) // HISTORY]):
        alike = {
            "workspace_id": TEAM,
            "question_id": question.id,
            "theme": question.theme,
            "why": {"kind": "fresh"},
            "put_at": NOW - timedelta(weeks=HISTORY - week),
            "is_not_useful": False,
        }
        for first in range(0, due, BATCH):
            with sessions.begin() as session:
                pairs = [{"pair": f"pair {n}"} for n in range(first, min(first + BATCH, due))]
                insert_new(session, Prompt, pairs, alike=alike)


def _settle(engine: Engine, tables: str) -> None:
    """Let the store know its own sizes and clean up, as it would within a day; all of it unless tables are named."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql("SET statement_timeout = 0")
            connection.exec_driver_sql(f"VACUUM ANALYZE {tables}")
        else:
            connection.exec_driver_sql("ANALYZE")
