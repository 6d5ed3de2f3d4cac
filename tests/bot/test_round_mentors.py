"""Mentors of a round: who declines and until when, who comes next, and who stays without a mentee."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot import enrolments, round_repairs, rounds
from bot.round_facts import Announcement, Nobody, Parted
from bot.round_messages import ANNOUNCEMENT, LEFT_OVER, PARTED
from bot.rounds import NotAMentor, TooLateToDecline
from bot.runtime.database import Sessions
from models.programmes import MENTEE, MENTOR, MENTORING
from tests.bot import rounds_stage as stage
from tests.bot.buddies_stage import actor, found, know, profile, running
from tests.bot.rounds_stage import quick as quick
from tests.people import DAY, HOUR, MONDAY_NOON

LATER = stage.START + HOUR


def test_a_mentor_who_declines_makes_room_for_the_next_choice_then_nobody_is_left(quick: Sessions) -> None:
    programme_id = stage.mentoring(quick)
    mentors = []
    for _ in range(2):
        (standing,) = stage.pairings(quick, programme_id)
        assert standing.mentor is not None
        mentors.append(standing.mentor)
        with quick.begin() as session:
            rounds.decline(session, actor(standing.mentor), standing.pairing.id, now=LATER)

    assert sorted(mentors) == ["U002", "U003"]
    assert stage.pairings(quick, programme_id) == []
    told = [each for each in stage.told(quick, PARTED, LATER) if isinstance(each, Parted)]
    assert len(told) == 1
    assert stage.part(quick, programme_id, "U001").left_over_in == 1


def test_only_the_mentor_declines_and_only_for_three_days(quick: Sessions) -> None:
    programme_id = stage.mentoring(quick)
    (standing,) = stage.pairings(quick, programme_id)
    mentor = str(standing.mentor)

    with pytest.raises(NotAMentor), quick.begin() as session:
        rounds.decline(session, actor("U001"), standing.pairing.id, now=LATER)
    late = stage.START + 3 * DAY + timedelta(seconds=1)
    with pytest.raises(TooLateToDecline), quick.begin() as session:
        rounds.decline(session, actor(mentor), standing.pairing.id, now=late)

    assert [each.mentor for each in stage.pairings(quick, programme_id)] == [mentor]


def test_a_mentor_swaps_within_the_same_three_days_and_sees_no_button_for_it_later(quick: Sessions) -> None:
    programme_id = stage.mentoring(quick)
    (standing,) = stage.pairings(quick, programme_id)
    mentor = str(standing.mentor)
    late = stage.START + 7 * DAY
    with quick.begin() as session:
        know(session, profile("UNEW"))
        enrolments.join(session, actor("UNEW"), found(session, programme_id), role=MENTEE, now=LATER)

    with pytest.raises(TooLateToDecline), quick.begin() as session:
        rounds.swap(session, actor(mentor), standing.pairing.id, now=late)
    with quick.read() as session:
        seen = {
            who: enrolments.mine(session, actor(who), today=late.date(), now=late)[0].pairings[0].may_swap
            for who in ("U001", mentor)
        }

    assert stage.groups(quick, programme_id) == [standing.people]
    assert seen == {"U001": True, mentor: False}


def test_a_mentor_without_a_mentee_is_told_so_kindly(quick: Sessions) -> None:
    stage.mentoring(quick)

    (told,) = stage.told(quick, LEFT_OVER, stage.START)

    assert isinstance(told, Nobody)
    assert type(told.why).__name__ == "NotAsked"


def test_a_mentor_of_several_is_announced_as_one_person(quick: Sessions) -> None:
    programme_id = running(quick, [f"U00{nth}" for nth in range(1, 5)], mixing=MENTORING)
    with quick.begin() as session:
        programme = found(session, programme_id)
        enrolments.join(session, actor("U001"), programme, role=MENTOR, capacity=3, now=MONDAY_NOON)
        for mentee in ("U002", "U003", "U004"):
            enrolments.join(session, actor(mentee), programme, role=MENTEE, now=MONDAY_NOON)

    stage.first_round(quick)

    (told,) = stage.told(quick, ANNOUNCEMENT, stage.START)
    assert isinstance(told, Announcement)
    assert (len(told.groups), told.count) == (3, 4)


def test_a_mentor_who_is_left_by_their_mentee_is_promised_nothing(quick: Sessions) -> None:
    programme_id = stage.mentoring(quick)
    (standing,) = stage.pairings(quick, programme_id)

    with quick.begin() as session:
        swapped = rounds.swap(session, actor("U001"), standing.pairing.id, now=LATER)

    assert swapped.others is not None
    assert swapped.others != (standing.mentor,)
    (told,) = [each for each in stage.told(quick, PARTED, LATER) if isinstance(each, Parted)]
    assert told.next_on is None


def test_who_was_a_mentor_before_everybody_meets_everybody_comes_first_like_others(quick: Sessions) -> None:
    programme_id = stage.staffed(quick, 2)
    with quick.begin() as session:
        enrolments.join(session, actor("U001"), found(session, programme_id), role=MENTOR, now=MONDAY_NOON)
    stage.first_round(quick)
    pairing = stage.pairing_of(quick, programme_id, "U001")
    with quick.begin() as session:
        enrolments.leave(session, actor("U002"), found(session, programme_id), now=LATER)
        round_repairs.refused(session, [pairing.id], "user_disabled")
        round_repairs.mend(session, pairing.round_id, pairing.id, LATER)

    (told,) = stage.told(quick, PARTED, LATER)

    assert isinstance(told, Parted)
    assert told.next_on is not None
    assert stage.part(quick, programme_id, "U001").left_over_in == 1
