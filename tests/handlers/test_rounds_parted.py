"""Whose partner in a pact is lost after the others heard of a round hears of it as well, however they are lost."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select

from bot import round_pacts, rounds
from bot.permissions import Actor
from models.members import Member
from models.pacts import Pact
from models.programmes import GONE
from models.rounds import MET
from tests.handlers import rounds_stage as stage
from tests.handlers.buddies_stage import GROWTH, programme_of, standing_in
from tests.people import AMY, BEN, DAY, HOUR, RAY
from tests.scenes import begin_with
from tests.trellis import Trellis

HEADS_UP, START = stage.HEADS_UP + 7 * DAY, stage.START + 7 * DAY
"""Of the second round."""
Act = Callable[[Trellis, str], object]


def in_a_pact(trellis: Trellis) -> None:
    """Let Amy be in a pact with one of three others when the two beside them hear of the second round."""
    programme = stage.taking_part(trellis, (AMY, BEN, RAY, stage.NIA), every_weeks=1, pact_weeks=4)
    stage.live_until(trellis, stage.START + HOUR)
    pairing = next(each for each in stage.pairings(trellis, programme) if AMY in each.people)
    with trellis.sessions.begin() as session:
        now = trellis.clock.people_now()
        rounds.say(session, Actor(trellis.workspace, AMY), pairing.pairing.id, MET, now=now)
        pact = session.scalars(Pact.of_pairing(pairing.pairing.id)).one()
        for who in pact.people:
            round_pacts.agree(session, Actor(trellis.workspace, who), pact.id, now=now)
    stage.live_until(trellis, HEADS_UP + HOUR)


def partner(trellis: Trellis) -> str:
    with trellis.sessions.read() as session:
        pact = session.scalars(select(Pact)).one()
    return next(each for each in pact.people if each != AMY)


def heard(trellis: Trellis) -> int:
    """Count the heads-ups Amy got."""
    return len(stage.with_button(trellis.slack.dms(AMY), "Sit this one out"))


def pause(trellis: Trellis, who: str) -> None:
    assert "You pause" in trellis.slack.command(who, "/buddy pause until 2027-02-01").text


def keep_away(trellis: Trellis, who: str) -> None:
    assert "never" in trellis.slack.command(who, "/buddy not @amy").text


def leave_the_channel(trellis: Trellis, who: str) -> None:
    trellis.slack.put_out(GROWTH, who)
    programme = programme_of(trellis)
    trellis.slack.eventually(lambda: standing_in(trellis, programme)[who] == GONE)  # type: ignore[arg-type]


def be_deactivated(trellis: Trellis, who: str) -> None:
    trellis.slack.change_person(who, deleted=True)
    trellis.slack.eventually(lambda: _is_gone(trellis, who))


def _is_gone(trellis: Trellis, who: str) -> bool:
    with trellis.sessions.read() as session:
        return session.get_one(Member, (trellis.workspace, who)).is_deactivated


@pytest.mark.parametrize("lose", [pause, keep_away, leave_the_channel, be_deactivated])
def test_whose_partner_is_lost_after_the_heads_up_hears_of_the_round_and_is_in_it(
    trellis: Trellis, lose: Act
) -> None:
    begin_with(trellis, in_a_pact)
    before = heard(trellis)

    lose(trellis, partner(trellis))
    stage.live_until(trellis, START + HOUR)

    programme = programme_of(trellis)
    assert programme is not None
    assert heard(trellis) == before + 1
    assert AMY in {who for each in stage.pairings(trellis, programme) for who in each.people}
