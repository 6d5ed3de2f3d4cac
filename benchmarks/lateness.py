"""Ten thousand messages due in the same minute, to a Slack that keeps its limits: how late the last one is.

All rates, Slack's and ours, are TIMES as fast as in production; a run at more than once is as many times shorter.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import timedelta

from benchmarks.crews import Counts, LocalSlack, Member, crew, local_slack
from benchmarks.deliveries import LATENCY_SECONDS, PROCESSES
from benchmarks.figures import Figure
from benchmarks.outboxes import fill
from benchmarks.sender import PRODUCTION, Claim
from benchmarks.stores import each_store
from bot.runtime.rates import Rate

WORKSPACES, EACH = 20, 500
MESSAGES = WORKSPACES * EACH
TIMES = 1
"""As it is: a minute and a half. Ten times would be 1,000 messages a second, which two cores cannot send at all."""
SLACK = Rate(timedelta(seconds=0.2), 20)
"""What Slack is thought to take of a workspace; requests arrive less evenly than they leave, so ours stays below."""
BURST_SECONDS = 2.0
"""After that the rate rules, and not what may be sent at once."""
MOST_TIMES = 1.10
STORE = "PostgreSQL"


def measure() -> Iterator[Figure]:
    """Deliver them, and look at it from three sides; then once more, with the most urgent all of one workspace."""
    for is_grouped in (False, True):
        counts, refused, claims = _run(is_grouped=is_grouped)
        yield _lateness(counts, is_grouped=is_grouped)
        yield _refusals(counts, refused)
        yield _order(claims)


def _run(*, is_grouped: bool) -> tuple[Counts, Sequence[tuple[str, float]], list[Claim]]:
    limits = {
        "workspace": TIMES / SLACK.interval.total_seconds(),
        "workspace_burst": SLACK.burst,
        "conversation": TIMES / PRODUCTION.conversation.interval.total_seconds(),
        "conversation_burst": PRODUCTION.conversation.burst,
    }
    with each_store() as stores, local_slack(latency=LATENCY_SECONDS, **limits) as slack:
        fill(stores[STORE], workspaces=WORKSPACES, each=EACH, is_grouped=is_grouped)
        return _delivered(stores[STORE], slack)


def _delivered(url: str, slack: LocalSlack) -> tuple[Counts, Sequence[tuple[str, float]], list[Claim]]:
    program = ("benchmarks.sender", url, slack.api_url, f"--times={TIMES}", "--claims")
    with crew([program] * PROCESSES) as members:
        counts = slack.await_messages(MESSAGES)
        _, refused = slack.ledger()
        claims = [claim for member in members for claim in _claims_of(member)]
    return counts, refused, sorted(claims)


def _claims_of(member: Member) -> list[Claim]:
    said = json.loads(member.end())
    return [(moment, [(workspace, deadline) for workspace, deadline in rows]) for moment, rows in said]


def _lateness(counts: Counts, *, is_grouped: bool) -> Figure:
    allowed = (EACH - SLACK.burst) * SLACK.interval.total_seconds() / TIMES
    seconds = counts.last_at - counts.first_at
    lost = counts.lost(MESSAGES)
    order = "a workspace's deadlines all before the next one's, " if is_grouped else ""
    return Figure(
        f"{MESSAGES:,} due at once in {WORKSPACES} workspaces, {order}rates × {TIMES}, {STORE}",
        f"the last after {seconds:.1f} s, {seconds / allowed:.2f} times; lost {lost}, twice {counts.twice}",
        f"Slack's limits allow {allowed:.1f} s",
        f"within {MOST_TIMES:.2f} times; 0 and 0",
        seconds <= MOST_TIMES * allowed and lost == counts.twice == 0,
    )


def _refusals(counts: Counts, refused: Sequence[tuple[str, float]]) -> Figure:
    steady = sum(moment > counts.first_at + BURST_SECONDS for _, moment in refused)
    return Figure(
        "the same, answers of 429 once the burst is over",
        f"{steady}; {len(refused) - steady} in the first {BURST_SECONDS:.0f} s",
        f"{MESSAGES:,} messages",
        "0",
        steady == 0,
    )


def _order(claims: Sequence[Claim]) -> Figure:
    number = inversions(claims)
    return Figure(
        "the same, claimed after one of the same workspace with a later deadline",
        f"{number}",
        f"{sum(len(rows) for _, rows in claims):,} rows in {len(claims):,} claims",
        "0",
        number == 0,
    )


def inversions(claims: Sequence[Claim]) -> int:
    """Count the rows that an earlier claim passed over for one of the same workspace with a later deadline."""
    latest: dict[str, float] = defaultdict(float)
    passed_over = 0
    for _, rows in claims:
        passed_over += sum(deadline < latest[workspace] for workspace, deadline in rows)
        for workspace, deadline in rows:
            latest[workspace] = max(latest[workspace], deadline)
    return passed_over
