"""Group direct messages: Slack opens one once, and only then is anything posted to it.

Opening changes nothing that people see and may be repeated, so it needs no doubt; but Slack allows it far less often
than posting, so it has a rate of its own, and what has been opened is kept.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

from sqlalchemy import CursorResult, update
from sqlalchemy.orm import Session

from bot.runtime.outcomes import hold_up, stop, tell
from bot.runtime.rates import Pace
from bot.runtime.slack import Group, NotOpened, NotSent, Opened, Refused
from models import outbox_work
from models.bulk import insert_missing
from models.conversations import Conversation
from models.outbox import FAILED, UNOPENED, Delivery
from models.outbox_work import Moments
from models.workspaces import Workspace

log = logging.getLogger(__name__)

FIRST_WAIT_SECONDS = 5.0
"""After an opening that came to nothing, and up to half as long again."""


def take(session: Session, pace: Pace, at: Moments, limit: int) -> list[Group]:
    """Take the groups to be opened next, those with the earliest deadline first, as many as the rates allow."""
    wanted = session.execute(outbox_work.unopened(), {**vars(at), "limit": limit}).all()
    workspaces = outbox_work.held(session, (workspace_id for workspace_id, _ in wanted))
    groups = [
        Group(workspace_id, receiver)
        for workspace_id, receiver in wanted
        if _may_open(workspaces.get(workspace_id), pace, at.machine_now)
    ]
    _keep_from_others(session, groups, until=at.machine_now + pace.lease)
    return groups


def _may_open(workspace: Workspace | None, pace: Pace, machine_now: datetime) -> bool:
    """Spend one opening of the workspace's, if it has one."""
    if workspace is None or not pace.openings.room(workspace.opens_tat, machine_now):
        return False
    workspace.opens_tat = pace.openings.after(workspace.opens_tat, machine_now, 1)
    return True


def _keep_from_others(session: Session, groups: Sequence[Group], *, until: datetime) -> None:
    rows = [{"workspace_id": each.workspace_id, "receiver": each.receiver} for each in groups]
    insert_missing(session, Conversation, rows)
    for each in groups:
        _change(session, each, opening_until=until)


@dataclass(frozen=True)
class Recorder:
    """Writes down what Slack said of openings."""

    session: Session
    machine_now: datetime
    chance: random.Random
    pace: Pace

    def record(self, group: Group, said: Opened | NotOpened) -> list[int]:
        """Write what became of an opening, and give the messages that can never be sent because of it."""
        if isinstance(said, Opened):
            _change(self.session, group, channel=said.channel, opening_until=None)
            return []
        if isinstance(said.why, NotSent):
            self._again(group, said.why)
            return []
        if said.why.is_token_gone:
            stop(self.session, group.workspace_id, said.why.reason)
            self._again(group, NotSent(said.why.reason))
            return []
        return self._give_up(group, said.why)

    def _again(self, group: Group, why: NotSent) -> None:
        wait = FIRST_WAIT_SECONDS * (1 + self.chance.random() / 2)
        if why.retry_after is not None:
            wait = why.retry_after
            until = self.pace.openings.held_up(self.machine_now + timedelta(seconds=wait))
            hold_up(self.session, group.workspace_id, Workspace.opens_tat, until)
        _change(self.session, group, opening_until=self.machine_now + timedelta(seconds=wait))
        for row in self.session.scalars(Delivery.ready_for(group.workspace_id, group.receiver)):
            # For the operator who asks what it waits for; what befell the message itself is told until it is sent.
            if row.reason is None or row.reason.startswith(UNOPENED):
                row.reason = f"{UNOPENED}{why.reason}"
        log.info("group_unopened", extra={"receiver": group.receiver, "reason": why.reason})

    def _give_up(self, group: Group, why: Refused) -> list[int]:
        waiting = self.session.scalars(Delivery.ready_for(group.workspace_id, group.receiver)).all()
        for row in waiting:
            row.state, row.reason = FAILED, why.reason
            tell(self.session, row.id, FAILED, why.reason, is_alarm=why.is_our_bug)
        _change(self.session, group, opening_until=None)
        return [row.id for row in waiting]


def _change(session: Session, group: Group, **values: object) -> None:
    mine = update(Conversation).where(Conversation.workspace_id == group.workspace_id)
    changed = session.execute(mine.where(Conversation.receiver == group.receiver).values(**values))
    if cast("CursorResult[object]", changed).rowcount == 0:
        # The store was put back meanwhile, or a replica took over that did not know it yet.
        known = {"workspace_id": group.workspace_id, "receiver": group.receiver}
        insert_missing(session, Conversation, [known | values])
