"""The only reader of the clock, and it reads two: people's time, which can be moved, and machine time."""

from __future__ import annotations

import json
import urllib.request
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
        self._offset = timedelta()
        self.generation = 0
        """Counts the moves of the other clock; a report names the one it answers."""

    def people_now(self) -> datetime:
        """Read the machine's clock plus the other's offset; when it does not answer the last offset stands."""
        try:
            with urllib.request.urlopen(self._url, timeout=2) as answer:  # noqa: S310 - loopback, see config
                said = json.load(answer)
        except OSError:
            return _wall_clock() + self._offset
        self._offset = timedelta(seconds=said["offset_seconds"])
        self.generation = said["generation"]
        return _wall_clock() + self._offset

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
        request = urllib.request.Request(  # noqa: S310 - loopback, see config
            f"{self._url}/drained", json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
        try:
            urllib.request.urlopen(request, timeout=2).close()  # noqa: S310
        except OSError:
            return  # the other clock asks again by itself: a report lost is a report repeated at the next tick
