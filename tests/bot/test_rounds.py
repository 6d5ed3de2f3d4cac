"""Rounds through the store: each step once, whoever takes it and however often, and what comes of a round."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import update

from bot import (
    exclusions,
    pauses,
    programme_news,
    programmes,
    round_judging,
    rounds,
)
from bot.outbox import Never
from bot.round_facts import Announcement, HeadsUp, Introduction, Nobody, TooFew
from bot.round_messages import (
    ANNOUNCEMENT,
    GROUPS_A_MESSAGE,
    HEADS_UP,
    INTRODUCTION,
    LEFT_OVER,
    TOO_FEW,
)
from bot.round_results import short_questions
from bot.runtime.database import Sessions
from models.members import Member
from models.outbox import SENT, Delivery
from models.programmes import IN, Programme
from models.rounds import ANNOUNCED, CANCELLED, MATCHED, MATCHING
from tests.bot import rounds_stage as stage
from tests.bot.buddies_stage import TEAM, actor
from tests.bot.rounds_stage import quick as quick
from tests.people import DAY, HOUR, MINUTE, MONDAY_NOON
from tests.statements import counted
from tests.trellis import utc


def test_everybody_hears_of_a_round_a_working_day_ahead_and_once(quick: Sessions) -> None:
    sessions = quick
    programme_id = stage.staffed(sessions, 4)

    stage.step(sessions, stage.HEADS_UP - MINUTE)
    before = stage.deliveries(sessions, HEADS_UP)
    stage.step(sessions, stage.HEADS_UP)
    stage.step(sessions, stage.HEADS_UP)

    (announced,) = stage.rounds_of(sessions, programme_id)
    told = stage.told(sessions, HEADS_UP, stage.HEADS_UP)
    assert before == []
    assert announced.state == ANNOUNCED
    assert (announced.number, announced.starts_at) == (1, stage.START)
    assert [type(each) for each in told] == [HeadsUp] * 4


def test_a_round_puts_all_together_tells_the_channel_and_introduces_each_pair(sessions: Sessions) -> None:
    programme_id = stage.staffed(sessions, 6)

    stage.first_round(sessions)

    (matched,) = stage.rounds_of(sessions, programme_id)
    introductions = stage.told(sessions, INTRODUCTION, stage.START)
    (announcement,) = stage.told(sessions, ANNOUNCEMENT, stage.START)
    assert matched.state == MATCHED
    assert sorted(who for each in stage.groups(sessions, programme_id) for who in each) == [
        f"U00{number}" for number in range(1, 7)
    ]
    assert [type(each) for each in introductions] == [Introduction] * 3
    assert isinstance(announcement, Announcement)
    assert (len(announcement.groups), announcement.count, announcement.parts) == (3, 6, 1)
    for each in introductions:
        assert isinstance(each, Introduction)
        assert len(each.times) == 3
        assert len(each.reasons) == 2
        assert each.question


def test_no_opening_question_is_a_manager_s() -> None:
    questions = [each.ask for each in short_questions().questions]

    assert len(questions) > 50
    assert [each for each in questions if re.search(r"\b(I|I'm|me|my|mine|myself)\b", each)] == []


@pytest.mark.parametrize(("count", "receivers"), [(0, ["U001"]), (1, ["U001"])])
def test_a_round_without_two_people_is_called_off_and_said_so(
    quick: Sessions, count: int, receivers: list[str]
) -> None:
    sessions = quick
    programme_id = stage.staffed(sessions, count)

    stage.first_round(sessions)

    (called_off,) = stage.rounds_of(sessions, programme_id)
    assert called_off.state == CANCELLED
    assert [each.receiver for each in stage.deliveries(sessions, TOO_FEW)] == receivers
    (told,) = stage.told(sessions, TOO_FEW, stage.START)
    assert isinstance(told, TooFew)
    assert told.count == count
    stage.step(sessions, utc("2026-12-14 09:00"))
    assert stage.rounds_of(sessions, programme_id)[0].number == 2


def test_where_all_exclude_all_everybody_is_told_the_same_harmless_reason(quick: Sessions) -> None:
    sessions = quick
    programme_id = stage.staffed(sessions, 3)
    with sessions.begin() as session:
        for who, other in (("U001", "U002"), ("U002", "U003"), ("U003", "U001")):
            exclusions.exclude(session, actor(who), other, now=stage.HEADS_UP)

    stage.first_round(sessions)

    (matched,) = stage.rounds_of(sessions, programme_id)
    told = stage.told(sessions, LEFT_OVER, stage.START)
    assert matched.state == MATCHED
    assert stage.groups(sessions, programme_id) == []
    assert len({repr(each) for each in told}) == 1
    assert isinstance(told[0], Nobody)
    assert stage.left_over(sessions, matched.id) == ["U001", "U002", "U003"]
    assert [each.receiver for each in stage.deliveries(sessions, LEFT_OVER)] == ["U002", "U003"]
    assert [each.receiver for each in stage.deliveries(sessions, TOO_FEW)] == ["U001"]  # who owns it: once


@pytest.mark.parametrize("count", [8, pytest.param(50, marks=pytest.mark.siege)])
def test_twenty_one_people_share_the_worse_end_fairly_round_after_round(quick: Sessions, count: int) -> None:
    sessions = quick
    programme_id = stage.staffed(sessions, 21, every_weeks=1, shared_minutes=60, announces=False)
    burdens: dict[str, int] = {f"U{number:03}": 0 for number in range(1, 22)}

    for nth in range(count):
        stage.step(sessions, stage.HEADS_UP + nth * 7 * DAY + HOUR)
        stage.step(sessions, stage.START + nth * 7 * DAY + HOUR)
        stage.go_on(sessions, programme_id)
        for who in worse_off(sessions, programme_id):
            burdens[who] += 1
            assert max(burdens.values()) - min(burdens.values()) <= 1, (nth, burdens)

    assert stage.rounds_of(sessions, programme_id)[0].number == count


def worse_off(sessions: Sessions, programme_id: int) -> list[str]:
    (newest, *_) = stage.rounds_of(sessions, programme_id)
    threes = [who for each in stage.groups(sessions, programme_id) if len(each) > 2 for who in each]
    return [*threes, *stage.left_over(sessions, newest.id)]


def test_a_round_begins_at_the_programmes_hour_on_either_side_of_a_change_of_clocks(quick: Sessions) -> None:
    sessions = quick
    programme_id = stage.staffed(
        sessions, 2, every_weeks=1, zone="America/New_York", now=utc("2027-03-01 12:00")
    )

    for moment in ("2027-03-08 15:00", "2027-03-15 14:00"):
        stage.step(sessions, utc(moment))

    starts = [each.starts_at for each in stage.rounds_of(sessions, programme_id)][::-1]
    assert starts == [utc("2027-03-09 15:00"), utc("2027-03-16 14:00")]


def test_an_outage_over_a_whole_round_holds_the_next_one_alone(quick: Sessions) -> None:
    sessions = quick
    programme_id = stage.staffed(sessions, 4)
    stage.step(sessions, stage.HEADS_UP)

    stage.step(sessions, utc("2026-12-28 12:00"))

    later, first = stage.rounds_of(sessions, programme_id)
    assert (first.state, later.state) == (CANCELLED, ANNOUNCED)
    assert later.starts_at == utc("2026-12-29 09:00")


@pytest.mark.parametrize(("days", "state"), [(6, MATCHED), (8, CANCELLED)])
def test_a_round_is_made_up_for_after_an_outage_only_while_half_of_it_is_left(
    quick: Sessions, days: int, state: str
) -> None:
    programme_id = stage.staffed(quick, 4)
    stage.step(quick, stage.HEADS_UP)

    stage.step(quick, stage.START + days * DAY)

    assert [each.state for each in stage.rounds_of(quick, programme_id)] == [state]


def test_the_people_of_a_round_are_those_of_that_moment(quick: Sessions) -> None:
    sessions = quick
    programme_id = stage.staffed(sessions, 6)
    stage.step(sessions, stage.HEADS_UP)
    with sessions.begin() as session:
        rounds.sit_out(session, actor("U006"), stage.rounds_of(sessions, programme_id)[0].id)
        session.get_one(Member, (TEAM, "U005")).is_deactivated = True

    stage.step(sessions, stage.START)

    assert sorted(who for each in stage.groups(sessions, programme_id) for who in each) == [
        "U001",
        "U002",
        "U003",
        "U004",
    ]
    assert stage.rounds_of(sessions, programme_id)[0].state not in (MATCHING, ANNOUNCED)


def test_who_goes_away_for_most_of_a_round_before_the_introduction_is_not_waited_for(quick: Sessions) -> None:
    programme_id = stage.staffed(quick, 3)
    stage.first_round(quick)
    with quick.begin() as session:
        session.get_one(Member, (TEAM, "U003")).is_paused = True

    (introduction,) = stage.told(quick, INTRODUCTION, stage.START)

    assert isinstance(introduction, Never)
    assert stage.pairings(quick, programme_id)[0].pairing.is_broken


@pytest.mark.parametrize("is_ended", [False, True], ids=["held", "ended"])
def test_who_heard_of_a_round_that_is_called_off_hears_that_there_is_none(
    quick: Sessions, is_ended: bool
) -> None:
    programme_id = stage.staffed(quick, 3)
    stage.step(quick, stage.HEADS_UP)
    with quick.begin() as session:
        heard = update(Delivery).where(Delivery.kind == HEADS_UP, Delivery.receiver != "U003")
        session.execute(heard.values(state=SENT))
        programme = session.get_one(Programme, programme_id)
        if is_ended:
            programmes.end(session, actor("U001"), programme_id, now=stage.HEADS_UP)
        else:
            programme_news.hold(session, programme, programme_news.ARCHIVED, now=stage.HEADS_UP)

    now = stage.HEADS_UP if is_ended else stage.START
    stage.step(quick, now)

    (called_off,) = stage.rounds_of(quick, programme_id)
    told = stage.deliveries(quick, programme_news.CALLED_OFF)
    with quick.begin() as session:
        verdicts = programme_news.judge(session, told, now=now)
    assert called_off.state == CANCELLED
    assert [each.key for each in told] == [
        f"round:{programme_id}:1:called_off:{each}" for each in ("U001", "U002")
    ]
    assert all(isinstance(each, programme_news.News) for each in verdicts.values())


def test_a_pause_that_is_over_is_written_so_and_still_told(quick: Sessions) -> None:
    programme_id = stage.staffed(quick, 2)
    with quick.begin() as session:
        monday = stage.HEADS_UP.date()
        pauses.pause(session, actor("U002"), [programme_id], monday, now=MONDAY_NOON)

    stage.step(quick, stage.HEADS_UP)

    assert stage.part(quick, programme_id, "U002").state == IN
    with quick.begin() as session:
        rows = stage.deliveries(quick, pauses.RESUMED)
        (verdict,) = pauses.judge(session, rows, now=stage.HEADS_UP).values()
        assert isinstance(verdict, pauses.Return)


def test_judging_takes_as_many_queries_however_many_messages_there_are(quick: Sessions) -> None:
    stage.staffed(quick, 24)
    stage.first_round(quick)

    for kind in (HEADS_UP, INTRODUCTION):
        rows = stage.deliveries(quick, kind)
        asked = []
        for some in (rows[:2], rows):
            with quick.begin() as session, counted() as statements:
                round_judging.judge(session, some, now=stage.START)
            asked.append(len(statements))
        assert asked[0] == asked[1]


def test_a_large_round_is_announced_in_parts_that_name_every_group_once(quick: Sessions) -> None:
    programme_id = stage.staffed(quick, 2 * GROUPS_A_MESSAGE + 4)
    stage.first_round(quick)

    parts = stage.told(quick, ANNOUNCEMENT, stage.START)

    groups = [group for part in parts if isinstance(part, Announcement) for group in part.groups]
    assert [part.part for part in parts if isinstance(part, Announcement)] == [1, 2]
    assert sorted(groups) == sorted(stage.groups(quick, programme_id))
    assert [each.key for each in stage.deliveries(quick, ANNOUNCEMENT)] == [
        f"round:{programme_id}:1:announcement:{part}" for part in (1, 2)
    ]
