"""The count at the end: what the workspace has against what the store believes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select

from bot.runtime.database import Sessions
from bot.runtime.slack import EVENT_TYPE
from models.outbox import SENT, Delivery
from sandbox.driver import Driver
from sandbox.seen import Message


@dataclass(frozen=True)
class Verdict:
    """Deliveries by what became of them; all empty is what a run is for."""

    lost: list[int]
    """Nobody got them."""
    twice: list[int]
    """Somebody got them more than once."""
    misjudged: list[int]
    """The store does not say that they were sent, or names another message."""

    @property
    def is_clean(self) -> bool:
        """Each arrived once, and the store knows."""
        return not (self.lost or self.twice or self.misjudged)


def audit(driver: Driver, sessions: Sessions, mailboxes: Iterable[tuple[str, str | None]]) -> Verdict:
    """Compare what was received with the outbox; a mailbox is a person, and a channel unless it is their DM."""
    received: dict[int, list[str]] = {}
    for person, channel in mailboxes:
        for message in driver.messages(person, channel):
            if (number := _delivery_of(message)) is not None:
                received.setdefault(number, []).append(message.ts)
    with sessions.read() as session:
        rows = session.execute(select(Delivery.id, Delivery.state, Delivery.ts)).all()
    return Verdict(
        lost=[row.id for row in rows if row.id not in received],
        twice=[number for number, copies in received.items() if len(copies) > 1],
        misjudged=[
            row.id
            for row in rows
            if row.id in received and (row.state != SENT or row.ts not in received[row.id])
        ],
    )


def _delivery_of(message: Message) -> int | None:
    metadata = message.metadata or {}
    if metadata.get("event_type") != EVENT_TYPE:
        return None
    return int(metadata["event_payload"]["delivery_id"])


def states(sessions: Sessions) -> Counter[str]:
    """Count the outbox by state."""
    with sessions.read() as session:
        return Counter(dict(session.execute(Delivery.counts()).all()))
