"""What the next meetings cost: a step of every rhythm, and computing all moments anew for new time zone data."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import cycle, islice, product

from sqlalchemy import text, update

from benchmarks.figures import Figure
from benchmarks.people import NOW
from benchmarks.standing import filled
from bot.recurrence import WEEKS_OF_MONTH, Recurrence, next_after, place
from bot.runtime.clock import MovedClock
from bot.runtime.config import ROOT
from bot.runtime.database import Sessions, connect
from bot.zones import ZONE_DATA_VERSION
from handlers import wiring
from models.outbox import Delivery
from models.workspaces import Workspace

RULES, MOST_SECONDS = 100_000, 10.0
MEETINGS, PLANNED = 1_000_000, 5_000
"""So many standing 1-on-1s of one workspace, of which the first have messages that wait."""
ZONES = ("America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "Africa/Casablanca", "Asia/Kathmandu")
OLD_ZONES = "2019.1"
KILLED_AT, LOOK_SECONDS = 0.3, 0.05
"""The share of the 1-on-1s after which the process that moves them is killed."""


def measure() -> Iterator[Figure]:
    """Measure the steps, and the zone data on both stores."""
    seconds = _step_all()
    yield Figure(
        f"next occurrence of {RULES:,} rules, placed in its zone",
        f"{seconds:.1f} s of CPU",
        bar=f"under {MOST_SECONDS:.0f} s",
        is_met=seconds < MOST_SECONDS,
    )
    for kind in ("PostgreSQL", "SQLite"):
        yield _zone_figure(kind)


def _step_all() -> float:
    """Step every rule once from a stored day, as planning does, and give the seconds of CPU."""
    weekly = [Recurrence.weekly(day, every).rule for day, every in product(range(5), (1, 2, 3, 4))]
    monthly = [Recurrence.monthly(day, nth).rule for day, nth in product(range(5), WEEKS_OF_MONTH)]
    rules = list(islice(zip(cycle(weekly + monthly), cycle(ZONES), strict=False), RULES))
    days = [date.fromordinal(NOW.date().toordinal() + offset) for offset in range(28)]
    at = NOW.time()
    begun = time.process_time()
    for (rule, zone), day in zip(rules, cycle(days), strict=False):
        place(next_after(Recurrence.parse(rule), day), at, zone)
    return time.process_time() - begun


@dataclass(frozen=True)
class Move:
    """What moving to new zone data took, and what became of the messages that wait."""

    seconds: float
    cpu: float
    """Of the process that went on, whose share is the rest."""
    killed_after: float
    """Seconds after which the first process was killed."""
    messages: int
    moved: int
    most_often: int
    is_right: bool

    @property
    def is_met(self) -> bool:
        """Whether every message is where it belongs, moved once, under its old key."""
        return self.is_right and self.most_often == 1 and self.moved == self.messages


def _zone_figure(kind: str) -> Figure:
    move = _move(kind)
    return Figure(
        f"new zone data for {MEETINGS:,} meetings of one workspace, each of which moves, {kind}",
        f"{move.seconds:.0f} s in batches; {move.cpu:.0f} s of CPU for the last {1 - KILLED_AT:.0%}",
        f"of {move.messages:,} messages {move.moved:,} moved, at most {move.most_often} time(s);"
        f" a process was killed after {move.killed_after:.0f} s",
        "each moved once, to its place",
        move.is_met,
    )


def _move(kind: str) -> Move:
    """Leave a store as older zone data would have, kill a process that moves it on its way, and go on.

    When the 1-on-1s are to be planned was made up, so each of them moves; meetings and messages are put an hour off.
    """
    with filled(kind, MEETINGS, due=PLANNED) as sessions:
        wiring.plan(sessions, NOW)
        right = _windows(sessions)
        _put_wrong(sessions)
        killed_after = _killed_on_its_way(sessions)
        begun, cpu = time.perf_counter(), time.process_time()
        wiring.refresh_zones(sessions, clock=MovedClock(NOW))
        seconds, cpu = time.perf_counter() - begun + killed_after, time.process_time() - cpu
        moved, most_often = _moves(sessions)
        return Move(seconds, cpu, killed_after, len(right), moved, most_often, _windows(sessions) == right)


def _windows(sessions: Sessions) -> list[tuple[str, str]]:
    """Read every message's key, and when it may leave."""
    with sessions.begin() as session:
        rows = session.query(Delivery.key, Delivery.not_before, Delivery.expire_at).order_by(Delivery.key)
        return [(row.key, f"{row.not_before} {row.expire_at}") for row in rows]


def _put_wrong(sessions: Sessions) -> None:
    """Put what is planned an hour off, and let the store count from then on how often each message is moved."""
    is_postgresql = sessions.engine.dialect.name == "postgresql"
    with sessions.begin() as session:
        for statement in POSTGRESQL if is_postgresql else SQLITE:
            session.execute(text(statement))
        session.execute(update(Workspace).values(zone_data=OLD_ZONES))


def _later(moment: str, *, in_postgresql: bool) -> str:
    """Write a column's moment an hour later, as the store keeps moments."""
    if in_postgresql:
        return f"{moment} = {moment} + interval '1 hour'"
    return f"{moment} = strftime('%Y-%m-%d %H:%M:%f', {moment}, '+1 hour') || '000'"


def _an_hour_off(*, in_postgresql: bool) -> list[str]:
    columns = {"occurrence": ["starts_at"], "delivery": ["not_before", "expire_at"]}
    return [
        f"UPDATE {table} SET {', '.join(_later(each, in_postgresql=in_postgresql) for each in moments)}"
        for table, moments in columns.items()
    ]


COUNTED = "CREATE TABLE move (delivery_id BIGINT NOT NULL)"
MOVED = "AFTER UPDATE OF not_before, expire_at ON delivery FOR EACH ROW"
FUNCTION = (
    "CREATE FUNCTION count_move() RETURNS trigger LANGUAGE plpgsql AS"
    " 'BEGIN INSERT INTO move VALUES (NEW.id); RETURN NULL; END'"
)
POSTGRESQL = (
    "SET LOCAL statement_timeout = 0",
    *_an_hour_off(in_postgresql=True),
    COUNTED,
    FUNCTION,
    f"CREATE TRIGGER count_move {MOVED} EXECUTE FUNCTION count_move()",
)
SQLITE = (
    *_an_hour_off(in_postgresql=False),
    COUNTED,
    f"CREATE TRIGGER count_move {MOVED} BEGIN INSERT INTO move VALUES (NEW.id); END",
)


def _moves(sessions: Sessions) -> tuple[int, int]:
    """Count the messages that were moved, and how often the one that was moved most."""
    often = "SELECT count(*) AS times FROM move GROUP BY delivery_id"
    with sessions.begin() as session:
        found = session.execute(text(f"SELECT count(*), coalesce(max(times), 0) FROM ({often}) AS often"))
        moved, most_often = found.one()
        return moved, most_often


def _killed_on_its_way(sessions: Sessions) -> float:
    """Let another process begin, and kill it; gives the seconds it had."""
    address = sessions.engine.url.render_as_string(hide_password=False)
    command = [sys.executable, "-m", "benchmarks.recurrence", address]
    with subprocess.Popen(command, cwd=ROOT) as doomed:
        begun = time.perf_counter()
        while _progress(sessions) < KILLED_AT * MEETINGS:
            if doomed.poll() is not None:
                raise RuntimeError("the process ended before it could be killed")
            # It is killed in the middle of its work, of which only the store tells.
            time.sleep(LOOK_SECONDS)
        doomed.kill()
        return time.perf_counter() - begun


def _progress(sessions: Sessions) -> int:
    with sessions.read() as session:
        return session.query(Workspace).one().moved_to_zones(ZONE_DATA_VERSION)


if __name__ == "__main__":
    wiring.refresh_zones(Sessions(connect(sys.argv[1])), clock=MovedClock(NOW))
