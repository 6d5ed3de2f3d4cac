"""Putting messages the bot starts into the outbox, in the transaction that decides them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import NamedTuple

from sqlalchemy.orm import Session

from models.bulk import insert_missing
from models.outbox import CANCELLED, GROUP, READY, Delivery

NONCE_BYTES = 8
"""It tells apart the messages of one conversation; of a million in it, two are alike once in 40 million."""


class Message(NamedTuple):
    """A message to be: to whom, about which row, and in which window of people's time it is of use."""

    workspace_id: str
    key: str
    kind: str
    receiver: str
    subject_id: int
    not_before: datetime
    expire_at: datetime


COLUMNS = (*Message._fields, "nonce")


@dataclass(frozen=True)
class Later:
    """Not now, for this reason; at that moment it may be."""

    until: datetime
    reason: str


@dataclass(frozen=True)
class Never:
    """Not any more, for this reason."""

    reason: str


def group(user_ids: Collection[str]) -> str:
    """Name the group direct message with these people (2 to 8) as a receiver; the engine opens it."""
    return GROUP + ",".join(sorted(user_ids))


def people_in(receiver: str) -> tuple[str, ...]:
    """Name those a receiver stands for: several in a group, else the one."""
    return tuple(receiver.removeprefix(GROUP).split(","))


def enqueue(session: Session, messages: Sequence[Message], *, are_likely_new: bool = False) -> int:
    """Write the messages whose key is new and say how many; one that stands already stays as it is.

    Where this cannot be expected, `are_likely_new` makes it cheaper.
    """
    rows = [(*message, nonce_of(message.workspace_id, message.key)) for message in messages]
    alike = {"state": READY, "attempt": 0}
    return insert_missing(session, Delivery, rows, names=COLUMNS, alike=alike, are_likely_new=are_likely_new)


def nonce_of(workspace_id: str, key: str) -> str:
    """Name a message so that it has the same name when it is written anew, after its row was lost with a store."""
    return blake2b(f"{workspace_id}:{key}".encode(), digest_size=NONCE_BYTES).hexdigest()


def cancel(
    session: Session, workspace_id: str, kinds: Collection[str], subjects: Collection[int], *, reason: str
) -> None:
    """Take back what has not been sent about these rows."""
    for delivery in session.scalars(Delivery.ready_about([workspace_id], kinds, subjects)):
        delivery.state, delivery.reason = CANCELLED, reason
