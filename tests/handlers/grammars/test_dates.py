"""Days and times as people type them, seen from a Wednesday in a year that is no leap year."""

from __future__ import annotations

from contextlib import suppress
from datetime import date, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import DayTooFarAhead, ImpossibleDate, ImpossibleTime, Refusal
from handlers.grammars.dates import WEEKDAYS, parse_date, parse_time

A_WEDNESDAY = date(2027, 3, 31)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2027-03-31", "2027-03-31"),
        ("2027-4-1", "2027-04-01"),
        ("2020-02-29", "2020-02-29"),
        ("today", "2027-03-31"),
        ("Tomorrow", "2027-04-01"),
        ("thursday", "2027-04-01"),
        ("tuesday", "2027-04-06"),
        ("wednesday", "2027-04-07"),
        ("wed", "2027-04-07"),
        ("Thurs", "2027-04-01"),
        ("next friday", "2027-04-02"),
        ("this friday", "2027-04-02"),
        ("on fri", "2027-04-02"),
        ("in 6 weeks", "2027-05-12"),
        ("in 1 day", "2027-04-01"),
        ("in two weeks", "2027-04-14"),
        ("in a month", "2027-04-30"),
        ("in 11 months", "2028-02-29"),
        ("in 2 years", "2029-03-31"),
        ("in 0 days", "2027-03-31"),
        ("31 march", "2027-03-31"),
        ("30 march", "2028-03-30"),
        ("March 31st", "2027-03-31"),
        ("1 apr", "2027-04-01"),
        ("sept 9", "2027-09-09"),
        ("the 2nd of May 2028", "2028-05-02"),
        ("may 2 2028", "2028-05-02"),
        ("29 february", "2028-02-29"),
        ("  in   6   weeks. ", "2027-05-12"),
    ],
)
def test_a_day_is_understood(text: str, day: str) -> None:
    assert parse_date(text, today=A_WEDNESDAY) == date.fromisoformat(day)


@pytest.mark.parametrize(
    "text",
    [
        "2027-02-31",
        "2027-13-01",
        "2027-00-10",
        "0000-01-01",
        "31 february",
        "february 30 2028",
        "29 february 2027",
        "in 99999 years",
        "in 999999999 weeks",
    ],
)
def test_a_day_no_calendar_has_is_refused(text: str) -> None:
    with pytest.raises(ImpossibleDate) as refusal:
        parse_date(text, today=A_WEDNESDAY)

    assert f'"{text}" is not a day' in str(refusal.value)


@pytest.mark.parametrize("text", ["3027-03-31", "9999-12-31", "in 30 years", "1 april 2050"])
def test_a_day_beyond_all_planning_is_refused(text: str) -> None:
    with pytest.raises(DayTooFarAhead, match="next 20 years"):
        parse_date(text, today=A_WEDNESDAY)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "soon",
        "march",
        "31",
        "31/03/2027",
        "2027-03",
        "in weeks",
        "in some weeks",
        "in 6 sprints",
        "next tuseday",
        "friday at noon",
        "hand",
        "2027-03-31 or so",
    ],
)
def test_anything_else_is_no_day(text: str) -> None:
    assert parse_date(text, today=A_WEDNESDAY) is None


@given(st.sampled_from(WEEKDAYS), st.dates(date(2000, 1, 1), date(2100, 1, 1)))
def test_a_weekday_is_its_next_date_and_never_today(name: str, today: date) -> None:
    day = parse_date(name, today=today)

    assert day is not None
    assert WEEKDAYS[day.weekday()] == name
    assert today < day <= today + timedelta(days=7)


@given(st.dates(date(2000, 1, 1), date(2095, 1, 1)), st.integers(0, 366))
def test_a_day_without_a_year_is_never_past(today: date, ahead: int) -> None:
    wanted = today + timedelta(days=ahead)

    day = parse_date(f"{wanted:%B} {wanted.day}", today=today)

    assert day is not None
    assert today <= day <= wanted
    assert (day.month, day.day) == (wanted.month, wanted.day)


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("10:00", time(10)),
        ("9:05", time(9, 5)),
        ("00:00", time(0)),
        ("23:59", time(23, 59)),
        ("10am", time(10)),
        ("10 AM", time(10)),
        ("10:30pm", time(22, 30)),
        ("12pm", time(12)),
        ("12am", time(0)),
        ("1 p.m.", time(13)),
        ("noon", time(12)),
    ],
)
def test_a_time_is_understood(text: str, at: time) -> None:
    assert parse_time(text) == at


@pytest.mark.parametrize("text", ["25:00", "24:00", "10:60", "10:5", "13pm", "0am", "22:00 pm"])
def test_a_time_no_clock_shows_is_refused(text: str) -> None:
    with pytest.raises(ImpossibleTime) as refusal:
        parse_time(text)

    assert f'"{text}" is not a time of day' in str(refusal.value)


@pytest.mark.parametrize("text", ["", "10", "ten", "10:00:00", "10h", "morning", ":30"])
def test_anything_else_is_no_time(text: str) -> None:
    assert parse_time(text) is None


@given(st.text(), st.dates())
def test_no_text_is_worse_than_a_refusal(text: str, today: date) -> None:
    for read in (lambda: parse_date(text, today=today), lambda: parse_time(text)):
        with suppress(Refusal):
            read()
