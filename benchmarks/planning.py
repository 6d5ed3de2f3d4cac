"""How fast what is due among a million standing 1-on-1s is planned, and what a beat costs when nothing is."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from statistics import median

from benchmarks.figures import Figure
from benchmarks.people import NOW
from benchmarks.standing import filled
from bot.runtime.clock import MovedClock
from bot.runtime.database import Sessions
from bot.runtime.delivery import DeliveryLoop
from bot.runtime.rates import Pace
from bot.runtime.slack import NotSent
from handlers import wiring

DUE, SMALL, LARGE = 5_000, 10_000, 1_000_000
LEAST_PER_SECOND, MOST_MILLISECONDS, MOST_TIMES = 4_000, 5.0, 1.5
REPEATS = 100
STORE = "PostgreSQL"


def measure() -> Iterator[Figure]:
    """Plan on PostgreSQL; then beat on what lies dormant, with few and with many, turn by turn."""
    with filled(STORE, SMALL, due=DUE) as small, filled(STORE, LARGE, due=DUE) as large:
        _plan(small)
        seconds, cpu = _plan(large)
        yield Figure(
            f"planning {DUE:,} due of {LARGE:,}, question and messages included, {STORE}",
            f"{DUE / seconds:.0f}/s; {cpu / DUE * 1_000_000:.0f} µs of CPU each, the store's apart",
            bar=f"at least {LEAST_PER_SECOND:,}/s",
            is_met=DUE / seconds >= LEAST_PER_SECOND,
        )
        yield _idle(small, large)


def _plan(sessions: Sessions) -> tuple[float, float]:
    """Plan all that is due, and give the seconds and those of our CPU."""
    begun, cpu = time.perf_counter(), time.process_time()
    planned = wiring.plan(sessions, NOW)
    if planned != DUE:
        raise RuntimeError(f"{planned} were due instead of {DUE}")
    return time.perf_counter() - begun, time.process_time() - cpu


def _idle(small: Sessions, large: Sessions) -> Figure:
    beats = [_beat(sessions) for sessions in (small, large)]
    rounds = [[_measured(beat) for beat in beats] for _ in range(REPEATS)]
    few, many = (list(zip(*each, strict=True)) for each in zip(*rounds, strict=True))
    cpu, elapsed = (median(each) * 1000 for each in many)
    less_cpu, less_elapsed = (median(each) * 1000 for each in few)
    return Figure(
        f"a beat with nothing due among {LARGE:,}, planning and delivery, {STORE}",
        f"{cpu:.1f} ms of CPU, {elapsed:.1f} ms in all, {elapsed / less_elapsed:.2f} times",
        f"{less_cpu:.1f} ms, {less_elapsed:.1f} ms among {SMALL:,}",
        f"under {MOST_MILLISECONDS:.0f} ms of CPU, within {MOST_TIMES} times",
        cpu < MOST_MILLISECONDS and elapsed <= MOST_TIMES * less_elapsed,
    )


def _measured(beat: Callable[[], None]) -> tuple[float, float]:
    """Give the seconds of our CPU that a beat takes, and the seconds in all."""
    begun, cpu = time.perf_counter(), time.process_time()
    beat()
    return time.process_time() - cpu, time.perf_counter() - begun


def _beat(sessions: Sessions) -> Callable[[], None]:
    """Make one beat: look for what is to be planned, and for what is to be delivered."""
    loop = DeliveryLoop(
        sessions,
        MovedClock(NOW),
        prepare={},
        post=lambda _: NotSent("nobody posts here"),
        look=None,
        chance=random.Random(7),
        pace=Pace(),
    )

    def beat() -> None:
        if wiring.plan(sessions, NOW) or not loop.turn().is_idle:
            raise RuntimeError("something was due")

    return beat
