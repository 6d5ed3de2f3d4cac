"""What the processes count for Prometheus; what stands in the store is read from it when asked.

Counters are each process' own and are summed; gauges say the same in every process, so one of them is enough.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from prometheus_client import Counter, Histogram
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import Select, func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from bot.runtime.clock import Clock
from bot.runtime.database import Sessions
from bot.runtime.patience import OutOfTime, somebody_waits
from bot.runtime.present import machine_now
from bot.runtime.rates import Pace
from models.outbox import CANCELLED, DOUBTFUL, EXPIRED, FAILED, READY, SENDING, SENT, UNRESOLVED, Delivery
from models.workspaces import Workspace

log = logging.getLogger(__name__)

OUTCOMES = Counter("trellis_messages", "What became of messages the bot started", ["state"])
FAILURES = Counter(
    "trellis_messages_failed", "Messages that were given up, by Slack's word for why", ["reason"]
)
PLANNED = Counter("trellis_meetings_planned", "Meetings that got their question and their messages")
HELD_UP = Counter(
    "trellis_messages_held_up",
    "Messages that wait or come to nothing, so that nobody gets too many",
    ["state"],
)
LATE_REQUESTS = Counter(
    "trellis_requests_late", "Requests of people that the store did not take at once", ["outcome"]
)
LATENESS = Histogram(
    "trellis_message_lateness_seconds",
    "Seconds of people's time between the opening of a message's window and its claim",
    buckets=(1, 5, 15, 60, 300, 900, 3600, 14400, 86400),
)

REASONS = frozenset(
    {
        *("access_denied", "account_inactive", "cannot_dm_bot", "channel_not_found"),
        *("enterprise_is_restricted", "invalid_arguments", "invalid_blocks", "invalid_blocks_format"),
        *("is_archived", "metadata_must_be_sent_from_app"),
        *("metadata_too_large", "missing_scope", "msg_blocks_too_long", "msg_too_long", "no_permission"),
        *("no_text", "not_in_channel", "restricted_action"),
        *("two_factor_setup_required", "user_disabled", "user_not_found"),
    }
)
"""The errors of chat.postMessage after which a message stays unsent; a label must not take any value that comes."""
ANOTHER, ANOTHER_BUG = "other", "invalid_other"
"""What an error counts as that is none of these; a bug of ours stays one under a name we did not know."""

POSTS_A_SECOND = 1 / Pace().workspace.interval.total_seconds()
"""What Slack takes from us in one workspace; no number of workers makes it more."""
COUNTED_AT_MOST = 1_000_000
WEIGHED_AT_MOST = 50_000
"""Rows that one scrape looks at: whoever asks every few seconds must not weigh on a store that is behind."""
SCRAPE_SECONDS = 8
"""Prometheus waits ten, and a store that never answers must not take a thread for each scrape."""
FULLEST = 5
"""Workspaces shown by name: a label for each of thousands would cost more than it tells."""

UNSEEN = "unresolved"
"""What is counted where Slack may have a message and never lets us look."""

for _state in (SENT, READY, DOUBTFUL, FAILED, EXPIRED, CANCELLED, "deferred"):
    OUTCOMES.labels(_state)
for _held_up in ("deferred", CANCELLED):
    HELD_UP.labels(_held_up)
for _outcome in ("answered", "given_up", "left", "refused", "taken_up"):
    LATE_REQUESTS.labels(_outcome)
for _reason in (*REASONS, ANOTHER, ANOTHER_BUG, UNSEEN):
    # A counter that appears with its first event shows Prometheus no increase, and an alarm stays silent.
    FAILURES.labels(_reason)


def count_failure(reason: str, *, is_our_bug: bool = False) -> None:
    """Count a message Slack refused for good under Slack's word, as far as that is one we know."""
    unknown = ANOTHER_BUG if is_our_bug else ANOTHER
    if reason.startswith(UNRESOLVED):
        unknown = UNSEEN
    FAILURES.labels(reason if reason in REASONS else unknown).inc()


@dataclass(frozen=True)
class Backlog:
    """What is due in one workspace and may be posted."""

    workspace: str
    due: int
    since: datetime
    latest_start: float
    """The last moment (seconds since 1970) at which posting could begin and still meet every deadline."""
    hopeless: int
    blocked_seconds: float
    """How long Slack takes nothing there from now on."""

    @property
    def is_taken(self) -> bool:
        """Whether a worker may send of it now."""
        return not self.blocked_seconds

    @property
    def drain_seconds(self) -> float:
        """How long it takes at the rate Slack allows."""
        return self.due / POSTS_A_SECOND


@dataclass(frozen=True)
class Standing:
    """What a scrape found in the store."""

    rows: dict[str, int]
    doubt_seconds: float
    """Since when the oldest doubt stands."""
    backlogs: Sequence[Backlog]
    """The fullest workspace first."""
    blocked: int
    stopped: int


class OutboxCollector(Collector):
    """Reads the outbox at each scrape, so that every process shows the same."""

    def __init__(self, sessions: Sessions, clock: Clock) -> None:
        self._sessions, self._clock = sessions, clock

    def collect(self) -> Iterator[Metric]:
        """Give what stands in the outbox; while the store is away only that it is."""
        people_now = self._clock.people_now()
        try:
            with somebody_waits(SCRAPE_SECONDS), self._sessions.read() as session:
                found = _standing(session, people_now, machine_now(session, self._clock))
        except (SQLAlchemyError, OutOfTime) as away:
            log.warning("outbox_uncounted", extra={"error": type(away).__name__})
            yield _gauge("trellis_store_up", "Whether the store answered this scrape", 0)
            return
        yield _gauge("trellis_store_up", "Whether the store answered this scrape", 1)
        yield from _rows(found)
        yield from _due(found.backlogs, people_now)
        yield from _workspaces(found)


def _standing(session: Session, people_now: datetime, at: datetime) -> Standing:
    unfinished = {
        state: session.execute(Delivery.unfinished(state, at_most=COUNTED_AT_MOST)).one()
        for state in (READY, SENDING, DOUBTFUL)
    }
    weighed = Delivery.backlog(people_now, a_second=POSTS_A_SECOND, at_most=WEIGHED_AT_MOST)
    blocked = {name: _age(at, until) for name, until in session.execute(_blocked(at)) if until}
    backlogs = [Backlog(*row, blocked.get(row[0], 0)) for row in session.execute(weighed)]
    return Standing(
        rows={state: number for state, (number, _) in unfinished.items()},
        doubt_seconds=_age(unfinished[DOUBTFUL][1], at),
        backlogs=sorted(backlogs, key=lambda backlog: (-backlog.due, backlog.workspace)),
        blocked=len(blocked),
        stopped=session.scalars(select(func.count(Workspace.stopped_because))).one(),
    )


def _blocked(machine_now: datetime) -> Select[str, datetime | None]:
    blocked = select(Workspace.workspace_id, Workspace.blocked_until)
    return blocked.where(Workspace.blocked_until > machine_now)


def _rows(found: Standing) -> Iterator[Metric]:
    """Give the rows by state; what came to its end is counted where it happens, not here."""
    rows = GaugeMetricFamily(
        "trellis_outbox_rows", f"Unfinished messages, counted to {COUNTED_AT_MOST}", labels=["state"]
    )
    for state, number in found.rows.items():
        rows.add_metric([state], number)
    yield rows
    yield _gauge(
        "trellis_outbox_oldest_doubt_seconds",
        "Since when the oldest doubt is not settled",
        found.doubt_seconds,
    )


def _due(backlogs: Sequence[Backlog], people_now: datetime) -> Iterator[Metric]:
    """Give how much is due, how late it is, and whether it can be done in time."""
    taken = [backlog for backlog in backlogs if backlog.is_taken]
    yield _gauge(
        "trellis_outbox_due",
        f"Messages whose window is open and whose workspace takes them, weighed to {WEIGHED_AT_MOST}",
        sum(backlog.due for backlog in taken),
    )
    since = min((backlog.since for backlog in taken), default=None)
    yield _gauge("trellis_outbox_late_seconds", "Waiting time of the oldest of them", _age(since, people_now))
    yield _gauge(
        "trellis_outbox_drain_seconds",
        "Time the fullest workspace needs at the rate Slack allows, which no number of workers betters",
        max((backlog.drain_seconds for backlog in backlogs), default=0),
    )
    yield from _margin(backlogs, people_now)


def _margin(backlogs: Sequence[Backlog], people_now: datetime) -> Iterator[Metric]:
    """Give the time to spare before a deadline is missed (nothing where nothing is due), and what is lost already."""
    margin = GaugeMetricFamily(
        "trellis_outbox_margin_seconds",
        "Time to spare of the tightest deadline at the rate Slack allows; below 0 the backlog does not fit",
    )
    if backlogs:
        latest = min(backlog.latest_start - backlog.blocked_seconds for backlog in backlogs)
        margin.add_metric([], latest - people_now.timestamp())
    yield margin
    hopeless = sum(backlog.hopeless for backlog in backlogs)
    yield _gauge("trellis_outbox_hopeless", "Due messages that expire before their turn comes", hopeless)


def _workspaces(found: Standing) -> Iterator[Metric]:
    held_up = GaugeMetricFamily("trellis_workspaces_held_up", "Workspaces not posted to", labels=["state"])
    held_up.add_metric(["blocked"], found.blocked)
    held_up.add_metric(["stopped"], found.stopped)
    yield held_up
    fullest = GaugeMetricFamily(
        "trellis_workspace_due", f"Due messages of the {FULLEST} workspaces with most", labels=["workspace"]
    )
    for backlog in found.backlogs[:FULLEST]:
        fullest.add_metric([backlog.workspace], backlog.due)
    yield fullest


def _gauge(name: str, words: str, value: float) -> Metric:
    return GaugeMetricFamily(name, words, value=value)


def _age(since: datetime | None, now: datetime) -> float:
    return max(0.0, (now - since).total_seconds()) if since else 0.0
