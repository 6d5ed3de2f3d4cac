"""When a programme's rounds are held: each on a day of its rhythm, announced one working day ahead."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Final

from bot.recurrence import Recurrence, first_on_or_after, local_day, next_after, place
from bot.working_hours import MONDAY_TO_FRIDAY

_DAY: Final = timedelta(days=1)
_WEEK: Final = timedelta(weeks=1)
AHEAD: Final = timedelta(days=6)
"""So long before the heads-up everybody has still worked before the round, whatever their week is like."""


@dataclass(frozen=True)
class Coming:
    """A round to be: its number, its day in the programme's zone, and its moments (UTC)."""

    number: int
    on: date
    heads_up_at: datetime
    starts_at: datetime
    ends_at: datetime
    """When the one after it begins."""


@dataclass(frozen=True)
class Rhythm:
    """Every so many weeks on a weekday (Monday is 0), at a time on the wall clock of a zone."""

    every_weeks: int
    weekday: int
    at: time
    zone: str

    def starts_at(self, on: date) -> datetime:
        """Say when the round of a day begins (UTC); a time the clocks skip moves forward, of two it is the first."""
        return place(on, self.at, self.zone).starts_at

    def heads_up_at(self, on: date) -> datetime:
        """Say when people hear of the round: at its hour, on the last day from Monday to Friday before it (UTC)."""
        return place(_working_day_before(on), self.at, self.zone).starts_at

    def looks_ahead_at(self, on: date) -> datetime:
        """Say when it is seen who does not work between the heads-up and the round, and has to hear earlier (UTC)."""
        return self.heads_up_at(on) - AHEAD

    def after(self, on: date) -> date:
        """Step from the day of a round to that of the next."""
        return next_after(self._rule, on)

    def first(self, now: datetime) -> date:
        """Find the first day of which people can still hear in time."""
        return self._heard_of(first_on_or_after(self._rule, local_day(now, self.zone)), now)

    def anew(self, last_on: date, now: datetime) -> date:
        """Find the next day after the rhythm became this one, the last round having been on that day.

        It is as many weeks later as the rhythm says, on the weekday it says; or the first week after that, of which
        people can still hear in time.
        """
        monday = last_on - last_on.weekday() * _DAY
        return self._heard_of(monday + self.every_weeks * _WEEK + self.weekday * _DAY, now)

    def days_from(self, on: date) -> Iterator[date]:
        """List the days of the rounds, beginning with this one."""
        while True:
            yield on
            on = self.after(on)

    def coming(self, number: int, on: date) -> Coming:
        """Describe the round of a day."""
        ends_at = self.starts_at(self.after(on))
        return Coming(number, on, self.heads_up_at(on), self.starts_at(on), ends_at)

    def _heard_of(self, earliest: date, now: datetime) -> date:
        while self.heads_up_at(earliest) <= now:
            earliest += _WEEK
        return earliest

    @property
    def _rule(self) -> Recurrence:
        return Recurrence.weekly(self.weekday, self.every_weeks)


def next_held(rhythm: Rhythm, on: date, now: datetime) -> date:
    """Find the first day, from this one on, whose round has not begun: what an outage took is not caught up on."""
    return next(day for day in rhythm.days_from(on) if rhythm.starts_at(day) > now)


def after_extra(rhythm: Rhythm, on: date, now: datetime) -> date:
    """Find the day of the round after one that is held at once, where the next would have been on this day.

    What would follow within half the time between two rounds is left out.
    """
    for day, following in pairwise(rhythm.days_from(on)):
        if rhythm.starts_at(day) - now > (following - day) / 2:
            return day
    raise AssertionError("a rhythm has no end")


def _working_day_before(on: date) -> date:
    before = on - _DAY
    while before.weekday() not in MONDAY_TO_FRIDAY:
        before -= _DAY
    return before
