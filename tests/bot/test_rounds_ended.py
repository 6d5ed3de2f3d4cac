"""After a programme has ended, or for who left it: who is together goes on, and nobody is promised a next round."""

from __future__ import annotations

import pytest

from bot import enrolments, programmes, round_pacts, rounds
from bot.enrolments import PactWith, TakesNoPart
from bot.round_facts import PactFacts
from bot.round_pacts import END
from bot.runtime.database import Sessions
from models.pacts import OVER, Pact
from models.programmes import Programme
from models.rounds import MET
from tests.bot import rounds_stage as stage
from tests.bot.buddies_stage import actor, found
from tests.bot.rounds_stage import quick as quick
from tests.people import DAY, HOUR

LATER = stage.START + HOUR
WEEKS = 4


def in_a_pact(sessions: Sessions) -> tuple[int, int]:
    """Let two of a programme agree to go on together, and give its id and the pact's."""
    programme_id = stage.staffed(sessions, 2, pact_weeks=WEEKS)
    stage.first_round(sessions)
    pairing = stage.pairing_of(sessions, programme_id, "U001")
    with sessions.begin() as session:
        rounds.say(session, actor("U001"), pairing.id, MET, now=LATER)
        pact_id = session.scalars(Pact.of_pairing(pairing.id)).one().id
        for who in ("U001", "U002"):
            round_pacts.agree(session, actor(who), pact_id, now=LATER)
    return programme_id, pact_id


def end(sessions: Sessions, programme_id: int) -> Programme:
    with sessions.begin() as session:
        return programmes.end(session, actor("U001"), programme_id, now=LATER)


def seen(sessions: Sessions, user_id: str) -> list[enrolments.Stand]:
    with sessions.read() as session:
        return enrolments.mine(session, actor(user_id), today=LATER.date(), now=LATER)


@pytest.mark.parametrize("who", ["U001", "U002"], ids=["owner", "participant"])
def test_who_is_together_as_a_programme_ends_finds_each_other_until_the_round_is_over(
    quick: Sessions, who: str
) -> None:
    programme_id = stage.staffed(quick, 2)
    stage.first_round(quick)
    end(quick, programme_id)

    (stand,) = seen(quick, who)
    stage.step(quick, stage.following(stage.START, 1))

    assert [each.others for each in stand.pairings] != []
    assert (stand.takes_part, stand.is_owner, stand.next_at) == (False, False, None)
    assert seen(quick, who) == []


def test_who_is_in_a_pact_as_a_programme_ends_reads_with_whom(quick: Sessions) -> None:
    programme_id, _ = in_a_pact(quick)
    end(quick, programme_id)
    stage.step(quick, stage.following(stage.START, 1))

    (stand,) = seen(quick, "U002")

    assert list(stand.pacts) == [PactWith(("U001",), (LATER + WEEKS * 7 * DAY).date())]
    assert stand.pairings == []


def test_a_programme_that_has_ended_promises_no_next_round(quick: Sessions) -> None:
    programme_id, pact_id = in_a_pact(quick)
    pairing = stage.pairing_of(quick, programme_id, "U001")
    end(quick, programme_id)

    with quick.begin() as session:
        swapped = rounds.swap(session, actor("U002"), pairing.id, now=LATER)
    over = LATER + WEEKS * 7 * DAY
    stage.step(quick, over)

    told = [each for each in stage.told(quick, END, over) if isinstance(each, PactFacts)]
    assert not swapped.has_next
    assert [each.has_next for each in told] == [False, False]
    with pytest.raises(TakesNoPart), quick.begin() as session:
        rounds.rotate(session, actor("U001"), pact_id)


def test_who_left_is_promised_nobody_new_and_says_so(quick: Sessions) -> None:
    programme_id, pact_id = in_a_pact(quick)
    pairing = stage.pairing_of(quick, programme_id, "U001")
    with quick.begin() as session:
        session.get_one(Pact, pact_id).state = OVER
        enrolments.leave(session, actor("U002"), found(session, programme_id), now=LATER)

    for act in (
        lambda session: rounds.swap(session, actor("U002"), pairing.id, now=LATER),
        lambda session: rounds.rematch(session, actor("U002"), pact_id, now=LATER),
        lambda session: rounds.rotate(session, actor("U002"), pact_id),
    ):
        with pytest.raises(TakesNoPart), quick.begin() as session:
            act(session)
