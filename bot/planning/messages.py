"""The nudges about a meeting: to whom, about what, and in which window they are of use."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import NamedTuple

from bot.outbox import Message
from bot.planning.moments import People, Reach, prep_opens
from models.one_on_ones import Occurrence, Turn, asks, closing_of

PREP, CLOSING = "nudges.prep", "nudges.closing"
NUDGES = (PREP, CLOSING)
REGISTERED = "one_on_ones.registered"
"""The news of a registration, which its receiver gets before the first nudge."""


class Meeting(NamedTuple):
    """A meeting that has its row: the row's id, the day it is known by, and when it is held."""

    id: int
    original_on: date
    starts_at: datetime
    minutes: int

    @classmethod
    def of(cls, occurrence: Occurrence) -> Meeting:
        """Read it from its row."""
        return cls(occurrence.id, occurrence.original_on, occurrence.starts_at, occurrence.minutes)


def messages_of(turn: Turn, meeting: Meeting, people: People) -> list[Message]:
    """Write all messages about a meeting: both prepare for it, and who asks is reminded at its end."""
    workspace_id, subject, begins = turn.workspace_id, meeting.id, meeting.starts_at
    # The local day of the original slot: neither new zone data nor a move may mint a second message.
    about = f"{turn.id}:{meeting.original_on.isoformat()}"
    closing = closing_of(begins, meeting.minutes), begins + timedelta(minutes=meeting.minutes)
    messages = []
    for person in (turn.organiser, turn.partner):
        opens = prep_opens(begins, people[workspace_id, person])
        messages.append(Message(workspace_id, f"prep:{about}:{person}", PREP, person, subject, opens, begins))
        if asks(turn.manager, person):
            messages.append(
                Message(workspace_id, f"closing:{about}:{person}", CLOSING, person, subject, *closing)
            )
    return messages


def window(kind: str, occurrence: Occurrence, reach: Reach) -> tuple[datetime, datetime]:
    """Say from when until when a nudge of this kind is of use to somebody who is reached so."""
    if kind == CLOSING:
        return occurrence.closing_at, occurrence.ends_at
    return prep_opens(occurrence.starts_at, reach), occurrence.starts_at
