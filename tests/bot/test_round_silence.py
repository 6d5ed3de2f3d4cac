"""Who says nothing of rounds: counted once they were asked, and told once."""

from __future__ import annotations

import pytest

from bot import exclusions, pauses, rounds
from bot.budgets import UNWANTED, over
from bot.outbox import Later, Never
from bot.round_facts import Silenced
from bot.round_messages import CLOSING, SILENCED
from bot.round_silence import closes_at
from bot.runtime.database import Sessions
from models.members import Member
from models.outbox import CANCELLED, READY, SENT, Delivery
from models.programmes import PAUSED, Participant, Programme
from tests.bot import rounds_stage as stage
from tests.bot.buddies_stage import TEAM, actor
from tests.bot.rounds_stage import quick as quick
from tests.people import DAY, HOUR, MONDAY_NOON


def begun_again(sessions: Sessions) -> int:
    """Let a round begin three days after another, whose people have two weeks, and give the programme's id."""
    programme_id = stage.staffed(sessions, 4)
    stage.first_round(sessions)
    with sessions.begin() as session:
        rounds.match_now(session, actor("U001"), programme_id, stage.START + 3 * DAY)
    stage.step(sessions, stage.START + 3 * DAY)
    return programme_id


def test_a_round_that_begins_at_once_counts_nobody_as_silent_who_was_not_asked_yet(quick: Sessions) -> None:
    programme_id = begun_again(quick)

    second, first = stage.rounds_of(quick, programme_id)
    assert (second.number, first.silence_counted_at) == (2, None)
    assert stage.part(quick, programme_id, "U001").silent_rounds == 0


def test_who_is_paused_already_is_not_told_again_when_another_round_is_settled(quick: Sessions) -> None:
    programme_id = begun_again(quick)
    with quick.begin() as session:
        for each in session.scalars(Participant.of_programme(programme_id)):
            each.silent_rounds = 2

    for moment in (stage.START + 14 * DAY, stage.START + 28 * DAY):
        stage.step(quick, moment)

    first, second, *_ = stage.rounds_of(quick, programme_id)[::-1]
    assert None not in (first.silence_counted_at, second.silence_counted_at)
    assert stage.part(quick, programme_id, "U001").state == PAUSED
    assert stage.part(quick, programme_id, "U001").silent_rounds == 3
    assert len(stage.deliveries(quick, SILENCED)) == 4


@pytest.mark.parametrize(
    ("state", "reason", "silent"),
    [(CANCELLED, UNWANTED, 0), (READY, over(3), 0), (SENT, over(3), 1), (CANCELLED, "by hand", 1)],
)
def test_who_was_spared_the_question_for_their_attention_is_not_silent(
    quick: Sessions, state: str, reason: str, silent: int
) -> None:
    programme_id = stage.staffed(quick, 2)
    stage.first_round(quick)
    (first,) = stage.rounds_of(quick, programme_id)
    with quick.begin() as session:
        asked_at = closes_at(session.get_one(Programme, programme_id), first)
    stage.step(quick, asked_at)
    with quick.begin() as session:
        for closing in session.scalars(Delivery.ready_for(TEAM, "U001")):
            if closing.kind == CLOSING:
                closing.state, closing.reason = state, reason

    stage.step(quick, stage.START + 14 * DAY)

    assert stage.part(quick, programme_id, "U001").silent_rounds == silent
    assert stage.part(quick, programme_id, "U002").silent_rounds == 1


def test_who_is_away_when_silence_pauses_them_reads_so_weeks_later(quick: Sessions) -> None:
    programme_id = stage.staffed(quick, 2)
    stage.first_round(quick)
    with quick.begin() as session:
        for each in session.scalars(Participant.of_programme(programme_id)):
            each.silent_rounds = 2
    paused_at = stage.START + 14 * DAY
    stage.step(quick, paused_at)
    back_at = paused_at + 35 * DAY
    with quick.begin() as session:
        member = session.get_one(Member, (TEAM, "U001"))
        member.is_away, member.away_until = True, back_at
        pauses.pause(session, actor("U002"), [programme_id], None, now=paused_at)

    away, themselves = stage.told(quick, SILENCED, paused_at)
    back, _ = stage.told(quick, SILENCED, back_at)

    assert isinstance(away, Later)
    assert isinstance(themselves, Never)  # as they know it
    assert isinstance(back, Silenced)
    assert stage.deliveries(quick, SILENCED)[0].expire_at > back_at


def test_who_was_put_together_after_all_were_asked_is_not_silent_and_a_swap_is_a_word(
    quick: Sessions,
) -> None:
    programme_id = stage.staffed(quick, 3)
    with quick.begin() as session:
        for who in ("U001", "U002"):
            exclusions.exclude(session, actor(who), "U003", now=MONDAY_NOON)
    stage.first_round(quick)
    (held,) = stage.rounds_of(quick, programme_id)
    with quick.read() as session:
        asked_at = closes_at(session.get_one(Programme, programme_id), held)
    stage.step(quick, asked_at)
    with quick.begin() as session:
        exclusions.allow(session, actor("U002"), "U003")
        for each in session.scalars(Participant.of_programme(programme_id)):
            each.silent_rounds = 1
        pairing = stage.pairing_of(quick, programme_id, "U002")
        rounds.swap(session, actor("U002"), pairing.id, now=asked_at + HOUR)

    stage.step(quick, held.ends_at)

    silent = {who: stage.part(quick, programme_id, who).silent_rounds for who in ("U001", "U002", "U003")}
    assert silent == {"U001": 1, "U002": 0, "U003": 1}
