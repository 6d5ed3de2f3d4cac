"""When a message was said in people's time: its `ts` is machine time, and the clock may have been moved since."""

from bisect import bisect_right
from datetime import UTC, datetime, timedelta

from sandbox.clock import PeopleClock


class Moments:
    """The offsets of people's time, each from the machine time at which it came into force."""

    def __init__(self, clock: PeopleClock) -> None:
        self._clock = clock
        self._since = [datetime.min.replace(tzinfo=UTC)]
        self._offsets = [clock.offset]

    def note(self) -> None:
        """Remember the present offset if it is a new one; called with every change of the workspace."""
        if self._clock.offset != self._offsets[-1]:
            self._since.append(self._clock.machine())
            self._offsets.append(self._clock.offset)

    def of(self, ts: str) -> datetime:
        """Give people's time of a `ts`."""
        seconds, _, micros = ts.partition(".")
        said = datetime.fromtimestamp(int(seconds), UTC) + timedelta(microseconds=int(micros or 0))
        return said + self._offsets[bisect_right(self._since, said) - 1]
