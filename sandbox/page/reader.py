"""Whom the page is rendered for: the person, their time zone, and the names they may see."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from zoneinfo import ZoneInfo


@dataclass(frozen=True)
class Reader:
    """The person who looks at the page, and what is needed to write names and times for them."""

    id: str
    now: datetime
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    people: Mapping[str, str] = field(default_factory=dict)
    channels: Mapping[str, str] = field(default_factory=dict)

    def local(self, moment: datetime) -> datetime:
        """Give a moment as this person's wall clock shows it."""
        return moment.astimezone(self.zone)

    def local_from_seconds(self, seconds: float) -> datetime:
        """Give a moment in seconds since 1970 as this person's wall clock shows it."""
        return self.local(datetime.fromtimestamp(seconds, UTC))
