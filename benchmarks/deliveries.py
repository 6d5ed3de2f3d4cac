"""How fast the outbox is delivered to a Slack that takes 50 ms, against a bare client with as many threads.

Deliveries go to a Slack of a few lines, a process of its own that counts them by their ids. All who post use the SDK's
client, start on one word, and are timed from the first request to the last answer as that Slack saw them: two
processes of 16 threads. SQLite writes each commit through to the disk; PostgreSQL runs without fsync.
"""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.crews import Counts, LocalSlack, crew, local_slack
from benchmarks.figures import Figure
from benchmarks.outboxes import fill
from benchmarks.stores import each_store

WORKSPACES, EACH, PROCESSES = 200, 15, 2
MESSAGES = WORKSPACES * EACH
LATENCY_SECONDS = 0.05
LEAST_SHARE = 0.5


def measure() -> Iterator[Figure]:
    """Measure the ceiling, then both stores."""
    ceiling = bare()
    with each_store() as stores:
        for kind, url in stores.items():
            yield _figure(kind, deliver(url), ceiling)


def bare() -> Counts:
    """Post the messages with nothing but the SDK."""
    share = MESSAGES // PROCESSES
    with local_slack(latency=LATENCY_SECONDS) as slack:
        programs = [
            ("benchmarks.bare_sender", slack.api_url, str(first), str(first + share))
            for first in range(0, MESSAGES, share)
        ]
        with crew(programs):
            return slack.await_messages(MESSAGES)


def deliver(url: str) -> Counts:
    """Fill the store's outbox and let workers deliver it at the production's pace, which does not bind here."""
    fill(url, workspaces=WORKSPACES, each=EACH)
    with local_slack(latency=LATENCY_SECONDS) as slack:
        return _delivered(url, slack)


def _delivered(url: str, slack: LocalSlack) -> Counts:
    with crew([("benchmarks.sender", url, slack.api_url)] * PROCESSES):
        return slack.await_messages(MESSAGES)


def books(counts: Counts) -> str:
    """Say what was lost and what came twice."""
    return f"lost {counts.lost(MESSAGES)}, twice {counts.twice}"


def _figure(kind: str, ours: Counts, ceiling: Counts) -> Figure:
    share = ours.per_second / ceiling.per_second
    return Figure(
        f"{MESSAGES:,} messages to {WORKSPACES} workspaces, {PROCESSES} workers of 16 threads, {kind}",
        f"{ours.per_second:.0f}/s, {share:.2f} of it; {books(ours)}",
        f"the bare client {ceiling.per_second:.0f}/s",
        f"at least {LEAST_SHARE}; 0 and 0",
        share >= LEAST_SHARE and ours.lost(MESSAGES) == ours.twice == 0,
    )
