"""Standing 1-on-1s that come due while workers are attacked: it is the workers who plan them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import NamedTuple

from sqlalchemy.orm import Session

from bot import members, one_on_ones
from bot.members import Profile
from bot.one_on_ones import NewOneOnOne
from bot.permissions import Actor
from bot.recurrence import Recurrence

ZONE = "Etc/UTC"
BEGINS_AFTER, REGISTERED_BEFORE = timedelta(hours=72), timedelta(hours=48)
"""So soon a meeting is planned at once, and so early it was too far off to be."""
PREPARED_BEFORE, CLOSING_AFTER = timedelta(hours=3), timedelta(minutes=16)
MINUTES = 30
MESSAGES = 5
"""Of each: the news, two that prepare for it and two at its end."""


class Pair(NamedTuple):
    """Two people of a workspace who are to meet."""

    workspace_id: str
    organiser: str
    partner: str


@dataclass(frozen=True)
class Meetings:
    """All of them, which begin at one moment."""

    pairs: Sequence[Pair]
    began: datetime
    """People's time at the beginning of the run."""

    @property
    def begin_at(self) -> datetime:
        """The moment they all begin, on a full minute."""
        return (self.began + BEGINS_AFTER).replace(second=0, microsecond=0)

    @property
    def prepared_at(self) -> datetime:
        """A moment at which all is due that prepares for them."""
        return self.begin_at - PREPARED_BEFORE

    @property
    def closing_at(self) -> datetime:
        """A moment at which they are about to end."""
        return self.begin_at + CLOSING_AFTER

    def introduce(self, session: Session) -> None:
        """Let everybody be known, who are at work day and night."""
        for workspace_id in {pair.workspace_id for pair in self.pairs}:
            met = [pair for pair in self.pairs if pair.workspace_id == workspace_id]
            people = sorted({person for pair in met for person in (pair.organiser, pair.partner)})
            profiles = [Profile(each, each, ZONE, True, False, False, False) for each in people]
            known = members.remember_all(session, workspace_id, profiles, at=self.began)
            for member in known.values():
                member.work_days, member.work_starts, member.work_ends = "0123456", time(0), time(23, 59)

    def register(self, session: Session, numbers: range) -> None:
        """Register some, as of a time when they were far off: whoever plans next finds them due."""
        day, at = self.begin_at.date(), self.begin_at.time()
        rhythm = Recurrence.weekly(day.weekday())
        for workspace_id, organiser, partner in self.pairs[numbers.start : numbers.stop]:
            new = NewOneOnOne(partner, rhythm, at, MINUTES, day, "peer")
            actor = Actor(workspace_id, organiser)
            one_on_ones.register(session, actor, new, now=self.began - REGISTERED_BEFORE)
