"""What the doctor says of the outbox: how much waits, where and for what, and what came to nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from bot.runtime.claims import moments
from bot.runtime.clock import Clock
from bot.runtime.findings import Finding, in_number, note, ok
from bot.runtime.present import machine_now
from bot.runtime.rates import Pace
from bot.runtime.waits import moment
from models import outbox_work
from models.outbox import DOUBTFUL, FAILED, READY, SENDING, UNRESOLVED, Delivery
from models.outbox_work import NEXT_TRY, OPENING, TURN
from models.workspaces import Workspace

COUNTED_AT_MOST = 100_000
"""Rows of a state: an outbox keeps all that was ever sent, and whoever asks waits for the answer."""
NAMED_AT_MOST = 10
"""Workspaces; with very many of them a few say what is the matter."""


def examine(session: Session, clock: Clock) -> Iterator[Finding]:
    """Count what waits and say what for, and what nobody knows or Slack refused."""
    ready, sending, doubtful = (_counted(session, state) for state in (READY, SENDING, DOUBTFUL))
    waiting = _many(ready, "message waits for its time", "messages wait for their time")
    yield ok(f"{waiting}, {_many(sending, 'is on its way', 'are on their way')}")
    yield from _due(session, clock)
    if doubtful:
        one = "message nobody knows whether Slack has it; it is looked up there first"
        several = "messages nobody knows whether Slack has them; they are looked up there first"
        yield note(f"Of {_many(doubtful, one, several)}")
    yield from _given_up(session)


def _given_up(session: Session) -> Iterator[Finding]:
    """Tell what Slack refused from what it may have and never lets us look for: there somebody has to look."""
    failed = Delivery.listed([FAILED], workspace_id=None, limit=COUNTED_AT_MOST).subquery()
    is_unresolved = failed.c.reason.startswith(UNRESOLVED)
    asked = select(func.count(), func.count().filter(is_unresolved)).select_from(failed)
    number, unresolved = session.execute(asked).one()
    has_reasons = "`python app.py outbox list --state failed` has the reasons"
    if refused := number - unresolved:
        yield note(f"Slack refused {_many(refused, 'message', 'messages')}; {has_reasons}")
    if unresolved:
        may_be = (
            f"{_many(unresolved, 'message', 'messages')} may be in Slack, which does not let us look there"
        )
        yield note(f"{may_be}: `python app.py outbox why` says of each what can be done")


@dataclass(frozen=True)
class _Queue:
    workspace_id: str
    waits_for: str
    length: int
    since: datetime
    """People's time: when the oldest of them might have been sent."""
    retry_at: datetime | None


def _due(session: Session, clock: Clock) -> Iterator[Finding]:
    """Tell what is held up, and by what, from what a worker would take at once."""
    people_now, now, pace = clock.people_now(), machine_now(session, clock), Pace()
    asked = vars(moments(pace, people_now, now))
    waiting = [_Queue(*row) for row in session.execute(outbox_work.due(), asked)]
    held_up = _held_up(session, now, pace) if waiting else {}
    yield from _hindered([queue for queue in waiting if queue.workspace_id in held_up], held_up)
    free = [queue for queue in waiting if queue.workspace_id not in held_up]
    yield from _postponed(free)
    if taken := [queue for queue in free if queue.waits_for == TURN]:
        oldest = (people_now - min(queue.since for queue in taken)).total_seconds()
        yield note(f"{_wait(taken)} to be sent, the oldest for {oldest:.0f} s: is a worker running?")


def _postponed(queues: Sequence[_Queue]) -> Iterator[Finding]:
    """Say what no worker would take at this moment."""
    again = [queue for queue in queues if queue.waits_for == NEXT_TRY]
    if first := min((queue.retry_at for queue in again if queue.retry_at), default=None):
        yield note(f"{_wait(again)} for another try, the first at {moment(first)}")
    if unopened := [queue for queue in queues if queue.waits_for == OPENING]:
        yield note(f"{_wait(unopened)} for a conversation of several people, which Slack has not opened yet")


def _hindered(queues: Sequence[_Queue], held_up: dict[str, str]) -> Iterator[Finding]:
    lengths: Counter[str] = Counter()
    for queue in queues:
        lengths[queue.workspace_id] += queue.length
    longest_first = sorted(lengths, key=lambda workspace_id: (-lengths[workspace_id], workspace_id))
    for workspace_id in longest_first[:NAMED_AT_MOST]:
        mine = [queue for queue in queues if queue.workspace_id == workspace_id]
        yield note(f"{_wait(mine)} in {workspace_id}: {held_up[workspace_id]}")
    if others := longest_first[NAMED_AT_MOST:]:
        theirs = [queue for queue in queues if queue.workspace_id in others]
        more = _many(len(others), "more workspace, held up", "more workspaces, each held up")
        yield note(f"{_wait(theirs)} in {more} by Slack too")


def _wait(queues: Sequence[_Queue]) -> str:
    length = sum(queue.length for queue in queues)
    return f"{length} {in_number(length, 'message waits', 'messages wait')}"


def _held_up(session: Session, now: datetime, pace: Pace) -> dict[str, str]:
    """Say of each workspace that nothing may be posted to at this moment why that is so."""
    may_be = or_(
        Workspace.stopped_because.is_not(None), Workspace.blocked_until > now, Workspace.posts_tat > now
    )
    reasons = {
        each.workspace_id: _reason(each, now, pace)
        for each in session.scalars(select(Workspace).where(may_be))
    }
    return {workspace_id: reason for workspace_id, reason in reasons.items() if reason}


def _reason(workspace: Workspace, now: datetime, pace: Pace) -> str | None:
    if workspace.stopped_because:
        return f"Slack said {workspace.stopped_because}, and the app has to be reinstalled"
    if workspace.blocked_until and workspace.blocked_until > now:
        return f"Slack told us to send nothing there until {moment(workspace.blocked_until)}"
    if not pace.workspace.room(workspace.posts_tat, now):
        a_second = 1 / pace.workspace.interval.total_seconds()
        return f"it just had as many as Slack takes at once, and gets {a_second:g} a second"
    return None


def _counted(session: Session, state: str) -> int:
    number, _ = session.execute(Delivery.unfinished(state, at_most=COUNTED_AT_MOST)).one()
    return number


def _many(number: int, one: str, several: str) -> str:
    """Say how many, as far as was counted."""
    counted = f"{number} or more" if number >= COUNTED_AT_MOST else f"{number}"
    return f"{counted} {in_number(number, one, several)}"
