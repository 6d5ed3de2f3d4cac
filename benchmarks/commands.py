"""`/goal` with 100 goals stored, over HTTP, against a bare Bolt app that answers "hello" in the same run.

What is compared: Trellis' own program (`python app.py web`, one process of 16 threads) and a Bolt app whose one
command answers "hello", under the same gunicorn settings on the same machine, turn and turn about in one run. Every
answer reads the goals from the store; who asks is the same person each time, whose own record counts for five seconds
once read. The client signs one request, keeps 16 connections open and asks as fast as answers come; for p99 it asks
50 times a second and counts from the appointed time, so that waiting in line is part of the figure.
"""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median, quantiles

from benchmarks.figures import Figure
from benchmarks.load import Line, command_request, latencies, saturate
from benchmarks.servers import BARE, TRELLIS, Server, serving
from benchmarks.stores import each_store
from sandbox.testing import running

USER = "UAMY0001"
GOALS = 100
ROUNDS, ROUND_SECONDS = 3, 4.0
PACE, PACED_SECONDS = 50, 10.0
LEAST_SHARE, MOST_TIMES = 0.5, 3.0


def measure() -> Iterator[Figure]:
    """Measure on both stores."""
    with running() as slack, each_store() as stores:
        for kind, url in stores.items():
            with (
                serving(BARE, api_url=slack.api_url) as bare,
                serving(TRELLIS, api_url=slack.api_url, database_url=url) as ours,
            ):
                _store_goals(ours)
                yield _throughput(kind, bare, ours)
                yield _latency(kind, bare, ours)


def _store_goals(ours: Server) -> None:
    line = Line(ours.port)
    for number in range(GOALS):
        line.ask(command_request(ours.port, USER, f"add Give {number + 1} demos"))
    listed = line.ask(command_request(ours.port, USER, ""))
    if b"demos" not in listed:
        raise RuntimeError("the goals are not there")
    line.close()


def _requests(bare: Server, ours: Server) -> list[tuple[int, bytes]]:
    return [(server.port, command_request(server.port, USER, "")) for server in (bare, ours)]


def _throughput(kind: str, bare: Server, ours: Server) -> Figure:
    asked = _requests(bare, ours)
    for port, request in asked:
        saturate(port, request, 1.0)
    rounds = [[saturate(port, request, ROUND_SECONDS) for port, request in asked] for _ in range(ROUNDS)]
    theirs, mine = (median(each) for each in zip(*rounds, strict=True))
    share = median(own / other for other, own in rounds)
    return Figure(
        f"`/goal` with {GOALS} goals, answers a second, {kind}",
        f"{mine:.0f}/s, {share:.2f} of it",
        f"bare Bolt {theirs:.0f}/s",
        f"at least {LEAST_SHARE}",
        share >= LEAST_SHARE,
    )


def _latency(kind: str, bare: Server, ours: Server) -> Figure:
    waits: list[list[float]] = [[], []]
    for _ in range(2):
        for place, (port, request) in enumerate(_requests(bare, ours)):
            waits[place] += latencies(port, request, per_second=PACE, seconds=PACED_SECONDS)
    theirs, mine = (quantiles(each, n=100)[98] * 1000 for each in waits)
    return Figure(
        f"the same, p99 at {PACE} a second, {kind}",
        f"{mine:.1f} ms, {mine / theirs:.1f} times",
        f"bare Bolt {theirs:.1f} ms",
        f"within {MOST_TIMES:.0f} times",
        mine / theirs <= MOST_TIMES,
    )
