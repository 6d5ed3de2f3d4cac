"""How fast Slack may be asked: the generic cell rate algorithm (GCRA), whose whole state is one moment.

The moment is the theoretical arrival time (TAT) of the next request. It stands in a row of the store, so that all
processes share it, and it moves in the transaction that claims what is to be asked.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True)
class Rate:
    """One request every `interval` in the long run, and up to `burst` at once after a pause."""

    interval: timedelta
    burst: int

    @property
    def tolerance(self) -> timedelta:
        """How far ahead of the clock the arrival time may be while one more request has room."""
        return self.interval * (self.burst - 1)

    def room(self, tat: datetime | None, now: datetime) -> int:
        """Count the requests that may be made now."""
        if not self.interval:
            return sys.maxsize
        ahead = max(tat - now, timedelta()) if tat else timedelta()
        return max(0, (self.interval * self.burst - ahead) // self.interval)

    def opens_at(self, tat: datetime | None) -> datetime | None:
        """Give the moment from which there is room for one; None if there always is."""
        return tat - self.tolerance if tat and self.interval else None

    def held_up(self, until: datetime) -> datetime:
        """Give the arrival time with which there is room again at a moment, and for one request."""
        return until + self.tolerance

    def after(self, tat: datetime | None, now: datetime, requests: int) -> datetime:
        """Give the arrival time when so many requests have been made now."""
        return max(tat or now, now) + self.interval * requests


UNLIMITED = Rate(timedelta(), 1)


@dataclass(frozen=True)
class Pace:
    """How long Slack gets for what, and how much it is asked at once.

    Rates are Slack's (https://docs.slack.dev/apis/web-api/rate-limits): a message a second and conversation, with
    short bursts that we do not use; "several hundred" a minute and workspace, of which 5 a second were never refused;
    `history` and `open` are tier 3, 50 a minute.
    """

    timeout: timedelta = timedelta(seconds=10)
    """A request's."""
    settling: timedelta = timedelta(seconds=60)
    """Slack may accept a message that long after the request for it has ended."""
    beginning: timedelta = timedelta(seconds=20)
    """A request begun later than this after its claim could outlive the lease."""
    workspace: Rate = Rate(timedelta(seconds=0.2), 18)
    """Two fewer at once than Slack is thought to take: one that was slow arrives close before the next."""
    conversation: Rate = Rate(timedelta(seconds=1), 1)
    """No bursts: several messages to one person are never so urgent, and what is due at once goes together."""
    looks: Rate = Rate(timedelta(seconds=1.2), 10)
    """Pages of conversations' histories, a workspace."""
    openings: Rate = Rate(timedelta(seconds=1.2), 10)
    """Openings of groups, a workspace."""

    @property
    def lease(self) -> timedelta:
        """How long a claim holds."""
        return self.beginning + self.timeout + self.settling
