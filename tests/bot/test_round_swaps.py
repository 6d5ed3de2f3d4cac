"""Swaps that come late, or again: nobody is promised somebody whom they cannot meet, nor asked twice."""

from __future__ import annotations

import pytest

from bot import enrolments, rounds
from bot.rounds import Swapped
from bot.runtime.database import Sessions
from tests.bot import rounds_stage as stage
from tests.bot.buddies_stage import actor, found, know, profile
from tests.bot.rounds_stage import quick as quick
from tests.people import HOUR
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
