"""Taking rows out of the outbox: what may be sent now, and what is to be looked up, under leases and within rates.

All of it runs in one transaction that is committed before Slack is called, so that a process that dies leaves a row
whose lease runs out, which is then in doubt, instead of one that is sent twice.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, partial
from typing import Any, cast

from sqlalchemy import BindParameter, Select, Table, Update, bindparam, update
from sqlalchemy.orm import Session
from sqlalchemy.sql.dml import ReturningUpdate

from bot.runtime import metrics, openings, restored
from bot.runtime.database import after_commit
from bot.runtime.decisions import Attend, Cancel, Decision, Defer, Prepare, Send, decide
from bot.runtime.holds import Holds
from bot.runtime.outcomes import tell
from bot.runtime.rates import Pace
from bot.runtime.slack import Doubt, Group, Outgoing, Part
from models import outbox_work
from models.bulk import insert_missing
from models.conversations import Conversation
from models.outbox import CANCELLED, DOUBTFUL, EXPIRED, GROUP, READY, SENDING, Delivery
from models.outbox_work import Moments, Work
from models.workspaces import Workspace

log = logging.getLogger(__name__)

CLOSED_AT_ONCE = 1_000
DEFERRED = "deferred"
SOMEBODY = ("U", "W", GROUP)
"""What begins the id of a person, and the name of several."""
Places = Mapping[tuple[str, str], Conversation]
"""Conversations by workspace and receiver."""


@dataclass(frozen=True)
class Claim:
    """What a turn took: messages to send, what became of others, and doubts to look up."""

    outgoing: Sequence[Outgoing] = ()
    put_aside: Sequence[str] = ()
    """What became of each instead: it was deferred, cancelled, doubted or is too late."""
    doubts: Sequence[Doubt] = ()
    groups: Sequence[Group] = ()
    """To be opened."""


def moments(pace: Pace, people_now: datetime, machine_now: datetime) -> Moments:
    """Say what has room at these times."""
    return Moments(
        people_now,
        machine_now,
        workspace_room=machine_now + pace.workspace.tolerance,
        conversation_room=machine_now + pace.conversation.tolerance,
        opening_room=machine_now + pace.openings.tolerance,
        look_room=machine_now + pace.looks.tolerance,
    )


@dataclass(frozen=True)
class Claimer:
    """Takes rows in one transaction, at one moment, for whoever knows how to prepare them."""

    session: Session
    prepare: Mapping[str, Prepare]
    pace: Pace
    at: Moments
    history: str | None
    """The history the store is in; what a workspace has to send is doubted if it was written in another."""
    holds: Holds
    attend: Attend | None = None

    def claim(self, work: Work, *, limit: int, readings: int) -> Claim:
        """Do of the work what is there: close what is too late, doubt what was never reported, take what may go.

        At most `limit` messages and as many groups are taken, and as many doubts as `readings`.
        """
        put_aside = [*self._tidy_up(work)]
        may_send, is_doubted = limit > 0, (work.in_doubt or work.stray) and readings > 0
        outgoing = self._take_to_send(limit, put_aside) if work.sendable and may_send else []
        doubts = self._take_to_look_up(readings) if is_doubted else []
        groups = openings.take(self.session, self.pace, self.at, limit) if work.unopened and may_send else []
        return Claim(outgoing, put_aside, doubts, groups)

    def _tidy_up(self, work: Work) -> Iterator[str]:
        now = self.at.machine_now
        if work.late:
            late = self._closed(EXPIRED, outbox_work.expire(self.at.people_now, CLOSED_AT_ONCE))
            yield from [EXPIRED] * len(late)
        if work.lapsed:
            look_at, ours = now + self.pace.settling, self.holds.in_hand()
            lapsed = self._closed(DOUBTFUL, outbox_work.doubt_lapsed(now, look_at=look_at, but=ours))
            self.holds.settle(lapsed, self.pace.settling)
            yield from [DOUBTFUL] * len(lapsed)
        if work.stray:
            self.session.execute(outbox_work.adopt_doubts(now, settling=self.pace.settling))

    def _closed(self, state: str, change: ReturningUpdate[int]) -> Sequence[int]:
        closed = self.session.scalars(change).all()
        for delivery_id in closed:
            tell(self.session, delivery_id, state)
        return closed

    def _take_to_look_up(self, limit: int) -> list[Doubt]:
        """Take what is in doubt and has settled by the store's clock and by our own."""
        rows = self.session.scalars(outbox_work.in_doubt(), {**vars(self.at), "limit": limit}).all()
        unsettled = self.holds.untouchable()
        settled = [row for row in rows if row.id not in unsettled]
        return _looked_up(self.session, settled, self.pace, self.at.machine_now)

    def _take_to_send(self, limit: int, put_aside: list[str]) -> list[Outgoing]:
        """Lease what may leave; what is put aside instead is added to the list.

        The most urgent may all be of one workspace, which has room for one of them: then every other one's most urgent
        message is taken as well, so that no workspace waits for another.
        """
        asked, already = {**vars(self.at), "limit": limit}, len(put_aside)
        promising = self.session.scalars(outbox_work.promising(), asked).all()
        taken = self._take_of(promising, outbox_work.claimable(), limit, put_aside)
        left = limit - len(taken) - (len(put_aside) - already)
        if len(promising) < limit or left <= 0:
            return taken
        asked |= {"limit": left, "passed": list(set(promising))}
        if self.session.scalars(outbox_work.has_room_besides(), asked).one():
            others = self.session.scalars(outbox_work.promising_besides(), asked).all()
            taken += self._take_of(others, outbox_work.claimable_of_each(), left, put_aside)
        return taken

    def _take_of(
        self, promising: Collection[str], claimable: Select[Delivery], limit: int, put_aside: list[str]
    ) -> list[Outgoing]:
        """Lease what may leave of these workspaces; what is put aside instead is added to the list."""
        workspaces = outbox_work.held(self.session, promising)
        for workspace in [each for each in workspaces.values() if not self._goes_on(each)]:
            put_aside += self._doubt_all(workspaces.pop(workspace.workspace_id))
        asked = {**vars(self.at), "limit": limit, "workspace_ids": list(workspaces)}
        candidates = self.session.scalars(claimable, asked).all()
        put_aside += self._doubt_anew(candidates, workspaces)
        candidates = [row for row in candidates if row.state == READY]
        rows = _within_rates(candidates, workspaces, self.pace, self.at.machine_now)
        decisions = decide(self.prepare, self.session, rows, self.at.people_now, self.attend)
        put_aside += [self._put_aside(row, said) for row, said in decisions if not isinstance(said, Send)]
        sends = [(row, said) for row, said in decisions if isinstance(said, Send)]
        doubted, sends = self._doubt_along(sends, workspaces)
        put_aside += doubted
        self._note_lateness(sends)
        return self._leased(sends, workspaces) if sends else []

    def _note_lateness(self, sends: Sequence[tuple[Delivery, Send]]) -> None:
        """Measure each that is due; what goes along before its time has come is not late."""
        along = [each.delivery for _, said in sends for each in said.along]
        for row in (*(row for row, _ in sends), *along):
            late = (self.at.people_now - row.not_before).total_seconds()
            if late >= 0:
                after_commit(self.session, partial(metrics.LATENESS.observe, late))

    def _put_aside(self, row: Delivery, decision: Decision) -> str:
        assert isinstance(decision, Defer | Cancel)
        row.reason = decision.reason
        if isinstance(decision, Cancel):
            row.state = CANCELLED  # which is told, whoever does it
            return CANCELLED
        row.not_before = decision.until
        tell(self.session, row.id, DEFERRED, decision.reason)
        return DEFERRED

    def _goes_on(self, workspace: Workspace) -> bool:
        """Keep which history a workspace's rows belong to, and say whether it is the one they were written in."""
        before, workspace.history = workspace.history, self.history
        return before is None or before == self.history

    def _doubt_all(self, workspace: Workspace) -> list[str]:
        log.warning("store_put_back", extra={"workspace": workspace.workspace_id})
        number = restored.doubt(
            self.session,
            self.at.people_now,
            machine_now=self.at.machine_now,
            settling=self.pace.settling,
            workspace_id=workspace.workspace_id,
        )
        return [DOUBTFUL] * number

    def _doubt_anew(self, ready: Sequence[Delivery], workspaces: Mapping[str, Workspace]) -> list[str]:
        number = restored.doubt_anew(
            self.session, ready, workspaces, machine_now=self.at.machine_now, settling=self.pace.settling
        )
        return [DOUBTFUL] * number

    def _doubt_along(
        self, sends: Sequence[tuple[Delivery, Send]], workspaces: Mapping[str, Workspace]
    ) -> tuple[list[str], list[tuple[Delivery, Send]]]:
        """Doubt what was to go along and may have been sent before a restore; the rest is decided anew without it."""
        along = [each.delivery for _, said in sends for each in said.along]
        doubted = self._doubt_anew(along, workspaces) if along else []
        whole = [
            (row, said) for row, said in sends if all(each.delivery.state == READY for each in said.along)
        ]
        return doubted, whole

    def _leased(
        self, sends: Sequence[tuple[Delivery, Send]], workspaces: Mapping[str, Workspace]
    ) -> list[Outgoing]:
        """Spend what the rates allow on these, and put them under leases of this claim."""
        rows = [row for row, _ in sends]
        places = _places(self.session, rows)
        _spend(self.session, rows, workspaces, places, self.pace, self.at.machine_now)
        outgoing = [_outgoing(row, said, places) for row, said in sends]
        _lease(self.session, outgoing, until=self.at.machine_now + self.pace.lease)
        return outgoing


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


def _places(session: Session, rows: Sequence[Delivery]) -> Places:
    """Read where these receivers are reached; a receiver written to for the first time gets a record."""
    wanted = [
        {"workspace_id": row.workspace_id, "receiver": row.receiver, "channel": row.receiver} for row in rows
    ]
    places = _known_places(session, rows)
    missing = [row for row in wanted if (row["workspace_id"], row["receiver"]) not in places]
    if not missing:
        return places
    insert_missing(session, Conversation, missing)
    return _known_places(session, rows)


def _known_places(session: Session, rows: Sequence[Delivery]) -> Places:
    asked = {
        "workspace_ids": list({row.workspace_id for row in rows}),
        "receivers": list({row.receiver for row in rows}),
    }
    known = session.scalars(Conversation.known(), asked) if rows else ()
    return {(place.workspace_id, place.receiver): place for place in known}


def _spend(
    session: Session,
    rows: Sequence[Delivery],
    workspaces: Mapping[str, Workspace],
    places: Places,
    pace: Pace,
    machine_now: datetime,
) -> None:
    """Move the arrival times of the workspaces, and of the conversations, by a message each."""
    for row in rows:
        workspace = workspaces[row.workspace_id]
        workspace.posts_tat = pace.workspace.after(workspace.posts_tat, machine_now, 1)
    moved = [
        {
            "its_workspace": row.workspace_id,
            "its_receiver": row.receiver,
            "posts_tat": pace.conversation.after(
                places[row.workspace_id, row.receiver].posts_tat, machine_now, 1
            ),
        }
        for row in rows
    ]
    session.connection().execute(_spent(), moved)


@cache
def _spent() -> Update:
    place = cast("Table", Conversation.__table__)
    mine = (place.c.workspace_id == bindparam("its_workspace")) & (
        place.c.receiver == bindparam("its_receiver")
    )
    return update(place).where(mine).values(posts_tat=bindparam("posts_tat"))


def _outgoing(row: Delivery, decision: Send, places: Places) -> Outgoing:
    return Outgoing(
        delivery_id=row.id,
        nonce=row.nonce,
        workspace_id=row.workspace_id,
        owner=uuid.uuid4().hex,
        attempt=row.attempt + 1,
        receiver=row.receiver,
        channel=places[row.workspace_id, row.receiver].channel or row.receiver,
        text=decision.text,
        blocks=decision.blocks,
        begins=decision.begins,
        along=[
            Part(each.delivery.id, each.delivery.nonce, each.delivery.attempt + 1, each.begins)
            for each in decision.along
        ],
    )


def _lease(session: Session, taken: Sequence[Outgoing], *, until: datetime) -> None:
    """Put the rows under a lease of this claim; the commit that follows comes before the calls to Slack."""
    rows = [
        {"its_id": part.delivery_id, "owner": each.owner, "attempt": part.attempt, "lease_until": until}
        for each in taken
        for part in each.parts
    ]
    session.connection().execute(_leased(), rows)


@cache
def _leased() -> Update:
    row = cast("Table", Delivery.__table__)
    values: dict[str, BindParameter[Any]] = {
        name: bindparam(name) for name in ("owner", "attempt", "lease_until")
    }
    return update(row).where(row.c.id == bindparam("its_id")).values(state=SENDING, **values)


def _looked_up(session: Session, rows: Sequence[Delivery], pace: Pace, machine_now: datetime) -> list[Doubt]:
    """Take what is in doubt, a receiver's together, as many receivers as the histories may be read of now."""
    workspaces = outbox_work.held(session, (row.workspace_id for row in rows))
    groups: dict[tuple[str, str], list[Delivery]] = {}
    for row in rows:
        groups.setdefault((row.workspace_id, row.receiver), []).append(row)
    taken = {
        key: group for key, group in groups.items() if _may_look(workspaces.get(key[0]), pace, machine_now)
    }
    for row in (row for group in taken.values() for row in group):
        row.lease_until = machine_now + pace.lease
    places = _known_places(session, [row for group in taken.values() for row in group])
    return [
        Doubt(
            workspace_id=key[0],
            receiver=key[1],
            channel=_where(key[1], places.get(key)),
            attempts={row.id: row.attempt for row in group},
            nonces={row.id: row.nonce for row in group},
            since=min(row.doubt_since or machine_now for row in group),
        )
        for key, group in taken.items()
    ]


def _where(receiver: str, place: Conversation | None) -> str | None:
    """Say which conversation to read: a channel is its own, that with a person is learnt from Slack."""
    if place and place.channel not in (None, receiver):
        return place.channel
    return None if receiver.startswith(SOMEBODY) else receiver


def _may_look(workspace: Workspace | None, pace: Pace, machine_now: datetime) -> bool:
    """Spend one page of the workspace's, if it has one; how many more the reading took is known when it ends."""
    if workspace is None or not pace.looks.room(workspace.looks_tat, machine_now):
        return False
    workspace.looks_tat = pace.looks.after(workspace.looks_tat, machine_now, 1)
    return True
