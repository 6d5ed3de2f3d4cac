"""People of the sandbox workspace and moments that tests speak of by name."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

AMY, BEN, RAY = "UAMY0001", "UBEN0001", "URAY0001"
"""They live in New York."""
MIA, JONAS, ZOE = "UMIA0001", "UJON0001", "UZOE0001"
"""They live in Berlin."""
PRIYA, KAI = "UPRI0001", "UKAI0001"
"""Kolkata and Sydney."""

MONDAY_NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
"""13:00 in Berlin, 07:00 in New York."""
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
