"""How the page writes moments: Slack's date tokens, message times, day headings."""

import re
from collections.abc import Callable
from datetime import datetime

from sandbox.page.reader import Reader

PLACEHOLDER = re.compile(r"\{(\w+)\}")


def fill_date_format(date_format: str, seconds: int, reader: Reader) -> str:
    """Fill the placeholders of a `<!date^…>` token; unknown ones stay as they are.

    Source: Slack, "Formatting text for app surfaces", date formatting.
    """
    moment = reader.local_from_seconds(seconds)
    now = reader.local(reader.now)

    def fill(match: re.Match[str]) -> str:
        write = FORMATS.get(match[1])
        return write(moment, now) if write else match[0]

    return PLACEHOLDER.sub(fill, date_format)


def clock_time(moment: datetime) -> str:
    """Write a wall-clock time as Slack does by default, such as 6:39 AM."""
    return f"{moment.hour % 12 or 12}:{moment:%M} {moment:%p}"


def day_heading(moment: datetime, now: datetime) -> str:
    """Write the day that a stretch of messages belongs to, such as "Today" or "Tuesday, March 3rd"."""
    near = _near_day(moment, now)
    if near:
        return near.capitalize()
    heading = f"{moment:%A, %B} {_ordinal(moment.day)}"
    return heading if moment.year == now.year else f"{heading}, {moment.year}"


def full_moment(moment: datetime) -> str:
    """Write a moment so that nothing about it is left open: day, time and zone."""
    return f"{moment:%A, %B} {moment.day}, {moment.year} at {clock_time(moment)} {moment:%Z}"


def _ordinal(day: int) -> str:
    ending = "th" if 11 <= day <= 13 else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")
    return f"{day}{ending}"


def _near_day(moment: datetime, now: datetime) -> str:
    distance = (moment.date() - now.date()).days
    return {-1: "yesterday", 0: "today", 1: "tomorrow"}.get(distance, "")


def _date(moment: datetime, _now: datetime) -> str:
    return f"{moment:%B} {_ordinal(moment.day)}, {moment.year}"


def _date_short(moment: datetime, _now: datetime) -> str:
    return f"{moment:%b} {moment.day}, {moment.year}"


def _date_long(moment: datetime, now: datetime) -> str:
    return f"{moment:%A}, {_date(moment, now)}"


def _time_secs(moment: datetime, _now: datetime) -> str:
    return f"{moment.hour % 12 or 12}:{moment:%M:%S} {moment:%p}"


Writer = Callable[[datetime, datetime], str]


def _pretty(write: Writer) -> Writer:
    """Say yesterday, today or tomorrow where that is true."""
    return lambda moment, now: _near_day(moment, now) or write(moment, now)


def _ago(moment: datetime, now: datetime) -> str:
    seconds = (now - moment).total_seconds()
    amount = abs(seconds)
    for unit, length in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if amount >= length:
            count = int(amount // length)
            words = f"{count} {unit}{'s' if count > 1 else ''}"
            return f"{words} ago" if seconds > 0 else f"in {words}"
    return "just now"


FORMATS: dict[str, Writer] = {
    "date_num": lambda moment, _now: f"{moment:%Y-%m-%d}",
    "date_slash": lambda moment, _now: f"{moment:%m/%d/%Y}",
    "date": _date,
    "date_short": _date_short,
    "date_long": _date_long,
    "date_pretty": _pretty(_date),
    "date_short_pretty": _pretty(_date_short),
    "date_long_pretty": _pretty(_date_long),
    "time": lambda moment, _now: clock_time(moment),
    "time_secs": _time_secs,
    "ago": _ago,
}
