"""The delivery loop: one database thread records outcomes and claims rows, sender threads only post.

A row is claimed under a lease and committed before Slack is called, so that a process that dies leaves a
row that lapses into doubt instead of one that is sent twice.
"""

from __future__ import annotations

import logging
import queue
import random
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, or_, select, update
from sqlalchemy.exc import InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm import Session

from bot.runtime import metrics
from bot.runtime.clock import Clock
from bot.runtime.database import Sessions
from bot.runtime.slack import TIMEOUT_SECONDS, InDoubt, NotSent, Outcome, Outgoing, Refused, Sent
from models.base import UtcDateTime, insert_missing
from models.outbox import CANCELLED, DOUBTFUL, FAILED, READY, SENDING, SENT, Conversation, Delivery
from models.workspaces import Workspace

log = logging.getLogger(__name__)

SETTLING_SECONDS = 60
LEASE = timedelta(seconds=90)
"""Longer than a request may last (10 s) and Slack may take to accept it afterwards (60 s)."""
BATCH = 64
SENDERS = 16
LONGEST_BACK_OFF_SECONDS = 60
AFTER_A_BUG = timedelta(minutes=5)
START_WITHIN_SECONDS = LEASE.total_seconds() - SETTLING_SECONDS - TIMEOUT_SECONDS
"""A request begun later than this after its claim could outlive the lease."""


@dataclass(frozen=True)
class Send:
    """Post this now."""

    text: str
    blocks: Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Defer:
    """Not now: look again at this moment of people's time."""

    until: datetime
    reason: str


@dataclass(frozen=True)
class Cancel:
    """Not at all, for this reason."""

    reason: str


Decision = Send | Defer | Cancel
Prepare = Callable[[Session, Sequence[Delivery], datetime], Mapping[int, Decision]]
"""Decide and render rows of one kind inside the claim's transaction, at this moment of people's time."""


@dataclass
class Turn:
    """What one turn of the loop did."""

    recorded: int = 0
    claimed: int = 0
    decided: dict[str, int] = field(default_factory=dict)

    @property
    def is_idle(self) -> bool:
        """Nothing was there to do."""
        return not (self.recorded or self.claimed)


class DeliveryLoop:
    """Takes ready rows to Slack; any number of these may run on one store."""

    def __init__(
        self,
        sessions: Sessions,
        clock: Clock,
        *,
        prepare: Mapping[str, Prepare],
        post: Callable[[Outgoing], Outcome],
        chance: random.Random,
    ) -> None:
        self._sessions, self._clock = sessions, clock
        self._prepare, self._post, self._chance = prepare, post, chance
        self._senders = ThreadPoolExecutor(max_workers=SENDERS, thread_name_prefix="sender")
        self._outcomes: queue.SimpleQueue[tuple[Outgoing, Outcome]] = queue.SimpleQueue()
        self._unrecorded: list[tuple[Outgoing, Outcome]] = []
        self._in_flight = 0
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Turn in a thread of its own until stopped."""
        self._thread = threading.Thread(target=self._run, name="delivery", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Take no more, let what is in flight arrive, and record it; what nobody began to send goes back."""
        self._stopping.set()
        self._wake.set()
        if self._thread:
            self._thread.join()
        self._senders.shutdown(wait=True)
        try:
            self._record_only()
        except SQLAlchemyError as away:
            log.warning("outcomes_unrecorded", extra={"error": type(away).__name__})

    def _run(self) -> None:
        while not self._stopping.is_set():
            if self._is_idle_after_turn():
                self._wake.wait(timeout=0.2 if self._in_flight else 0.5)
                self._wake.clear()

    def _is_idle_after_turn(self) -> bool:
        """Turn once; a store that is away is waited for, and what Slack said meanwhile is kept."""
        try:
            return self.turn().is_idle
        except (OperationalError, InterfaceError, PoolTimeoutError) as away:
            log.warning("store_away", extra={"error": type(away).__name__})
        except Exception:  # a loop that ends is a bot that falls silent: the bug is told, the loop goes on
            log.exception("turn_failed")
        return True

    def wake(self) -> None:
        """Look at once instead of at the next look-round."""
        self._wake.set()

    def drain(self) -> dict[str, int]:
        """Turn until nothing is ready and nothing in flight, and count what became of the rows."""
        counts: dict[str, int] = {}
        while True:
            turn = self.turn()
            for name, number in turn.decided.items():
                counts[name] = counts.get(name, 0) + number
            if turn.is_idle and not self._in_flight and not self._waits_for_slack(self._clock.people_now()):
                return counts
            if turn.is_idle:
                self._wake.wait(timeout=0.2)
                self._wake.clear()

    def is_settled(self, people_now: datetime) -> bool:
        """Whether the store holds nothing to be sent at the moment, and nothing on its way."""
        machine_now = self._clock.machine_now()
        with self._sessions.read() as session:
            states = dict(session.execute(Delivery.counts()).all())
            has_work = session.scalars(Delivery.has_work(), _moments(people_now, machine_now)).one()
        return not (states.get(SENDING) or has_work or self._waits_for_slack(people_now))

    def _waits_for_slack(self, people_now: datetime) -> bool:
        """Whether rows wait only because Slack said when to go on, and that is soon."""
        with self._sessions.read() as session:
            until = session.scalars(Delivery.next_retry(people_now)).all()
        now = self._clock.machine_now()
        just, soon = now - timedelta(seconds=1), now + timedelta(seconds=LONGEST_BACK_OFF_SECONDS)
        return any(moment is not None and just < moment < soon for moment in until)

    def turn(self) -> Turn:
        """Record what came back, claim what is ready, and hand it to the senders."""
        self._collect()
        turn = Turn()
        if not self._unrecorded and not self._has_work():
            return turn
        with self._sessions.begin() as session:
            machine_now = self._machine_now(session)
            self._record(session, machine_now, turn)
            outgoing = self._claim(session, machine_now, turn)
        turn.recorded = len(self._unrecorded)
        self._unrecorded = []
        start_by = time.monotonic() + START_WITHIN_SECONDS
        for message in outgoing:
            self._in_flight += 1
            self._senders.submit(self._send, message, start_by)
        return turn

    def _has_work(self) -> bool:
        """Look without locking: an idle loop must not stand in the way of those who write."""
        people_now, machine_now = self._clock.people_now(), self._clock.machine_now()
        with self._sessions.read() as session:
            return session.scalars(Delivery.has_work(), _moments(people_now, machine_now)).one()

    def _machine_now(self, session: Session) -> datetime:
        """Read the clock all workers share: the database's, where it is a server."""
        if session.get_bind().dialect.name == "postgresql":
            return session.scalars(select(func.clock_timestamp(type_=UtcDateTime))).one()
        return self._clock.machine_now()

    def _send(self, message: Outgoing, start_by: float) -> None:
        outcome: Outcome = InDoubt("sender failed")
        try:
            outcome = self._post(message) if self._may_begin(start_by) else NotSent("not begun")
        except Exception:  # a thread's exceptions are heard by nobody else
            log.exception("sender_failed", extra={"delivery": message.delivery_id})
        self._outcomes.put((message, outcome))
        self._wake.set()

    def _may_begin(self, start_by: float) -> bool:
        """Whether a request begun now ends before its lease, and before whoever stops us loses patience."""
        return time.monotonic() <= start_by and not self._stopping.is_set()

    def _collect(self) -> None:
        while not self._outcomes.empty():
            self._unrecorded.append(self._outcomes.get())
            self._in_flight -= 1

    def _record_only(self) -> None:
        self._collect()
        if not self._unrecorded:
            return
        with self._sessions.begin() as session:
            self._record(session, self._machine_now(session), Turn())
        self._unrecorded = []

    def _record(self, session: Session, machine_now: datetime, turn: Turn) -> None:
        for message, outcome in self._unrecorded:
            state = record(session, message, outcome, machine_now, self._chance)
            turn.decided[state] = turn.decided.get(state, 0) + 1

    def _claim(self, session: Session, machine_now: datetime, turn: Turn) -> list[Outgoing]:
        people_now = self._clock.people_now()
        session.execute(Delivery.expire(people_now))
        session.execute(Delivery.doubt_lapsed(machine_now))
        room = BATCH - self._in_flight
        rows = _one_a_receiver(session.scalars(Delivery.claimable(people_now, machine_now, room)))
        turn.claimed = len(rows)
        for row in rows:
            metrics.LATENESS.observe((people_now - row.not_before).total_seconds())
        decisions = self._decide(session, rows, people_now)
        sends = [(row, decision) for row, decision in decisions if isinstance(decision, Send)]
        for row, decision in decisions:
            if not isinstance(decision, Send):
                _put_aside(row, decision, turn)
        channels = _channels(session, [row for row, _ in sends])
        return [_take(row, decision, channels, machine_now) for row, decision in sends]

    def _decide(
        self, session: Session, rows: Sequence[Delivery], people_now: datetime
    ) -> list[tuple[Delivery, Decision]]:
        decided: dict[int, Decision] = {}
        for kind in sorted({row.kind for row in rows} & self._prepare.keys()):
            batch = [row for row in rows if row.kind == kind]
            decided.update(prepare_each(self._prepare[kind], session, batch, people_now))
        unknown = Cancel("nobody prepares this kind of message any more")
        return [(row, decided.get(row.id, unknown)) for row in rows]


def _moments(people_now: datetime, machine_now: datetime) -> dict[str, datetime]:
    return {"people_now": people_now, "machine_now": machine_now}


def prepare_each(
    prepare: Prepare, session: Session, batch: Sequence[Delivery], people_now: datetime
) -> Mapping[int, Decision]:
    """Prepare the batch; if one row hits a bug only that row waits, and the bug is logged with its id."""
    try:
        with session.begin_nested():
            return prepare(session, batch, people_now)
    except (OperationalError, InterfaceError, PoolTimeoutError):
        raise  # the store is away: no row's fault
    except Exception as bug:  # the loop's one door for bugs: a poisoned row must not stop the rest
        if len(batch) > 1:
            return {
                row.id: one
                for row in batch
                for one in prepare_each(prepare, session, [row], people_now).values()
            }
        log.exception("message_unprepared", extra={"delivery": batch[0].id})
        return {batch[0].id: Defer(people_now + AFTER_A_BUG, f"bug: {type(bug).__name__}")}


def record(
    session: Session, message: Outgoing, outcome: Outcome, machine_now: datetime, chance: random.Random
) -> str:
    """Write what became of a message, if the claim still holds it, and say the row's new state."""
    values, state = _record_values(message, outcome, machine_now, chance)
    held = Delivery.held(message.delivery_id, message.owner, message.attempt)
    session.execute(held.values(state=state, lease_until=None, **values))
    metrics.OUTCOMES.labels(state).inc()
    # Slack never takes a message of ours that it calls invalid: that is a bug, and an alarm.
    level = logging.ERROR if isinstance(outcome, Refused) and outcome.is_our_bug else logging.INFO
    log.log(level, "message_" + state, extra={"delivery": message.delivery_id, **_reason(outcome)})
    if isinstance(outcome, Sent):
        place = {
            "workspace_id": message.workspace_id,
            "receiver": message.channel,
            "channel": outcome.channel,
        }
        insert_missing(session, Conversation, [place] if message.channel != outcome.channel else [])
    _hold_up(session, message.workspace_id, outcome, machine_now)
    return state


def _reason(outcome: Outcome) -> dict[str, str]:
    return {} if isinstance(outcome, Sent) else {"reason": outcome.reason}


def _record_values(
    message: Outgoing, outcome: Outcome, machine_now: datetime, chance: random.Random
) -> tuple[dict[str, object], str]:
    match outcome:
        case Sent(channel, ts):
            return {"channel": channel, "ts": ts, "sent_at": machine_now, "reason": None}, SENT
        case NotSent(reason, retry_after):
            seconds = retry_after if retry_after is not None else _back_off(message.attempt, chance)
            return {"reason": reason, "retry_at": machine_now + timedelta(seconds=seconds)}, READY
        case InDoubt(reason):
            return {"reason": reason, "doubt_since": machine_now}, DOUBTFUL
        case Refused(reason, True):
            return {"reason": reason}, READY
        case Refused(reason):
            return {"reason": reason}, FAILED


def _back_off(attempt: int, chance: random.Random) -> float:
    """Wait 0.5 s × 2ⁿ and up to half as long again, so that those who failed together do not return together."""
    wait: float = min(LONGEST_BACK_OFF_SECONDS, 0.5 * 2 ** min(attempt, 10))
    return wait * (1 + chance.random() / 2)


def _hold_up(session: Session, workspace_id: str, outcome: Outcome, machine_now: datetime) -> None:
    """Stop posting to a workspace that said to wait, or that took its token away."""
    mine = update(Workspace).where(Workspace.workspace_id == workspace_id)
    if isinstance(outcome, NotSent) and outcome.retry_after is not None:
        until = machine_now + timedelta(seconds=outcome.retry_after)
        # Answers arrive in any order: the longest wait stands.
        shorter = or_(Workspace.blocked_until.is_(None), Workspace.blocked_until < until)
        session.execute(mine.where(shorter).values(blocked_until=until))
    if isinstance(outcome, Refused) and outcome.is_token_gone:
        session.execute(mine.values(stopped_because=outcome.reason))


def _one_a_receiver(rows: Iterable[Delivery]) -> list[Delivery]:
    """Keep the most urgent row of each receiver; the order in which a person reads is the order we send."""
    first: dict[tuple[str, str], Delivery] = {}
    for row in rows:
        first.setdefault((row.workspace_id, row.receiver), row)
    return list(first.values())


def _put_aside(row: Delivery, decision: Defer | Cancel, turn: Turn) -> None:
    row.reason = decision.reason
    if isinstance(decision, Defer):
        row.not_before = decision.until
    else:
        row.state = CANCELLED
    name = "deferred" if isinstance(decision, Defer) else CANCELLED
    turn.decided[name] = turn.decided.get(name, 0) + 1
    metrics.OUTCOMES.labels(name).inc()
    log.info("message_" + name, extra={"delivery": row.id, "reason": decision.reason})


def _channels(session: Session, rows: Sequence[Delivery]) -> dict[tuple[str, str], str]:
    known = Conversation.of({row.workspace_id for row in rows}, {row.receiver for row in rows})
    return {(place.workspace_id, place.receiver): place.channel for place in session.scalars(known)}


def _take(
    row: Delivery, decision: Send, channels: Mapping[tuple[str, str], str], machine_now: datetime
) -> Outgoing:
    """Put the row under a lease of this claim; the commit that follows comes before the call to Slack."""
    row.state, row.owner, row.attempt = SENDING, uuid.uuid4().hex, row.attempt + 1
    row.lease_until = machine_now + LEASE
    return Outgoing(
        delivery_id=row.id,
        workspace_id=row.workspace_id,
        owner=row.owner,
        attempt=row.attempt,
        channel=channels.get((row.workspace_id, row.receiver), row.receiver),
        text=decision.text,
        blocks=decision.blocks,
    )
