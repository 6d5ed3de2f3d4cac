"""Nobody is matched who could not hear of a round: who is back in time hears of it, who is not waits for the next."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time

import pytest
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from bot import channel_enrolments, enrolments, pauses, programme_heads_ups, round_pacts, round_steps, rounds
from bot.outbox import Later, Never
from bot.round_facts import HeadsUp
from bot.round_judging import judge
from bot.round_messages import HEADS_UP
from bot.runtime.database import Sessions
from handlers import round_turns
from models.members import Member
from models.outbox import CANCELLED, READY, SENT, Delivery
from models.pacts import Pact
from models.programmes import GONE, Participant
from tests.bot import rounds_stage as stage
from tests.bot.buddies_stage import TEAM, actor, found
from tests.bot.rounds_stage import quick as quick
from tests.people import DAY, HOUR, MONDAY_NOON

LATE = "U003"
"""Who is not there when the others hear of it."""
Act = Callable[[Session, int], None]


def deliver(sessions: Sessions, now: datetime) -> None:
    """Send every heads-up that may be, and put off or take back the others."""
    with sessions.begin() as session:
        due = select(Delivery).where(Delivery.kind == HEADS_UP, Delivery.state == READY)
        rows = session.scalars(due.where(Delivery.not_before <= now, Delivery.expire_at > now)).all()
        verdicts = judge(session, rows, now=now)
        for row in rows:
            match verdicts[row.id]:
                case Later(until, reason):
                    row.not_before, row.reason = until, reason
                case Never(reason):
                    row.state, row.reason = CANCELLED, reason
                case facts:
                    assert isinstance(facts, HeadsUp)
                    row.state = SENT


def heard(sessions: Sessions) -> bool:
    """Whether the late one was told that a round is near."""
    return any(each.receiver == LATE and each.state == SENT for each in stage.deliveries(sessions, HEADS_UP))


def is_matched(sessions: Sessions, programme_id: int) -> bool:
    """Whether the late one is in the newest round."""
    return any(LATE in each for each in stage.groups(sessions, programme_id))


def absent(until: datetime | None) -> Act:
    """Let Slack say that the late one is on vacation."""

    def leave(session: Session, _: int) -> None:
        member = session.get_one(Member, (TEAM, LATE))
        member.is_away, member.away_until = True, until

    return leave


def silent(until: datetime) -> Act:
    """Let the late one want no messages until then."""

    def be_silent(session: Session, _: int) -> None:
        member = session.get_one(Member, (TEAM, LATE))
        member.is_paused, member.paused_until = True, until

    return be_silent


def pause(session: Session, programme_id: int) -> None:
    """Let the late one pause until the day of the round."""
    pauses.pause(session, actor(LATE), [programme_id], stage.START.date(), now=MONDAY_NOON)


MORNING = stage.START - HOUR
"""When the late one begins to work on the day of the round, an hour before it."""


@pytest.mark.parametrize(
    "away",
    [absent(stage.START - 10 * HOUR), silent(stage.START - 10 * HOUR), pause],
    ids=["vacation", "silence", "pause"],
)
def test_who_is_back_before_a_round_hears_of_it_then_and_is_matched(quick: Sessions, away: Act) -> None:
    programme_id = stage.staffed(quick, 4)
    with quick.begin() as session:
        away(session, programme_id)

    stage.step(quick, stage.HEADS_UP)
    deliver(quick, stage.HEADS_UP)
    before = heard(quick)
    deliver(quick, MORNING)
    stage.step(quick, stage.START)

    assert (before, heard(quick)) == (False, True)
    assert is_matched(quick, programme_id)


@pytest.mark.parametrize(
    "away",
    [absent(stage.START - 2 * HOUR), silent(stage.START - 2 * HOUR), pause],
    ids=["vacation", "silence", "pause"],
)
def test_who_is_back_too_late_to_hear_waits_for_the_next_round(quick: Sessions, away: Act) -> None:
    programme_id = stage.staffed(quick, 4, at=time(9))
    with quick.begin() as session:
        away(session, programme_id)

    stage.step(quick, stage.HEADS_UP - HOUR)
    deliver(quick, stage.HEADS_UP - HOUR)
    stage.step(quick, MORNING)

    assert not heard(quick)
    assert not is_matched(quick, programme_id)


@pytest.mark.parametrize("comes_by_hand", [True, False], ids=["by hand", "seen in the channel"])
def test_who_comes_back_by_themselves_after_the_heads_up_is_in_and_who_is_only_seen_is_not(
    quick: Sessions, *, comes_by_hand: bool
) -> None:
    programme_id = stage.staffed(quick, 4)
    with quick.begin() as session:
        session.get_one(Participant, (programme_id, LATE)).state = GONE
    stage.step(quick, stage.HEADS_UP)

    with quick.begin() as session:
        programme = found(session, programme_id)
        if comes_by_hand:
            programme_heads_ups.expect(session, programme, LATE, now=MORNING + HOUR / 2)
            enrolments.join(session, actor(LATE), programme, now=MORNING + HOUR / 2)
        channel_enrolments.follow(session, programme, {"U001", "U002", LATE, "U004"}, now=stage.START)
    stage.step(quick, stage.START)

    assert is_matched(quick, programme_id) == comes_by_hand


def test_where_nobody_could_be_told_the_round_is_held_all_the_same(quick: Sessions) -> None:
    programme_id = stage.staffed(quick, 4)
    stage.step(quick, stage.HEADS_UP)
    with quick.begin() as session:
        session.execute(delete(Delivery).where(Delivery.kind == HEADS_UP))

    stage.step(quick, stage.START)

    assert is_matched(quick, programme_id)


def test_where_the_heads_up_fails_until_the_start_all_are_in_and_not_only_who_heard_early(
    quick: Sessions,
) -> None:
    programme_id = stage.staffed(quick, 4)
    with quick.begin() as session:
        session.get_one(Member, (TEAM, LATE)).work_days = "234"  # from Wednesday on, so they hear on Friday
    stage.step(quick, stage.HEADS_UP - 5 * DAY)
    early = [each.receiver for each in stage.deliveries(quick, HEADS_UP)]

    round_turns.announce(quick, programme_id, stage.HEADS_UP)
    (buddy_round,) = stage.rounds_of(quick, programme_id)
    for now in (stage.HEADS_UP, stage.START - HOUR / 2):  # in which it fails
        with quick.begin() as session:
            round_steps.put_off(session, buddy_round.id, now + HOUR, now=now)
    stage.step(quick, stage.START)

    assert early == [LATE]
    assert sum(map(len, stage.groups(quick, programme_id))) == 4


def test_who_is_out_of_a_pact_by_then_hears_of_the_round_with_the_others(quick: Sessions) -> None:
    programme_id = stage.staffed(quick, 4, pact_weeks=4)
    stage.first_round(quick)
    pairing = stage.pairing_of(quick, programme_id, LATE)
    with quick.begin() as session:
        rounds.say(session, actor(LATE), pairing.id, "met", now=stage.START)
        pact = session.scalars(Pact.of_pairing(pairing.id)).one()
        for who in pact.people:
            # Four weeks from here are over on the day of the heads-up of the third round.
            round_pacts.agree(session, actor(who), pact.id, now=stage.HEADS_UP)

    stage.step(quick, stage.following(stage.HEADS_UP, 1))
    second = {each.receiver for each in stage.deliveries(quick, HEADS_UP) if ":2:" in each.key}
    stage.step(quick, stage.following(stage.HEADS_UP, 2))
    third = {each.receiver for each in stage.deliveries(quick, HEADS_UP) if ":3:" in each.key}

    assert set(pact.people).isdisjoint(second)
    assert third == {"U001", "U002", LATE, "U004"}


def test_who_comes_back_into_a_pact_hears_of_no_round_until_the_other_leaves(quick: Sessions) -> None:
    programme_id = stage.staffed(quick, 4, pact_weeks=4)
    stage.first_round(quick)
    pairing = stage.pairing_of(quick, programme_id, LATE)
    heads_up, start = stage.following(stage.HEADS_UP, 1), stage.following(stage.START, 1)
    with quick.begin() as session:
        rounds.say(session, actor(LATE), pairing.id, "met", now=stage.START + HOUR)
        pact = session.scalars(Pact.of_pairing(pairing.id)).one()
        for who in pact.people:
            round_pacts.agree(session, actor(who), pact.id, now=stage.START + HOUR)
        pauses.pause(session, actor(LATE), [programme_id], start.date() + DAY, now=heads_up - DAY)
        other = next(each for each in pact.people if each != LATE)
        session.execute(delete(Delivery).where(Delivery.kind == HEADS_UP))
    stage.step(quick, heads_up)

    with quick.begin() as session:
        programme_heads_ups.expect(session, found(session, programme_id), LATE, now=heads_up + HOUR)
        pauses.resume(session, actor(LATE), [programme_id])
    deliver(quick, heads_up + HOUR)
    before = heard(quick)
    with quick.begin() as session:
        programme = found(session, programme_id)
        programme_heads_ups.expect_partners(session, programme, [other], now=heads_up + 2 * HOUR)
        enrolments.leave(session, actor(other), programme, now=heads_up + 2 * HOUR)
    deliver(quick, heads_up + 2 * HOUR)
    stage.step(quick, start)

    assert (before, heard(quick)) == (False, True)
    assert is_matched(quick, programme_id)
