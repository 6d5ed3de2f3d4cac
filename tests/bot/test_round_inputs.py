"""What goes into a matching: what is known of people, in one spelling, and the owner's rules."""

from __future__ import annotations

from datetime import time

from bot import (
    enrolments,
    exclusions,
    matching,
    one_on_ones,
    profiles,
    programmes,
    round_inputs,
    round_matching,
    rounds,
)
from bot.matching import History, Person, Rules, Weights
from bot.matching.results import NotMetFor
from bot.one_on_ones import NewOneOnOne, Role
from bot.programme_settings import TERMS, USUAL, Settings, settings_of
from bot.programmes import Channel
from bot.recurrence import Recurrence
from bot.round_facts import Introduction
from bot.round_messages import INTRODUCTION
from bot.round_takers import takers
from bot.runtime.database import Sessions
from models.members import Member
from models.programmes import MORE, OFF
from tests.bot import rounds_stage as stage
from tests.bot.buddies_stage import BERLIN, TEAM, actor, found
from tests.bot.rounds_stage import quick as quick
from tests.people import DAY, HOUR, MONDAY_NOON
from tests.statements import counted


def people(sessions: Sessions, programme_id: int) -> dict[str, Person]:
    with sessions.read() as session:
        programme = found(session, programme_id)
        present = takers(session, programme, 1, MONDAY_NOON).present
        described = round_inputs.people(session, programme, present, stage.START.date())
    return {each.id: each for each in described}


def test_skills_written_differently_are_the_same_and_shown_as_somebody_wrote_them(quick: Sessions) -> None:
    programme_id = stage.staffed(quick, 2)
    with quick.begin() as session:
        profiles.save(session, actor("U001"), {"skills_offered": ("Public Speaking",), "department": "Sales"})
        profiles.save(session, actor("U002"), {"skills_wanted": ("public speaking",), "department": "SALES"})

    known = people(quick, programme_id)

    assert known["U001"].offers == known["U002"].wants == frozenset({"Public Speaking"})
    assert known["U001"].department == known["U002"].department


def test_exclusions_go_in_and_the_number_of_queries_stays_the_same(quick: Sessions) -> None:
    programme_id = stage.staffed(quick, 20)
    with quick.begin() as session:
        exclusions.exclude(session, actor("U001"), "U002", now=MONDAY_NOON)

    with counted() as statements:
        known = people(quick, programme_id)

    assert known["U001"].excludes == frozenset({"U002"})
    assert len(known) == 20
    assert len(statements) == 6


def meets_as(sessions: Sessions, role: Role, organiser: str, partner: str) -> None:
    """Register a 1-on-1 in which the one who does is the manager or the report."""
    new = NewOneOnOne(partner, Recurrence.weekly(1), time(10), 30, None, role)
    with sessions.begin() as session:
        one_on_ones.register(session, actor(organiser), new, now=MONDAY_NOON)


def test_who_is_somebody_s_manager_by_their_word_in_a_1_on_1_is_no_buddy_of_theirs_nor_after_a_swap(
    quick: Sessions,
) -> None:
    programme_id = stage.staffed(quick, 3)
    meets_as(quick, "report", "U002", "U003")
    meets_as(quick, "manager", "U003", "U001")  # which U001 did not confirm

    stage.first_round(quick)

    (standing,) = stage.pairings(quick, programme_id)
    assert "U001" in standing.people
    (mine,) = standing.others("U001")
    with quick.begin() as session:
        swapped = rounds.swap(session, actor(mine), standing.pairing.id, now=stage.START + HOUR)
    assert swapped.others is None


def test_the_channels_of_other_programmes_go_in_and_this_one_s_does_not(quick: Sessions) -> None:
    programme_id = stage.staffed(quick, 3)
    with quick.begin() as session:
        beside = [
            programmes.start(session, actor("U001"), Channel(channel), Settings(BERLIN), now=MONDAY_NOON)
            for channel in ("CTEA", "CENDED")
        ]
        for other, who in ((0, "U001"), (0, "U002"), (0, "U003"), (1, "U001")):
            enrolments.join(session, actor(who), beside[other], now=MONDAY_NOON)
        enrolments.leave(session, actor("U003"), beside[0], now=MONDAY_NOON)
        programmes.end(session, actor("U001"), beside[1].id, now=MONDAY_NOON)

    known = people(quick, programme_id)

    assert {name: each.channels for name, each in known.items()} == {
        "U001": {"CTEA"},
        "U002": {"CTEA"},
        "U003": frozenset(),
    }


def test_a_programme_s_weights_decide_who_is_together_and_stay_with_the_round(quick: Sessions) -> None:
    assert set(TERMS) == set(vars(Weights()))
    programme_id = stage.staffed(quick, 4, weights={"skills": OFF, "location": MORE})
    with quick.begin() as session:
        for teacher, learner, place in (("U001", "U002", "Rome"), ("U003", "U004", "Oslo")):
            profiles.save(session, actor(teacher), {"skills_offered": (place,), "location": "Rome"})
            profiles.save(session, actor(learner), {"skills_wanted": (place,), "location": "Oslo"})

    stage.first_round(quick)

    together = stage.groups(quick, programme_id)
    with quick.begin() as session:
        programme = found(session, programme_id)
        wanted = settings_of(programme).changed({"weights": {"skills": USUAL, "location": USUAL}})
        programmes.change(session, actor("U001"), programme_id, wanted, now=stage.START)
        held = stage.rounds_of(quick, programme_id)[0].id
        replayed = round_matching.replayed(session, held)
    assert together == [("U001", "U003"), ("U002", "U004")]
    assert [group.members for group in replayed.groups] == together
    with quick.read() as session:
        assert found(session, programme_id).weights == {}
        assert round_inputs.rules_of(found(session, programme_id)).weights == Weights()


def test_of_nobody_more_hours_are_asked_than_they_work_and_of_nobody_else_fewer(quick: Sessions) -> None:
    programme_id = stage.staffed(quick, 3)
    with quick.begin() as session:
        member = session.get_one(Member, (TEAM, "U002"))
        member.work_days, member.work_ends = "1", time(13)
        member = session.get_one(Member, (TEAM, "U003"))
        member.work_starts, member.work_ends = time(16), time(23)

    known = people(quick, programme_id)

    with quick.read() as session:
        rules = round_inputs.rules_of(found(session, programme_id))
    assert rules.least_shared_minutes == 5 * 120
    assert is_free(known["U001"], known["U002"], rules)
    assert not is_free(known["U001"], known["U003"], rules)


def is_free(one: Person, other: Person, rules: Rules) -> bool:
    """Whether two may be put together."""
    return matching.find_partner(one, [other], History(1, {}), rules, 1) is not None


def test_meetings_are_read_as_far_back_as_they_count_and_older_ones_are_told_all_the_same(
    quick: Sessions,
) -> None:
    programme_id = stage.staffed(quick, 2, every_weeks=1)
    stage.first_round(quick)
    with quick.begin() as session:
        found(session, programme_id).next_number = 30

    stage.step(quick, stage.HEADS_UP + 7 * DAY)
    stage.step(quick, stage.START + 7 * DAY)

    *_, introduction = stage.told(quick, INTRODUCTION, stage.START + 7 * DAY)
    with quick.read() as session:
        programme = found(session, programme_id)
        seen = [round_inputs.history(session, programme, number).rounds for number in (2, 30)]
    assert seen == [{1: (("U001", "U002"),)}, {}]
    assert isinstance(introduction, Introduction)
    assert NotMetFor(29) in introduction.reasons
