"""The state machine of a delivery, in every order: never twice while Slack is truthful, never lost, always over.

Two workers run the real claims and records on a real store. Slack is a dictionary and the truth; time moves by hand.
A worker's requests end within their time-out and Slack accepts within the settling time, as the protocol supposes.
"""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as some
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.outbox import Message, cancel, enqueue
from bot.runtime.claims import Claim, Claimer, moments
from bot.runtime.database import Sessions
from bot.runtime.decisions import Cancel, Decision, Send
from bot.runtime.holds import Holds
from bot.runtime.slack import Doubt, Look, Seen
from models.bulk import insert_missing
from models.conversations import Conversation
from models.outbox import CANCELLED, DOUBTFUL, EXPIRED, FAILED, READY, SENDING, SENT, Delivery
from models.outbox_work import Work
from models.workspaces import Workspace
from sandbox.identity import TEAM_ID
from tests.people import AMY, BEN, DAY, MINUTE
from tests.runtime.modelled_slack import ANSWERS, LOOKS, TIMES, Slack, Worker, timestamp
from tests.runtime.stage import KIND, HandClock, with_others
from tests.stores import reused_sqlite

KNOWN = {READY, SENDING, SENT, DOUBTFUL, FAILED, EXPIRED, CANCELLED}
ENDED = {SENT, FAILED, EXPIRED, CANCELLED}
EVERYTHING = Work(sendable=True, late=True, lapsed=True, in_doubt=True, stray=True)
SECONDS = (0.1, 1, 5, 10, 19, 21, 45, 60, 61, 90, 91, 151, 600)
A_WHILE = some.sampled_from(SECONDS).map(lambda seconds: timedelta(seconds=seconds))
MESSAGES = 6
"""Few, so that much befalls each."""
ROUNDS = 30
"""As many turns end what forty steps began."""


class CommitFailed(Exception):
    """Nothing of the transaction stands."""


class Deliveries(RuleBasedStateMachine):
    """Two workers, a store, a Slack, and everything that may happen to them."""

    pace = TIMES
    model = Slack
    are_joined = True

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.sessions = Sessions(self.stack.enter_context(reused_sqlite()))
        self.clock, self.slack, self.chance = HandClock(), self.model(), random.Random(7)
        self.workers = [Worker(), Worker()]
        self.written: list[Message] = []
        self.latest = self.clock.people
        self.unwanted: set[int] = set()
        self.taken_back: set[int] = set()

    @initialize()
    def open(self) -> None:
        with self.sessions.begin() as session:
            insert_missing(session, Workspace, [{"workspace_id": TEAM_ID}])

    # The store's side

    @precondition(lambda self: len(self.written) < MESSAGES)
    @rule(receiver=some.sampled_from([AMY, BEN]), is_short=some.booleans())
    def write(self, receiver: str, is_short: bool) -> None:
        number, expiry = len(self.written) + 1, self.clock.people + (5 * MINUTE if is_short else 30 * DAY)
        message = Message(TEAM_ID, f"note:{number}", KIND, receiver, number, self.clock.people, expiry)
        self.written.append(message)
        with self.sessions.begin() as session:
            assert enqueue(session, [message]) == 1

    @precondition(lambda self: self.written)
    @rule(which=some.integers(0, 9), later=some.sampled_from([0, 6, 60]))
    def write_again(self, which: int, later: int) -> None:
        """Plan what is planned already, as a worker does that takes over from a dead one; its window may be another."""
        known = self.written[which % len(self.written)]
        again = known._replace(not_before=known.not_before + later * MINUTE, expire_at=known.expire_at + DAY)
        before = self._everything()
        with self.sessions.begin() as session:
            assert enqueue(session, [again]) == 0
        assert self._everything() == before

    @rule(are_joined=some.booleans())
    def join(self, are_joined: bool) -> None:
        """Let what one receiver gets be one message from now on, or let it be no more."""
        self.are_joined = are_joined

    @precondition(lambda self: self.written)
    @rule(which=some.integers(0, 9), is_seen_by_the_feature=some.booleans())
    def want_no_more(self, which: int, is_seen_by_the_feature: bool) -> None:
        """Take a message back, or have its feature say so at the moment of sending."""
        number = which % len(self.written) + 1
        self.unwanted.add(number)
        if not is_seen_by_the_feature:
            with self.sessions.begin() as session:
                cancel(session, TEAM_ID, [KIND], [number], reason="not wanted")

    @rule(who=some.integers(0, 1), limit=some.integers(0, 3))
    def turn(self, who: int, limit: int) -> None:
        """Record what is known and claim, in one transaction, as the loop does."""
        with self.sessions.begin() as session:
            taken = self._record_and_claim(session, self.workers[who], limit)
        self.workers[who].forget_recorded()
        self._begin(self.workers[who], taken)

    @rule(who=some.integers(0, 1), limit=some.integers(0, 3))
    def fail_to_commit(self, who: int, limit: int) -> None:
        """Lose the store at the end of a turn: nothing of it stands, what Slack said is recorded another time."""
        before = self._everything()
        with suppress(CommitFailed), self.sessions.begin() as session:
            taken = self._record_and_claim(session, self.workers[who], limit)
            raise CommitFailed
        self._not_committed(self.workers[who], taken)
        assert self._everything() == before

    @rule(who=some.integers(0, 1), limit=some.integers(0, 3))
    def commit_unheard(self, who: int, limit: int) -> None:
        """Lose the store right after it has committed: a worker that was not told begins nothing, and records again."""
        with self.sessions.begin() as session:
            taken = self._record_and_claim(session, self.workers[who], limit)
        self._not_committed(self.workers[who], taken)

    def _record_and_claim(self, session: Session, worker: Worker, limit: int) -> Claim:
        now = self.clock.machine
        worker.record(session, now, pace=self.pace, chance=self.chance)
        at = moments(self.pace, self.clock.people, now)
        # The store's word has to do: whoever took something may be another process by now.
        holds = Holds(self.clock.elapsed_seconds)
        claimer = Claimer(session, {KIND: self._prepare}, self.pace, at, None, holds)
        return claimer.claim(EVERYTHING, limit=limit, readings=limit)

    def _begin(self, worker: Worker, taken: Claim) -> None:
        begin_by = self.clock.machine + self.pace.beginning
        worker.to_send += [(message, begin_by) for message in taken.outgoing]
        worker.to_look_up += [(doubt, begin_by) for doubt in taken.doubts]

    def _not_committed(self, worker: Worker, taken: Claim) -> None:
        """Begin nothing of what was taken: as far as the worker knows, it belongs to somebody else."""

    @rule(who=some.integers(0, 1), answer=some.sampled_from(ANSWERS))
    def work(self, who: int, answer: str) -> None:
        """Let everything one worker can do follow at once, so that forty steps lead far."""
        self.turn(who, 3)
        worker = self.workers[who]
        while worker.to_send:
            worker.send(self.slack, 0, answer, self.clock.machine)
        while worker.to_look_up:
            worker.look_up(self.slack, 0, "truth", self.clock.machine)
        self.turn(who, 0)

    @rule(who=some.integers(0, 1))
    def crash(self, who: int) -> None:
        """Forget everything that was in memory; what Slack was told stands."""
        self.workers[who] = Worker()

    @rule()
    def resume(self) -> None:
        with self.sessions.begin() as session:
            session.execute(Workspace.welcome_back(TEAM_ID))

    # Slack's side

    @precondition(lambda self: any(worker.to_send for worker in self.workers))
    @rule(which=some.integers(0, 9), answer=some.sampled_from(ANSWERS))
    def send(self, which: int, answer: str) -> None:
        waiting = [(worker, place) for worker in self.workers for place in range(len(worker.to_send))]
        worker, place = waiting[which % len(waiting)]
        worker.send(self.slack, place, answer, self.clock.machine)

    @precondition(lambda self: any(worker.to_look_up for worker in self.workers))
    @rule(which=some.integers(0, 9), answer=some.sampled_from(LOOKS))
    def look_up(self, which: int, answer: str) -> None:
        waiting = [(worker, place) for worker in self.workers for place in range(len(worker.to_look_up))]
        worker, place = waiting[which % len(waiting)]
        worker.look_up(self.slack, place, answer, self.clock.machine)

    @precondition(lambda self: self.slack.on_its_way)
    @rule(which=some.integers(0, 9))
    def accept_late(self, which: int) -> None:
        """Slack takes what nobody waits for any more, unless it is too late for that."""
        numbers, before = self.slack.on_its_way.pop(which % len(self.slack.on_its_way))
        if self.clock.machine < before:
            self.slack.accept(numbers, self.clock.machine)

    # Time

    @rule(by=A_WHILE)
    def pass_time(self, by: timedelta) -> None:
        self.clock.pass_time(by)
        self.latest = max(self.latest, self.clock.people)

    @rule(minutes=some.sampled_from([-60, -1, 1, 6, 60]))
    def set_peoples_clock(self, minutes: int) -> None:
        self.clock.people += minutes * MINUTE
        self.latest = max(self.latest, self.clock.people)

    # What always holds

    @invariant()
    def nothing_came_twice(self) -> None:
        assert all(len(copies) == 1 for copies in self.slack.has.values()), f"came twice: {self.slack.has}"

    @invariant()
    def the_store_agrees_with_slack(self) -> None:
        for row in self._rows():
            copies = self.slack.has.get(row.id, [])
            assert row.state in KNOWN
            if row.state == SENT:
                assert [timestamp(at) for at in copies] == [row.ts]
            if copies:
                assert row.state in {SENDING, DOUBTFUL, SENT} or self._is_given_up(row) or self._is_taken(row)
            if row.state == FAILED:
                assert row.id in self.slack.given_up
            if row.state == CANCELLED:
                assert row.id in self.unwanted | self.taken_back
            if row.state == EXPIRED:
                assert row.expire_at <= self.latest

    def teardown(self) -> None:
        try:
            if self.written:
                self.come_to_rest()
        finally:
            self.stack.close()

    def come_to_rest(self) -> None:
        """Let the one worker report and the other die; then everything ends, and is what it is said to be."""
        self.crash(1)
        self.clock.people = self.latest  # from here everything that was written is due
        rounds = 0
        while any(row.state not in ENDED for row in self._rows()):
            rounds += 1
            assert rounds < ROUNDS, [(row.id, row.state, row.reason) for row in self._rows()]
            self._round()
        self.nothing_came_twice()
        self.the_store_agrees_with_slack()

    def _round(self) -> None:
        """Do everything once, and let it go well."""
        self.resume()
        self.pass_time(timedelta(seconds=61))
        self.work(0, "ok")

    def _prepare(self, session: Session, rows: Sequence[Delivery], now: datetime) -> Mapping[int, Decision]:
        return {row.id: self._decide(session, row, now) for row in rows}

    def _decide(self, session: Session, row: Delivery, now: datetime) -> Decision:
        if row.id in self.unwanted:
            return Cancel("not wanted")
        if self.are_joined:
            return with_others(session, row, now, but=self.unwanted)
        return Send("A note", [{"type": "divider"}])

    def _everything(self) -> Sequence[object]:
        """Read all that a transaction may have changed."""
        tables = (Delivery, Workspace, Conversation)
        with self.sessions.read() as session:
            return [session.execute(select(*each.__table__.columns)).all() for each in tables]

    def _rows(self) -> Sequence[Delivery]:
        with self.sessions.read() as session:
            return session.scalars(select(Delivery)).all()

    def _is_given_up(self, row: Delivery) -> bool:
        """Slack would not let us look: a person is told, and nothing is sent again."""
        return row.state == FAILED and (row.reason or "").startswith("in doubt, and cannot be looked up")

    def _is_taken(self, row: Delivery) -> bool:
        """An operator wanted no more of what Slack may have."""
        return row.state == CANCELLED and row.id in self.taken_back


class Impatient(Deliveries):
    """An engine that looks for what is in doubt before it has settled."""

    pace = dataclasses.replace(TIMES, settling=timedelta())


class Empty(Slack):
    """A Slack that nobody looks into."""

    def show(self, doubt: Doubt, answer: str) -> Look:
        return Seen("D1", {})


class Blind(Deliveries):
    """An engine that takes what is in doubt for absent."""

    model = Empty


class Hasty(Deliveries):
    """An engine that begins what it took before it knows that this stands."""

    def _not_committed(self, worker: Worker, taken: Claim) -> None:
        self._begin(worker, taken)


IS_THOROUGH = settings.default is not None and settings.default.max_examples > 50
QUICK = settings(max_examples=12, stateful_step_count=30, suppress_health_check=[HealthCheck.too_slow])
LONG = settings(QUICK, max_examples=1000 if IS_THOROUGH else 150, stateful_step_count=50)


class TestDeliveries(Deliveries.TestCase):  # type: ignore[valid-type, misc]
    """A look at it with every change."""

    settings = QUICK


@pytest.mark.siege
class TestDeliveriesAtLength(Deliveries.TestCase):  # type: ignore[valid-type, misc]
    """A long one."""

    settings = LONG


def hasten(machine: Deliveries) -> None:
    """Have a message accepted late, after all that an engine in a hurry would have done with it."""
    machine.open()
    machine.write(AMY, is_short=False)
    machine.work(0, "late")
    machine.pass_time(timedelta(seconds=1))
    machine.work(1, "ok")  # the look-up: not there yet
    machine.work(1, "ok")
    machine.accept_late(0)


def lose_an_answer(machine: Deliveries) -> None:
    """Have a message accepted, and let nobody know before it has settled."""
    machine.open()
    machine.write(AMY, is_short=False)
    machine.work(0, "answer lost")
    machine.pass_time(timedelta(seconds=61))
    machine.work(1, "ok")
    machine.work(1, "ok")


def cut_an_answer_short(machine: Deliveries) -> None:
    """Have a message accepted, and half of the answer come."""
    machine.open()
    machine.write(AMY, is_short=False)
    machine.work(0, "cut short")
    machine.pass_time(timedelta(seconds=61))
    machine.work(1, "ok")


def lose_the_store(machine: Deliveries) -> None:
    """Have two workers take one message, the first of whom cannot commit that it did."""
    machine.open()
    machine.write(AMY, is_short=False)
    machine.fail_to_commit(0, 3)
    machine.work(1, "ok")
    machine.work(0, "ok")


@pytest.mark.parametrize("happens", [hasten, lose_an_answer, cut_an_answer_short, lose_the_store])
def test_the_engine_withstands_what_others_fail_at(happens: Callable[[Deliveries], None]) -> None:
    machine = Deliveries()
    with machine.stack:
        happens(machine)

        machine.nothing_came_twice()
        machine.the_store_agrees_with_slack()
        machine.come_to_rest()


@pytest.mark.parametrize(
    ("engine", "happens"), [(Impatient, hasten), (Blind, lose_an_answer), (Hasty, lose_the_store)]
)
def test_the_machine_sees_what_an_engine_does_wrong(
    engine: type[Deliveries], happens: Callable[[Deliveries], None]
) -> None:
    machine = engine()
    with machine.stack:
        happens(machine)

        with pytest.raises(AssertionError, match="came twice"):
            machine.nothing_came_twice()
