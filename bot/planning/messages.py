"""The nudges about a meeting: to whom, about what, and in which window they are of use."""

from __future__ import annotations

from datetime import datetime

from bot.outbox import Message
from bot.planning.moments import People, Reach, prep_opens
from models.one_on_ones import Occurrence

PREP, CLOSING = "nudges.prep", "nudges.closing"
NUDGES = (PREP, CLOSING)
REGISTERED = "one_on_ones.registered"
"""The news of a registration, which its receiver gets before the first nudge."""


def messages_of(occurrence: Occurrence, people: People) -> list[Message]:
    """Write all messages about a meeting: both prepare for it, and who asks is reminded at its end."""
    one_on_one, workspace_id, subject = occurrence.one_on_one, occurrence.workspace_id, occurrence.id
    # The local day of the original slot: neither new zone data nor a move may mint a second message.
    meeting = f"{occurrence.one_on_one_id}:{occurrence.original_on.isoformat()}"
    begins, closing = occurrence.starts_at, (occurrence.closing_at, occurrence.ends_at)
    messages = []
    for person in one_on_one.people:
        opens = prep_opens(begins, people[workspace_id, person])
        messages.append(
            Message(workspace_id, f"prep:{meeting}:{person}", PREP, person, subject, opens, begins)
        )
        if one_on_one.asks(person):
            messages.append(
                Message(workspace_id, f"closing:{meeting}:{person}", CLOSING, person, subject, *closing)
            )
    return messages


def window(kind: str, occurrence: Occurrence, reach: Reach) -> tuple[datetime, datetime]:
    """Say from when until when a nudge of this kind is of use to somebody who is reached so."""
    if kind == CLOSING:
        return occurrence.closing_at, occurrence.ends_at
    return prep_opens(occurrence.starts_at, reach), occurrence.starts_at
