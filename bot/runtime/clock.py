"""The only reader of the clock, and it reads two: people's time, which can be moved, and machine time.

Beside them it says how much time has passed, whatever anybody sets a clock to.
"""

from __future__ import annotations

import json
import time
import urllib.request
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """What tells the time to doors, planning and delivery."""

    def people_now(self) -> datetime:
        """Say what is due, who is at work, which day it is (UTC)."""

    def machine_now(self) -> datetime:
        """Drive leases, back-off and signatures; Slack's timestamps are on this clock (UTC)."""


def _wall_clock() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 - the one place


def elapsed_seconds() -> float:
    """Give the seconds since some moment, those a machine slept included: a lease runs out meanwhile."""
    # https://man7.org/linux/man-pages/man2/clock_gettime.2.html: a monotonic clock stands still in a suspended machine.
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()


class SystemClock:
    """Both times are the machine's."""

    def people_now(self) -> datetime:
        """Read the machine's clock."""
        return _wall_clock()

    def machine_now(self) -> datetime:
        """Read the machine's clock."""
        return _wall_clock()


@dataclass
class MovedClock:
    """People's time stands where it was put and is moved by hand; machine time runs on."""

    at: datetime

    def people_now(self) -> datetime:
        """Say the moment that was set."""
        return self.at

    def machine_now(self) -> datetime:
        """Read the machine's clock."""
        return _wall_clock()

    def move(self, to: datetime) -> None:
        """Put people's time somewhere else."""
        self.at = to


class FollowedClock:
    """People's time is another server's: the sandbox workspace, whose clock can be moved."""

    def __init__(self, url: str) -> None:
        self._url = url
        # The address is on this machine (see config): a proxy could not reach it.
        self._open = urllib.request.build_opener(urllib.request.ProxyHandler({})).open
        self._last = (timedelta(), 0)

    def people_now(self) -> datetime:
        """Read the machine's clock plus the other's offset; when it does not answer the last offset stands."""
        return self.reading()[0]

    def reading(self) -> tuple[datetime, int]:
        """Read people's time and, with it, how often it was moved; a report names the move it answers."""
        try:
            with self._open(self._url, timeout=2) as answer:
                said = json.load(answer)
            self._last = timedelta(seconds=said["offset_seconds"]), said["generation"]
        except OSError:
            pass  # the other clock is away or starting
        offset, generation = self._last
        return _wall_clock() + offset, generation

    def machine_now(self) -> datetime:
        """Read the machine's clock."""
        return _wall_clock()

    def report_drained(self, *, at: datetime, generation: int, next_at: datetime | None) -> None:
        """Tell the other clock that nothing is left to do at this moment, and when something next will be."""
        body = {
            "at": at.isoformat(),
            "generation": generation,
            "next_at": next_at.isoformat() if next_at else None,
        }
        as_json = {"Content-Type": "application/json"}
        request = urllib.request.Request(f"{self._url}/drained", json.dumps(body).encode(), as_json)  # noqa: S310
        with suppress(OSError):  # a report lost is a report repeated at the next tick
            self._open(request, timeout=2).close()
