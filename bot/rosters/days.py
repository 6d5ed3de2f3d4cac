"""Days as a roster writes them; a text that two people would read as two days is none."""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache
from typing import Final

from bot.errors import Refusal

EARLIEST, LATEST = date(1940, 1, 1), date(2100, 12, 31)
"""Nobody who works today began before, and nobody knows when they begin after; a year was mistyped."""

_MONTHS: Final = {
    name: month
    for month, names in enumerate(
        (
            *("january jan", "february feb", "march mar", "april apr", "may", "june jun", "july jul"),
            *("august aug", "september sep sept", "october oct", "november nov", "december dec"),
        ),
        1,
    )
    for name in names.split()
}
_TIME: Final = r"(?:[T ]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?"
_YEAR_FIRST: Final = re.compile(rf"(\d{{4}})([-/.]?)(\d{{2}})\2(\d{{2}}){_TIME}")
_YEAR_FIRST_SHORT: Final = re.compile(rf"(\d{{4}})([-/.])(\d{{1,2}})\2(\d{{1,2}}){_TIME}")
_YEAR_LAST: Final = re.compile(rf"(\d{{1,2}})([-/.])\s?(\d{{1,2}})\2\s?(\d{{4}}){_TIME}")
_DAY_MONTH: Final = re.compile(r"(\d{1,2})(?:st|nd|rd|th)?[-. ]+([a-z]+)[-., ]+(\d{4})")
_MONTH_DAY: Final = re.compile(r"([a-z]+)[-. ]+(\d{1,2})(?:st|nd|rd|th)?[-, ]+(\d{4})")


class NotADay(Refusal):
    """I cannot read "{text}" as a day. Write it like 2021-03-31."""


class UnlikelyDay(Refusal):
    """For a first day at work "{text}" is too far off. Check the year, and write it like 2021-03-31."""


class AmbiguousDay(Refusal):
    """By "{text}" one may mean {one} or {other}. Write it like {one}."""


@lru_cache(maxsize=10_000)
def read_day(text: str) -> date:
    """Read a day; raises NotADay, AmbiguousDay and UnlikelyDay."""
    try:
        found = _numbers(text) or _words(text.casefold())
    except ValueError as impossible:
        raise NotADay(text=text) from impossible
    if found is None:
        raise NotADay(text=text)
    if not EARLIEST <= found <= LATEST:
        raise UnlikelyDay(text=text)
    return found


def _numbers(text: str) -> date | None:
    if match := _YEAR_FIRST.fullmatch(text) or _YEAR_FIRST_SHORT.fullmatch(text):
        return date(int(match[1]), int(match[3]), int(match[4]))
    if match := _YEAR_LAST.fullmatch(text):
        return _year_last(text, match[2], int(match[1]), int(match[3]), int(match[4]))
    return None


def _year_last(text: str, sign: str, first: int, second: int, year: int) -> date:
    """Tell day from month: points are written after the day, otherwise one of the two must be no month."""
    if sign == "." or first > 12 or first == second:
        return date(year, second, first)
    if second > 12:
        return date(year, first, second)
    raise AmbiguousDay(text=text, one=date(year, second, first), other=date(year, first, second))


def _words(text: str) -> date | None:
    if match := _DAY_MONTH.fullmatch(text):
        day, month, year = match[1], match[2], match[3]
    elif match := _MONTH_DAY.fullmatch(text):
        month, day, year = match[1], match[2], match[3]
    else:
        return None
    return date(int(year), _MONTHS[month], int(day)) if month in _MONTHS else None
