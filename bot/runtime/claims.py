"""Taking rows out of the outbox: what may be sent now, and what is to be looked up, under leases and within rates.

All of it runs in one transaction that is committed before Slack is called, so that a process that dies leaves a row
whose lease runs out, which is then in doubt, instead of one that is sent twice.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import CursorResult, Result
from sqlalchemy.orm import Session

from bot.runtime import metrics
from bot.runtime.decisions import Cancel, Decision, Defer, Prepare, Send, decide
from bot.runtime.rates import Pace
from bot.runtime.slack import Doubt, Outgoing
from models.base import insert_missing
from models.outbox import CANCELLED, DOUBTFUL, EXPIRED, SENDING, Conversation, Delivery, Moments
from models.workspaces import Workspace

log = logging.getLogger(__name__)

PERSON = ("U", "W")
"""What people's ids begin with."""
Places = Mapping[tuple[str, str], Conversation]
"""Conversations by workspace and receiver."""


@dataclass(frozen=True)
class Claim:
    """What a turn took: messages to send, what was decided about others, and doubts to look up."""

    outgoing: Sequence[Outgoing] = ()
    put_aside: Sequence[str] = ()
    """`deferred` or `cancelled`, one for each."""
    doubts: Sequence[Doubt] = ()

    @property
    def is_empty(self) -> bool:
        """Nothing was there to take."""
        return not (self.outgoing or self.put_aside or self.doubts)


def moments(pace: Pace, people_now: datetime, machine_now: datetime) -> Moments:
    """Say what has room at these times."""
    return Moments(
        people_now,
        machine_now,
        workspace_room=machine_now + pace.workspace.tolerance,
        conversation_room=machine_now + pace.conversation.tolerance,
    )


def claim(
    session: Session, prepare: Mapping[str, Prepare], pace: Pace, at: Moments, *, limit: int, can_look: bool
) -> Claim:
    """Close what is too late, doubt what was never reported, and take what may be sent or looked up now."""
    _count(EXPIRED, session.execute(Delivery.expire(at.people_now)))
    lapsed = Delivery.doubt_lapsed(at.machine_now, look_at=at.machine_now + pace.settling)
    _count(DOUBTFUL, session.execute(lapsed))
    session.execute(Delivery.adopt_doubts(at.machine_now, settling=pace.settling))
    if limit <= 0:
        return Claim()
    outgoing, put_aside = _take_to_send(session, prepare, pace, at, limit)
    doubts = _take_to_look_up(session, pace, at.machine_now, limit) if can_look else []
    return Claim(outgoing, put_aside, doubts)


def _count(state: str, changed: Result[Any]) -> None:
    number = cast("CursorResult[Any]", changed).rowcount
    if number > 0:
        metrics.OUTCOMES.labels(state).inc(number)
        log.info("messages_" + state, extra={"count": number})


def _take_to_send(
    session: Session, prepare: Mapping[str, Prepare], pace: Pace, at: Moments, limit: int
) -> tuple[list[Outgoing], list[str]]:
    candidates = session.scalars(Delivery.claimable(at, limit)).all()
    workspaces = _locked(session, candidates)
    rows = _within_rates(candidates, workspaces, pace, at.machine_now)
    for row in rows:
        metrics.LATENESS.observe((at.people_now - row.not_before).total_seconds())
    decisions = decide(prepare, session, rows, at.people_now)
    put_aside = [_put_aside(row, said) for row, said in decisions if not isinstance(said, Send)]
    sends = [(row, said) for row, said in decisions if isinstance(said, Send)]
    places = _places(session, [row for row, _ in sends])
    for row, _ in sends:
        _spend(
            row, workspaces[row.workspace_id], places[row.workspace_id, row.receiver], pace, at.machine_now
        )
    return [_take(row, said, places, at.machine_now, pace) for row, said in sends], put_aside


def _locked(session: Session, rows: Sequence[Delivery]) -> dict[str, Workspace]:
    ids = {row.workspace_id for row in rows}
    return {each.workspace_id: each for each in session.scalars(Workspace.locked(ids))} if ids else {}


def _within_rates(
    candidates: Sequence[Delivery], workspaces: Mapping[str, Workspace], pace: Pace, machine_now: datetime
) -> list[Delivery]:
    """Keep the most urgent row of each receiver, and of each workspace as many as it has room for.

    The order in which a person reads is the order in which we send.
    """
    room = {key: pace.workspace.room(each.posts_tat, machine_now) for key, each in workspaces.items()}
    first: dict[tuple[str, str], Delivery] = {}
    for row in candidates:
        receiver = row.workspace_id, row.receiver
        if receiver not in first and room.get(row.workspace_id, 0) > 0:
            first[receiver] = row
            room[row.workspace_id] -= 1
    return list(first.values())


def _put_aside(row: Delivery, decision: Decision) -> str:
    assert isinstance(decision, Defer | Cancel)
    row.reason = decision.reason
    if isinstance(decision, Defer):
        row.not_before = decision.until
    else:
        row.state = CANCELLED
    name = "deferred" if isinstance(decision, Defer) else CANCELLED
    metrics.OUTCOMES.labels(name).inc()
    log.info("message_" + name, extra={"delivery": row.id, "reason": decision.reason})
    return name


def _places(session: Session, rows: Sequence[Delivery]) -> Places:
    """Read where these receivers are reached; a receiver written to for the first time gets a record."""
    if not rows:
        return {}
    wanted = [
        {"workspace_id": row.workspace_id, "receiver": row.receiver, "channel": row.receiver} for row in rows
    ]
    known = Conversation.of({row.workspace_id for row in rows}, {row.receiver for row in rows})
    places = {(place.workspace_id, place.receiver): place for place in session.scalars(known)}
    missing = [row for row in wanted if (row["workspace_id"], row["receiver"]) not in places]
    if missing:
        insert_missing(session, Conversation, missing)
        places |= {(place.workspace_id, place.receiver): place for place in session.scalars(known)}
    return places


def _spend(
    row: Delivery, workspace: Workspace, place: Conversation, pace: Pace, machine_now: datetime
) -> None:
    workspace.posts_tat = pace.workspace.after(workspace.posts_tat, machine_now, 1)
    place.posts_tat = pace.conversation.after(place.posts_tat, machine_now, 1)


def _take(row: Delivery, decision: Send, places: Places, machine_now: datetime, pace: Pace) -> Outgoing:
    """Put the row under a lease of this claim; the commit that follows comes before the call to Slack."""
    row.state, row.owner, row.attempt = SENDING, uuid.uuid4().hex, row.attempt + 1
    row.lease_until = machine_now + pace.lease
    return Outgoing(
        delivery_id=row.id,
        workspace_id=row.workspace_id,
        owner=row.owner,
        attempt=row.attempt,
        receiver=row.receiver,
        channel=places[row.workspace_id, row.receiver].channel,
        text=decision.text,
        blocks=decision.blocks,
    )


def _take_to_look_up(session: Session, pace: Pace, machine_now: datetime, limit: int) -> list[Doubt]:
    """Take what is in doubt, a receiver's together, as many receivers as the histories may be read of now."""
    rows = session.scalars(Delivery.in_doubt(machine_now, limit)).all()
    workspaces = _locked(session, rows)
    groups: dict[tuple[str, str], list[Delivery]] = {}
    for row in rows:
        groups.setdefault((row.workspace_id, row.receiver), []).append(row)
    taken = {
        key: group for key, group in groups.items() if _may_look(workspaces.get(key[0]), pace, machine_now)
    }
    for row in (row for group in taken.values() for row in group):
        row.lease_until = machine_now + pace.lease
    known = Conversation.of({key[0] for key in taken}, {key[1] for key in taken})
    places = (
        {(place.workspace_id, place.receiver): place for place in session.scalars(known)} if taken else {}
    )
    return [
        Doubt(
            workspace_id=key[0],
            receiver=key[1],
            channel=_where(key[1], places.get(key)),
            attempts={row.id: row.attempt for row in group},
            since=min(row.doubt_since or machine_now for row in group),
        )
        for key, group in taken.items()
    ]


def _where(receiver: str, place: Conversation | None) -> str | None:
    """Say which conversation to read: a channel is its own, that with a person is learnt from Slack."""
    if place and place.channel != receiver:
        return place.channel
    return None if receiver.startswith(PERSON) else receiver


def _may_look(workspace: Workspace | None, pace: Pace, machine_now: datetime) -> bool:
    """Spend one reading of the workspace's, if it has one."""
    if workspace is None or not pace.looks.room(workspace.looks_tat, machine_now):
        return False
    workspace.looks_tat = pace.looks.after(workspace.looks_tat, machine_now, 1)
    return True
