"""The count at the end: what the workspace has against what the store believes.

A message is known by its nonce: after a restore it may have been written anew, under another number.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from bot.runtime.database import Sessions
from bot.runtime.slack import payloads_in
from models.outbox import SENT, Delivery
from sandbox.driver import Driver


@dataclass(frozen=True)
class Verdict:
    """Deliveries by what became of them; all empty is what a run is for."""

    lost: list[int]
    """Nobody got them."""
    twice: list[int]
    """Somebody got them more than once."""
    misjudged: list[int]
    """The store does not say that they were sent, or names another message."""
    unknown: int
    """Messages that arrived and of which the store knows nothing."""

    @property
    def is_clean(self) -> bool:
        """Each arrived once, and the store knows."""
        return not (self.lost or self.twice or self.misjudged or self.unknown)


@dataclass(frozen=True)
class Forgotten:
    """How many messages had arrived of which the copy that was put back did not know so much."""

    sent: int = 0
    """That they were sent."""
    written: int = 0
    """That there were such."""


def audit(driver: Driver, sessions: Sessions, mailboxes: Iterable[tuple[str, str | None]]) -> Verdict:
    """Compare what was received with the outbox; a mailbox is a person, and a channel unless it is their DM."""
    received: dict[str, list[str]] = {}
    for person, channel in mailboxes:
        for message in driver.messages(person, channel):
            for payload in payloads_in(message.metadata or {}):
                received.setdefault(payload["nonce"], []).append(message.ts)
    with sessions.read() as session:
        rows = session.execute(select(Delivery.id, Delivery.nonce, Delivery.state, Delivery.ts)).all()
    came = [(row, received.pop(row.nonce, [])) for row in rows]
    return Verdict(
        lost=[row.id for row, copies in came if not copies],
        twice=[row.id for row, copies in came if len(copies) > 1],
        misjudged=[row.id for row, copies in came if copies and (row.state != SENT or row.ts not in copies)],
        unknown=len(received),
    )


def states(sessions: Sessions, *, due_by: datetime | None = None) -> Counter[str]:
    """Count the outbox by state, or what of it is due by a moment of people's time."""
    asked = Delivery.counts()
    if due_by:
        asked = asked.where(Delivery.not_before <= due_by)
    with sessions.read() as session:
        return Counter(dict(session.execute(asked).all()))
