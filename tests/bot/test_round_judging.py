"""When people are told of a round, and what at that moment: times still to come, a mentor's days to decline."""

from __future__ import annotations

from datetime import time

from bot import enrolments, rounds
from bot.members import hours_of
from bot.outbox import Later
from bot.round_facts import HeadsUp, Introduction
from bot.round_messages import HALFWAY, HEADS_UP, INTRODUCTION
from bot.round_times import NOTICE
from bot.runtime.database import Sessions
from models.members import Member
from models.programmes import MENTEE, MENTOR, MENTORING
from tests.bot import rounds_stage as stage
from tests.bot.buddies_stage import TEAM, actor, found, running
from tests.bot.rounds_stage import START
from tests.bot.rounds_stage import quick as quick
from tests.people import DAY, HOUR, MONDAY_NOON
from tests.trellis import utc

FRIDAY, NEXT_TUESDAY = utc("2026-11-27 09:00"), utc("2026-12-01 08:00")
"""A round at ten in Berlin, and when somebody who works from Tuesday to Thursday begins after it."""
BACK = START + 6 * DAY
"""Monday at ten in Berlin, near the half of a round of two weeks."""


def test_a_mentor_may_decline_for_three_days_after_they_could_read_of_it(quick: Sessions) -> None:
    programme_id = running(quick, ["U001", "U002"], mixing=MENTORING, weekday=4)
    with quick.begin() as session:
        for who, role in (("U001", MENTEE), ("U002", MENTOR)):
            enrolments.join(session, actor(who), found(session, programme_id), role=role, now=MONDAY_NOON)
        session.get_one(Member, (TEAM, "U002")).work_days = "123"
    for moment in (FRIDAY - DAY, FRIDAY):
        stage.step(quick, moment)

    with quick.read() as session:
        before = rounds.declinable(session, actor("U002"), now=NEXT_TUESDAY - HOUR)
    (introduction,) = stage.told(quick, INTRODUCTION, NEXT_TUESDAY + 2 * HOUR)
    with quick.begin() as session:
        declined = rounds.decline(session, actor("U002"), *before, now=NEXT_TUESDAY + 3 * DAY + HOUR)

    assert isinstance(introduction, Introduction)
    assert introduction.may_decline
    assert declined == ("U001",)


def test_who_does_not_work_between_the_heads_up_and_the_round_hears_of_it_in_their_last_hour_before(
    quick: Sessions,
) -> None:
    programme_id = stage.staffed(quick, 4)
    with quick.begin() as session:
        session.get_one(Member, (TEAM, "U003")).work_days = "234"
        session.get_one(Member, (TEAM, "U004")).work_days = "2"
    friday_at_four = utc("2026-11-27 15:00")

    stage.step(quick, stage.HEADS_UP - 6 * DAY)
    early = stage.deliveries(quick, HEADS_UP)
    told = stage.told(quick, HEADS_UP, friday_at_four)
    stage.step(quick, stage.HEADS_UP)
    everybody = [each.receiver for each in stage.deliveries(quick, HEADS_UP)]

    assert [(each.receiver, each.not_before) for each in early] == [
        ("U003", friday_at_four),
        ("U004", utc("2026-11-25 15:00")),
    ]
    assert [type(each) for each in told] == [HeadsUp, Later]
    assert sorted(everybody) == ["U001", "U002", "U003", "U004"]
    assert [each.number for each in stage.rounds_of(quick, programme_id)] == [1]


def test_times_are_proposed_from_the_moment_of_sending_on_and_in_the_working_hours_of_then(
    quick: Sessions,
) -> None:
    stage.staffed(quick, 2)
    stage.first_round(quick)
    with quick.begin() as session:
        away, late_riser = (session.get_one(Member, (TEAM, each)) for each in ("U001", "U002"))
        away.is_away, away.away_until = True, BACK - HOUR
        late_riser.work_starts = time(13)

    (waits,) = stage.told(quick, INTRODUCTION, START + 4 * HOUR)
    told = stage.told(quick, INTRODUCTION, BACK + 4 * HOUR)
    halfway = START + 8 * DAY
    stage.step(quick, halfway)
    told += stage.told(quick, HALFWAY, halfway + 4 * HOUR)

    assert isinstance(waits, Later)
    for sent_at, facts in zip((BACK + 4 * HOUR, halfway + 4 * HOUR), told, strict=True):
        assert isinstance(facts, Introduction)
        assert len(facts.times) == 3
        assert min(facts.times) >= sent_at + NOTICE
        assert all(hours_of(late_riser).contains(each) for each in facts.times)
