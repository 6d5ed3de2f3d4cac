"""Another buddy within a round: swaps, a mentor's no, and people who are not there any more."""

from __future__ import annotations

from datetime import datetime

import pytest

from bot import enrolments, exclusions, round_due, round_pacts, round_repairs, rounds
from bot.matching.results import NeverMet, NotMetFor
from bot.outbox import Never
from bot.round_facts import Closing, Introduction, Nobody, Parted
from bot.round_messages import CLOSING, HALFWAY, INTRODUCTION, LEFT_OVER, PARTED, REPLACED, UNREACHABLE
from bot.rounds import NotYourPairing, PactGoesOn, PairingIsOver
from bot.runtime.database import Sessions
from models.members import Member
from models.outbox import CANCELLED, DOUBTFUL, READY, SENT, Delivery
from models.pacts import OVER, Pact
from models.programmes import PAUSED, Participant, Programme
from models.rounds import Round
from tests.bot import rounds_stage as stage
from tests.bot.buddies_stage import TEAM, actor, found, know, profile
from tests.bot.rounds_stage import quick as quick
from tests.people import DAY, HOUR, MONDAY_NOON
from tests.scenes import played

LATER = stage.START + HOUR


def alone_with_spare(sessions: Sessions) -> int:
    """Hold a round in which one pair is together and a third, whom the first does not want, is left over."""
    return played(sessions, _leave_one_over)


def _leave_one_over(sessions: Sessions) -> int:
    programme_id = stage.staffed(sessions, 3)
    with sessions.begin() as session:
        exclusions.exclude(session, actor("U001"), "U003", now=MONDAY_NOON)
        exclusions.exclude(session, actor("U002"), "U003", now=MONDAY_NOON)
    stage.first_round(sessions)
    assert stage.groups(sessions, programme_id) == [("U001", "U002")]
    with sessions.begin() as session:
        exclusions.allow(session, actor("U002"), "U003")
    return programme_id


def test_a_swap_finds_who_is_left_over_and_the_one_left_behind_hears_it(sessions: Sessions) -> None:
    programme_id = alone_with_spare(sessions)
    pairing = stage.pairing_of(sessions, programme_id, "U002")

    with sessions.begin() as session:
        swapped = rounds.swap(session, actor("U002"), pairing.id, now=LATER)

    assert swapped.others == ("U003",)
    assert stage.groups(sessions, programme_id) == [("U002", "U003")]
    (first, second) = stage.told(sessions, INTRODUCTION, LATER)
    assert isinstance(first, Never)
    assert not isinstance(second, Never)
    (parted,) = stage.told(sessions, PARTED, LATER)
    assert isinstance(parted, Parted)
    assert stage.deliveries(sessions, PARTED)[0].receiver == "U001"
    assert stage.part(sessions, programme_id, "U001").left_over_in == 1
    assert stage.part(sessions, programme_id, "U003").left_over_in is None
    assert [type(each) for each in stage.told(sessions, LEFT_OVER, LATER)] == [Never]


def test_a_swap_finds_who_came_after_the_round_began_and_nobody_who_sat_it_out_or_pauses(
    quick: Sessions,
) -> None:
    programme_id = stage.staffed(quick, 2)
    stage.first_round(quick)
    names = ("USKIPS", "USKIPSNEXT", "UPAUSES", "UNEW")
    with quick.begin() as session:
        know(session, *map(profile, names))
        for who in names:
            enrolments.join(session, actor(who), found(session, programme_id), now=LATER)
        for who, number in (("USKIPS", 1), ("USKIPSNEXT", 2)):
            session.scalars(Participant.one(programme_id, who)).one().skips = number
        session.scalars(Participant.one(programme_id, "UPAUSES")).one().state = PAUSED
    pairing = stage.pairing_of(quick, programme_id, "U001")

    with quick.begin() as session:
        first = rounds.swap(session, actor("U001"), pairing.id, now=LATER)
    again = stage.pairing_of(quick, programme_id, "U001")
    with quick.begin() as session:
        second = rounds.swap(session, actor("U001"), again.id, now=LATER)

    assert first.others == ("UNEW",)
    assert second.others is None


@pytest.mark.parametrize("is_introduced", [True, False], ids=["introduced", "not introduced"])
def test_who_is_left_by_a_swap_and_goes_on_with_others_hears_that_the_first_pairing_ended(
    quick: Sessions, is_introduced: bool
) -> None:
    programme_id = stage.mentoring(quick)
    standing = next(each for each in stage.pairings(quick, programme_id) if "U001" in each.people)
    mentor = standing.mentor
    assert mentor is not None
    if is_introduced:
        with quick.begin() as session:
            for row in session.scalars(Delivery.ready_about([TEAM], [INTRODUCTION], [standing.pairing.id])):
                row.state = SENT

    with quick.begin() as session:
        rounds.decline(session, actor(mentor), standing.pairing.id, now=LATER)

    (again,) = [each for each in stage.pairings(quick, programme_id) if "U001" in each.people]
    assert again.mentor != mentor
    told = stage.told(quick, REPLACED, LATER)
    assert [each.others for each in told if isinstance(each, Parted)] == [(mentor,)] * is_introduced
    assert [each.receiver for each in stage.deliveries(quick, REPLACED)] == ["U001"] * is_introduced


def test_where_nobody_else_is_free_a_swap_changes_nothing(quick: Sessions) -> None:
    programme_id = stage.staffed(quick, 2)
    stage.first_round(quick)
    pairing = stage.pairing_of(quick, programme_id, "U001")

    with quick.begin() as session:
        swapped = rounds.swap(session, actor("U001"), pairing.id, now=LATER)

    assert swapped.others is None
    assert swapped.before == ("U002",)
    assert stage.groups(quick, programme_id) == [("U001", "U002")]


def test_two_who_swap_in_different_pairs_are_not_torn_from_their_buddies_without_anybody_free(
    quick: Sessions,
) -> None:
    programme_id = stage.staffed(quick, 4)
    stage.first_round(quick)
    before = stage.groups(quick, programme_id)

    for standing in stage.pairings(quick, programme_id):
        with quick.begin() as session:
            rounds.swap(session, actor(standing.people[0]), standing.pairing.id, now=LATER)

    assert stage.groups(quick, programme_id) == before


def test_only_who_is_in_a_pairing_may_say_or_change_anything_about_it(quick: Sessions) -> None:
    programme_id = alone_with_spare(quick)
    pairing = stage.pairing_of(quick, programme_id, "U001")
    acts = (
        lambda session: rounds.say(session, actor("U003"), pairing.id, "met", now=LATER),
        lambda session: rounds.swap(session, actor("U003"), pairing.id, now=LATER),
        lambda session: rounds.decline(session, actor("U003"), pairing.id, now=LATER),
        lambda session: rounds.swap(session, actor("U001"), 10**17, now=LATER),
    )

    for act in acts:
        with pytest.raises(NotYourPairing), quick.begin() as session:
            act(session)

    assert stage.groups(quick, programme_id) == [("U001", "U002")]


def test_a_pairing_that_is_over_takes_no_press_any_more(quick: Sessions) -> None:
    programme_id = alone_with_spare(quick)
    pairing = stage.pairing_of(quick, programme_id, "U002")
    with quick.begin() as session:
        rounds.swap(session, actor("U002"), pairing.id, now=LATER)

    with pytest.raises(PairingIsOver), quick.begin() as session:
        rounds.swap(session, actor("U002"), pairing.id, now=LATER)
    with pytest.raises(PairingIsOver), quick.begin() as session:
        rounds.say(session, actor("U001"), pairing.id, "met", now=LATER)


def breaks(sessions: Sessions, pairing_id: int, *, gone: str | None, reason: str = "user_disabled") -> None:
    with sessions.begin() as session:
        if gone:
            session.get_one(Member, (TEAM, gone)).is_deactivated = True
        round_repairs.refused(session, [pairing_id], reason)


def mend(sessions: Sessions, pairing_id: int, round_id: int) -> bool:
    with sessions.begin() as session:
        return round_repairs.mend(session, round_id, pairing_id, LATER)


def test_who_is_left_of_a_three_stays_together_and_is_introduced_anew(quick: Sessions) -> None:
    programme_id = stage.staffed(quick, 3)
    stage.first_round(quick)
    (trio,) = stage.pairings(quick, programme_id)
    breaks(quick, trio.pairing.id, gone="U002")

    mended = [mend(quick, trio.pairing.id, trio.pairing.round_id) for _ in range(2)]

    assert mended == [True, False]
    assert stage.groups(quick, programme_id) == [("U001", "U003")]
    assert len(stage.deliveries(quick, INTRODUCTION)) == 2
    *_, told = stage.told(quick, INTRODUCTION, LATER)
    assert isinstance(told, Introduction)
    assert {type(each) for each in told.reasons}.isdisjoint({NeverMet, NotMetFor})


@pytest.mark.parametrize("count", [2, 3])
def test_who_wants_no_more_of_somebody_before_the_introduction_is_parted_from_them_without_a_reason(
    quick: Sessions, count: int
) -> None:
    programme_id = stage.staffed(quick, count)
    stage.first_round(quick)
    (before,) = stage.pairings(quick, programme_id)
    with quick.begin() as session:
        exclusions.exclude(session, actor("U001"), "U002", now=LATER)

    (judged,) = stage.told(quick, INTRODUCTION, LATER)
    mended = mend(quick, before.pairing.id, before.pairing.round_id)

    assert judged == Never("somebody is not there any more")
    assert mended
    assert stage.groups(quick, programme_id) == ([("U001", "U003")] if count == 3 else [])
    parted = {each.receiver for each in stage.deliveries(quick, PARTED)}
    assert parted == ({"U002"} if count == 3 else {"U001", "U002"})


TAKEN_BACK = {
    "not sent": ("somebody is not there any more", None, READY),
    "perhaps sent": ("somebody is away for most of it", LATER, DOUBTFUL),
    "by an operator": ("taken back by an operator", LATER, CANCELLED),
}


@pytest.mark.parametrize(("reason", "doubt_since", "state"), TAKEN_BACK.values(), ids=TAKEN_BACK)
def test_who_is_back_when_their_pairing_is_mended_is_introduced_after_all(
    quick: Sessions, reason: str, doubt_since: datetime | None, state: str
) -> None:
    programme_id = stage.staffed(quick, 2)
    stage.first_round(quick)
    (before,) = stage.pairings(quick, programme_id)
    with quick.begin() as session:
        session.get_one(Member, (TEAM, "U002")).is_deactivated = True
    (judged,) = stage.told(quick, INTRODUCTION, LATER)
    with quick.begin() as session:
        (row,) = session.scalars(Delivery.ready_about([TEAM], [INTRODUCTION], [before.pairing.id]))
        row.state, row.reason, row.doubt_since = CANCELLED, reason, doubt_since
        session.get_one(Member, (TEAM, "U002")).is_deactivated = False

    mend(quick, before.pairing.id, before.pairing.round_id)

    (introduction,) = stage.deliveries(quick, INTRODUCTION)
    assert isinstance(judged, Never)
    assert introduction.state == state
    assert [type(each) for each in stage.told(quick, INTRODUCTION, LATER)] == [Introduction]


def test_two_who_are_left_and_are_not_to_meet_are_not_put_together(quick: Sessions) -> None:
    programme_id = stage.staffed(quick, 3)
    stage.first_round(quick)
    (trio,) = stage.pairings(quick, programme_id)
    with quick.begin() as session:
        exclusions.exclude(session, actor("U001"), "U003", now=LATER)
    breaks(quick, trio.pairing.id, gone="U002")

    mend(quick, trio.pairing.id, trio.pairing.round_id)

    assert stage.groups(quick, programme_id) == []


def test_who_leaves_before_the_introduction_is_missing_in_it_and_after_it_is_asked_no_more(
    quick: Sessions,
) -> None:
    programme_id = stage.staffed(quick, 3)
    stage.first_round(quick)
    (trio,) = stage.pairings(quick, programme_id)
    with quick.begin() as session:
        enrolments.leave(session, actor("U003"), found(session, programme_id), now=LATER)
    (judged,) = stage.told(quick, INTRODUCTION, LATER)
    mend(quick, trio.pairing.id, trio.pairing.round_id)
    assert isinstance(judged, Never)
    assert stage.groups(quick, programme_id) == [("U001", "U002")]

    with quick.begin() as session:
        enrolments.leave(session, actor("U002"), found(session, programme_id), now=LATER)
    for moment in round_due.moments(*round_and_programme(quick, programme_id)):
        assert moment is not None
        stage.step(quick, moment)

    closing_at = stage.START + 9 * DAY
    assert [type(each) for each in stage.told(quick, HALFWAY, closing_at)] == [Never]
    assert [each.receiver for each in stage.deliveries(quick, CLOSING)] == ["U001", "U002"]
    asked, left = stage.told(quick, CLOSING, closing_at)
    assert isinstance(asked, Closing)
    assert left == Never("takes no part in it any more")


def round_and_programme(sessions: Sessions, programme_id: int) -> tuple[Programme, Round]:
    with sessions.read() as session:
        return found(session, programme_id), stage.rounds_of(sessions, programme_id)[0]


def test_who_is_left_of_a_pair_gets_who_was_left_over_else_they_are_told(quick: Sessions) -> None:
    programme_id = alone_with_spare(quick)
    pairing = stage.pairing_of(quick, programme_id, "U002")
    breaks(quick, pairing.id, gone="U001")
    mend(quick, pairing.id, pairing.round_id)
    again = stage.pairing_of(quick, programme_id, "U002")

    breaks(quick, again.id, gone="U003")
    mend(quick, again.id, again.round_id)

    assert stage.groups(quick, programme_id) == []
    (told,) = [each for each in stage.told(quick, PARTED, LATER) if isinstance(each, Parted)]
    assert not told.is_unreachable
    assert told.others == ("U003",)


def test_two_slack_opens_no_conversation_for_stay_together_and_are_told_to_write_themselves(
    quick: Sessions,
) -> None:
    programme_id = stage.staffed(quick, 2)
    stage.first_round(quick)
    (pair,) = stage.pairings(quick, programme_id)
    breaks(quick, pair.pairing.id, gone=None, reason="cannot_dm_bot")

    mend(quick, pair.pairing.id, pair.pairing.round_id)

    assert stage.groups(quick, programme_id) == [("U001", "U002")]
    told = stage.told(quick, UNREACHABLE, LATER)
    assert [each.is_unreachable for each in told if isinstance(each, Parted)] == [True, True]


def test_no_words_betray_who_excluded_whom(quick: Sessions) -> None:
    programme_id = alone_with_spare(quick)

    (told,) = stage.told(quick, LEFT_OVER, stage.START)

    assert isinstance(told, Nobody)
    assert type(told.why).__name__ == "NobodyFree"
    with quick.read() as session:
        rows = session.scalars(Participant.of_programme(programme_id)).all()
    assert [row.left_over_in for row in rows] == [None, None, 1]


def test_after_a_pact_somebody_new_comes_once_and_not_before_it_is_over(quick: Sessions) -> None:
    programme_id = stage.staffed(quick, 4, pact_weeks=6)
    stage.first_round(quick)
    mine, other = stage.pairings(quick, programme_id)
    with quick.begin() as session:
        for who in mine.people:
            rounds.say(session, actor(who), mine.pairing.id, "met", now=LATER)
        pact = session.scalars(Pact.of_pairing(mine.pairing.id)).one()
        for who in mine.people:
            round_pacts.agree(session, actor(who), pact.id, now=LATER)
        exclusions.exclude(session, actor(other.people[0]), other.people[1], now=LATER)
    stage.step(quick, stage.following(stage.HEADS_UP, 1))
    later = stage.following(stage.START, 1)
    stage.step(quick, later)
    with pytest.raises(PactGoesOn), quick.begin() as session:
        rounds.rematch(session, actor("U001"), pact.id, now=later)

    with quick.begin() as session:
        session.get_one(Pact, pact.id).state = OVER
        _, found_first = rounds.rematch(session, actor("U001"), pact.id, now=later)
        _, found_then = rounds.rematch(session, actor("U001"), pact.id, now=later)

    assert found_first is not None
    assert found_then is None
    assert stage.groups(quick, programme_id) == [tuple(sorted(("U001", *found_first)))]
