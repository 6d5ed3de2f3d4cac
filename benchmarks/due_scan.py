"""The question to the store at every beat: what of a million standing 1-on-1s is due.

It is the query of planning itself, 500 rows at a time; the last line adds choosing the questions, writing them and the
messages.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from statistics import median

from benchmarks.figures import Figure
from benchmarks.people import NOW
from benchmarks.standing import filled
from bot.planning import BATCH
from bot.runtime.database import Sessions
from handlers import wiring
from models.one_on_ones import OneOnOne

DUE, SMALL, LARGE = 1_000, 10_000, 1_000_000
REPEATS = 40
MOST_TIMES = 1.5


def measure() -> Iterator[Figure]:
    """Measure with ten thousand in all and with a million, turn by turn, on both stores."""
    for kind in ("SQLite", "PostgreSQL"):
        with filled(kind, SMALL, due=DUE) as small, filled(kind, LARGE, due=DUE) as large:
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
