"""Swaps that come late, or again: nobody is promised somebody whom they cannot meet, nor asked twice."""

from __future__ import annotations

import pytest

from bot import enrolments, round_pacts, rounds
from bot.programme_tallies import Group, tally
from bot.round_facts import PactFacts, Parted
from bot.round_messages import CLOSING, HALFWAY, PARTED, REPLACED
from bot.round_pacts import OFFER, PactIsOver
from bot.rounds import Swapped
from bot.runtime.database import Sessions
from models.pacts import Pact
from models.rounds import MET, SWAP
from tests.bot import rounds_stage as stage
from tests.bot.buddies_stage import actor, found, know, profile
from tests.bot.rounds_stage import quick as quick
from tests.people import DAY, HOUR
from tests.trellis import utc

LATER = stage.START + HOUR
LAST_DAY = utc("2026-12-14 12:00")
"""Afternoon in Berlin and early morning in New York, on the day before the next round."""


def comes(sessions: Sessions, programme_id: int, user_id: str, zone: str) -> None:
    """Let somebody else take part from now on."""
    with sessions.begin() as session:
        know(session, profile(user_id, zone=zone))
        enrolments.join(session, actor(user_id), found(session, programme_id), now=LATER)


@pytest.mark.parametrize(
    ("zone", "swapped"),
    [
        ("America/New_York", Swapped(("U002",), None, is_late=True)),
        ("Europe/Berlin", Swapped(("U002",), ("UNEW",))),
    ],
)
def test_who_would_be_introduced_too_late_to_meet_is_nobody_to_swap_with(
    quick: Sessions, zone: str, swapped: Swapped
) -> None:
    programme_id = stage.staffed(quick, 2, shared_minutes=60)
    stage.first_round(quick)
    pairing = stage.pairing_of(quick, programme_id, "U001")
    comes(quick, programme_id, "UNEW", zone)

    with quick.begin() as session:
        said = rounds.swap(session, actor("U001"), pairing.id, now=LAST_DAY)

    assert said == swapped
    assert stage.groups(quick, programme_id) == [("U001", (said.others or said.before)[0])]


def test_who_met_in_a_three_is_not_asked_again_after_one_of_them_left_the_others(quick: Sessions) -> None:
    programme_id = stage.staffed(quick, 3, pact_weeks=4)
    stage.first_round(quick)
    three = stage.pairing_of(quick, programme_id, "U001")
    stage.introduced(quick, three.id)
    comes(quick, programme_id, "UNEW", "Europe/Berlin")
    with quick.begin() as session:
        rounds.say(session, actor("U001"), three.id, MET, now=LATER)

    with quick.begin() as session:
        rounds.swap(session, actor("U002"), three.id, now=LATER)
    again, other = (stage.pairing_of(quick, programme_id, who).id for who in ("U001", "UNEW"))
    for day in range(1, 14):
        stage.step(quick, stage.START + day * DAY + HOUR)

    asked = {kind: {each.subject_id for each in stage.deliveries(quick, kind)} for kind in (HALFWAY, CLOSING)}
    told = [each for each in stage.told(quick, REPLACED, LATER) if isinstance(each, Parted)]
    offers = [each.others for each in stage.told(quick, OFFER, LATER) if isinstance(each, PactFacts)]
    assert all((again in each, other in each) == (False, True) for each in asked.values())
    assert [(each.others, each.now_with) for each in told] == [(("U002",), ("U003",)), (("U002",), ("U001",))]
    assert offers == [("U003",), ("U001",)]


def test_after_a_pact_somebody_new_takes_the_place_of_its_pairing_in_a_longer_round(quick: Sessions) -> None:
    programme_id = stage.staffed(quick, 2, pact_weeks=4, every_weeks=8)
    stage.first_round(quick)
    pairing = stage.pairing_of(quick, programme_id, "U001")
    stage.introduced(quick, pairing.id)
    with quick.begin() as session:
        rounds.say(session, actor("U001"), pairing.id, MET, now=LATER)
        pact_id = session.scalars(Pact.of_pairing(pairing.id)).one().id
        for who in ("U001", "U002"):
            round_pacts.agree(session, actor(who), pact_id, now=LATER)
    comes(quick, programme_id, "UNEW", "Europe/Berlin")
    over = LATER + 28 * DAY
    stage.step(quick, over)

    with quick.begin() as session:
        _, others = rounds.rematch(session, actor("U001"), pact_id, now=over)
    with pytest.raises(PactIsOver), quick.begin() as session:
        round_pacts.extend(session, actor("U002"), pact_id, now=over)

    assert others == ("UNEW",)
    assert stage.groups(quick, programme_id) == [("U001", "UNEW")]
    assert [each.receiver for each in stage.deliveries(quick, PARTED)] == ["U002"]


def test_who_stayed_together_after_somebody_left_them_met_once() -> None:
    three = Group(1, 1, {"A": MET, "B": None, "C": SWAP}, stands=False)
    two = Group(1, 2, {"A": MET, "B": None}, stands=True)

    counted = tally([three, two], {"A": "Design", "B": "Sales"})

    assert counted.meetings.total() == 1


def test_who_left_after_half_way_is_offered_no_swap_and_whom_they_left_is(quick: Sessions) -> None:
    programme_id = stage.staffed(quick, 2)
    stage.first_round(quick)
    late = stage.START + 9 * DAY
    with quick.begin() as session:
        enrolments.leave(session, actor("U001"), found(session, programme_id), now=late)

    offered = {}
    for who in ("U001", "U002"):
        with quick.read() as session:
            (stand,) = enrolments.mine(session, actor(who), today=late.date(), now=late)
        offered[who] = [each.may_swap for each in stand.pairings]

    assert offered == {"U001": [False], "U002": [True]}
