"""Who takes part in a programme, and who of them can be matched at a moment."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import Engine, select

from bot import channel_enrolments, enrolments, exclusions, members, pauses, programmes, round_takers
from bot.enrolments import (
    ImpossibleCapacity,
    NoGuests,
    RoleMissing,
    RoundHasBegun,
    TakesNoPart,
    Together,
)
from bot.members import NobodyThere, Yourself
from bot.outbox import Later, Never
from bot.pauses import PauseInThePast, Return
from bot.round_takers import Out
from bot.runtime.database import Sessions
from models.outbox import Delivery
from models.programmes import EVERYONE, GONE, IN, LEFT, MENTOR, MENTORING, Exclusion, Participant
from models.rounds import DISSOLVED, MET, STANDING, Pairing, Partner
from tests.bot import rounds_stage as stage
from tests.bot.buddies_stage import TEAM, actor, found, know, profile, running
from tests.bot.test_programmes import held_round
from tests.people import DAY, HOUR, MONDAY_NOON
from tests.statements import counted
from tests.trellis import utc

TODAY = MONDAY_NOON.date()
AMY, BEN = "UAMY", "UBEN"


@pytest.fixture
def sessions(sqlite: Engine) -> Sessions:
    """Give transactions on SQLite alone: where the stores may differ, a test asks for both."""
    return Sessions(sqlite)


def joined(sessions: Sessions, programme_id: int, *people: str) -> None:
    with sessions.begin() as session:
        for each in people:
            enrolments.join(session, actor(each), found(session, programme_id), now=MONDAY_NOON)


def states(sessions: Sessions, programme_id: int) -> dict[str, str]:
    with sessions.read() as session:
        return {each.user_id: each.state for each in session.scalars(Participant.of_programme(programme_id))}


def test_joining_twice_is_joining_once_and_leaving_ends_it(sessions: Sessions) -> None:
    programme_id = running(sessions, [AMY, BEN])
    joined(sessions, programme_id, AMY, BEN, AMY)

    with sessions.begin() as session:
        enrolments.leave(session, actor(BEN), found(session, programme_id), now=MONDAY_NOON)

    assert states(sessions, programme_id) == {AMY: IN, BEN: LEFT}
    with sessions.read() as session, pytest.raises(TakesNoPart):
        enrolments.part_of(session, actor(BEN), programme_id)


def test_a_guest_takes_part_where_guests_may(sessions: Sessions) -> None:
    programme_id = running(sessions, [AMY])
    with sessions.begin() as session:
        know(session, profile("UGUEST", is_guest=True))
        with pytest.raises(NoGuests):
            enrolments.join(session, actor("UGUEST"), found(session, programme_id), now=MONDAY_NOON)

        found(session, programme_id).takes_guests = True
        enrolments.join(session, actor("UGUEST"), found(session, programme_id), now=MONDAY_NOON)

        assert len(round_takers.takers(session, found(session, programme_id), 1, MONDAY_NOON).present) == 1
        found(session, programme_id).takes_guests = False
        out = round_takers.takers(session, found(session, programme_id), 1, MONDAY_NOON).out
        assert out == {"UGUEST": Out.GUEST}


def test_where_mentors_meet_mentees_everybody_says_which_they_are(sessions: Sessions) -> None:
    programme_id = running(sessions, [AMY], mixing=MENTORING)

    with sessions.begin() as session:
        programme = found(session, programme_id)
        with pytest.raises(RoleMissing):
            enrolments.join(session, actor(AMY), programme, now=MONDAY_NOON)
        with pytest.raises(ImpossibleCapacity):
            enrolments.join(session, actor(AMY), programme, role=MENTOR, capacity=99, now=MONDAY_NOON)
        mentor = enrolments.join(session, actor(AMY), programme, role=MENTOR, capacity=3, now=MONDAY_NOON)

        assert (mentor.role, mentor.capacity) == (MENTOR, 3)


def test_who_can_be_matched_and_why_the_others_cannot(sessions: Sessions) -> None:
    people = [
        f"U{name}" for name in ("IN", "LEFT", "PAUSED", "BACK", "SKIPS", "QUIET", "AWAY", "OFF", "GONE")
    ]
    programme_id = running(sessions, people)
    joined(sessions, programme_id, *people)
    with sessions.begin() as session:
        programme = found(session, programme_id)
        enrolments.leave(session, actor("ULEFT"), programme, now=MONDAY_NOON)
        pauses.pause(session, actor("UPAUSED"), [programme_id], None, now=MONDAY_NOON)
        pauses.pause(session, actor("UBACK"), [programme_id], TODAY + timedelta(days=1), now=MONDAY_NOON)
        enrolments.sit_out(session, actor("USKIPS"), programme_id)
        members.pause(session, actor("UQUIET"), None)
        know(session, profile("UAWAY", is_away=True, away_until=MONDAY_NOON + 9 * DAY))
        know(session, profile("UOFF", is_deactivated=True))
        session.scalars(Participant.one(programme_id, "UGONE")).one().state = GONE

    with counted() as statements, sessions.read() as session:
        takers = round_takers.takers(session, found(session, programme_id), 1, MONDAY_NOON + 2 * DAY)

    assert [each.member.user_id for each in takers.present] == ["UBACK", "UIN"]
    assert len(statements) == 2
    assert takers.out == {
        "ULEFT": Out.LEFT,
        "UPAUSED": Out.PAUSED,
        "USKIPS": Out.SITS_OUT,
        "UQUIET": Out.SILENT,
        "UAWAY": Out.AWAY,
        "UOFF": Out.DEACTIVATED,
        "UGONE": Out.GONE,
    }


def test_the_round_that_is_announced_is_the_one_sat_out_and_only_that_one(sessions: Sessions) -> None:
    programme_id = running(sessions, [AMY])
    joined(sessions, programme_id, AMY)
    held_round(sessions, programme_id, state="announced", on=date(2026, 12, 1))

    with sessions.begin() as session:
        begins = enrolments.sit_out(session, actor(AMY), programme_id, number=1)
        assert begins == utc("2026-12-01 09:00")
        programme = found(session, programme_id)
        assert round_takers.takers(session, programme, 1, MONDAY_NOON).out == {AMY: Out.SITS_OUT}
        assert round_takers.takers(session, programme, 2, MONDAY_NOON).out == {}
        with pytest.raises(RoundHasBegun):
            enrolments.sit_out(session, actor(AMY), programme_id, number=7)
        enrolments.take_part_after_all(session, actor(AMY), programme_id)
        assert round_takers.takers(session, programme, 1, MONDAY_NOON).out == {}


def test_a_pause_ends_on_its_day_in_ones_own_zone_and_is_told_in_working_hours(sessions: Sessions) -> None:
    programme_id = running(sessions, [AMY])
    with sessions.begin() as session:
        know(session, profile(AMY, zone="Australia/Sydney"))
    joined(sessions, programme_id, AMY)
    saturday = date(2026, 11, 28)
    with sessions.begin() as session:
        pauses.pause(session, actor(AMY), [programme_id], saturday, now=MONDAY_NOON)
        programme = found(session, programme_id)

        just_before = round_takers.takers(session, programme, 1, utc("2026-11-27 12:59")).out
        on_the_day = round_takers.takers(session, programme, 1, utc("2026-11-27 13:00")).out

    assert (just_before, on_the_day) == ({AMY: Out.PAUSED}, {})
    with sessions.read() as session:
        delivery = session.scalars(select(Delivery).where(Delivery.kind == pauses.RESUMED)).one()
        assert delivery.not_before == utc("2026-11-29 22:00")
        verdict = pauses.judge(session, [delivery], now=utc("2026-11-29 22:00"))[delivery.id]
        assert isinstance(verdict, Return)
        early = pauses.judge(session, [delivery], now=utc("2026-11-29 12:00"))[delivery.id]
        assert isinstance(early, Later)


def test_only_the_pause_that_stands_is_told_to_be_over(sessions: Sessions) -> None:
    programme_id = running(sessions, [AMY])
    joined(sessions, programme_id, AMY)
    with sessions.begin() as session:
        for days in (3, 9, 3):
            pauses.pause(session, actor(AMY), [programme_id], TODAY + timedelta(days), now=MONDAY_NOON)

    with sessions.begin() as session:
        kept = session.scalars(select(Delivery).where(Delivery.kind == pauses.RESUMED)).all()
        verdicts = pauses.judge(session, kept, now=MONDAY_NOON + 10 * DAY)
        assert sorted(type(each).__name__ for each in verdicts.values()) == ["Never", "Return"]
        pauses.resume(session, actor(AMY), [programme_id])
        session.flush()
        verdicts = pauses.judge(session, kept, now=MONDAY_NOON + 10 * DAY)
        assert all(isinstance(each, Never) for each in verdicts.values())
        with pytest.raises(PauseInThePast):
            pauses.pause(session, actor(AMY), [programme_id], TODAY, now=MONDAY_NOON)


def test_a_channel_is_enrolled_and_followed_but_nobody_who_left_by_themselves(store: Engine) -> None:
    sessions = Sessions(store)
    programme_id = running(sessions, ["UA", "UB", "UC", "UD"], enrolment=EVERYONE)
    with sessions.begin() as session:
        know(session, profile("UBOT", is_person=False))

    def follow(*present: str) -> dict[str, str]:
        with sessions.begin() as session:
            channel_enrolments.follow(session, found(session, programme_id), present, now=MONDAY_NOON)
        return states(sessions, programme_id)

    assert follow("UA", "UB", "UC", "UBOT", "USTRANGER") == {"UA": IN, "UB": IN, "UC": IN}
    with sessions.begin() as session:
        enrolments.leave(session, actor("UA"), found(session, programme_id), now=MONDAY_NOON)
    assert follow("UA", "UC", "UD") == {"UA": LEFT, "UB": GONE, "UC": IN, "UD": IN}
    assert follow("UA", "UB", "UC") == {"UA": LEFT, "UB": IN, "UC": IN, "UD": GONE}


def test_whoever_is_enrolled_after_the_heads_up_takes_part_from_the_next_round_unless_they_join(
    sessions: Sessions,
) -> None:
    programme_id = stage.staffed(sessions, 2, enrolment=EVERYONE)
    stage.step(sessions, stage.HEADS_UP)

    with sessions.begin() as session:
        know(session, profile("U003"), profile("U004"))
        programme, present = found(session, programme_id), ["U001", "U002", "U003", "U004"]
        channel_enrolments.follow(session, programme, present, now=stage.HEADS_UP)
        enrolments.join(session, actor("U004"), programme, now=stage.HEADS_UP)
        first, second = (round_takers.takers(session, programme, nth, stage.HEADS_UP) for nth in (1, 2))

    assert [each.member.user_id for each in first.present] == ["U001", "U002", "U004"]
    assert [each.member.user_id for each in second.present] == present


def test_who_joined_and_leaves_the_channel_takes_part_no_longer_until_they_are_back(
    sessions: Sessions,
) -> None:
    programme_id = running(sessions, [AMY, BEN, "UCLEO"])
    joined(sessions, programme_id, AMY, BEN)

    with sessions.begin() as session:
        channel_enrolments.follow(session, found(session, programme_id), [AMY, "UCLEO"], now=MONDAY_NOON)
    away = states(sessions, programme_id)
    with sessions.begin() as session:
        programme = found(session, programme_id)
        channel_enrolments.move(session, programme, user_id=AMY, is_present=False, now=MONDAY_NOON)
        channel_enrolments.move(session, programme, user_id=BEN, is_present=True, now=MONDAY_NOON)

    assert away == {AMY: IN, BEN: GONE}
    assert states(sessions, programme_id) == {AMY: GONE, BEN: IN}


def test_who_leaves_the_channel_during_a_pause_is_gone_when_it_ends(sessions: Sessions) -> None:
    programme_id = running(sessions, [AMY, BEN], enrolment=EVERYONE)
    joined(sessions, programme_id, AMY, BEN)
    with sessions.begin() as session:
        programme = found(session, programme_id)
        for who in (AMY, BEN):
            pauses.pause(session, actor(who), [programme_id], TODAY + timedelta(days=2), now=MONDAY_NOON)
        session.flush()
        channel_enrolments.follow(session, programme, [], now=MONDAY_NOON)
        channel_enrolments.move(session, programme, user_id=BEN, is_present=True, now=MONDAY_NOON)

        early = round_takers.takers(session, programme, 1, MONDAY_NOON).out
        late = round_takers.takers(session, programme, 1, MONDAY_NOON + 3 * DAY).out

    assert early == {AMY: Out.GONE, BEN: Out.PAUSED}
    assert late == {AMY: Out.GONE}


def test_a_look_that_did_not_ask_who_is_there_leaves_everybody_in(sessions: Sessions) -> None:
    programme_id = running(sessions, [AMY, BEN])
    joined(sessions, programme_id, AMY, BEN)
    with sessions.begin() as session:
        found(session, programme_id).enrolment = EVERYONE  # its owner changed it while Slack was being asked
        channel_enrolments.note(session, found(session, programme_id), None, None, now=MONDAY_NOON)

    assert states(sessions, programme_id) == {AMY: IN, BEN: IN}


def test_a_large_channel_is_enrolled_with_the_statements_of_one(store: Engine) -> None:
    sessions = Sessions(store)
    people = [f"U{number:04}" for number in range(300)]
    programme_id = running(sessions, people, enrolment=EVERYONE)

    with sessions.begin() as session, counted() as statements:
        programme = found(session, programme_id)
        channel_enrolments.follow(session, programme, people, now=MONDAY_NOON)

    assert len(statements) <= 12  # SQLite takes what is inserted in parts
    assert set(states(sessions, programme_id).values()) == {IN}


def test_whoever_wants_no_name_is_named_nowhere_also_where_they_are_enrolled_later(
    sessions: Sessions,
) -> None:
    first = running(sessions, [AMY, BEN])
    joined(sessions, first, AMY)
    with sessions.begin() as session:
        enrolments.name(session, actor(AMY), is_unnamed=True)
        with pytest.raises(TakesNoPart):
            enrolments.name(session, actor(BEN), is_unnamed=True)
        programmes.end(session, actor(AMY), first, now=MONDAY_NOON)
    second = running(sessions, [BEN], enrolment=EVERYONE)

    with sessions.begin() as session:
        channel_enrolments.follow(session, found(session, second), [AMY, BEN], now=MONDAY_NOON)
        assert session.scalars(Participant.one(second, AMY)).one().is_unnamed
        assert not session.scalars(Participant.one(second, BEN)).one().is_unnamed


def test_where_i_stand_is_told_with_one_query(store: Engine) -> None:
    sessions = Sessions(store)
    programme_id = running(sessions, [AMY, BEN])
    joined(sessions, programme_id, BEN)
    with sessions.begin() as session:
        enrolments.sit_out(session, actor(BEN), programme_id)

    with counted() as statements, sessions.read() as session:
        (amys,) = enrolments.mine(session, actor(AMY), today=TODAY, now=MONDAY_NOON)
        assert len(statements) == 1
        (bens,) = enrolments.mine(session, actor(BEN), today=TODAY, now=MONDAY_NOON)

    assert (amys.is_owner, amys.takes_part) == (True, False)
    assert (bens.is_owner, bens.takes_part, bens.sits_out) == (False, True, True)
    assert bens.next_at == utc("2026-12-01 09:00")


def test_an_exclusion_is_kept_once_and_taken_back(sessions: Sessions) -> None:
    running(sessions, [AMY, BEN])
    with sessions.begin() as session:
        assert exclusions.exclude(session, actor(AMY), BEN, now=MONDAY_NOON)
        assert not exclusions.exclude(session, actor(AMY), BEN, now=MONDAY_NOON + HOUR)
        assert exclusions.mine(session, actor(AMY)) == [BEN]
        assert exclusions.mine(session, actor(BEN)) == []
        assert session.execute(Exclusion.of_people(TEAM, [AMY])).all() == [(AMY, BEN)]
        with pytest.raises(Yourself):
            exclusions.exclude(session, actor(AMY), AMY, now=MONDAY_NOON)
        with pytest.raises(NobodyThere):
            exclusions.exclude(session, actor(AMY), "UNOBODY", now=MONDAY_NOON)
        exclusions.allow(session, actor(BEN), AMY)
        assert exclusions.mine(session, actor(AMY)) == [BEN]
        exclusions.allow(session, actor(AMY), BEN)
        assert exclusions.mine(session, actor(AMY)) == []


def test_with_whom_i_am_together_is_read_with_the_rest(store: Engine) -> None:
    sessions = Sessions(store)
    programme_id = running(sessions, [AMY, BEN, "UCLEO"])
    joined(sessions, programme_id, AMY, BEN, "UCLEO")
    round_id = held_round(sessions, programme_id, on=date(2026, 12, 1))
    with sessions.begin() as session:
        facts = {"workspace_id": TEAM, "round_id": round_id, "reasons": [], "times": []}
        pairings = [
            Pairing(place=place, state=state, **facts) for place, state in ((0, DISSOLVED), (1, STANDING))
        ]
        session.add_all(pairings)
        session.flush()
        for pairing, user_id in [(pairings[0], AMY), *((pairings[1], each) for each in (AMY, BEN, "UCLEO"))]:
            part = {"workspace_id": TEAM, "programme_id": programme_id, "number": 1}
            answer = MET if user_id == AMY else None
            session.add(Partner(pairing_id=pairing.id, user_id=user_id, answer=answer, **part))
        standing = pairings[1].id

    with sessions.read() as session:
        (amys,) = enrolments.mine(session, actor(AMY), today=TODAY, now=MONDAY_NOON)
        (bens,) = enrolments.mine(session, actor(BEN), today=TODAY, now=MONDAY_NOON)
        is_to_come = [exclusions.are_together(session, actor(who), "UCLEO") for who in (AMY, BEN)]

    assert is_to_come == [False, True]
    assert amys.pairings == [Together(standing, (BEN, "UCLEO"), MET)]
    assert bens.pairings == [Together(standing, (AMY, "UCLEO"), None)]
