"""The delivery loop: one database thread records outcomes and claims rows, sender threads only call Slack."""

from __future__ import annotations

import logging
import queue
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy.exc import InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm import Session

from bot.runtime.claims import Claim, Claimer, moments
from bot.runtime.clock import Clock, elapsed_seconds
from bot.runtime.database import Sessions
from bot.runtime.decisions import Attend, Consequence, Discover, Prepare, discover, face
from bot.runtime.holds import Holds
from bot.runtime.openings import Recorder
from bot.runtime.outcomes import LONGEST_BACK_OFF_SECONDS, record, record_look, record_sent
from bot.runtime.present import machine_now, present
from bot.runtime.rates import Pace
from bot.runtime.slack import (
    Doubt,
    Group,
    InDoubt,
    Look,
    NotOpened,
    NotSent,
    Opened,
    Outcome,
    Outgoing,
    Refused,
    Seen,
    Sent,
    Unseen,
)
from models import outbox_work
from models.outbox import FAILED, SENT
from models.outbox_work import Moments, Work

log = logging.getLogger(__name__)

BATCH = 64
SENDERS = 16
READERS, READINGS = 4, 32
"""Histories are read on threads of their own: however slow Slack is with them, posting goes on. So many are begun."""
GATHERING_SECONDS = 0.02
"""How long a busy loop lets answers gather, to record them together; the senders have work for longer than that."""
LOOK_ROUND_SECONDS = 0.5
"""How often a loop looks whether there is work, be it idle or busy."""

AWAY = (OperationalError, InterfaceError, PoolTimeoutError)
"""What is raised while the store is away: what Slack said is kept until it is back."""
Report = tuple[Outgoing, Outcome] | tuple[Doubt, Look] | tuple[Group, Opened | NotOpened]
"""What was asked of Slack, and what came of it."""


@dataclass
class Turn:
    """What one turn of the loop did."""

    recorded: int = 0
    claimed: int = 0
    decided: Counter[str] = field(default_factory=Counter)

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
        look: Callable[[Doubt], Look] | None,
        chance: random.Random,
        pace: Pace,
        open_group: Callable[[Group], Opened | NotOpened] | None = None,
        consequences: Mapping[str, Consequence] | None = None,
        attend: Attend | None = None,
        heed: Discover | None = None,
        elapsed: Callable[[], float] = elapsed_seconds,
    ) -> None:
        """Make a loop; without `look` a message in doubt stays so, without `open_group` one to a group waits."""
        self._open_group, self._consequences = open_group, consequences or {}
        self._sessions, self._clock, self._pace = sessions, clock, pace
        self._prepare, self._attend, self._heed = prepare, attend, heed
        self._post, self._look, self._chance = post, look, chance
        self._elapsed, self._holds = elapsed, Holds(elapsed)
        self._senders = ThreadPoolExecutor(max_workers=SENDERS, thread_name_prefix="sender")
        self._readers = ThreadPoolExecutor(max_workers=READERS, thread_name_prefix="reader")
        self._reports: queue.SimpleQueue[Report] = queue.SimpleQueue()
        self._unrecorded: list[Report] = []
        self._in_flight, self._in_reading = 0, 0
        self._looked_at = -LOOK_ROUND_SECONDS
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Turn in a thread of its own until stopped."""
        self._thread = threading.Thread(target=self._run, name="delivery", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Take no more, and record what is in flight as it arrives; what nobody began to send goes back."""
        self._stopping.set()
        self._wake.set()
        if self._thread:
            self._thread.join()
        answering = threading.Thread(target=self._see_answers_in, name="answering")
        answering.start()
        while answering.is_alive():
            self._wake.wait(timeout=0.2)
            self._wake.clear()
            with suppress(*AWAY):
                self._record_only()
        try:
            self._record_only()
        except SQLAlchemyError as away:
            log.warning("outcomes_unrecorded", extra={"error": type(away).__name__})

    def _see_answers_in(self) -> None:
        self._senders.shutdown(wait=True)
        self._readers.shutdown(wait=True)
        self._wake.set()

    def _run(self) -> None:
        while not self._stopping.is_set():
            if self._is_idle_after_turn():
                self._wake.wait(timeout=0.2 if self._is_waiting else LOOK_ROUND_SECONDS)
                self._wake.clear()
            else:
                self._stopping.wait(GATHERING_SECONDS)

    @property
    def _is_waiting(self) -> bool:
        """Whether Slack has still to answer something."""
        return bool(self._in_flight or self._in_reading)

    def _is_idle_after_turn(self) -> bool:
        """Turn once; a store that is away is waited for, and what Slack said meanwhile is kept."""
        try:
            return self.turn().is_idle
        except AWAY as away:
            log.warning("store_away", extra={"error": type(away).__name__})
        except Exception:  # a loop that ends is a bot that falls silent: the bug is told, the loop goes on
            log.exception("turn_failed")
        return True

    def wake(self) -> None:
        """Look at once instead of at the next look-round."""
        self._wake.set()

    def drain(self) -> dict[str, int]:
        """Turn until nothing is ready and nothing in flight, and count what became of the rows."""
        counts: Counter[str] = Counter()
        while True:
            turn = self.turn()
            counts += turn.decided
            if turn.is_idle and not self._is_waiting and not self._waits_for_slack(self._clock.people_now()):
                return counts
            if turn.is_idle:
                self._wake.wait(timeout=0.2)
                self._wake.clear()

    def is_settled(self, people_now: datetime) -> bool:
        """Whether the store holds nothing to be sent at the moment, and nothing on its way."""
        with self._sessions.read() as session:
            at = moments(self._pace, people_now, machine_now(session, self._clock))
            is_busy = any(session.execute(outbox_work.activity(), vars(at)).one())
        return not (is_busy or self._waits_for_slack(people_now))

    def _waits_for_slack(self, people_now: datetime) -> bool:
        """Whether rows wait only because Slack said when to go on, or takes no more at once, and that is soon."""
        with self._sessions.read() as session:
            at = {"people_now": people_now}
            workspaces = session.execute(outbox_work.waiting_workspaces(), at).all()
            conversations = session.scalars(outbox_work.waiting_conversations(), at).all()
            openings = session.execute(outbox_work.waiting_openings(), at).all() if self._open_group else ()
            now = machine_now(session, self._clock)
        until = [blocked for blocked, _ in workspaces]
        until += [self._pace.workspace.opens_at(tat) for _, tat in workspaces]
        until += [self._pace.conversation.opens_at(tat) for tat in conversations]
        until += [moment for tat, wait in openings for moment in (self._pace.openings.opens_at(tat), wait)]
        just, soon = now - timedelta(seconds=1), now + timedelta(seconds=LONGEST_BACK_OFF_SECONDS)
        return any(just < moment < soon for moment in until if moment)

    def turn(self) -> Turn:
        """Record what came back, claim what is ready, and hand it to the senders."""
        self._collect()
        try:
            return self._turn()
        except AWAY:
            raise
        except Exception:  # one outcome that cannot be written must keep no other from it
            if not self._unrecorded:
                raise
            log.exception("turn_failed")
            return self._record_each()

    def _turn(self) -> Turn:
        turn, work = Turn(), self._work()
        if not any(work):
            return turn
        start_by = self._elapsed() + self._pace.beginning.total_seconds()
        with self._sessions.begin() as session:
            here = present(session, self._clock)
            self._record(session, self._unrecorded, here.machine_now, turn)
            at = self._moments(here.machine_now)
            claimer = Claimer(session, self._prepare, self._pace, at, here.history, self._holds, self._attend)
            taken = claimer.claim(work, limit=BATCH - self._in_flight, readings=READINGS - self._in_reading)
        self._let_go(self._unrecorded)
        self._time(taken)
        turn.recorded, self._unrecorded = len(self._unrecorded), []
        turn.claimed = sum(map(len, (taken.outgoing, taken.put_aside, taken.doubts, taken.groups)))
        turn.decided.update(taken.put_aside)
        self._in_flight += len(taken.outgoing) + len(taken.groups)
        self._in_reading += len(taken.doubts)
        for message in taken.outgoing:
            self._senders.submit(self._send, message, start_by)
        for group in taken.groups:
            self._senders.submit(self._open, group, start_by)
        for doubt in taken.doubts:
            self._readers.submit(self._look_up, doubt, start_by)
        return turn

    def _time(self, taken: Claim) -> None:
        """Remember by our own clock since when we have in hand what was taken."""
        for message in taken.outgoing:
            self._holds.take(_numbers(message), self._pace.lease)
        for doubt in taken.doubts:
            self._holds.take(doubt.attempts, self._pace.lease)

    def _let_go(self, reports: Sequence[Report]) -> None:
        """Have in hand no more what was recorded, and remember by our own clock what is in doubt since now."""
        for asked, said in reports:
            self._holds.release(_numbers(asked))
            if isinstance(said, InDoubt):
                self._holds.settle(_numbers(asked), self._pace.settling)

    def _work(self) -> Work:
        """Say what there is to do; what comes back from Slack makes room for more to be sent.

        A busy loop looks for the rest of its work no more often than an idle one.
        """
        is_busy, now = bool(self._unrecorded), time.monotonic()
        if is_busy and now - self._looked_at < LOOK_ROUND_SECONDS:
            return Work(sendable=True)
        self._looked_at = now
        found = self._look_round()
        if self._look is None:
            found = found._replace(in_doubt=False, stray=False)
        if self._open_group is None:
            found = found._replace(unopened=False)
        return found._replace(sendable=found.sendable or is_busy)

    def _look_round(self) -> Work:
        """Look without locking: an idle loop must not stand in the way of those who write."""
        with self._sessions.read() as session:
            at = self._moments(machine_now(session, self._clock))
            return Work(*session.execute(outbox_work.work(), vars(at)).one())

    def _moments(self, machine_now: datetime) -> Moments:
        return moments(self._pace, self._clock.people_now(), machine_now)

    def _send(self, message: Outgoing, start_by: float) -> None:
        outcome: Outcome = InDoubt("sender failed")
        try:
            outcome = self._post(message) if self._may_begin(start_by) else NotSent("not begun")
        except Exception:  # a thread's exceptions are heard by nobody else
            log.exception("sender_failed", extra={"delivery": message.delivery_id})
        self._report((message, outcome))

    def _look_up(self, doubt: Doubt, start_by: float) -> None:
        seen: Look = Unseen("looking failed")
        try:
            seen = self._look(doubt) if self._look and self._may_begin(start_by) else Unseen("not begun")
        except Exception:  # as above
            log.exception("look_up_failed", extra={"receiver": doubt.receiver})
        self._report((doubt, seen))

    def _open(self, group: Group, start_by: float) -> None:
        said: Opened | NotOpened = NotOpened(NotSent("opening failed"))
        try:
            if self._open_group and self._may_begin(start_by):
                said = self._open_group(group)
        except Exception:  # as above
            log.exception("opening_failed", extra={"receiver": group.receiver})
        self._report((group, said))

    def _report(self, report: Report) -> None:
        self._reports.put(report)
        self._wake.set()

    def _may_begin(self, start_by: float) -> bool:
        """Whether a request begun now ends before its lease, and before whoever stops us loses patience."""
        return self._elapsed() <= start_by and not self._stopping.is_set()

    def _collect(self) -> None:
        while not self._reports.empty():
            report = self._reports.get()
            if isinstance(report[0], Doubt):
                self._in_reading -= 1
            else:
                self._in_flight -= 1
            self._unrecorded.append(report)

    def _record_only(self) -> None:
        self._collect()
        self._record_each()

    def _record_each(self) -> Turn:
        """Record each by itself, and drop what cannot be: a lease that runs out makes it a doubt."""
        turn = Turn()
        while self._unrecorded:
            report, *others = self._unrecorded
            try:
                with self._sessions.begin() as session:
                    self._record(session, [report], machine_now(session, self._clock), turn)
            except AWAY:
                raise
            except Exception:  # as above
                log.exception("outcome_dropped", extra={"receiver": report[0].receiver})
            self._let_go([report])
            self._unrecorded, turn.recorded = others, turn.recorded + 1
        return turn

    def _record(self, session: Session, reports: Sequence[Report], machine_now: datetime, turn: Turn) -> None:
        sent: list[tuple[Outgoing, Sent]] = []
        became: list[tuple[int, str]] = []
        openings = Recorder(session, machine_now, self._chance, self._pace)
        for report in reports:
            match report:
                case Group() as group, (Opened() | NotOpened()) as said:
                    became += [(number, FAILED) for number in openings.record(group, said)]
                case Doubt() as doubt, (Seen() | Unseen()) as seen:
                    became += record_look(
                        session, doubt, seen, machine_now, pace=self._pace, chance=self._chance
                    )
                case Outgoing() as message, Sent() as taken:
                    sent.append((message, taken))
                case Outgoing() as message, (NotSent() | InDoubt() | Refused()) as refusal:
                    became += record(
                        session, message, refusal, machine_now, pace=self._pace, chance=self._chance
                    )
        turn.decided[SENT] += len(record_sent(session, sent, machine_now))
        turn.decided.update(state for _, state in became)
        self._tell_features(session, became, machine_now)

    def _tell_features(
        self, session: Session, became: Sequence[tuple[int, str]], machine_now: datetime
    ) -> None:
        """Tell what was given up, and what a look-up found; what was just sent is not among these."""
        failed, found = ([number for number, each in became if each == state] for state in (FAILED, SENT))
        people_now = self._clock.people_now()
        face(self._consequences, session, failed, people_now)
        if self._heed:
            discover(self._heed, session, found, people_now=people_now, machine_now=machine_now)


def _numbers(asked: Outgoing | Doubt | Group) -> Collection[int]:
    """Say which deliveries something asked of Slack is about."""
    match asked:
        case Outgoing():
            return [part.delivery_id for part in asked.parts]
        case Doubt():
            return asked.attempts
        case Group():
            return ()
