"""Who says nothing of rounds: counted once they were asked, and told once."""

from __future__ import annotations

from bot import rounds
from bot.round_messages import SILENCED
from bot.runtime.database import Sessions
from models.programmes import PAUSED, Participant
from tests.bot import rounds_stage as stage
from tests.bot.buddies_stage import actor
from tests.bot.rounds_stage import quick as quick
from tests.people import DAY


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
