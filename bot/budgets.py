"""Budgets: how much of people's attention a week may be taken unasked, and which of what waits comes first."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import Final, NamedTuple

from bot.recurrence import local_day, place

INTRODUCTIONS, CHECK_INS, OFFERS = "introductions", "check-ins", "offers"
TOPICS: Final = (INTRODUCTIONS, CHECK_INS, OFFERS)
"""What messages that nobody asked for are about, by priority."""
OPTIONAL: Final = (CHECK_INS, OFFERS)
"""Of these one may want none: introductions end with taking part."""
WEEKLY: Final = range(1, 11)
"""How many such messages a week one may allow at most."""
WEEK: Final = timedelta(days=7)
UNWANTED: Final = "they want none of these"
_OVER: Final = "over the "


class Week(NamedTuple):
    """Somebody's week, from Monday to Sunday where they are."""

    monday: date
    ends_at: datetime
    """When the next one begins (UTC)."""


def week_of(moment: datetime, zone_name: str) -> Week:
    """Say which week a moment (UTC) belongs to in a zone."""
    today = local_day(moment, zone_name)
    monday = today - timedelta(days=today.weekday())
    return Week(monday, place(monday + WEEK, time(), zone_name).starts_at)


class Rank(NamedTuple):
    """Which of two messages comes first, when compared: by topic, then the one of use for less long."""

    priority: int
    """The topic's place among TOPICS."""
    expire_at: datetime
    number: int
    """The delivery's, so that no two are equal."""


class Waiting(NamedTuple):
    """A message that waits for somebody, and from when on it may come."""

    rank: Rank
    not_before: datetime


def has_room(rank: Rank, waiting: Iterable[Waiting], *, left: int, week: Week) -> bool:
    """Whether one more may reach somebody who has so many left this week: not one that is kept for what comes first.

    What waits may be anybody's guess to come, but not what cannot before the week is over.
    """
    ahead = sum(each.rank < rank and each.not_before < week.ends_at for each in waiting)
    return left > ahead


def over(most: int) -> str:
    """Say why a message is held up that would be one more than somebody allows a week."""
    return f"{_OVER}{most} {'message' if most == 1 else 'messages'} of this week"


def is_held_up(reason: str | None) -> bool:
    """Whether a message is not sent, or not yet, for the sake of those who would read it."""
    return reason is not None and (reason == UNWANTED or reason.startswith(_OVER))
