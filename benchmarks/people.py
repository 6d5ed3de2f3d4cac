"""People and the moment that the figures are about."""

from __future__ import annotations

from datetime import UTC, datetime

from bot.members import Profile

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
TEAM = "TBENCH"


def profile(user: str, zone: str = "Europe/Berlin") -> Profile:
    """Make up what Slack says of somebody."""
    return Profile(user, user, zone, is_person=True, is_guest=False, is_deactivated=False, is_admin=False)
