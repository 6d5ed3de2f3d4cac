"""What the processes count for Prometheus; what stands in the store is read from it when asked."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client import Counter, Histogram
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy.exc import SQLAlchemyError

from bot.runtime.clock import Clock
from bot.runtime.database import Sessions
from models.outbox import Delivery

OUTCOMES = Counter("trellis_messages", "What became of messages the bot started", ["state"])
PLANNED = Counter("trellis_meetings_planned", "Meetings that got their question and their messages")
LATENESS = Histogram(
    "trellis_message_lateness_seconds",
    "Seconds of people's time between the opening of a message's window and its claim",
    buckets=(1, 5, 15, 60, 300, 900, 3600, 14400, 86400),
)


class OutboxCollector(Collector):
    """Reads the outbox at each scrape, so that every process shows the same."""

    def __init__(self, sessions: Sessions, clock: Clock) -> None:
        self._sessions, self._clock = sessions, clock

    def collect(self) -> Iterator[Metric]:
        """Give the rows by state, and how many are due; nothing while the store is away."""
        try:
            with self._sessions.read() as session:
                states = session.execute(Delivery.counts()).all()
                due, late = session.execute(Delivery.due(self._clock.people_now())).one()
        except SQLAlchemyError:
            return
        rows = GaugeMetricFamily("trellis_outbox_rows", "Messages in the outbox", labels=["state"])
        for state, number in states:
            rows.add_metric([state], number)
        yield rows
        yield GaugeMetricFamily(
            "trellis_outbox_due", "Messages whose window is open and that wait", value=due
        )
        seconds = (self._clock.people_now() - late).total_seconds() if late else 0
        yield GaugeMetricFamily(
            "trellis_outbox_late_seconds", "Waiting time of the oldest of them", value=seconds
        )
