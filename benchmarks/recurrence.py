"""What the next meetings cost: a step of every rhythm, and computing all moments anew for new time zone data."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import date
from itertools import cycle, islice, product

from sqlalchemy import select, update

from benchmarks.figures import Figure
from benchmarks.people import NOW
from benchmarks.standing import filled
from bot.recurrence import WEEKS_OF_MONTH, Recurrence, next_after, place
from bot.runtime.clock import MovedClock
from bot.runtime.database import Sessions
from handlers import wiring
from models.one_on_ones import OneOnOne
from models.outbox import Delivery
from models.workspaces import Workspace

RULES, MOST_SECONDS = 100_000, 10.0
MEETINGS, PLANNED = 10_000, 500
"""So many standing 1-on-1s of one workspace, of which the first have messages that wait."""
ZONES = ("America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "Africa/Casablanca", "Asia/Kathmandu")
OLD_ZONES = "2019.1"


def measure() -> Iterator[Figure]:
    """Measure the steps, and the zone data on both stores."""
    seconds = _step_all()
    yield Figure(
        f"next occurrence of {RULES:,} rules, placed in its zone",
        f"{seconds:.1f} s of CPU",
        bar=f"under {MOST_SECONDS:.0f} s",
        is_met=seconds < MOST_SECONDS,
    )
    for kind in ("SQLite", "PostgreSQL"):
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


def _zone_figure(kind: str) -> Figure:
    seconds, is_same = _refresh(kind)
    return Figure(
        f"new zone data for one workspace of {MEETINGS:,} meetings, {PLANNED} with messages waiting, {kind}",
        f"{seconds * RULES / MEETINGS:.0f} s per {RULES:,}; keys {'unchanged' if is_same else 'CHANGED'}",
        f"{seconds:.1f} s in all, in one transaction",
        "no key changed",
        is_same,
    )


def _refresh(kind: str) -> tuple[float, bool]:
    """Give the seconds that new zone data take, and whether the outbox still holds the same keys."""
    with filled(kind, MEETINGS, due=PLANNED) as sessions:
        wiring.plan(sessions, NOW)
        before = _keys(sessions)
        with sessions.begin() as session:
            session.execute(update(Workspace).values(zone_data=OLD_ZONES))
            session.execute(update(OneOnOne).values(zone="America/New_York"))
        begun = time.perf_counter()
        wiring.refresh_zones(sessions, clock=MovedClock(NOW))
        return time.perf_counter() - begun, _keys(sessions) == before


_all_keys = select(Delivery.key).order_by(Delivery.key)


def _keys(sessions: Sessions) -> list[str]:
    with sessions.read() as session:
        return list(session.scalars(_all_keys))
