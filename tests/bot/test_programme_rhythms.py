"""The days of a programme's rounds: their rhythm, their heads-ups, clock changes and outages."""

from __future__ import annotations

from datetime import date, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot import programmes
from bot.programme_rhythms import Rhythm
from models.programmes import Programme
from tests.trellis import utc

MON, TUE, WED, THU, FRI, SAT, SUN = range(7)
BERLIN, NEW_YORK, LORD_HOWE, APIA = "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia"
EVERY_TWO_WEEKS = Rhythm(2, TUE, time(10), BERLIN)
MONDAY_NOON = utc("2026-11-23 12:00")


def standing(rhythm: Rhythm, on: date) -> Programme:
    return Programme(
        every_weeks=rhythm.every_weeks,
        weekday=rhythm.weekday,
        at=rhythm.at,
        zone=rhythm.zone,
        next_on=on,
        next_number=1,
        next_fire_at=rhythm.looks_ahead_at(on),
    )


def test_the_first_round_is_the_first_that_people_can_hear_of_in_time() -> None:
    assert EVERY_TWO_WEEKS.first(utc("2026-11-23 08:59")) == date(2026, 11, 24)
    assert EVERY_TWO_WEEKS.first(MONDAY_NOON) == date(2026, 12, 1)


@pytest.mark.parametrize(
    ("on", "heads_up"),
    [
        (date(2026, 11, 24), "2026-11-23 09:00"),
        (date(2026, 11, 23), "2026-11-20 09:00"),
        (date(2026, 11, 22), "2026-11-20 09:00"),
        (date(2026, 11, 21), "2026-11-20 09:00"),
    ],
)
def test_people_hear_of_a_round_one_working_day_ahead(on: date, heads_up: str) -> None:
    assert EVERY_TWO_WEEKS.heads_up_at(on) == utc(heads_up)


@pytest.mark.parametrize(
    ("rhythm", "on", "heads_up", "start"),
    [
        (EVERY_TWO_WEEKS, date(2027, 3, 30), "2027-03-29 08:00", "2027-03-30 08:00"),
        (Rhythm(1, MON, time(10), BERLIN), date(2027, 3, 29), "2027-03-26 09:00", "2027-03-29 08:00"),
        (Rhythm(1, SUN, time(2, 30), NEW_YORK), date(2027, 3, 14), "2027-03-12 07:30", "2027-03-14 07:30"),
        (Rhythm(1, SUN, time(1, 30), NEW_YORK), date(2026, 11, 1), "2026-10-30 05:30", "2026-11-01 05:30"),
        (Rhythm(1, SUN, time(2, 15), LORD_HOWE), date(2026, 10, 4), "2026-10-01 15:45", "2026-10-03 15:45"),
        (Rhythm(1, FRI, time(10), APIA), date(2011, 12, 30), "2011-12-29 20:00", "2011-12-30 20:00"),
    ],
)
def test_a_round_keeps_its_wall_clock_when_the_clocks_change(
    rhythm: Rhythm, on: date, heads_up: str, start: str
) -> None:
    coming = rhythm.coming(1, on)

    assert coming.starts_at == utc(start)
    assert coming.heads_up_at == utc(heads_up)
    assert coming.ends_at == rhythm.starts_at(on + timedelta(weeks=rhythm.every_weeks))


def test_a_step_announces_one_round_and_turns_to_the_next() -> None:
    programme = standing(EVERY_TWO_WEEKS, date(2026, 11, 24))

    taken = programmes.step(programme, utc("2026-11-23 09:00"))

    assert taken is not None
    assert (taken.number, taken.on) == (1, date(2026, 11, 24))
    assert (programme.next_number, programme.next_on) == (2, date(2026, 12, 8))
    assert programme.next_fire_at == utc("2026-12-01 09:00")
    assert programmes.step(programme, utc("2026-11-23 09:00")) is None


@pytest.mark.parametrize(
    ("now", "announced", "following"),
    [
        ("2026-11-24 08:59", date(2026, 11, 24), date(2026, 12, 8)),
        ("2026-11-24 09:00", None, date(2026, 12, 8)),
        ("2026-12-07 15:00", date(2026, 12, 8), date(2026, 12, 22)),
        ("2027-01-01 00:00", None, date(2027, 1, 5)),
    ],
)
def test_after_an_outage_at_most_one_round_is_held(now: str, announced: date | None, following: date) -> None:
    programme = standing(EVERY_TWO_WEEKS, date(2026, 11, 24))

    taken = programmes.step(programme, utc(now))

    assert (taken.on if taken else None) == announced
    assert programme.next_on == following
    assert programme.next_number == (2 if announced else 1)
    assert programmes.step(programme, utc(now)) is None


def test_while_a_programme_is_held_its_rounds_are_left_out() -> None:
    programme = standing(EVERY_TWO_WEEKS, date(2026, 11, 24))
    programme.held_because = "archived"

    assert programmes.step(programme, utc("2026-11-23 09:00")) is None
    assert (programme.next_number, programme.next_on) == (1, date(2026, 12, 8))


@pytest.mark.parametrize(
    ("now", "following"),
    [("2026-11-26 12:00", date(2026, 12, 8)), ("2026-12-03 12:00", date(2026, 12, 22))],
)
def test_a_round_held_at_once_stands_for_one_that_would_follow_soon(now: str, following: date) -> None:
    programme = standing(EVERY_TWO_WEEKS, date(2026, 12, 8))

    taken = programmes.step_at_once(programme, utc(now))

    assert (taken.number, taken.starts_at) == (1, utc(now))
    assert programme.next_on == following
    assert taken.ends_at == EVERY_TWO_WEEKS.starts_at(following)
    assert programme.next_number == 2


@pytest.mark.parametrize(
    ("rhythm", "on"),
    [
        (Rhythm(2, WED, time(10), BERLIN), date(2026, 12, 9)),
        (Rhythm(2, MON, time(10), BERLIN), date(2026, 12, 7)),
        (Rhythm(1, TUE, time(10), BERLIN), date(2026, 12, 1)),
        (Rhythm(4, TUE, time(10), BERLIN), date(2026, 12, 22)),
    ],
)
def test_another_rhythm_counts_from_the_last_round(rhythm: Rhythm, on: date) -> None:
    assert rhythm.anew(date(2026, 11, 24), utc("2026-11-25 12:00")) == on


def test_another_rhythm_that_would_have_been_due_waits_for_the_next_week() -> None:
    every_week = Rhythm(1, TUE, time(10), BERLIN)

    assert every_week.anew(date(2026, 11, 24), utc("2026-12-10 12:00")) == date(2026, 12, 15)


@settings(max_examples=20)
@given(
    weeks=st.integers(1, 12),
    weekday=st.integers(MON, SUN),
    hour=st.integers(0, 23),
    zone=st.sampled_from([BERLIN, NEW_YORK, LORD_HOWE, "Asia/Kathmandu", "Africa/Casablanca"]),
    day=st.dates(date(2026, 1, 1), date(2030, 1, 1)),
)
def test_a_heads_up_is_before_its_round_and_after_the_one_before(
    weeks: int, weekday: int, hour: int, zone: str, day: date
) -> None:
    rhythm = Rhythm(weeks, weekday, time(hour), zone)
    first = rhythm.first(utc(f"{day} 12:00"))

    coming, following = rhythm.coming(1, first), rhythm.coming(2, rhythm.after(first))

    assert utc(f"{day} 12:00") < coming.heads_up_at < coming.starts_at <= following.heads_up_at
    assert coming.ends_at == following.starts_at
