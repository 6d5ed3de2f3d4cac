"""The rule of the week: whose Monday it is, what is left, and what is kept for what comes first."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from bot.budgets import Rank, Waiting, Week, has_room, week_of
from tests.people import DAY, HOUR, MONDAY_NOON
from tests.trellis import utc

WEEK = Week(date(2026, 11, 23), utc("2026-11-30 00:00"))
INTRODUCTION, CHECK_IN, OFFER = 0, 1, 2


@pytest.mark.parametrize(
    ("zone", "moment", "monday", "ends_at"),
    [
        ("UTC", "2026-11-29 23:59", "2026-11-23", "2026-11-30 00:00"),
        ("UTC", "2026-11-30 00:00", "2026-11-30", "2026-12-07 00:00"),
        ("Asia/Kathmandu", "2026-11-29 18:14", "2026-11-23", "2026-11-29 18:15"),
        ("Asia/Kathmandu", "2026-11-29 18:15", "2026-11-30", "2026-12-06 18:15"),
        ("America/Los_Angeles", "2026-11-30 07:59", "2026-11-23", "2026-11-30 08:00"),
        ("America/Los_Angeles", "2026-11-30 08:00", "2026-11-30", "2026-12-07 08:00"),
        # The clocks change on the Sunday that ends the week: it has an hour less, or one more.
        ("America/Los_Angeles", "2027-03-10 12:00", "2027-03-08", "2027-03-15 07:00"),
        ("America/Los_Angeles", "2026-10-28 12:00", "2026-10-26", "2026-11-02 08:00"),
        ("Australia/Lord_Howe", "2027-04-02 12:00", "2027-03-29", "2027-04-04 13:30"),
        # A Friday that never was.
        ("Pacific/Apia", "2011-12-30 09:59", "2011-12-26", "2012-01-01 10:00"),
    ],
)
def test_a_week_goes_from_monday_to_sunday_where_somebody_is(
    zone: str, moment: str, monday: str, ends_at: str
) -> None:
    assert week_of(utc(moment), zone) == Week(date.fromisoformat(monday), utc(ends_at))


def waiting(priority: int, *, expire_at: datetime, not_before: datetime = MONDAY_NOON) -> Waiting:
    return Waiting(Rank(priority, expire_at, 1), not_before)


@pytest.mark.parametrize(
    ("left", "ahead", "may_go"),
    [
        (1, [], True),
        (0, [], False),
        (-2, [], False),
        (1, [waiting(INTRODUCTION, expire_at=MONDAY_NOON + 9 * DAY)], False),
        (2, [waiting(INTRODUCTION, expire_at=MONDAY_NOON + 9 * DAY)], True),
        (2, [waiting(INTRODUCTION, expire_at=MONDAY_NOON + HOUR)] * 2, False),
        (1, [waiting(OFFER, expire_at=MONDAY_NOON + HOUR)], True),
        (1, [waiting(CHECK_IN, expire_at=MONDAY_NOON + HOUR)], False),
        (1, [waiting(CHECK_IN, expire_at=MONDAY_NOON + 3 * DAY)], True),
        (1, [waiting(INTRODUCTION, expire_at=WEEK.ends_at + DAY, not_before=WEEK.ends_at)], True),
        (1, [waiting(INTRODUCTION, expire_at=WEEK.ends_at + DAY, not_before=WEEK.ends_at - HOUR)], False),
    ],
)
def test_a_message_goes_if_more_is_left_than_what_comes_first_may_take(
    left: int, ahead: list[Waiting], may_go: bool
) -> None:
    check_in = Rank(CHECK_IN, MONDAY_NOON + 2 * DAY, 7)

    assert has_room(check_in, ahead, left=left, week=WEEK) is may_go


def test_of_two_that_are_of_use_for_equally_long_the_one_written_first_comes_first() -> None:
    until = datetime(2026, 11, 27, tzinfo=UTC)
    earlier, later = Rank(OFFER, until, 1), Rank(OFFER, until, 2)

    assert has_room(earlier, [Waiting(later, MONDAY_NOON)], left=1, week=WEEK)
    assert not has_room(later, [Waiting(earlier, MONDAY_NOON)], left=1, week=WEEK)
