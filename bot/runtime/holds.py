"""Since when this process has deliveries in hand, or in doubt, by a clock that nobody sets.

The moments in the store are those of a clock that somebody may put ahead: a lease then seems to have run out, and a
doubt to have settled, before it has. Of what another process took, or doubted before it died, there are only those.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Set
from datetime import timedelta


class Holds:
    """Keeps the hands of this process off its own deliveries until their time is over; only one thread uses it."""

    def __init__(self, elapsed: Callable[[], float]) -> None:
        """Measure by these seconds."""
        self._elapsed = elapsed
        self._leased: dict[int, float] = {}
        self._settling: dict[int, float] = {}

    def take(self, numbers: Iterable[int], lease: timedelta) -> None:
        """Note that these are asked about in Slack from now on."""
        self._leased |= dict.fromkeys(numbers, self._elapsed() + lease.total_seconds())

    def release(self, numbers: Iterable[int]) -> None:
        """Note that what came of these stands in the store."""
        for number in numbers:
            self._leased.pop(number, None)

    def settle(self, numbers: Iterable[int], settling: timedelta) -> None:
        """Note that these are in doubt from now on."""
        self._settling |= dict.fromkeys(numbers, self._elapsed() + settling.total_seconds())

    def in_hand(self) -> Collection[int]:
        """Give what is under a lease of ours; who hangs beyond it holds nothing any more."""
        now = self._elapsed()
        self._leased = {number: until for number, until in self._leased.items() if until > now}
        return self._leased.keys()

    def untouchable(self) -> Set[int]:
        """Give what may not be looked up yet: we are at it, or Slack may still accept it."""
        now = self._elapsed()
        self._settling = {number: until for number, until in self._settling.items() if until > now}
        return self._settling.keys() | self.in_hand()
