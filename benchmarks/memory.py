"""What a worker holds in memory after its first thousand messages, and after many more.

The local Slack answers at once and nobody's rate binds: what is looked at is what a message leaves behind.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import psutil

from benchmarks.crews import LOOK_SECONDS, STALLED_SECONDS, LocalSlack, Member, Stuck, crew, local_slack
from benchmarks.figures import Figure
from benchmarks.outboxes import fill
from benchmarks.startup import MEGABYTE
from benchmarks.stores import each_store

EARLY, WORKSPACES, EACH = 1_000, 200, 500
MESSAGES = WORKSPACES * EACH
"""Some five minutes a store."""
MOST_TIMES = 1.05


def measure() -> Iterator[Figure]:
    """Measure on both stores."""
    for kind in ("SQLite", "PostgreSQL"):
        early, late, per_second = _run(kind)
        yield Figure(
            f"resident memory of a worker after {MESSAGES:,} deliveries, {kind}",
            f"{late:.1f} MB, {late / early:.3f} times; {per_second:.0f}/s",
            f"{early:.1f} MB after {EARLY:,}",
            f"within {MOST_TIMES} times",
            late <= MOST_TIMES * early,
        )


def _run(kind: str) -> tuple[float, float, float]:
    """Give the megabytes early and late, and the messages a second."""
    with each_store() as stores, local_slack() as slack:
        fill(stores[kind], workspaces=WORKSPACES, each=EACH)
        with crew([("benchmarks.sender", stores[kind], slack.api_url, "--times=0")]) as (member,):
            early = _memory_after(EARLY, slack, member)
            late = _memory_after(MESSAGES, slack, member)
            return early, late, slack.counts().per_second


def _memory_after(wanted: int, slack: LocalSlack, member: Member) -> float:
    """Give the megabytes once so many messages were taken; raises Stuck."""
    taken, since = -1, time.monotonic()
    while taken < wanted:
        different = slack.counts().different
        if different > taken:
            taken, since = different, time.monotonic()
        if time.monotonic() - since > STALLED_SECONDS:
            raise Stuck(f"only {taken} of {wanted} messages came")
        # Another process sends; to ask without a pause would take the processor from it.
        time.sleep(LOOK_SECONDS)
    return float(psutil.Process(member.pid).memory_info().rss) / MEGABYTE
