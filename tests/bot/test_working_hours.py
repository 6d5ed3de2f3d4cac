"""Working hours and the moment of the prep nudge, in zones half the world apart and on days of clock changes."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import ImpossibleWorkingHours
from bot.working_hours import WorkingHours, prep_moment
from bot.zones import zone

NEW_YORK, BERLIN, LORD_HOWE = "America/New_York", "Europe/Berlin", "Australia/Lord_Howe"
KATHMANDU, APIA, TEL_AVIV = "Asia/Kathmandu", "Pacific/Apia", "Asia/Jerusalem"
ZONES = (NEW_YORK, BERLIN, LORD_HOWE, "Africa/Casablanca", KATHMANDU, APIA, TEL_AVIV)

OFFICE = WorkingHours(zone=BERLIN)
SUNDAY_TO_THURSDAY = WorkingHours(days=frozenset({6, 0, 1, 2, 3}), zone=TEL_AVIV)
NIGHT_SHIFT = WorkingHours(days=frozenset(range(7)), starts=time(2), ends=time(3, 30), zone=NEW_YORK)

zones = st.sampled_from(ZONES)
moments = st.datetimes(datetime(2010, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
leads = st.integers(1, 48).map(lambda hours: timedelta(hours=hours))


@st.composite
def weeks(draw: st.DrawFn) -> WorkingHours:
    """Draw any week that is allowed: one to seven days of an hour to all day."""
    starts = draw(st.integers(0, 22 * 60))
    ends = draw(st.integers(starts + 60, 23 * 60 + 59))
    return WorkingHours(
        days=draw(st.frozensets(st.integers(0, 6), min_size=1)),
        starts=time(*divmod(starts, 60)),
        ends=time(*divmod(ends, 60)),
        zone=draw(zones),
    )


def local(text: str, hours: WorkingHours) -> datetime:
    """Read a wall-clock time where somebody works as a moment in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=zone(hours.zone)).astimezone(UTC)


def shown(moment: datetime, hours: WorkingHours) -> str:
    """Show a moment as the wall clock where somebody works does."""
    assert moment.tzinfo is UTC
    return f"{moment.astimezone(ZoneInfo(hours.zone)):%a %d %H:%M}"


@pytest.mark.parametrize(
    ("moment", "hours", "at_work"),
    [
        ("2027-03-01 09:00", OFFICE, True),
        ("2027-03-01 16:59", OFFICE, True),
        ("2027-03-01 17:00", OFFICE, False),
        ("2027-03-01 08:59", OFFICE, False),
        ("2027-03-06 12:00", OFFICE, False),
        ("2027-03-05 12:00", SUNDAY_TO_THURSDAY, False),
        ("2027-03-07 12:00", SUNDAY_TO_THURSDAY, True),
        ("2027-03-29 09:00", OFFICE, True),  # the Monday after the clocks went forward
        ("2027-11-01 08:59", OFFICE, False),  # and after they went back
        ("2011-12-29 12:00", WorkingHours(zone=APIA), True),
        ("2011-12-31 12:00", WorkingHours(zone=APIA), False),  # Friday the 30th never was
    ],
)
def test_somebody_is_at_work_by_their_own_wall_clock(moment: str, hours: WorkingHours, at_work: bool) -> None:
    assert hours.contains(local(moment, hours)) is at_work


@pytest.mark.parametrize(
    ("moment", "hours", "expected"),
    [
        ("2027-03-01 10:17", OFFICE, "Mon 01 10:17"),
        ("2027-03-01 07:00", OFFICE, "Mon 01 09:00"),
        ("2027-03-01 17:00", OFFICE, "Tue 02 09:00"),
        ("2027-03-05 18:00", OFFICE, "Mon 08 09:00"),
        ("2027-03-04 18:00", SUNDAY_TO_THURSDAY, "Sun 07 09:00"),
        ("2027-03-27 12:00", OFFICE, "Mon 29 09:00"),
        ("2011-12-29 18:00", WorkingHours(zone=APIA), "Mon 02 09:00"),
        ("2027-03-14 01:00", NIGHT_SHIFT, "Sun 14 03:00"),
        ("2027-03-01 12:00", WorkingHours(days=frozenset({0}), zone=BERLIN), "Mon 01 12:00"),
        ("2027-03-01 17:30", WorkingHours(days=frozenset({0}), zone=BERLIN), "Mon 08 09:00"),
    ],
)
def test_work_goes_on_at_the_next_working_minute(moment: str, hours: WorkingHours, expected: str) -> None:
    assert shown(hours.next_working(local(moment, hours)), hours) == expected


@pytest.mark.parametrize(
    ("moment", "hours", "expected"),
    [
        ("2027-03-08 06:00", OFFICE, "Fri 05 16:00"),
        ("2027-03-08 09:20", OFFICE, "Fri 05 16:00"),
        ("2027-03-08 10:00", OFFICE, "Mon 08 09:00"),
        ("2027-03-08 20:00", OFFICE, "Mon 08 16:00"),
        ("2027-03-07 06:00", SUNDAY_TO_THURSDAY, "Thu 04 16:00"),
        ("2012-01-01 06:00", WorkingHours(zone=APIA), "Thu 29 16:00"),
        ("2027-03-14 12:00", NIGHT_SHIFT, "Sat 13 02:30"),  # half of the Sunday shift was skipped
    ],
)
def test_the_last_working_hour_is_a_whole_one(moment: str, hours: WorkingHours, expected: str) -> None:
    assert shown(hours.last_working_hour_before(local(moment, hours)), hours) == expected


@pytest.mark.parametrize(
    ("starts_at", "lead", "hours", "expected"),
    [
        # At work when the lead time begins.
        ("2027-03-03 10:00", 24, OFFICE, "Tue 02 10:00"),
        ("2027-03-03 10:00", 1, OFFICE, "Wed 03 09:00"),
        ("2027-03-03 10:00", 48, OFFICE, "Mon 01 10:00"),
        ("2027-03-01 17:30", 1, OFFICE, "Mon 01 16:30"),
        # The next working minute.
        ("2027-03-01 10:00", 24, OFFICE, "Mon 01 09:00"),
        ("2027-03-01 09:30", 24, OFFICE, "Mon 01 09:00"),
        ("2027-03-02 10:00", 48, OFFICE, "Mon 01 09:00"),
        ("2027-03-03 20:00", 24, OFFICE, "Wed 03 09:00"),
        # Too little of it would be left.
        ("2027-03-01 09:29", 24, OFFICE, "Fri 26 16:00"),
        ("2027-03-01 09:00", 1, OFFICE, "Fri 26 16:00"),
        ("2027-03-01 06:00", 1, OFFICE, "Fri 26 16:00"),
        ("2027-03-01 06:00", 48, OFFICE, "Fri 26 16:00"),
        ("2027-03-01 18:00", 1, OFFICE, "Mon 01 16:00"),
        ("2027-03-06 12:00", 1, OFFICE, "Fri 05 16:00"),
        ("2027-03-06 12:00", 24, OFFICE, "Fri 05 12:00"),
        # Sunday to Thursday.
        ("2027-03-07 10:00", 24, SUNDAY_TO_THURSDAY, "Sun 07 09:00"),
        ("2027-03-07 09:00", 24, SUNDAY_TO_THURSDAY, "Thu 04 16:00"),
        ("2027-03-05 10:00", 48, SUNDAY_TO_THURSDAY, "Wed 03 10:00"),
        # Around a clock change the lead is counted in hours, working hours by the clock.
        ("2027-03-29 10:00", 48, OFFICE, "Mon 29 09:00"),
        ("2027-03-14 12:00", 24, WorkingHours(days=frozenset(range(7)), zone=NEW_YORK), "Sat 13 11:00"),
        ("2027-11-07 12:00", 24, WorkingHours(days=frozenset(range(7)), zone=NEW_YORK), "Sat 06 13:00"),
        ("2027-10-03 12:00", 24, WorkingHours(days=frozenset(range(7)), zone=LORD_HOWE), "Sat 02 11:30"),
        ("2027-03-14 04:00", 1, NIGHT_SHIFT, "Sun 14 03:00"),
        # A Friday that never was is no working day.
        ("2012-01-02 09:00", 48, WorkingHours(zone=APIA), "Thu 29 16:00"),
    ],
)
def test_a_prep_nudge_finds_a_good_moment(
    starts_at: str, lead: int, hours: WorkingHours, expected: str
) -> None:
    moment = prep_moment(local(starts_at, hours), timedelta(hours=lead), hours)

    assert shown(moment, hours) == expected


def test_one_meeting_is_prepared_at_different_moments_half_the_world_away() -> None:
    ten_in_berlin = datetime(2027, 3, 3, 9, 0, tzinfo=UTC)
    day_ahead = timedelta(hours=24)
    told = {name: prep_moment(ten_in_berlin, day_ahead, WorkingHours(zone=name)) for name in ZONES}

    assert shown(told[BERLIN], WorkingHours(zone=BERLIN)) == "Tue 02 10:00"
    assert shown(told[NEW_YORK], WorkingHours(zone=NEW_YORK)) == "Tue 02 09:00"
    assert shown(told[KATHMANDU], WorkingHours(zone=KATHMANDU)) == "Tue 02 14:45"
    assert shown(told[APIA], WorkingHours(zone=APIA)) == "Wed 03 09:00"


@given(moments, leads, weeks())
def test_a_prep_nudge_comes_at_work_and_never_after_the_start(
    starts_at: datetime, lead: timedelta, hours: WorkingHours
) -> None:
    moment = prep_moment(starts_at, lead, hours)

    assert hours.contains(moment)
    assert moment <= starts_at
    assert moment == starts_at - lead or starts_at - moment >= timedelta(minutes=30)


@given(moments, weeks())
def test_there_is_always_a_next_working_moment_and_none_before_it(
    moment: datetime, hours: WorkingHours
) -> None:
    found = hours.next_working(moment)

    assert hours.contains(found)
    assert found >= moment
    assert found == moment or not hours.contains(found - timedelta(minutes=1))
    assert (found == moment) is hours.contains(moment)


@given(moments, weeks())
def test_there_is_always_a_last_working_hour(moment: datetime, hours: WorkingHours) -> None:
    found = hours.last_working_hour_before(moment)

    assert hours.contains(found)
    assert hours.contains(found + timedelta(minutes=59))
    assert found + timedelta(hours=1) <= moment


@pytest.mark.parametrize(
    ("days", "starts", "ends"),
    [
        (set(), "09:00", "17:00"),
        ({7}, "09:00", "17:00"),
        ({0}, "17:00", "09:00"),
        ({0}, "09:00", "09:00"),
        ({0}, "09:00", "09:59"),
    ],
)
def test_a_week_without_a_working_hour_is_refused(days: set[int], starts: str, ends: str) -> None:
    with pytest.raises(ImpossibleWorkingHours, match="at least one day"):
        WorkingHours(frozenset(days), time.fromisoformat(starts), time.fromisoformat(ends))
