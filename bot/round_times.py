"""When people who are put together can meet, be written to and decline, and the days of a round after its first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Final, NamedTuple

from bot.matching.people import AtWork
from bot.recurrence import local_day, place
from bot.working_hours import MONDAY_TO_FRIDAY, WorkingHours

MEETING: Final = timedelta(minutes=30)
"""How long two need to get to know each other; also the grid on which times are proposed."""
PROPOSALS: Final = 3
NOTICE: Final = timedelta(hours=16)
"""Nobody is asked to meet on the day on which they hear of it."""
_FAR: Final = timedelta(days=22)
"""Whoever shares an hour a week shares one within this time, clock changes and all."""
_DAY: Final = timedelta(days=1)

DECLINE_WITHIN: Final = timedelta(days=3)
"""How long a mentor may decline a mentee."""

Team = Sequence[WorkingHours]
"""The working hours of those who are put together."""


class Span(NamedTuple):
    """A stretch of time, UTC; its end is the first moment after it."""

    begins: datetime
    ends: datetime


@lru_cache(maxsize=4096)
def spans(hours: WorkingHours, since: datetime, until: datetime) -> tuple[Span, ...]:
    """List when somebody is at work between two moments; people share few different working hours."""
    return tuple(_spans(hours, since, until))


def _spans(hours: WorkingHours, since: datetime, until: datetime) -> Iterator[Span]:
    begins = hours.next_working(since)
    while begins < until:
        ends = place(local_day(begins, hours.zone), hours.ends, hours.zone).starts_at
        yield Span(begins, min(ends, until))
        begins = hours.next_working(ends)


def shared(team: Team, since: datetime, until: datetime) -> tuple[Span, ...]:
    """List when all of them are at work between two moments."""
    return _shared(frozenset(team), since, until)


@lru_cache(maxsize=1024)
def _shared(team: frozenset[WorkingHours], since: datetime, until: datetime) -> tuple[Span, ...]:
    """Thousands are put together at once, of whom many teams have the same hours."""
    first, *others = team
    common = spans(first, since, until)
    for hours in others:
        common = tuple(_both(common, spans(hours, since, until)))
    return common


def _both(some: Iterable[Span], others: Sequence[Span]) -> Iterator[Span]:
    for one in some:
        for other in others:
            begins, ends = max(one.begins, other.begins), min(one.ends, other.ends)
            if begins < ends:
                yield Span(begins, ends)


@lru_cache(maxsize=4096)
def next_working(hours: WorkingHours, moment: datetime) -> datetime:
    """Find the first moment from this one on at which somebody is at work; many have the same hours."""
    return hours.next_working(moment)


def next_shared(team: Team, moment: datetime) -> datetime | None:
    """Find the first moment from this one on at which all of them are at work; None if there is none."""
    common = shared(team, moment, moment + _FAR)
    return common[0].begins if common else None


def suits_most(team: Team, moment: datetime) -> datetime:
    """Find when to write to several: while all are at work, else when the first of them is."""
    return next_shared(team, moment) or min(hours.next_working(moment) for hours in team)


def can_meet(team: Team, since: datetime, until: datetime) -> bool:
    """Whether there is time to tell all of them of each other, and for them to meet then."""
    told_at = suits_most(team, since)
    return suits_most(team, told_at + NOTICE) + MEETING <= until


def meeting_times(team: Team, since: datetime, until: datetime) -> list[datetime]:
    """Propose up to three times at which all of them are at work, on different days where there are any.

    They lie earlier and later in the day, so that one of them may suit; fewer, or none, if they share so little.
    Whoever is written to in the same half hour has the same ones, which thousands are.
    """
    since = _on_grid(since)
    return list(_proposals(shared(team, since, until)))


@lru_cache(maxsize=1024)
def _proposals(common: tuple[Span, ...]) -> tuple[datetime, ...]:
    rooms = [room for span in common if (room := _starts(span))]
    spread = [room[len(room) * nth // (PROPOSALS + 1)] for nth, room in enumerate(rooms[:PROPOSALS], start=1)]
    others = [start for room in rooms for start in room[::4] if start not in spread]
    return tuple(sorted([*spread, *others][:PROPOSALS]))


def _starts(span: Span) -> list[datetime]:
    """List the moments of the grid at which a meeting fits into a span."""
    first = _on_grid(span.begins)
    count = int((span.ends - first) / MEETING) if span.ends > first else 0
    return [first + nth * MEETING for nth in range(count)]


def _on_grid(moment: datetime) -> datetime:
    """Give the first moment of the grid, from this one on."""
    grid = MEETING.total_seconds()
    return datetime.fromtimestamp(-(-moment.timestamp() // grid) * grid, UTC)


def at_work(hours: WorkingHours, on: date) -> AtWork:
    """Say when somebody works in the week of a day, as matching counts it."""
    monday = datetime.combine(on - on.weekday() * _DAY, time(), UTC)
    week = spans(hours, monday, monday + 7 * _DAY)
    return tuple((_minutes(span.begins - monday), _minutes(span.ends - monday)) for span in week)


def _minutes(since_monday: timedelta) -> int:
    return int(since_monday.total_seconds()) // 60


def can_be_declined(told_at: datetime | None, now: datetime) -> bool:
    """Whether a mentor may still decline a mentee of whom they are told at a moment."""
    return told_at is not None and now <= told_at + DECLINE_WITHIN


def closing_on(on: date, ends_on: date) -> date:
    """Choose the day on which each says what became of it: two working days before the next round, after the first."""
    day = _working_day(_working_day(ends_on - _DAY, -_DAY) - _DAY, -_DAY)
    return max(day, _working_day(on + _DAY, _DAY))


def halfway_on(on: date, ends_on: date) -> date | None:
    """Choose the day of the nudge in between; None if a round is too short for one."""
    closing = closing_on(on, ends_on)
    middle = on + ((closing - on).days + 1) // 2 * _DAY
    later, earlier = _working_day(middle, _DAY), _working_day(middle, -_DAY)
    return next((day for day in (later, earlier) if on < day < closing), None)


def _working_day(day: date, step: timedelta) -> date:
    while day.weekday() not in MONDAY_TO_FRIDAY:
        day += step
    return day
