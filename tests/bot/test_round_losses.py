"""Who loses their buddy after the introduction: it is seen before half-way, and told to whoever is away."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from bot import enrolments, round_repairs, rounds
from bot.outbox import Later, Never
from bot.round_facts import Parted
from bot.round_messages import INTRODUCTION, PARTED, REPLACED, UNREACHABLE
from bot.runtime.database import Sessions
from models.members import Member
from models.outbox import FAILED, READY, SENT, Delivery
from models.programmes import GONE, PAUSED, Participant
from tests.bot import rounds_stage as stage
from tests.bot.buddies_stage import TEAM, actor, found, know, profile
from tests.bot.rounds_stage import quick as quick
from tests.people import DAY, HOUR

LATER = stage.START + HOUR


def test_until_half_way_each_day_pairings_are_broken_that_lost_somebody_before_they_met(
    quick: Sessions,
) -> None:
    programme_id = stage.staffed(quick, 12)
    stage.first_round(quick)
    left, gone, deactivated, met, pausing, _ = stage.pairings(quick, programme_id)
    with quick.begin() as session:
        rounds.say(session, actor(met.people[0]), met.pairing.id, "met", now=LATER)
        for each in (left, met):
            enrolments.leave(session, actor(each.people[1]), found(session, programme_id), now=LATER)
        for each, state in ((gone, GONE), (pausing, PAUSED)):
            session.scalars(Participant.one(programme_id, each.people[1])).one().state = state
        session.get_one(Member, (TEAM, deactivated.people[1])).is_deactivated = True

    stage.step(quick, stage.START + 23 * HOUR)
    before = broken(quick, programme_id)
    stage.step(quick, stage.START + DAY)

    assert before == []
    assert broken(quick, programme_id) == [each.pairing.id for each in (left, gone, deactivated)]


def test_who_is_away_as_their_buddy_leaves_hears_of_it_when_they_are_back_and_comes_first_next_time(
    quick: Sessions,
) -> None:
    programme_id = stage.staffed(quick, 2)
    stage.first_round(quick)
    (pair,) = stage.pairings(quick, programme_id)
    with quick.begin() as session:
        for row in session.scalars(Delivery.ready_about([TEAM], [INTRODUCTION], [pair.pairing.id])):
            row.state = SENT
        enrolments.leave(session, actor("U002"), found(session, programme_id), now=LATER)
        session.get_one(Member, (TEAM, "U001")).is_away = True
    stage.step(quick, stage.START + DAY)

    with quick.begin() as session:
        round_repairs.mend(session, pair.pairing.round_id, pair.pairing.id, stage.START + DAY)

    (away,) = stage.told(quick, PARTED, LATER)
    with quick.begin() as session:
        session.get_one(Member, (TEAM, "U001")).is_away = False
    (back,) = stage.told(quick, PARTED, LATER)
    assert isinstance(away, Later)
    assert isinstance(back, Parted)
    assert stage.part(quick, programme_id, "U001").left_over_in == 1


@pytest.mark.parametrize(("is_read", "told"), [(True, ["U001"]), (False, [])], ids=["read", "not read"])
def test_who_was_told_to_write_themselves_and_then_lost_their_buddy_hears_that_it_ended(
    quick: Sessions, is_read: bool, told: list[str]
) -> None:
    programme_id = stage.staffed(quick, 2)
    stage.first_round(quick)
    (pair,) = stage.pairings(quick, programme_id)
    with quick.begin() as session:
        session.execute(update(Delivery).where(Delivery.kind == INTRODUCTION).values(state=FAILED))
        round_repairs.refused(session, [pair.pairing.id], "cannot_dm_bot")
        round_repairs.mend(session, pair.pairing.round_id, pair.pairing.id, LATER)
        seen = update(Delivery).where(Delivery.kind == UNREACHABLE)
        session.execute(seen.values(state=SENT if is_read else READY))
        know(session, profile("UNEW"))
        enrolments.join(session, actor("UNEW"), found(session, programme_id), now=LATER)
        enrolments.leave(session, actor("U002"), found(session, programme_id), now=LATER)
    stage.step(quick, stage.START + DAY)

    with quick.begin() as session:
        round_repairs.mend(session, pair.pairing.round_id, pair.pairing.id, stage.START + DAY)

    assert stage.groups(quick, programme_id) == [("U001", "UNEW")]
    assert [each.receiver for each in stage.deliveries(quick, REPLACED)] == told
    assert {type(each) for each in stage.told(quick, UNREACHABLE, LATER)} == {Never}


def broken(sessions: Sessions, programme_id: int) -> list[int]:
    """Name the pairings that are to be mended."""
    return [each.pairing.id for each in stage.pairings(sessions, programme_id) if each.pairing.is_broken]
