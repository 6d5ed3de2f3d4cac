"""Slack's rate limits: how many calls of a method a minute, and how long to wait beyond."""

import math
import time
from dataclasses import dataclass, field

from sandbox.errors import SlackError

TIERS = {"tier1": 1, "tier2": 20, "tier3": 50, "tier4": 100, "special": 600}
"""Calls a minute (https://docs.slack.dev/apis/web-api/rate-limits)."""

LEAST_BURST = 10
"""Even the slowest methods take so many calls at once: an app may open its ten sockets in one go."""

TOO_MANY = 429
POSTS_BURST = 5
"""Messages a channel takes at once before one a second holds; Slack says "short bursts"."""
POSTS_PER_MINUTE = 300
"""Messages a workspace takes in a minute; Slack says "several hundred"."""


@dataclass
class Bucket:
    """A token bucket: `burst` calls at once, refilled by `per_second`."""

    per_second: float
    burst: float
    level: float
    at: float

    def wait(self, now: float) -> float:
        """Take one; return 0, or the seconds until one is there again."""
        self.level = min(self.burst, self.level + (now - self.at) * self.per_second)
        self.at = now
        if self.level < 1:
            return (1 - self.level) / self.per_second
        self.level -= 1
        return 0.0


@dataclass
class Rates:
    """The buckets of the one app in the one workspace; switched off, every call passes."""

    enabled: bool = True
    _buckets: dict[str, Bucket] = field(default_factory=dict)

    def admit(self, method: str, tier: str, channel: str = "") -> None:
        """Let a call pass or refuse it with 429 and `Retry-After`."""
        if not self.enabled or tier == "unlimited":
            return
        if tier == "special":
            self._take(f"{method} {channel}", per_minute=60, burst=POSTS_BURST)
            self._take(method, per_minute=POSTS_PER_MINUTE, burst=POSTS_PER_MINUTE)
            return
        self._take(method, per_minute=TIERS[tier], burst=max(TIERS[tier], LEAST_BURST))

    def _take(self, key: str, *, per_minute: int, burst: int) -> None:
        now = time.monotonic()
        bucket = self._buckets.setdefault(key, Bucket(per_minute / 60, burst, burst, now))
        if wait := bucket.wait(now):
            raise SlackError(
                "ratelimited", status=TOO_MANY, headers={"Retry-After": str(max(1, math.ceil(wait)))}
            )
