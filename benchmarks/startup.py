"""How long `python app.py web` takes to be ready, and what it holds in memory when nothing happens."""

from __future__ import annotations

import time
from collections.abc import Iterator
from statistics import median

import psutil

from benchmarks.figures import Figure
from benchmarks.servers import BARE, TRELLIS, serving
from benchmarks.stores import each_store
from sandbox.testing import running

TIMES, IDLE_SECONDS = 3, 2.0
MEGABYTE = 1_000_000


def measure() -> Iterator[Figure]:
    """Measure on both stores, beside a bare Bolt app."""
    with running() as slack, each_store() as stores:
        bare_seconds, bare_memory = _start(BARE, slack.api_url, "")
        for kind, url in stores.items():
            seconds, memory = _start(TRELLIS, slack.api_url, url)
            yield Figure(
                f"`app.py web` until ready, {kind}", f"{seconds:.1f} s", f"bare Bolt {bare_seconds:.1f} s"
            )
            yield Figure(
                f"resident memory when idle, {kind}",
                f"{memory[0]:.0f} MB, of which the worker {memory[1]:.0f}",
                f"bare Bolt {bare_memory[0]:.0f} MB",
            )


def _start(program: tuple[str, ...], api_url: str, database_url: str) -> tuple[float, tuple[float, float]]:
    seconds, memory = [], (0.0, 0.0)
    for _ in range(TIMES):
        with serving(program, api_url=api_url, database_url=database_url) as server:
            seconds.append(server.seconds_to_ready)
            # Nothing says when a server is done with starting but what it holds then, which is what is measured.
            time.sleep(IDLE_SECONDS)
            memory = _memory(server.pid)
    return median(seconds), memory


def _memory(pid: int) -> tuple[float, float]:
    """Give what gunicorn's processes hold together, and what the worker holds (MB, shared pages counted twice)."""
    master = psutil.Process(pid)
    workers = [child.memory_info().rss for child in master.children(recursive=True)]
    return (master.memory_info().rss + sum(workers)) / MEGABYTE, sum(workers) / MEGABYTE
