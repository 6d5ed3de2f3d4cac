"""Rhythms stepped on the wall clock and placed in zones with every kind of clock change."""

from __future__ import annotations

import zoneinfo
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import UnknownZone
from bot.recurrence import (
    LAST,
    MAX_WEEKS_BETWEEN,
    WEEKS_OF_MONTH,
    Recurrence,
    first_on_or_after,
    local_day,
    next_after,
    place,
)
from bot.zones import ZONE_DATA_VERSION, zone

MON, TUE, WED, THU, FRI, SAT, SUN = range(7)
NEW_YORK, BERLIN, LORD_HOWE = "America/New_York", "Europe/Berlin", "Australia/Lord_Howe"
CASABLANCA, KATHMANDU, APIA = "Africa/Casablanca", "Asia/Kathmandu", "Pacific/Apia"
ZONES = (NEW_YORK, BERLIN, LORD_HOWE, CASABLANCA, KATHMANDU, APIA)

A_TUESDAY = date(2027, 3, 2)

rhythms = st.one_of(
    st.builds(Recurrence.weekly, st.integers(MON, SUN), st.integers(1, MAX_WEEKS_BETWEEN)),
    st.builds(Recurrence.monthly, st.integers(MON, SUN), st.sampled_from(WEEKS_OF_MONTH)),
)
days = st.dates(date(2000, 1, 1), date(2040, 1, 1))
times = st.times().map(lambda at: at.replace(second=0, microsecond=0))


def slots(recurrence: Recurrence, start: date, count: int) -> list[date]:
    """List the first original slots of a rhythm."""
    found = [first_on_or_after(recurrence, start)]
    while len(found) < count:
        found.append(next_after(recurrence, found[-1]))
    return found


@pytest.mark.parametrize(
    ("recurrence", "rule", "words"),
    [
        (Recurrence.weekly(TUE), "FREQ=WEEKLY;INTERVAL=1;BYDAY=TU", "every Tuesday"),
        (Recurrence.weekly(TUE, every=2), "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU", "every 2 weeks on Tuesday"),
        (Recurrence.weekly(SUN, every=52), "FREQ=WEEKLY;INTERVAL=52;BYDAY=SU", "every 52 weeks on Sunday"),
        (Recurrence.monthly(MON, 1), "FREQ=MONTHLY;BYDAY=1MO", "every month on the first Monday"),
        (Recurrence.monthly(FRI, LAST), "FREQ=MONTHLY;BYDAY=-1FR", "every month on the last Friday"),
    ],
)
def test_a_rhythm_is_a_rule_that_can_be_said(recurrence: Recurrence, rule: str, words: str) -> None:
    assert recurrence.rule == rule
    assert recurrence.in_words() == words
    assert Recurrence.parse(rule) == recurrence


@pytest.mark.parametrize(
    ("text", "recurrence"),
    [
        ("RRULE:FREQ=WEEKLY;BYDAY=TU", Recurrence.weekly(TUE)),
        ("byday=tu;interval=2;freq=weekly", Recurrence.weekly(TUE, every=2)),
        ("FREQ=WEEKLY;WKST=SU;INTERVAL=2;BYDAY=TU", Recurrence.weekly(TUE, every=2)),
        ("FREQ=MONTHLY;INTERVAL=1;BYDAY=+3WE", Recurrence.monthly(WED, 3)),
    ],
)
def test_a_calendar_may_write_the_same_rhythm_differently(text: str, recurrence: Recurrence) -> None:
    assert Recurrence.parse(text) == recurrence


@pytest.mark.parametrize(
    "text",
    [
        "",
        "every tuesday",
        "FREQ=WEEKLY",
        "FREQ=WEEKLY;INTERVAL=0;BYDAY=TU",
        "FREQ=WEEKLY;INTERVAL=53;BYDAY=TU",
        "FREQ=WEEKLY;INTERVAL=02;BYDAY=TU",
        "FREQ=WEEKLY;BYDAY=TU,TH",
        "FREQ=WEEKLY;BYDAY=TU;COUNT=3",
        "FREQ=DAILY;INTERVAL=1",
        "FREQ=MONTHLY;BYDAY=MO",
        "FREQ=MONTHLY;BYDAY=5MO",
        "FREQ=MONTHLY;BYDAY=6MO",
        "FREQ=MONTHLY;INTERVAL=2;BYDAY=1MO",
    ],
)
def test_a_rule_of_another_shape_is_never_kept(text: str) -> None:
    with pytest.raises(ValueError, match="not a rhythm"):
        Recurrence.parse(text)


@pytest.mark.parametrize(
    ("recurrence", "start", "expected"),
    [
        (Recurrence.weekly(TUE), A_TUESDAY, ["2027-03-02", "2027-03-09", "2027-03-16"]),
        (Recurrence.weekly(TUE), date(2027, 3, 3), ["2027-03-09", "2027-03-16", "2027-03-23"]),
        (Recurrence.weekly(TUE, every=2), date(2027, 3, 3), ["2027-03-09", "2027-03-23", "2027-04-06"]),
        (Recurrence.weekly(SUN, every=2), date(2027, 3, 1), ["2027-03-07", "2027-03-21", "2027-04-04"]),
        (Recurrence.weekly(TUE, every=52), A_TUESDAY, ["2027-03-02", "2028-02-29", "2029-02-27"]),
        (Recurrence.monthly(MON, 1), date(2027, 3, 2), ["2027-04-05", "2027-05-03", "2027-06-07"]),
        (Recurrence.monthly(TUE, 1), A_TUESDAY, ["2027-03-02", "2027-04-06", "2027-05-04"]),
        (Recurrence.monthly(FRI, LAST), date(2026, 12, 26), ["2027-01-29", "2027-02-26", "2027-03-26"]),
        (Recurrence.monthly(WED, 4), date(2028, 2, 1), ["2028-02-23", "2028-03-22", "2028-04-26"]),
    ],
)
def test_slots_follow_one_another(recurrence: Recurrence, start: date, expected: list[str]) -> None:
    assert [slot.isoformat() for slot in slots(recurrence, start, 3)] == expected


def test_moving_one_meeting_leaves_a_two_week_rhythm_where_it_was() -> None:
    fortnightly = Recurrence.weekly(TUE, every=2)
    original = first_on_or_after(fortnightly, A_TUESDAY)
    moved_to_thursday = original + timedelta(days=2)

    assert next_after(fortnightly, original) == date(2027, 3, 16)
    assert next_after(fortnightly, original) > moved_to_thursday


@pytest.mark.parametrize(
    ("zone_name", "at", "recurrence", "start", "expected"),
    [
        # Spring forward on 14 March 2027, back on 7 November.
        (NEW_YORK, "10:00", Recurrence.weekly(TUE), "2027-03-09", ["09T15:00", "16T14:00", "23T14:00"]),
        (NEW_YORK, "10:00", Recurrence.weekly(TUE), "2027-11-02", ["02T14:00", "09T15:00", "16T15:00"]),
        (NEW_YORK, "10:00", Recurrence.weekly(TUE, 2), "2027-03-02", ["02T15:00", "16T14:00", "30T14:00"]),
        (NEW_YORK, "10:00", Recurrence.weekly(TUE, 2), "2027-11-02", ["02T14:00", "16T15:00", "30T15:00"]),
        (NEW_YORK, "10:00", Recurrence.monthly(MON, 2), "2027-02-08", ["08T15:00", "08T15:00", "12T14:00"]),
        (NEW_YORK, "10:00", Recurrence.monthly(MON, 1), "2027-10-01", ["04T14:00", "01T14:00", "06T15:00"]),
        # 28 March and 31 October.
        (BERLIN, "10:00", Recurrence.weekly(TUE), "2027-03-23", ["23T09:00", "30T08:00", "06T08:00"]),
        (BERLIN, "10:00", Recurrence.weekly(TUE), "2027-10-26", ["26T08:00", "02T09:00", "09T09:00"]),
        (BERLIN, "10:00", Recurrence.weekly(TUE, 2), "2027-03-16", ["16T09:00", "30T08:00", "13T08:00"]),
        (BERLIN, "10:00", Recurrence.weekly(TUE, 2), "2027-10-19", ["19T08:00", "02T09:00", "16T09:00"]),
        (BERLIN, "10:00", Recurrence.monthly(FRI, LAST), "2027-02-01", ["26T09:00", "26T09:00", "30T08:00"]),
        (BERLIN, "10:00", Recurrence.monthly(FRI, LAST), "2027-09-01", ["24T08:00", "29T08:00", "26T09:00"]),
        # Half an hour, on 4 April (back to +10:30) and 3 October (to +11).
        (LORD_HOWE, "10:00", Recurrence.weekly(TUE), "2027-03-30", ["29T23:00", "05T23:30", "12T23:30"]),
        (LORD_HOWE, "10:00", Recurrence.weekly(TUE), "2027-09-28", ["27T23:30", "04T23:00", "11T23:00"]),
        (LORD_HOWE, "10:00", Recurrence.weekly(TUE, 2), "2027-03-30", ["29T23:00", "12T23:30", "26T23:30"]),
        (LORD_HOWE, "10:00", Recurrence.monthly(MON, 1), "2027-03-01", ["28T23:00", "04T23:30", "02T23:30"]),
        # Gone back to UTC for good on 20 September 2026, in zone data since the summer of that year.
        (CASABLANCA, "10:00", Recurrence.weekly(TUE), "2026-09-15", ["15T09:00", "22T10:00", "29T10:00"]),
        (CASABLANCA, "10:00", Recurrence.weekly(TUE, 2), "2027-02-02", ["02T10:00", "16T10:00", "02T10:00"]),
        (CASABLANCA, "10:00", Recurrence.weekly(TUE), "2026-02-10", ["10T09:00", "17T10:00", "24T10:00"]),
        # +5:45 all the year.
        (KATHMANDU, "10:00", Recurrence.weekly(TUE), "2027-03-23", ["23T04:15", "30T04:15", "06T04:15"]),
        (KATHMANDU, "05:00", Recurrence.monthly(MON, 1), "2027-03-01", ["28T23:15", "04T23:15", "02T23:15"]),
        # From one side of the date line to the other, over 30 December 2011.
        (APIA, "10:00", Recurrence.weekly(THU), "2011-12-22", ["22T20:00", "29T20:00", "04T20:00"]),
        (APIA, "10:00", Recurrence.weekly(FRI, 2), "2011-12-16", ["16T20:00", "30T20:00", "12T20:00"]),
        (APIA, "10:00", Recurrence.weekly(SAT), "2011-12-24", ["24T20:00", "30T20:00", "06T20:00"]),
    ],
)
def test_meetings_keep_their_wall_clock_time_across_clock_changes(
    zone_name: str, at: str, recurrence: Recurrence, start: str, expected: list[str]
) -> None:
    planned = slots(recurrence, date.fromisoformat(start), 3)

    placed = [place(slot, time.fromisoformat(at), zone_name).starts_at for slot in planned]

    assert [f"{moment:%dT%H:%M}" for moment in placed] == expected


@pytest.mark.parametrize(
    ("zone_name", "slot", "starts_at"),
    [
        (NEW_YORK, "2027-03-14 02:30", "2027-03-14 03:30"),
        (NEW_YORK, "2027-03-14 02:00", "2027-03-14 03:00"),
        (BERLIN, "2027-03-28 02:59", "2027-03-28 03:59"),
        (LORD_HOWE, "2027-10-03 02:15", "2027-10-03 02:45"),
        (CASABLANCA, "2025-04-06 02:30", "2025-04-06 03:30"),
        (APIA, "2011-12-30 10:00", "2011-12-31 10:00"),
    ],
)
def test_a_slot_that_the_clocks_skip_moves_forward_and_says_so(
    zone_name: str, slot: str, starts_at: str
) -> None:
    wanted, expected = datetime.fromisoformat(slot), datetime.fromisoformat(starts_at)

    placed = place(wanted.date(), wanted.time(), zone_name)

    assert placed.shifted
    assert placed.starts_at.astimezone(zone(zone_name)).replace(tzinfo=None) == expected


@pytest.mark.parametrize(
    ("zone_name", "slot", "starts_at"),
    [
        (NEW_YORK, "2027-11-07 01:30", "2027-11-07T05:30:00+00:00"),
        (BERLIN, "2027-10-31 02:30", "2027-10-31T00:30:00+00:00"),
        (LORD_HOWE, "2027-04-04 01:45", "2027-04-03T14:45:00+00:00"),
    ],
)
def test_a_slot_that_the_clocks_show_twice_is_the_first_one(
    zone_name: str, slot: str, starts_at: str
) -> None:
    wanted = datetime.fromisoformat(slot)

    placed = place(wanted.date(), wanted.time(), zone_name)

    assert placed.starts_at.isoformat() == starts_at
    assert not placed.shifted


@given(rhythms, days, times, st.sampled_from(ZONES))
def test_the_wall_clock_time_is_kept_unless_the_clocks_skip_it(
    recurrence: Recurrence, start: date, at: time, zone_name: str
) -> None:
    for slot in slots(recurrence, start, 5):
        placed = place(slot, at, zone_name)
        local = placed.starts_at.astimezone(zone(zone_name))
        kept = local.date() == slot and local.time() == at
        assert placed.starts_at.tzinfo is UTC
        assert kept != placed.shifted
        assert kept or local.replace(tzinfo=None) > datetime.combine(slot, at)


@given(rhythms, days)
def test_a_rhythm_never_repeats_a_day_and_never_leaves_its_weekday(
    recurrence: Recurrence, start: date
) -> None:
    planned = slots(recurrence, start, 5)

    assert start <= planned[0] < start + timedelta(weeks=9)
    assert planned == sorted(set(planned))
    assert len({slot.weekday() for slot in planned}) == 1


@given(st.integers(MON, SUN), st.integers(1, MAX_WEEKS_BETWEEN), days)
def test_a_weekly_rhythm_begins_within_a_week_and_steps_by_its_weeks(
    weekday: int, every: int, start: date
) -> None:
    recurrence = Recurrence.weekly(weekday, every)

    first = first_on_or_after(recurrence, start)

    assert first - start < timedelta(weeks=1)
    assert next_after(recurrence, first) - first == timedelta(weeks=every)


def test_a_zone_nobody_knows_is_refused() -> None:
    for name in ("Mars/Olympus", "", "../etc/passwd", "America", "/etc/localtime", "Europe/Berlin\0"):
        with pytest.raises(UnknownZone):
            zone(name)


def test_zone_data_is_the_package_we_ship_and_never_the_machine_s() -> None:
    year, release = ZONE_DATA_VERSION.split(".")[:2]

    assert zoneinfo.TZPATH == ()
    assert (int(year), int(release)) >= (2026, 6)


def test_the_day_depends_on_where_one_is() -> None:
    sunday_evening_utc = datetime(2027, 3, 7, 22, 30, tzinfo=UTC)

    assert local_day(sunday_evening_utc, NEW_YORK) == date(2027, 3, 7)
    assert local_day(sunday_evening_utc, KATHMANDU) == date(2027, 3, 8)
