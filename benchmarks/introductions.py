"""A round of ten thousand people, each pair written to in a conversation of its own: how late the last one is.

All rates, Slack's and ours, are TIMES as fast as in production. Opening a conversation is what Slack allows least.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from benchmarks.crews import crew, local_slack
from benchmarks.deliveries import LATENCY_SECONDS, PROCESSES
from benchmarks.figures import Figure
from benchmarks.lateness import SLACK as POSTS
from benchmarks.outboxes import fill_pairs
from benchmarks.sender import PRODUCTION
from benchmarks.stores import each_store
from bot.runtime.rates import Rate

PEOPLE = 10_000
PAIRS = PEOPLE // 2
TIMES = 20
"""Five minutes instead of the hundred it takes in production. Faster still, workers would wait for their own beat."""
OPENINGS = Rate(timedelta(minutes=1) / 50, 12)
"""What Slack says it takes a minute of a method of its tier, and at once as many as ours and two."""
MOST_TIMES = 1.10
STORE = "PostgreSQL"


def measure() -> Iterator[Figure]:
    """Send all introductions of a round."""
    limits = {
        "workspace": TIMES / POSTS.interval.total_seconds(),
        "workspace_burst": POSTS.burst,
        "openings": TIMES / OPENINGS.interval.total_seconds(),
        "openings_burst": OPENINGS.burst,
        "conversation": TIMES / PRODUCTION.conversation.interval.total_seconds(),
        "conversation_burst": PRODUCTION.conversation.burst,
    }
    with each_store() as stores, local_slack(latency=LATENCY_SECONDS, **limits) as slack:
        fill_pairs(stores[STORE], PAIRS)
        program = ("benchmarks.sender", stores[STORE], slack.api_url, f"--times={TIMES}")
        with crew([program] * PROCESSES):
            counts = slack.await_messages(PAIRS)
            _, refused = slack.ledger()
    allowed = (PAIRS - OPENINGS.burst) * OPENINGS.interval.total_seconds() / TIMES
    seconds, lost = counts.last_at - counts.first_at, counts.lost(PAIRS)
    yield Figure(
        f"introductions of a round of {PEOPLE:,}, rates × {TIMES}, {PROCESSES} workers, {STORE}",
        f"the last after {seconds:.1f} s, {seconds / allowed:.2f} times; lost {lost}, twice {counts.twice}, "
        f"{len(refused)} answers of 429",
        f"Slack's limits allow {allowed:.1f} s",
        f"within {MOST_TIMES:.2f} times; 0 and 0",
        seconds <= MOST_TIMES * allowed and lost == counts.twice == 0,
    )
