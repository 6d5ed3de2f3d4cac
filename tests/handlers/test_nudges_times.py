"""When nudges come: rhythms over months and clock changes, windows in working hours, late ticks."""

from __future__ import annotations

from datetime import datetime, time
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from bot import members, planning
from bot.members import Limits, Preferences
from bot.permissions import Actor
from bot.planning import CLOSING, PREP
from models.one_on_ones import Occurrence, OneOnOne
from models.outbox import Delivery
from tests.handlers.one_on_ones_stage import closings, live_until, opened, preps, states
from tests.people import AMY, BEN, DAY, JONAS, KAI, MIA, MINUTE, PRIYA, RAY
from tests.trellis import Trellis, utc

NEW_YORK, BERLIN = "America/New_York", "Europe/Berlin"
EVERY_THURSDAY = "/1on1 add @ben every thursday 10:00"


def held(trellis: Trellis, zone: str) -> list[datetime]:
    """Read when meetings were planned, on the wall clock of a zone."""
    with trellis.sessions.read() as session:
        starts = session.scalars(select(Occurrence.starts_at).order_by(Occurrence.starts_at))
        return [moment.astimezone(ZoneInfo(zone)) for moment in starts]


def sent_at(trellis: Trellis, kind: str, who: str) -> list[datetime]:
    """Read from when on each message of a kind might leave."""
    with trellis.sessions.read() as session:
        chosen = select(Delivery.not_before).where(Delivery.kind == kind, Delivery.receiver == who)
        return list(session.scalars(chosen.order_by(Delivery.id)))


def prefer(trellis: Trellis, who: str, **values: object) -> None:
    """Set what the settings form offers; labels are the form's."""
    opened(trellis, who, "/growth settings")
    assert trellis.slack.submit(who, values).errors == {}


@pytest.mark.parametrize(
    ("who", "partner", "zone", "start", "end"),
    [
        (AMY, "@ben", NEW_YORK, "2027-03-01 12:00", "2027-03-27 00:00"),
        (AMY, "@ben", NEW_YORK, "2027-10-25 12:00", "2027-11-20 00:00"),
        (MIA, "@jonas", BERLIN, "2027-03-15 12:00", "2027-04-10 00:00"),
        (MIA, "@jonas", BERLIN, "2027-10-18 12:00", "2027-11-13 00:00"),
    ],
)
def test_a_weekly_1on1_keeps_its_wall_clock_over_a_clock_change(
    trellis: Trellis, who: str, partner: str, zone: str, start: str, end: str
) -> None:
    trellis.clock.move(utc(start))
    trellis.slack.command(who, f"/1on1 add {partner} every thursday 10:00")

    live_until(trellis, utc(end))

    met = [moment for moment in held(trellis, zone) if moment < utc(end)]
    assert {(moment.weekday(), moment.hour, moment.minute) for moment in met} == {(3, 10, 0)}
    assert len({moment.utcoffset() for moment in met}) == 2
    assert {after.date() - before.date() for before, after in pairwise(met)} == {7 * DAY}
    assert len(met) == 4
    assert len(preps(trellis, who)) == len(met)


@pytest.mark.parametrize(
    ("rhythm", "days", "end"),
    [
        ("every 2 weeks on thursday", "11-26 12-10 12-24 01-07 01-21", "2027-01-22 00:00"),
        ("every month on the last thursday", "11-26 12-31 01-28 02-25 03-25", "2027-03-26 00:00"),
        ("every month on the first monday", "12-07 01-04 02-01 03-01 04-05", "2027-04-06 00:00"),
    ],
)
def test_rhythms_go_on_over_months_and_bring_one_question_each_time(
    trellis: Trellis, rhythm: str, days: str, end: str
) -> None:
    trellis.slack.command(AMY, f"/1on1 add @ben {rhythm} at 10:00")

    live_until(trellis, utc(end))

    met = [moment for moment in held(trellis, NEW_YORK) if moment < utc(end)]
    assert [f"{moment:%m-%d}" for moment in met] == days.split()
    assert {moment.hour for moment in met} == {10}
    for who in (AMY, BEN):
        assert len(preps(trellis, who)) == len(met)
        assert len(closings(trellis, who)) == len(met)


def test_a_meeting_in_the_hour_that_spring_skips_is_held_after_it(trellis: Trellis) -> None:
    trellis.clock.move(utc("2027-03-01 12:00"))
    trellis.slack.command(AMY, "/1on1 add @ben every sunday 02:30")

    live_until(trellis, utc("2027-03-25 00:00"))

    clock = {f"{moment:%m-%d}": f"{moment:%H:%M}" for moment in held(trellis, NEW_YORK)}
    assert clock["03-07"] == "02:30"
    assert clock["03-14"] == "03:30"
    assert clock["03-21"] == "02:30"
    assert "03:30 America/New_York" in preps(trellis, AMY)[1].text


def test_the_question_comes_a_day_before(trellis: Trellis) -> None:
    trellis.slack.command(AMY, EVERY_THURSDAY)
    trellis.tick(utc("2026-11-25 14:59"))
    before = preps(trellis, AMY) + preps(trellis, BEN)
    trellis.tick(utc("2026-11-25 15:00"))

    assert before == []
    assert [len(preps(trellis, who)) for who in (AMY, BEN)] == [1, 1]


@pytest.mark.parametrize(
    ("add", "who", "expected"),
    [
        # Tuesday 10:00 in New York is 20:30 in Kolkata: a day before it is evening there, so the next morning.
        ("/1on1 add @priya every tuesday 10:00 from 2026-12-01", AMY, "2026-11-30 15:00"),
        ("/1on1 add @priya every tuesday 10:00 from 2026-12-01", PRIYA, "2026-12-01 03:30"),
        # Monday 18:00 in New York is Tuesday 10:00 in Sydney; a day before is Sunday in New York.
        ("/1on1 add @kai every monday 18:00 from 2026-11-30", AMY, "2026-11-30 14:00"),
        ("/1on1 add @kai every monday 18:00 from 2026-11-30", KAI, "2026-11-29 23:00"),
        # Monday 09:00: no working minute is left that morning, so the last hour of Friday.
        ("/1on1 add @ben every monday 09:00 from 2026-11-30", BEN, "2026-11-27 21:00"),
    ],
)
def test_it_moves_into_each_receivers_own_working_hours(
    trellis: Trellis, add: str, who: str, expected: str
) -> None:
    trellis.slack.command(AMY, add)
    live_until(trellis, utc("2026-11-27 15:30"))

    assert sent_at(trellis, PREP, who) == [utc(expected)]


@pytest.mark.parametrize(
    ("lead", "expected"),
    [("1 hour", "2026-11-26 14:00"), ("2 days", "2026-11-24 15:00"), ("4 hours", "2026-11-26 14:00")],
)
def test_the_lead_time_is_ones_own(trellis: Trellis, lead: str, expected: str) -> None:
    prefer(trellis, AMY, **{"How long before a 1-on-1 its question comes": lead})
    trellis.slack.command(AMY, EVERY_THURSDAY)

    assert sent_at(trellis, PREP, AMY) == [utc(expected)]
    assert sent_at(trellis, PREP, BEN) == [utc("2026-11-25 15:00")]


def test_changed_settings_move_what_waits_and_repeat_nothing(trellis: Trellis) -> None:
    trellis.slack.command(AMY, EVERY_THURSDAY)
    live_until(trellis, utc("2026-11-23 20:00"))
    prefer(trellis, AMY, **{"How long before a 1-on-1 its question comes": "2 days"})
    live_until(trellis, utc("2026-11-24 15:00"))
    early = len(preps(trellis, AMY))
    prefer(trellis, AMY, **{"How long before a 1-on-1 its question comes": "1 hour", "From": "11:00"})
    live_until(trellis, utc("2026-11-27 00:00"))

    assert early == 1
    assert len(preps(trellis, AMY)) == 1
    assert len(preps(trellis, BEN)) == 1


def test_a_new_zone_moves_what_waits_and_repeats_nothing(trellis: Trellis) -> None:
    trellis.slack.command(AMY, EVERY_THURSDAY)
    live_until(trellis, utc("2026-11-23 20:00"))
    trellis.slack.change_person(BEN, tz="Asia/Kolkata")
    trellis.slack.eventually(lambda: sent_at(trellis, PREP, BEN) == [utc("2026-11-26 03:30")])
    live_until(trellis, utc("2026-11-26 04:00"))
    trellis.slack.change_person(BEN, tz="America/Los_Angeles")
    live_until(trellis, utc("2026-11-27 00:00"))

    assert len(preps(trellis, BEN)) == 1
    assert "Thu 26 Nov 2026, 20:30 Asia/Kolkata" in preps(trellis, BEN)[0].text


def test_the_rhythm_stays_in_the_zone_it_was_registered_in(trellis: Trellis) -> None:
    trellis.slack.command(AMY, EVERY_THURSDAY)
    trellis.slack.change_person(AMY, tz=BERLIN)

    live_until(trellis, utc("2026-12-11 00:00"))

    assert {f"{moment:%a %H:%M}" for moment in held(trellis, NEW_YORK)} == {"Thu 10:00"}


def test_a_moved_meeting_that_was_told_of_is_not_told_of_again(trellis: Trellis) -> None:
    trellis.slack.command(AMY, EVERY_THURSDAY)
    live_until(trellis, utc("2026-11-25 16:00"))
    trellis.slack.command(AMY, "/1on1 move @ben to 2026-12-02 10:00")

    live_until(trellis, utc("2026-12-02 20:00"))

    first, *others = preps(trellis, AMY)
    assert "Thu 26 Nov" in first.text
    assert ["Thu 3 Dec" in other.text for other in others] == [True]
    assert len(closings(trellis, AMY)) == 1


def test_a_moved_meeting_takes_its_unsent_messages_along(trellis: Trellis) -> None:
    trellis.slack.command(AMY, EVERY_THURSDAY)
    trellis.slack.command(AMY, "/1on1 move @ben to friday 16:00")

    live_until(trellis, utc("2026-11-26 20:59"))
    before = preps(trellis, AMY)
    live_until(trellis, utc("2026-11-26 21:00"))

    assert before == []
    assert "Fri 27 Nov 2026, 16:00" in preps(trellis, AMY)[0].text


def test_the_reminder_comes_fifteen_minutes_before_the_end_to_whoever_asks(trellis: Trellis) -> None:
    trellis.slack.command(AMY, "/1on1 add @ben every thursday 10:00 for 45 min as manager")
    trellis.slack.command(MIA, "/1on1 add @jonas every thursday 10:00")
    live_until(trellis, utc("2026-11-26 15:29"))
    before = closings(trellis, AMY)
    live_until(trellis, utc("2026-11-26 15:30"))

    assert before == []
    assert "15 minutes left with" in closings(trellis, AMY)[0].text
    assert closings(trellis, BEN) == []
    assert [len(closings(trellis, who)) for who in (MIA, JONAS)] == [1, 1]


def test_the_reminder_belongs_to_the_meeting_and_asks_no_working_hours(trellis: Trellis) -> None:
    trellis.slack.command(AMY, "/1on1 add @ben every saturday 22:00")

    live_until(trellis, utc("2026-11-29 12:00"))

    assert [len(closings(trellis, who)) for who in (AMY, BEN)] == [1, 1]


def test_a_short_meeting_is_reminded_of_at_its_start_with_the_minutes_it_has(trellis: Trellis) -> None:
    trellis.slack.command(AMY, "/1on1 add @ben every thursday 10:00 for 10 min")

    live_until(trellis, utc("2026-11-26 15:00"))

    assert "For your last 10 minutes" in preps(trellis, AMY)[0].text
    assert "10 minutes left with" in closings(trellis, AMY)[0].text


def test_a_late_tick_still_sends_inside_the_window(trellis: Trellis) -> None:
    trellis.slack.command(AMY, EVERY_THURSDAY)
    live_until(trellis, utc("2026-11-23 15:00"))

    trellis.tick(utc("2026-11-26 14:30"))
    trellis.tick(utc("2026-11-26 15:28"))

    assert [len(preps(trellis, who)) for who in (AMY, BEN)] == [1, 1]
    assert "2 minutes left" in closings(trellis, AMY)[0].text


def test_what_is_too_late_expires_and_is_counted_and_never_sent(trellis: Trellis) -> None:
    trellis.slack.command(AMY, EVERY_THURSDAY)
    live_until(trellis, utc("2026-11-23 15:00"))

    trellis.tick(utc("2026-11-26 15:30"))

    assert preps(trellis, AMY) + closings(trellis, AMY) == []
    for kind in (PREP, CLOSING):
        assert states(trellis, kind) == [(who, "expired", "too late to be of use") for who in (AMY, BEN)]


def test_after_a_long_outage_only_what_is_to_come_is_planned(trellis: Trellis) -> None:
    trellis.slack.command(AMY, EVERY_THURSDAY)
    live_until(trellis, utc("2026-11-23 15:00"))

    live_until(trellis, utc("2026-12-07 12:00"))
    trellis.tick(utc("2027-06-07 12:00"))
    live_until(trellis, utc("2027-06-11 00:00"))

    sent = [state for _, state, _ in states(trellis, PREP)]
    assert "Thu 10 Jun 2027" in preps(trellis, AMY)[-1].text
    assert sent.count("ready") == 0


def test_registered_on_the_evening_before_the_question_is_not_pressed_into_the_night(
    trellis: Trellis,
) -> None:
    trellis.clock.move(utc("2026-11-26 00:00"))
    trellis.slack.command(AMY, EVERY_THURSDAY)

    live_until(trellis, utc("2026-11-26 13:59"))
    before = preps(trellis, AMY)
    live_until(trellis, utc("2026-11-26 14:01"))

    assert before == []
    assert len(preps(trellis, AMY)) == 1


def test_a_tick_that_repeats_itself_sends_nothing_twice(trellis: Trellis) -> None:
    trellis.slack.command(AMY, EVERY_THURSDAY)
    trellis.tick(utc("2026-11-25 15:00"))
    for minute in range(5):
        trellis.tick(utc("2026-11-25 15:01") + minute * MINUTE)

    assert [len(preps(trellis, who)) for who in (AMY, BEN)] == [1, 1]


def test_who_works_two_days_a_week_hears_on_the_last_of_them(trellis: Trellis) -> None:
    trellis.slack.command(AMY, "/1on1 add @ben every monday 09:00 from 2026-11-30")
    with trellis.sessions.begin() as session:
        members.prefer(
            session,
            Actor(trellis.workspace, BEN),
            Preferences(frozenset({0, 1}), time(9), time(17), lead_hours=24, limits=Limits(3)),
        )
        planning.reach_again(session, trellis.workspace, BEN, now=trellis.clock.people_now())

    live_until(trellis, utc("2026-12-07 13:59"))

    # New York: the last working hour before Monday 09:00 is that of Tuesday, six days earlier.
    assert sent_at(trellis, PREP, BEN) == [utc("2026-11-24 21:00"), utc("2026-12-01 21:00")]


def test_one_broken_1on1_does_not_keep_everybody_elses_questions(trellis: Trellis) -> None:
    trellis.slack.command(AMY, "/1on1 add @ray every monday 10:00 from 2026-12-07")
    trellis.slack.command(AMY, "/1on1 add @ben every monday 11:00 from 2026-12-07")
    trellis.tick(utc("2026-11-23 15:00"))
    with trellis.sessions.begin() as session:
        broken = session.scalars(select(OneOnOne).order_by(OneOnOne.id)).first()
        assert broken is not None
        broken.zone = "Mars/Olympus_Mons"

    trellis.tick(utc("2026-12-04 17:00"))
    trellis.tick(utc("2026-12-07 14:30"))

    assert (len(preps(trellis, BEN)), len(preps(trellis, RAY))) == (1, 0)
