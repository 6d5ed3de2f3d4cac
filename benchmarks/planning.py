"""How fast what is due among a million standing 1-on-1s is planned, and what a beat costs when nothing is.

Each pair that is due has had twelve questions; a meeting of peers gets its question and four messages. Two planners
and the server share the machine's cores: two is how many workers there are where PostgreSQL is; one alone takes turns
with the server, which runs without fsync.
"""

from __future__ import annotations

import gc
import multiprocessing
import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from multiprocessing.synchronize import Barrier
from statistics import median

from slack_sdk import WebClient

from benchmarks.figures import Figure
from benchmarks.people import NOW
from benchmarks.standing import filled, make_due, server_cpu
from bot import planning
from bot.runtime.clock import MovedClock
from bot.runtime.database import Sessions, connect
from bot.runtime.delivery import DeliveryLoop
from bot.runtime.rates import Pace
from bot.runtime.slack import NotSent
from handlers import wiring

DUE, SMALL, LARGE = 5_000, 10_000, 1_000_000
LEAST_PER_SECOND, MOST_MILLISECONDS, MOST_TIMES = 4_000, 5.0, 1.5
WORKERS, PATIENCE_SECONDS = 2, 120.0
ROUNDS, REPEATS = 5, 100
STORE = "PostgreSQL"


@dataclass(frozen=True)
class Cost:
    """What planning all that is due took: seconds in all, and those of CPU, ours and the server's."""

    seconds: float
    ours: float
    server: float

    def __str__(self) -> str:
        each = f"CPU each: {_each(self.ours)} µs ours, {_each(self.server)} µs the server's"
        return f"{DUE / self.seconds:.0f}/s; {each}"


def _each(seconds: float) -> str:
    return f"{seconds / DUE * 1_000_000:.0f}"


def measure() -> Iterator[Figure]:
    """Plan on PostgreSQL; then beat on what lies dormant, with few and with many, turn by turn."""
    with filled(STORE, SMALL, due=DUE) as small, filled(STORE, LARGE, due=DUE) as large:
        for sessions in (small, large):
            _by_one(sessions)  # whatever is compiled or read once
        gc.freeze()  # as every process of ours does once it has loaded
        what = f"planning {DUE:,} due of {LARGE:,}, question and messages included, one process, {STORE}"
        yield replace(_planned(what, _alternating(_by_one, (small, large))), bar="", is_met=None)
        what = f"the same by {WORKERS} processes"
        yield _planned(what, _alternating(_by_many, (small, large)))
        yield _idle(small, large)


def _planned(what: str, costs: Sequence[Cost]) -> Figure:
    few, many = costs
    is_met = DUE / many.seconds >= LEAST_PER_SECOND
    return Figure(what, str(many), f"{few} among {SMALL:,}", f"at least {LEAST_PER_SECOND:,}/s", is_met)


def _alternating(plan: Callable[[Sessions], Cost], stores: Sequence[Sessions]) -> list[Cost]:
    """Plan in one store after the other, again and again, and give the median costs: both meet the same noise."""
    rounds = [[_again(plan, sessions) for sessions in stores] for _ in range(ROUNDS)]
    return [
        Cost(
            median(cost.seconds for cost in costs),
            median(cost.ours for cost in costs),
            median(cost.server for cost in costs),
        )
        for costs in zip(*rounds, strict=True)
    ]


def _again(plan: Callable[[Sessions], Cost], sessions: Sessions) -> Cost:
    make_due(sessions, DUE)
    return plan(sessions)


def _by_one(sessions: Sessions) -> Cost:
    begun, ours, server = time.perf_counter(), time.process_time(), server_cpu(sessions)
    _require_all(wiring.plan(sessions, NOW))
    return Cost(time.perf_counter() - begun, time.process_time() - ours, server_cpu(sessions) - server)


def _require_all(planned: int) -> None:
    if planned != DUE:
        raise RuntimeError(f"{planned} were due instead of {DUE}")


def _by_many(sessions: Sessions) -> Cost:
    """Let several workers plan what each gets hold of; they are ready before the time begins."""
    spawning = multiprocessing.get_context("spawn")
    barrier, done = spawning.Barrier(WORKERS + 1), spawning.SimpleQueue()
    address = sessions.engine.url.render_as_string(hide_password=False)
    workers = [spawning.Process(target=_work, args=(address, barrier, done)) for _ in range(WORKERS)]
    for worker in workers:
        worker.start()
    barrier.wait(PATIENCE_SECONDS)
    begun, server = time.perf_counter(), server_cpu(sessions)
    reports = [done.get() for _ in workers]
    cost = Cost(time.perf_counter() - begun, sum(ours for _, ours in reports), server_cpu(sessions) - server)
    barrier.wait(PATIENCE_SECONDS)  # the server counts what a connection took until it ends
    for worker in workers:
        worker.join(PATIENCE_SECONDS)
    _require_all(sum(planned for planned, _ in reports))
    return cost


def _work(address: str, barrier: Barrier, done: multiprocessing.SimpleQueue[tuple[int, float]]) -> None:
    sessions = Sessions(connect(address))
    _warm_up(sessions)
    gc.freeze()
    barrier.wait(PATIENCE_SECONDS)
    ours = time.process_time()
    planned = wiring.plan(sessions, NOW)
    done.put((planned, time.process_time() - ours))
    barrier.wait(PATIENCE_SECONDS)


def _warm_up(sessions: Sessions) -> None:
    """Compile every statement; what was planned for it is forgotten."""
    with sessions.begin() as session:
        planning.plan(session, planning.due(session, now=NOW)[:1], now=NOW)
        session.rollback()


def _idle(small: Sessions, large: Sessions) -> Figure:
    beats = [_beat(sessions) for sessions in (small, large)]
    rounds = [[_measured(beat) for beat in beats] for _ in range(REPEATS)]
    few, many = (list(zip(*each, strict=True)) for each in zip(*rounds, strict=True))
    cpu, elapsed = (median(each) * 1000 for each in many)
    less_cpu, less_elapsed = (median(each) * 1000 for each in few)
    return Figure(
        f"a beat with nothing due among {LARGE:,}, planning, chores and delivery, {STORE}",
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
    """Make one beat: look for what is to be planned, for chores, and for what is to be delivered."""
    loop = DeliveryLoop(
        sessions,
        MovedClock(NOW),
        prepare={},
        post=lambda _: NotSent("nobody posts here"),
        look=None,
        chance=random.Random(7),
        pace=Pace(),
    )

    chores = wiring.chores(WebClient())

    def beat() -> None:
        steps = wiring.plan(sessions, NOW) + chores(sessions, NOW)
        if steps or not loop.turn().is_idle:
            raise RuntimeError("something was due")

    return beat
