"""Days and times of day as people type them: `2027-03-31`, `friday`, `in 6 weeks`; `14:30`, `10am`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, time, timedelta
from typing import Final

from dateutil.relativedelta import relativedelta

from bot.errors import DayTooEarly, DayTooFarAhead, ImpossibleDate, ImpossibleTime
from handlers.grammars.readers import Reader
from handlers.grammars.words import number, quote

YEARS_AHEAD: Final = 20
"""The furthest day anybody plans for here; beyond it a year was mistyped."""

WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTHS: Final = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
_SHORT_WEEKDAYS: Final = ("mon", "tue tues", "wed weds", "thu thur thurs", "fri", "sat", "sun")
_WEEKDAY_OF: Final = {
    name: day for day, names in enumerate(_SHORT_WEEKDAYS) for name in (WEEKDAYS[day], *names.split())
}
_MONTH_OF: Final = {name: month for month, full in enumerate(_MONTHS, 1) for name in (full, full[:3])} | {
    "sept": 9
}

_ISO: Final = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
_DAY_OF_MONTH: Final = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_MONTH: Final = f"(?P<month>{'|'.join(sorted(_MONTH_OF, key=len, reverse=True))})"
_YEAR: Final = r"(?: (?P<year>\d{4}))?"
_NAMED: Final = (
    re.compile(f"(?:the )?{_DAY_OF_MONTH} (?:of )?{_MONTH}{_YEAR}"),
    re.compile(f"{_MONTH} {_DAY_OF_MONTH}{_YEAR}"),
)
_AHEAD: Final = re.compile(r"in (\w+) (day|week|month|year)s?")
_WEEKDAY: Final = re.compile(r"(?:(?:on|next|this) )?([a-z]+)")
_LONGEST: Final = 5  # words: the 31st of march 2027

_CLOCK: Final = re.compile(r"(\d{1,2}):(\d{1,2})(?: ?([ap])\.?m)?")
_HOUR: Final = re.compile(r"(\d{1,2}) ?([ap])\.?m")
_BARE_HOUR: Final = re.compile(r"\d{1,2}")


def weekday(key: str) -> int | None:
    """Read a weekday's name or short name; Monday is 0."""
    return _WEEKDAY_OF.get(key)


def parse_date(text: str, *, today: date) -> date | None:
    """Read a day, or None if the text is nothing like one; refuses days no calendar has or that are too far.

    A weekday is its next date, never today; a day without a year is the next one, today included.
    """
    key = " ".join(text.casefold().split()).rstrip(".")
    try:
        day = _exact(key) or _named(key, today) or _relative(key, today)
    except (ValueError, OverflowError):
        raise ImpossibleDate(text=quote(text)) from None
    if day and day.year > today.year + YEARS_AHEAD:
        raise DayTooFarAhead(text=quote(text), years=YEARS_AHEAD)
    return day


def parse_time(text: str) -> time | None:
    """Read a time of day, or None if the text is nothing like one; refuses what no clock shows."""
    key = " ".join(text.casefold().split()).rstrip(".")
    if key == "noon":
        return time(12)
    clock, hour = _CLOCK.fullmatch(key), _HOUR.fullmatch(key)
    try:
        if clock and len(clock[2]) == 2:
            return time(_hour(clock[1], clock[3]), int(clock[2]))
        if hour:
            return time(_hour(hour[1], hour[2]))
    except ValueError:
        raise ImpossibleTime(text=quote(text)) from None
    if clock:
        raise ImpossibleTime(text=quote(text))
    return None


def read_date(reader: Reader, *, today: date) -> date | None:
    """Read a day off the words, as many as belong to it; None, and nothing read, if there is none."""
    for count in range(_LONGEST, 0, -1):
        if day := parse_date(reader.ahead(count), today=today):
            reader.advance(count)
            return day
    return None


def read_time(reader: Reader) -> time | None:
    """Read a time off the words; after "at", an hour alone will do ("tuesdays at 10")."""
    after_at = reader.skip("at")
    for count in (2, 1):
        if (at := parse_time(reader.ahead(count))) is not None:
            reader.advance(count)
            return at
    if not after_at or not _BARE_HOUR.fullmatch(reader.key):
        return None
    at = parse_time(f"{reader.key}:00")
    reader.advance()
    return at


def not_before(day: date, earliest: date) -> date:
    """Hand a day back unless it lies before the earliest that makes sense."""
    if day < earliest:
        raise DayTooEarly(day=day, earliest=earliest)
    return day


def _exact(key: str) -> date | None:
    iso = _ISO.fullmatch(key)
    return date(int(iso[1]), int(iso[2]), int(iso[3])) if iso else None


def _named(key: str, today: date) -> date | None:
    for pattern in _NAMED:
        if found := pattern.fullmatch(key):
            month, day = _MONTH_OF[found["month"]], int(found["day"])
            if found["year"]:
                return date(int(found["year"]), month, day)
            return next(_coming(month, day, today))
    return None


def _coming(month: int, day: int, today: date) -> Iterator[date]:
    """List the dates of a day of the year from today on; 29 February waits for a leap year."""
    for year in range(today.year, today.year + 9):
        is_missing = (month, day) == (2, 29) and not _is_leap(year)
        if not is_missing and (found := date(year, month, day)) >= today:
            yield found


def _is_leap(year: int) -> bool:
    return date(year, 3, 1) - date(year, 2, 1) == timedelta(days=29)


def _relative(key: str, today: date) -> date | None:
    if key in {"today", "tomorrow"}:
        return today + timedelta(days=key == "tomorrow")
    if ahead := _AHEAD.fullmatch(key):
        return _after(ahead[1], ahead[2], today)
    named = _WEEKDAY.fullmatch(key)
    day = weekday(named[1]) if named else None
    return None if day is None else today + timedelta(days=(day - today.weekday() - 1) % 7 + 1)


def _after(count: str, unit: str, today: date) -> date | None:
    units = 1 if count in {"a", "an"} else number(count)
    if units is None:
        return None
    steps = {
        "day": relativedelta(days=units),
        "week": relativedelta(weeks=units),
        "month": relativedelta(months=units),
        "year": relativedelta(years=units),
    }
    return today + steps[unit]


def _hour(digits: str, half: str | None) -> int:
    """Read an hour on either clock; ValueError for one that a 12-hour clock has not."""
    hour = int(digits)
    if not half:
        return hour
    if not 1 <= hour <= 12:
        raise ValueError(f"no {hour} {half}m")
    return hour % 12 + (12 if half == "p" else 0)
