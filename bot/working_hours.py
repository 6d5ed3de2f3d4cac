"""Working hours: when a person may be interrupted, in their own zone, and when a meeting's prep nudge is due."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from bot.errors import ImpossibleWorkingHours
from bot.recurrence import local_day, place

MONDAY_TO_FRIDAY: Final = frozenset(range(5))
WORKING_HOUR: Final = timedelta(hours=1)
SHORTEST_NOTICE: Final = timedelta(minutes=30)
"""A prep nudge that comes later than this before the meeting is no preparation any more."""

_DAY: Final = timedelta(days=1)
# One working day a week, and clock changes that swallow it in two weeks of a row, still leave a third.
_DAYS_TO_LOOK: Final = 22


@dataclass(frozen=True)
class WorkingHours:
    """A person's working week; refuses one without a day or with days shorter than an hour.

    Days count from Monday as 0. The end is the first minute off duty. On a day when the clocks change, both
    ends keep their wall-clock time.
    """

    days: frozenset[int] = MONDAY_TO_FRIDAY
    starts: time = time(9)
    ends: time = time(17)
    zone: str = "UTC"

    def __post_init__(self) -> None:
        long_enough = _minutes(self.ends) - _minutes(self.starts) >= _minutes(time(1))
        if not self.days or not self.days <= frozenset(range(7)) or not long_enough:
            raise ImpossibleWorkingHours

    def contains(self, moment: datetime) -> bool:
        """Tell whether the person is at work at a moment (UTC)."""
        window = self._window(local_day(moment, self.zone))
        return window is not None and window[0] <= moment < window[1]

    def next_working(self, moment: datetime) -> datetime:
        """Find the first working moment from this one on; a working moment is its own answer (UTC)."""
        windows = self._windows(moment, step=_DAY)
        return next(max(starts, moment) for starts, ends in windows if ends > moment)

    def last_working_hour_before(self, moment: datetime) -> datetime:
        """Find the start of the last 60 minutes of work that are over by the moment (UTC)."""
        windows = ((starts, min(ends, moment)) for starts, ends in self._windows(moment, step=-_DAY))
        return next(ends - WORKING_HOUR for starts, ends in windows if ends - WORKING_HOUR >= starts)

    def _windows(self, moment: datetime, *, step: timedelta) -> Iterator[tuple[datetime, datetime]]:
        today = local_day(moment, self.zone)
        windows = (self._window(today + count * step) for count in range(_DAYS_TO_LOOK))
        return (window for window in windows if window is not None)

    def _window(self, day: date) -> tuple[datetime, datetime] | None:
        """Place a day's working time on the time line: start and end, UTC."""
        if day.weekday() not in self.days:
            return None
        starts, ends = (place(day, at, self.zone).starts_at for at in (self.starts, self.ends))
        # A day that never was is placed on the day after it, which may be a day off; and a night shift
        # of an hour can lie altogether in the hour that spring takes away.
        if local_day(starts, self.zone) != day or starts >= ends:
            return None
        return starts, ends


def prep_moment(starts_at: datetime, lead: timedelta, hours: WorkingHours) -> datetime:
    """Choose when the receiver of a prep nudge hears of a meeting (UTC), never after it has begun.

    That is the lead time ahead if they are at work then; else the next working minute, as long as that
    leaves `SHORTEST_NOTICE`; else the last working hour before the meeting.
    """
    earliest = hours.next_working(starts_at - lead)
    if earliest == starts_at - lead or earliest <= starts_at - SHORTEST_NOTICE:
        return earliest.astimezone(UTC)
    return hours.last_working_hour_before(starts_at).astimezone(UTC)


def _minutes(at: time) -> int:
    return at.hour * 60 + at.minute
