"""Guests of a workspace, who take part where a programme's owner lets them, and read so where not."""

from __future__ import annotations

import pytest

from bot import channel_enrolments, enrolments
from bot.runtime.database import Sessions
from models.bulk import rows_of
from models.programmes import EVERYONE, IN, Participant
from tests.bot.buddies_stage import actor, found, know, profile, running
from tests.bot.rounds_stage import quick as quick
from tests.people import AMY, MONDAY_NOON


def parts(sessions: Sessions, programme_id: int) -> dict[str, str]:
    with sessions.read() as session:
        return dict(rows_of(session, Participant.states(programme_id)))


@pytest.mark.parametrize("may", [False, True])
def test_a_guest_is_enrolled_with_the_channel_where_guests_may_take_part(quick: Sessions, may: bool) -> None:
    programme_id = running(quick, [AMY], enrolment=EVERYONE, takes_guests=may)

    with quick.begin() as session:
        know(session, profile("UGUEST", is_guest=True))
        channel_enrolments.follow(session, found(session, programme_id), [AMY, "UGUEST"], now=MONDAY_NOON)

    assert parts(quick, programme_id) == {AMY: IN, **({"UGUEST": IN} if may else {})}


def test_a_guest_who_was_let_in_is_told_when_that_is_over(quick: Sessions) -> None:
    programme_id = running(quick, [AMY], takes_guests=True)
    with quick.begin() as session:
        know(session, profile("UGUEST", is_guest=True))
        enrolments.join(session, actor("UGUEST"), found(session, programme_id), now=MONDAY_NOON)

    def shut_out() -> list[bool]:
        with quick.read() as session:
            mine = enrolments.mine(session, actor("UGUEST"), today=MONDAY_NOON.date(), now=MONDAY_NOON)
            return [each.is_shut_out for each in mine]

    before = shut_out()
    with quick.begin() as session:
        found(session, programme_id).takes_guests = False

    assert (before, shut_out()) == ([False], [True])
