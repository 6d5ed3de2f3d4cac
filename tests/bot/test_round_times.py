"""When people who are put together can meet and be written to, and on which days a round is followed up."""

from __future__ import annotations

from datetime import date, time, timedelta

import pytest

from bot.round_times import (
    MEETING,
    at_work,
    closing_on,
    halfway_on,
    meeting_times,
    next_shared,
    suits_most,
)
from bot.working_hours import WorkingHours
from tests.people import DAY, HOUR, MINUTE
from tests.trellis import utc

BERLIN, NEW_YORK = WorkingHours(zone="Europe/Berlin"), WorkingHours(zone="America/New_York")
SYDNEY, KATHMANDU = WorkingHours(zone="Australia/Sydney"), WorkingHours(zone="Asia/Kathmandu")
MONDAYS = WorkingHours(days=frozenset({0}), zone="Europe/Berlin")
NIGHTS = WorkingHours(starts=time(22), ends=time(23), zone="Europe/Berlin")
TUESDAY = utc("2026-12-01 09:00")
TWO_WEEKS = TUESDAY + 14 * DAY


@pytest.mark.parametrize(
    "team",
    [
        (BERLIN, BERLIN),
        (BERLIN, NEW_YORK),
        (BERLIN, KATHMANDU),
        (BERLIN, MONDAYS),
        (BERLIN, NEW_YORK, BERLIN),
    ],
)
def test_three_times_lie_in_everybodys_working_day(team: tuple[WorkingHours, ...]) -> None:
    times = meeting_times(team, TUESDAY, TWO_WEEKS)

    assert len(times) == len(set(times)) == 3
    assert times == sorted(times)
    for hours in team:
        for starts in times:
            assert hours.contains(starts)
            assert hours.contains(starts + MEETING - timedelta(seconds=1))


def test_they_lie_on_different_days_and_at_different_times_of_day() -> None:
    times = meeting_times((BERLIN, BERLIN), TUESDAY, TWO_WEEKS)

    assert len({starts.date() for starts in times}) == 3
    assert len({starts.time() for starts in times}) == 3


def test_who_shares_no_hour_gets_no_time_and_is_written_to_when_one_is_at_work() -> None:
    assert meeting_times((BERLIN, NIGHTS), TUESDAY, TWO_WEEKS) == []
    assert next_shared((BERLIN, NIGHTS), TUESDAY) is None
    assert suits_most((NIGHTS, BERLIN), TUESDAY) == TUESDAY


def test_a_group_is_written_to_while_all_are_at_work() -> None:
    assert suits_most((BERLIN, NEW_YORK), TUESDAY) == utc("2026-12-01 14:00")
    assert suits_most((BERLIN, NEW_YORK), utc("2026-12-01 16:00")) == utc("2026-12-02 14:00")
    assert suits_most((MONDAYS, BERLIN), TUESDAY) == utc("2026-12-07 08:00")


@pytest.mark.parametrize(
    ("on", "minutes"),
    [(date(2027, 3, 23), 8 * 60), (date(2027, 3, 30), 7 * 60)],  # Berlin's clocks change on 28 March
)
def test_the_week_of_work_is_that_of_the_round(on: date, minutes: int) -> None:
    week = at_work(BERLIN, on)

    assert [ends - begins for begins, ends in week] == [480] * 5
    assert week[0][0] == minutes


def test_a_week_that_begins_on_sunday_in_utc_is_cut_where_the_week_is() -> None:
    week = at_work(SYDNEY, date(2026, 12, 1))

    assert week[0] == (0, 6 * 60)
    assert week[-1][1] == 7 * 24 * 60 or all(ends <= 7 * 24 * 60 for _, ends in week)


@pytest.mark.parametrize("weekday", range(5))
@pytest.mark.parametrize("weeks", [1, 2, 3, 12])
def test_a_round_is_followed_up_on_working_days_in_this_order(weekday: int, weeks: int) -> None:
    on = date(2026, 11, 30) + weekday * DAY
    ends_on = on + weeks * 7 * DAY

    halfway, closing = halfway_on(on, ends_on), closing_on(on, ends_on)

    assert halfway is not None
    assert on < halfway < closing < ends_on
    assert {halfway.weekday(), closing.weekday()} <= set(range(5))


def test_a_round_cut_short_has_an_end_and_no_middle() -> None:
    friday, tuesday = date(2026, 12, 4), date(2026, 12, 8)

    assert closing_on(friday, tuesday) == date(2026, 12, 7)
    assert halfway_on(friday, tuesday) is None


def test_what_is_left_of_a_working_day_is_no_time_to_meet_if_it_is_too_short() -> None:
    late = utc("2026-12-01 15:31")

    assert all(starts > late + HOUR for starts in meeting_times((BERLIN, BERLIN), late + MINUTE, TWO_WEEKS))
