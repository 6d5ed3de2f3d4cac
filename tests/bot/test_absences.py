"""What becomes of a message nobody asked for while Slack keeps its receiver undisturbed."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any

import pytest

from bot.absences import spare, undisturbed
from bot.outbox import Later
from models.members import Member
from tests.people import DAY, HOUR, MINUTE, MONDAY_NOON

EVENING = MONDAY_NOON + 4 * HOUR
"""One hour before work ends."""


def kept(**facts: Any) -> Member:
    """Give somebody who is undisturbed from noon until 16:00 and works from 9 to 17."""
    told = {"undisturbed_from": MONDAY_NOON, "undisturbed_until": EVENING, "is_disturbance_believed": True}
    hours = {"zone": "UTC", "work_days": "01234", "work_starts": time(9), "work_ends": time(17)}
    return Member(**{**told, **hours, **facts})


@pytest.mark.parametrize(
    ("facts", "now", "until"),
    [
        ({}, MONDAY_NOON, EVENING),
        ({}, EVENING - MINUTE, EVENING),
        ({}, EVENING, None),
        ({}, MONDAY_NOON - MINUTE, None),
        ({"is_disturbance_believed": False}, MONDAY_NOON, None),
        ({"is_disturbance_believed": None}, MONDAY_NOON, None),
        ({"undisturbed_until": None}, MONDAY_NOON, None),
    ],
)
def test_somebody_is_undisturbed_between_two_moments_if_slack_said_so_lately(
    facts: dict[str, Any], now: datetime, until: datetime | None
) -> None:
    assert undisturbed(kept(**facts), now) == until


@pytest.mark.parametrize(
    ("ends", "useful_until", "comes_at"),
    [
        (EVENING, EVENING + HOUR, EVENING),
        (EVENING, EVENING + 30 * MINUTE, EVENING),
        (EVENING, EVENING + 29 * MINUTE, None),
        (EVENING + 2 * HOUR, EVENING + 3 * HOUR, None),
        (EVENING + 2 * HOUR, EVENING + DAY, MONDAY_NOON + 21 * HOUR),
    ],
    ids=["in time", "just in time", "too late", "of no use when work begins", "in the morning"],
)
def test_a_message_waits_for_the_end_only_if_it_is_of_use_then(
    ends: datetime, useful_until: datetime, comes_at: datetime | None
) -> None:
    later = spare(kept(undisturbed_until=ends), MONDAY_NOON, useful_until)

    assert later == (Later(comes_at, "undisturbed in Slack") if comes_at else None)
