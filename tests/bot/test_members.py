"""Silence: a pause, a vacation, both, and their ends."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.members import FAR_OFF, silent_until
from models.members import Member
from tests.people import DAY, HOUR, MONDAY_NOON

SOON, LATER = MONDAY_NOON + HOUR, MONDAY_NOON + DAY


@pytest.mark.parametrize(
    ("facts", "until"),
    [
        ({}, None),
        ({"is_paused": True}, FAR_OFF),
        ({"is_paused": True, "paused_until": SOON}, SOON),
        ({"is_paused": True, "paused_until": MONDAY_NOON}, None),
        ({"is_away": True}, FAR_OFF),
        ({"is_away": True, "away_until": LATER}, LATER),
        ({"is_away": True, "away_until": MONDAY_NOON}, None),
        ({"is_away": False, "away_until": LATER}, None),
        ({"is_paused": True, "paused_until": SOON, "is_away": True, "away_until": LATER}, LATER),
        ({"is_paused": True, "is_away": True, "away_until": LATER}, FAR_OFF),
    ],
)
def test_silence_lasts_until_both_have_ended(facts: dict[str, object], until: datetime | None) -> None:
    settled = {"is_paused": False, "paused_until": None, "is_away": False, "away_until": None}

    assert silent_until(Member(**{**settled, **facts}), MONDAY_NOON) == until


def test_the_far_end_of_time_can_be_compared_in_every_zone() -> None:
    assert FAR_OFF.astimezone(UTC) > MONDAY_NOON
    assert FAR_OFF.tzinfo is UTC
