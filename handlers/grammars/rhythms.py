"""How often a 1-on-1 takes place, as people type it: "every 2 weeks on tuesday", "tuesdays"."""

from __future__ import annotations

import re
from typing import Final

from bot.errors import ImpossibleRhythm, NoSuchWeekOfMonth
from bot.recurrence import LAST, MAX_WEEKS_BETWEEN, Recurrence
from handlers.grammars.dates import WEEKDAYS, weekday
from handlers.grammars.readers import Reader
from handlers.grammars.words import number

OPENERS: Final = ("every", *(f"{day}s" for day in WEEKDAYS))
"""The words a rhythm begins with."""

_EVERY_OTHER: Final = ("other week", "second week", "2nd week")
_WEEKS_OF_MONTH: Final = {
    "first": 1,
    "second": 2,
    "third": 3,
    "fourth": 4,
    "last": LAST,
    "1st": 1,
    "2nd": 2,
    "3rd": 3,
    "4th": 4,
}
_AFTER_EVERY: Final = (*WEEKDAYS, "week", "weeks", "other", "month")
_NO_WEEK_OF_MONTH: Final = re.compile(r"fifth|sixth|seventh|eighth|ninth|tenth|\d{1,4}(?:st|nd|rd|th)")


def begins_rhythm(reader: Reader) -> bool:
    """Tell whether the next word begins a rhythm."""
    return reader.key in OPENERS


def read_rhythm(reader: Reader) -> Recurrence:
    """Read a rhythm off the words that begin one; refuses what is none, or one that nobody can keep."""
    if not reader.skip("every"):
        return Recurrence.weekly(_read_weekday(reader, "s"))
    if reader.skip("month"):
        reader.skip("on")
        reader.skip("the")
        return _read_day_of_month(reader)
    if _is_week_of_month(reader.key) and reader.ahead(2) not in _EVERY_OTHER:
        return _read_monthly_without_month(reader)
    weeks = _read_weeks(reader)
    reader.skip("on")
    return Recurrence.weekly(_read_weekday(reader), every=weeks)


def _read_weeks(reader: Reader) -> int:
    if reader.ahead(2) in _EVERY_OTHER:
        reader.advance(2)
        return 2
    if reader.skip("other"):
        return 2
    weeks = number(reader.key)
    if weeks is None:
        reader.skip("week")
        return 1
    reader.advance()
    if not reader.skip("weeks", "week"):
        raise reader.lost("weeks")
    if not 1 <= weeks <= MAX_WEEKS_BETWEEN:
        raise ImpossibleRhythm(weeks=weeks, most=MAX_WEEKS_BETWEEN)
    return weeks


def _read_weekday(reader: Reader, ending: str = "") -> int:
    """Read a weekday; "every tuesdays" is as good as "every tuesday"."""
    day = weekday(reader.key)
    if day is None and reader.key.removesuffix("s") in WEEKDAYS:
        day = WEEKDAYS.index(reader.key.removesuffix("s"))
    if day is None:
        raise reader.lost(*(_AFTER_EVERY if not ending else OPENERS))
    reader.advance()
    return day


def _read_monthly_without_month(reader: Reader) -> Recurrence:
    """Read "first monday of the month"; the month must be said, "every second monday" could be fortnightly."""
    rhythm = _read_day_of_month(reader)
    if not reader.skip("of", "in"):
        raise reader.lost("of")
    reader.skip("the", "every", "each")
    if not reader.skip("month"):
        raise reader.lost("month")
    return rhythm


def _read_day_of_month(reader: Reader) -> Recurrence:
    which = reader.key
    if not _is_week_of_month(which):
        raise reader.lost(*_WEEKS_OF_MONTH)
    reader.advance()
    day = _read_weekday(reader)
    if which not in _WEEKS_OF_MONTH:
        raise NoSuchWeekOfMonth(which=which, weekday=WEEKDAYS[day].capitalize())
    return Recurrence.monthly(day, _WEEKS_OF_MONTH[which])


def _is_week_of_month(key: str) -> bool:
    return key in _WEEKS_OF_MONTH or _NO_WEEK_OF_MONTH.fullmatch(key) is not None
