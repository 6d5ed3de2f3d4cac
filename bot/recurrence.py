"""When a standing meeting takes place: its rhythm, stepped on the wall clock and then placed in a zone."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Final, Self

from dateutil.rrule import rrulestr

from bot.zones import zone

MAX_WEEKS_BETWEEN: Final = 52
"""Longest pause between two meetings of a weekly rhythm; whoever meets less often has no standing 1-on-1."""

LAST: Final = -1
WEEKS_OF_MONTH: Final = (1, 2, 3, 4, LAST)
"""The weeks every month has; a fifth Monday is missing from most of them."""

_DAY_CODES: Final = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_DAY_NAMES: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_WEEK_NAMES: Final = {1: "first", 2: "second", 3: "third", 4: "fourth", LAST: "last"}

_WEEKLY: Final = re.compile(r"FREQ=WEEKLY;INTERVAL=([1-9][0-9]?);BYDAY=(MO|TU|WE|TH|FR|SA|SU)")
_MONTHLY: Final = re.compile(r"FREQ=MONTHLY;BYDAY=([1-4]|-1)(MO|TU|WE|TH|FR|SA|SU)")


@dataclass(frozen=True)
class Recurrence:
    """A rhythm such as every second Tuesday, held as the RRULE text (RFC 5545) that is stored.

    Building one from a text of any other shape is a bug and raises ValueError.
    """

    rule: str

    def __post_init__(self) -> None:
        weekly = _WEEKLY.fullmatch(self.rule)
        if weekly and int(weekly[1]) <= MAX_WEEKS_BETWEEN:
            return
        if not _MONTHLY.fullmatch(self.rule):
            raise ValueError(f"not a rhythm of a standing meeting: {self.rule!r}")

    @classmethod
    def weekly(cls, weekday: int, every: int = 1) -> Self:
        """Meet on a weekday (Monday is 0) of every n-th week, n from 1 to `MAX_WEEKS_BETWEEN`."""
        return cls(f"FREQ=WEEKLY;INTERVAL={every};BYDAY={_DAY_CODES[weekday]}")

    @classmethod
    def monthly(cls, weekday: int, nth: int) -> Self:
        """Meet on the n-th weekday (Monday is 0) of every month, n one of `WEEKS_OF_MONTH`."""
        return cls(f"FREQ=MONTHLY;BYDAY={nth}{_DAY_CODES[weekday]}")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a rule as it was stored, or as a calendar writes the same rhythm (any order and case)."""
        parts = dict(part.partition("=")[::2] for part in text.upper().removeprefix("RRULE:").split(";"))
        parts.pop("WKST", None)  # with one weekday a rule it changes nothing that we step through
        frequency, day, every = parts.pop("FREQ", ""), parts.pop("BYDAY", ""), parts.pop("INTERVAL", "1")
        if parts or (frequency == "MONTHLY" and every != "1"):
            raise ValueError(f"not a rhythm of a standing meeting: {text!r}")
        interval = f"INTERVAL={every};" if frequency == "WEEKLY" else ""
        return cls(f"FREQ={frequency};{interval}BYDAY={day.removeprefix('+')}")

    def in_words(self) -> str:
        """Say the rhythm as the middle of a sentence: "every 2 weeks on Tuesday"."""
        if monthly := _MONTHLY.fullmatch(self.rule):
            return f"every month on the {_WEEK_NAMES[int(monthly[1])]} {_day_name(monthly[2])}"
        if self.weeks_between == 1:
            return f"every {_day_name(self.rule[-2:])}"
        return f"every {self.weeks_between} weeks on {_day_name(self.rule[-2:])}"

    @property
    def weeks_between(self) -> int:
        """Weeks from one meeting to the next; 0 for a monthly rhythm, where it varies."""
        weekly = _WEEKLY.fullmatch(self.rule)
        return int(weekly[1]) if weekly else 0


@dataclass(frozen=True)
class Placed:
    """A wall-clock slot put onto the time line."""

    starts_at: datetime
    """UTC."""
    shifted: bool
    """The clocks skip this slot, so it was moved forward; people should be told."""


def first_on_or_after(recurrence: Recurrence, day: date) -> date:
    """Find where a rhythm begins: its first weekday from that day on, in whichever week that falls."""
    # A rule of every n weeks counts the week of its start as the first one even if its weekday is over by
    # then, and would skip n-1 weeks: hence the weekly rule here.
    rule = re.sub(r"INTERVAL=\d+", "INTERVAL=1", recurrence.rule)
    return _expand(rule, start=day, inclusive=True)


def next_after(recurrence: Recurrence, previous: date) -> date:
    """Step from the day of one *original* slot to the next; where a meeting was moved to does not matter."""
    return _expand(recurrence.rule, start=previous, inclusive=False)


def place(day: date, at: time, zone_name: str) -> Placed:
    """Put a slot on the wall clock of a zone onto the time line, as RFC 5545 3.3.5 asks.

    What the clocks skip in spring moves forward by the length of the gap (02:30 becomes 03:30 in New York),
    and what they show twice in autumn means the first time. A whole day that never was, such as
    30 December 2011 in Pacific/Apia, is a gap of 24 hours: the slot lands on the next day at the same time.
    """
    slot = datetime.combine(day, at)
    local = zone(zone_name)
    starts_at = slot.replace(tzinfo=local, fold=0).astimezone(UTC)
    return Placed(starts_at, shifted=starts_at.astimezone(local).replace(tzinfo=None, fold=0) != slot)


def local_day(moment: datetime, zone_name: str) -> date:
    """Tell which day it is in a zone at a moment (UTC)."""
    return moment.astimezone(zone(zone_name)).date()


def _expand(rule: str, *, start: date, inclusive: bool) -> date:
    midnight = datetime.combine(start, time())
    found = rrulestr(rule, dtstart=midnight).after(midnight, inc=inclusive)
    if found is None:
        raise OverflowError(f"{rule} has no meeting after {start} before the calendar ends")
    return found.date()


def _day_name(code: str) -> str:
    return _DAY_NAMES[_DAY_CODES.index(code)]
