"""What a feature says of a message at the moment of sending: now, later, or not at all."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm import Session

from bot.runtime import metrics
from bot.runtime.database import after_commit, savepoint
from models.bulk import one_of
from models.outbox import CANCELLED, FAILED, Delivery

log = logging.getLogger(__name__)

AFTER_A_BUG = timedelta(minutes=5)


@dataclass(frozen=True)
class Along:
    """Another message to the same receiver that goes along: held by the transaction, and never tried together before.

    From a block of this number on it is that one's.
    """

    delivery: Delivery
    begins: int


@dataclass(frozen=True)
class Send:
    """Post this now."""

    text: str
    blocks: Sequence[Mapping[str, Any]]
    begins: int = 0
    """The number of the block from which on it is the message's own; what is before is about all that go along."""
    along: Sequence[Along] = ()


@dataclass(frozen=True)
class Defer:
    """Not now: look again at this moment of people's time."""

    until: datetime
    reason: str


@dataclass(frozen=True)
class Cancel:
    """Not at all, for this reason."""

    reason: str


@dataclass(frozen=True)
class Failed:
    """A message that was given up: Slack refuses it for this reason, or may have it and never lets us look."""

    delivery_id: int
    workspace_id: str
    kind: str
    receiver: str
    subject_id: int
    reason: str


ANY_KIND = "*"
Consequence = Callable[[Session, Sequence[Failed], datetime], None]
"""What a feature does about messages of one kind that failed, in the transaction that writes it (people's time)."""
Decision = Send | Defer | Cancel
Prepare = Callable[[Session, Sequence[Delivery], datetime], Mapping[int, Decision]]
"""Decide and render rows of one kind inside the claim's transaction, at this moment of people's time."""
Attend = Callable[[Session, Sequence[tuple[Delivery, Send]], datetime], Mapping[int, Decision]]
"""Decide anew on what features would send, for the sake of those who read it all; what is not named goes as it is."""
Discover = Callable[[Session, Sequence[tuple[Delivery, datetime]]], None]
"""What is done about messages that were found in Slack, each with when it came (people's time)."""


def decide(
    prepare: Mapping[str, Prepare],
    session: Session,
    rows: Sequence[Delivery],
    people_now: datetime,
    attend: Attend | None = None,
) -> list[tuple[Delivery, Decision]]:
    """Have each kind decided by the feature it belongs to; a kind nobody here knows waits for who does.

    What would be sent is then decided anew by whoever looks at all of it together, if anybody does.
    """
    decided: dict[int, Decision] = {}
    for kind in sorted({row.kind for row in rows} & prepare.keys()):
        batch = [row for row in rows if row.kind == kind]
        decided.update(_each(prepare[kind], session, batch, people_now))
    forgotten = Cancel("no decision was made about it")
    unknown = Defer(people_now + AFTER_A_BUG, "this version knows no message of the kind")
    if attend is not None:
        decided.update(_attended(attend, session, rows, decided, people_now))
    return [(row, decided.get(row.id, forgotten if row.kind in prepare else unknown)) for row in rows]


def _attended(
    attend: Attend,
    session: Session,
    rows: Sequence[Delivery],
    decided: Mapping[int, Decision],
    people_now: datetime,
) -> Mapping[int, Decision]:
    """Decide anew on what would be sent; a bug there keeps nothing from being sent, and is logged."""
    sends = [(row, said) for row in rows if isinstance(said := decided.get(row.id), Send)]
    if not sends:
        return {}
    try:
        with savepoint(session):
            anew = _sendable(attend(session, sends, people_now))
    except (OperationalError, InterfaceError, PoolTimeoutError):
        raise  # the store is away
    except Exception:  # as with features: too many messages are better than none
        log.exception("attention_unheeded", extra={"deliveries": [row.id for row, _ in sends]})
        return {}
    for said in anew.values():
        if isinstance(said, Defer | Cancel):
            name = "deferred" if isinstance(said, Defer) else CANCELLED
            after_commit(session, metrics.HELD_UP.labels(name).inc)
    return anew


def face(
    consequences: Mapping[str, Consequence], session: Session, ids: Sequence[int], now: datetime
) -> None:
    """Tell the features which of their messages failed; a bug in one keeps no outcome from being written.

    What goes by ANY_KIND hears of all of them.
    """
    asked = select(Delivery).where(one_of(Delivery.id, ids), Delivery.state == FAILED)
    rows = session.scalars(asked).all() if ids else ()
    kinds = {row.kind for row in rows} | ({ANY_KIND} if rows else set())
    for kind in sorted(kinds & consequences.keys()):
        failed = [_failed(row) for row in rows if kind in (row.kind, ANY_KIND)]
        try:
            with savepoint(session):
                consequences[kind](session, failed, now)
        except (OperationalError, InterfaceError, PoolTimeoutError):
            raise  # the store is away: what Slack said is kept, and comes again
        except Exception:  # as in deciding: the loop's door for a feature's bugs
            log.exception(
                "consequence_failed",
                extra={"kind": kind, "deliveries": [each.delivery_id for each in failed]},
            )


def discover(
    heed: Discover, session: Session, ids: Sequence[int], *, people_now: datetime, machine_now: datetime
) -> None:
    """Have what was found in Slack heeded; a bug there keeps no outcome from being written."""
    rows = session.scalars(select(Delivery).where(one_of(Delivery.id, ids))).all() if ids else ()
    if not rows:
        return
    try:
        with savepoint(session):
            heed(session, [(row, _came_at(row, people_now, machine_now)) for row in rows])
    except (OperationalError, InterfaceError, PoolTimeoutError):
        raise  # the store is away, as above
    except Exception:  # as above
        log.exception("discovery_unheeded", extra={"deliveries": [row.id for row in rows]})


def _came_at(row: Delivery, people_now: datetime, machine_now: datetime) -> datetime:
    """Say when Slack took a message, by the clock of people's time."""
    ago = machine_now - datetime.fromtimestamp(float(row.ts or 0), UTC)
    return people_now - max(ago, timedelta())


def _failed(row: Delivery) -> Failed:
    return Failed(row.id, row.workspace_id, row.kind, row.receiver, row.subject_id, row.reason or "")


class Unsendable(Exception):
    """No request can be made of the message, so that whoever sends it would take it for one that is in doubt."""


def _sendable(decisions: Mapping[int, Decision]) -> Mapping[int, Decision]:
    """Let pass what can be sent: each has a block, which carries its mark, and all of it can be written as JSON."""
    for said in decisions.values():
        if isinstance(said, Send):
            try:
                json.dumps(said.blocks)
            except (TypeError, ValueError) as unwritable:
                raise Unsendable from unwritable
            if not said.blocks:
                raise Unsendable
    return decisions


def _each(
    prepare: Prepare, session: Session, batch: Sequence[Delivery], people_now: datetime
) -> Mapping[int, Decision]:
    """Prepare the batch; if one row hits a bug only that row waits, and the bug is logged with its id."""
    try:
        with savepoint(session):
            return _sendable(prepare(session, batch, people_now))
    except (OperationalError, InterfaceError, PoolTimeoutError):
        raise  # the store is away: no row's fault
    except Exception as bug:  # the loop's one door for bugs: a poisoned row must not stop the rest
        if len(batch) > 1:
            return {
                row.id: one for row in batch for one in _each(prepare, session, [row], people_now).values()
            }
        log.exception("message_unprepared", extra={"delivery": batch[0].id})
        return {batch[0].id: Defer(people_now + AFTER_A_BUG, f"bug: {type(bug).__name__}")}
