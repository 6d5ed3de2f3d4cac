"""The operator's desk at the outbox: what waits, why, and decisions about single messages.

It shows ids, states and reasons. What a message says is written only when it is sent, so that none of it is here.
"""

from __future__ import annotations

import logging
from collections.abc import Collection
from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from bot.runtime import restored
from bot.runtime.clock import Clock
from bot.runtime.database import Sessions
from bot.runtime.faults import Fault
from bot.runtime.present import machine_now
from bot.runtime.rates import Pace
from bot.runtime.waits import Circumstances, explain, moment
from models.conversations import Conversation
from models.outbox import (
    CANCELLED,
    DOUBTFUL,
    EXPIRED,
    FAILED,
    READY,
    SENDING,
    SENT,
    Delivery,
)
from models.workspaces import Workspace

log = logging.getLogger(__name__)

STATES = (READY, SENDING, DOUBTFUL, SENT, FAILED, EXPIRED, CANCELLED)
UNFINISHED = (READY, SENDING, DOUBTFUL)
GIVEN_UP = (FAILED, EXPIRED, CANCELLED)
LISTED = 50
BY_HAND = "taken back by an operator"
HEADING = (
    f"{'id':>9}  {'state':<9}  {'kind':<24}  {'receiver':<12}  {'window':<44}  {'attempt':>7}  reason"
).rstrip()


class NotDone(Fault):
    """The outbox stays as it was; says why, and what can be done instead."""


class Desk:
    """Answers an operator's questions about the outbox, and carries out what they decide."""

    def __init__(self, sessions: Sessions, clock: Clock, pace: Pace | None = None) -> None:
        """Sit down at this store."""
        self._sessions, self._clock, self._pace = sessions, clock, pace or Pace()

    def show(
        self, states: Collection[str] = UNFINISHED, *, workspace_id: str | None = None, limit: int = LISTED
    ) -> list[str]:
        """Write a line a message, the most urgent first."""
        with self._sessions.read() as session:
            # One more than is shown says whether there are more; counting them could take long.
            chosen = Delivery.listed(states, workspace_id=workspace_id, limit=limit + 1)
            lines = [_line(row) for row in session.scalars(chosen)]
        if not lines:
            return ["No message is in this state." if len(states) == 1 else "No message waits."]
        more = ["There are more: `--limit` shows them."] if len(lines) > limit else []
        return [HEADING, *lines[:limit], *more]

    def why(self, number: int) -> list[str]:
        """Say in plain words what a message waits for, or what came of it."""
        with self._sessions.read() as session:
            row = _found(session.get(Delivery, number), number)
            return explain(self._circumstances(session, row))

    def retry(self, number: int, *, absent: bool = False) -> list[str]:
        """Put a message back that was given up; one Slack may have only if somebody saw that it is `absent` there."""
        with self._sessions.begin() as session:
            row = self._taken(session, number)
            _refuse_retry(row, self.people_now(), absent=absent)
            in_doubt = row.doubt_since is not None and not absent
            row.reason, row.lease_until = "put back by an operator", None
            if in_doubt:
                row.state, row.retry_at = DOUBTFUL, machine_now(session, self._clock) + self._pace.settling
            else:
                row.state, row.retry_at, row.doubt_since = READY, None, None
        log.info("delivery_retried", extra={"delivery": number, "state": row.state, "absent": absent})
        if in_doubt:
            return [f"Message {number} is doubtful: Slack may have it, so it is looked up there first."]
        return [
            f"Message {number} is ready. When its turn comes it is decided anew whether it is still wanted."
        ]

    def cancel(self, number: int, *, reason: str | None = None) -> list[str]:
        """Take back a message that has not been sent; one that is in doubt may be in Slack all the same."""
        because = " ".join((reason or "").split()) or BY_HAND
        with self._sessions.begin() as session:
            row = self._taken(session, number)
            _refuse_cancel(row)
            # Past the row: what becomes of it there is told with its reason, and an operator's may name somebody.
            mine = update(Delivery).where(Delivery.id == number).execution_options(synchronize_session=False)
            session.execute(mine.values(state=CANCELLED, reason=because, lease_until=None))
        log.info("delivery_cancelled", extra={"delivery": number})
        return [f"Message {number} is cancelled."]

    def people_now(self) -> datetime:
        """Say the moment that decides what is due."""
        return self._clock.people_now()

    def doubt(self, before: datetime, *, since: datetime | None = None) -> list[str]:
        """After a restore: doubt what was due by this moment of people's time, on its way, tried or put off.

        It is looked for in what was posted `since` the copy was made (machine time); without that moment, since the
        last message was sent of which the copy knows.
        """
        with self._sessions.begin() as session:
            now = machine_now(session, self._clock)
            count = restored.doubt(
                session, before, machine_now=now, settling=self._pace.settling, since=since
            )
        return [f"{count} messages are in doubt now: each is looked up in Slack before it may be sent."]

    def _circumstances(self, session: Session, row: Delivery) -> Circumstances:
        flying = session.scalars(Delivery.in_flight_to(row.workspace_id, row.receiver)).all()
        return Circumstances(
            row=row,
            workspace=session.get(Workspace, row.workspace_id),
            conversation=session.get(Conversation, (row.workspace_id, row.receiver)),
            in_flight=[number for number in flying if number != row.id],
            people_now=self.people_now(),
            machine_now=machine_now(session, self._clock),
            pace=self._pace,
        )

    def _taken(self, session: Session, number: int) -> Delivery:
        """Lock the row, so that no worker takes it while we decide."""
        return _found(session.get(Delivery, number, with_for_update=True), number)


def _line(row: Delivery) -> str:
    window = f"{moment(row.not_before)} … {moment(row.expire_at)}"
    cells = f"{row.id:>9}  {row.state:<9}  {row.kind:<24}  {row.receiver:<12}  {window:<44}  {row.attempt:>7}"
    return f"{cells}  {row.reason or ''}".rstrip()


def _found(row: Delivery | None, number: int) -> Delivery:
    if row is None:
        raise NotDone(f"There is no message {number}: `python app.py outbox list` shows those that wait")
    return row


def _refuse_retry(row: Delivery, people_now: datetime, *, absent: bool) -> None:
    if row.state == DOUBTFUL and not absent:
        raise NotDone(
            f"Message {row.id} is doubtful: Slack may have it. It is looked up there by itself before it may be sent. "
            "If you looked into the conversation yourself and it is not there, add --absent"
        )
    if row.state not in (*GIVEN_UP, DOUBTFUL):
        raise NotDone(f"Message {row.id} is {row.state}: only what was given up can be put back")
    if row.expire_at <= people_now:
        raise NotDone(f"Message {row.id} was of use until {moment(row.expire_at)}: its time is over")


def _refuse_cancel(row: Delivery) -> None:
    if row.state == SENDING:
        raise NotDone(f"Message {row.id} is on its way: it cannot be called back")
    if row.state not in UNFINISHED:
        raise NotDone(f"Message {row.id} is {row.state} already")
