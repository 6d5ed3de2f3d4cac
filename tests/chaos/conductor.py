"""The conductor: writes messages, carries the schedule out against workers and store, waits for rest, and counts."""

from __future__ import annotations

import signal
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TypeVar

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from bot.outbox import Message, enqueue
from bot.runtime.clock import SystemClock
from bot.runtime.database import Sessions, connect
from models.bulk import insert_missing
from models.outbox import DOUBTFUL, READY, SENDING
from models.workspaces import Workspace
from sandbox.driver import Driver
from tests.chaos.conditions import MACHINE, PEOPLE, Conditions
from tests.chaos.crew import Crew
from tests.chaos.disks import Disk
from tests.chaos.felt import Ear
from tests.chaos.ledger import Forgotten, Verdict, audit, states
from tests.chaos.meetings import MESSAGES, Meetings
from tests.chaos.places import AWAY, Place
from tests.chaos.receivers import CROWD, GENERAL, MAILBOXES, pairs, receiver, workspace_of
from tests.chaos.schedule import HOUR_SECONDS, LATE, Campaign, Step
from tests.chaos.suffering import deeds_on_workers
from tests.chaos.tomorrow import upgrade
from tests.chaos.worker import BLIND, WORKSPACES
from tests.runtime.stage import KIND, client_of

SIGNALS = {"kill": signal.SIGKILL, "stop": signal.SIGSTOP, "continue": signal.SIGCONT}
LOOK_EVERY_SECONDS = 0.05
MESSAGES_A_MEETING = 8
"""While so many messages are written a 1-on-1 is registered."""
STORE_PATIENCE_SECONDS = 60.0
FAULTS_PATIENCE_SECONDS = 20.0
STORE_AWAY = (DBAPIError, PoolTimeoutError, *AWAY)

T = TypeVar("T")


class Conductor:
    """Attacks one store and the workers on it."""

    def __init__(
        self, driver: Driver, place: Place, crew: Crew, disk: Disk, campaign: Campaign, ear: Ear
    ) -> None:
        self._driver, self._place, self._crew, self._campaign = driver, place, crew, campaign
        self._conditions = Conditions(Path(crew.order.conditions))
        self._on_workers = deeds_on_workers(self._conditions, crew, disk, place)
        self._ear, self.struck = ear, Counter[str]()
        self._sessions = Sessions(connect(place.address))
        self._began = SystemClock().people_now()
        self._meetings = Meetings(pairs()[: campaign.meetings], self._began)
        self._due_by = self._began + timedelta(hours=1)
        self._written = self._written_again = self._registered = 0
        # A store that is away holds up whoever needs it, and neither the signals nor the one who gives it back.
        self._writer, self._keeper = ThreadPoolExecutor(1), ThreadPoolExecutor(1)
        self._promised: list[Future[None]] = []

    def prepare(self) -> None:
        """Let there be people, a workspace and workers."""
        for clock in (PEOPLE, MACHINE):
            self._conditions.shift(clock, 0)
        self._driver.reset()
        for number, person in enumerate(CROWD):
            self._driver.add_person(person, f"crowd{number}", f"Crowd {number}")
        client_of(self._crew.order.api_url).conversations_join(channel=GENERAL)
        with self._sessions.begin() as session:
            insert_missing(session, Workspace, [{"workspace_id": each} for each in WORKSPACES])
            self._meetings.introduce(session)
        self.hire_all()

    def hire_all(self) -> None:
        for place in range(self._campaign.workers):
            self._crew.hire(place)

    def attack(self, steps: Sequence[Step]) -> None:
        """Do everything at its time."""
        start = time.monotonic()
        for step in steps:
            time.sleep(max(0.0, start + step.at - time.monotonic()))
            if step.deed in self._place.signs:
                self._ear.expect(step.deed)
            self._carry_out(step)
            self._ear.listen()
        for promise in self._promised:
            promise.result(STORE_PATIENCE_SECONDS)
        if self._meetings.pairs:
            self._put_people_at(self._meetings.prepared_at)
        elif self._campaign.jumps:
            self._conditions.shift(PEOPLE, HOUR_SECONDS)  # by now everything is due
        self._wait_for_faults(sum(step.deed == "fault" for step in steps))
        self._driver.clear_faults()
        if self._place.is_misled:
            # What was put off in a wrong hour waits for that hour to come.
            self._conditions.shift(MACHINE, HOUR_SECONDS)

    def _put_people_at(self, moment: datetime) -> None:
        """Put people's clock there, and count from now on what is due by then."""
        ahead = moment - SystemClock().people_now() - self._conditions.shift_of(MACHINE)
        self._conditions.shift(PEOPLE, int(ahead.total_seconds()))
        self._due_by = moment

    def _wait_for_faults(self, asked_for: int) -> None:
        """Let messages that were held up meet the faults that still wait for them."""
        deadline = time.monotonic() + FAULTS_PATIENCE_SECONDS
        while self._driver.met_faults().total() < asked_for and time.monotonic() < deadline:
            if READY not in persist(self._states_of_due):
                return
            time.sleep(LOOK_EVERY_SECONDS)

    def _carry_out(self, step: Step) -> None:
        if step.deed in SIGNALS:
            self.struck[step.deed] += self._crew.signal(step.place, SIGNALS[step.deed])
        if step.deed == "kill":
            self._crew.hire(step.place)
        if step.deed == "fault":
            self._driver.fault(**step.fields, name=step.detail)
        if step.deed == "set the clock":
            self._conditions.shift(PEOPLE, step.fields["seconds"])
        if step.deed in (planned := self._plans(step)):
            self._promise(self._writer, planned[step.deed])
        if step.deed in self._on_workers:
            self._on_workers[step.deed]()
        if step.deed in (on_store := self._place.deeds):
            self._promise(self._keeper, on_store[step.deed])

    def _plans(self, step: Step) -> dict[str, Callable[[], None]]:
        return {
            "write": partial(self._write, step.place),
            "write again": partial(self._write_again, step.place),
            "migrate": partial(upgrade, self._sessions.engine),
            "back up": self._place.back_up,
        }

    def _promise(self, hand: ThreadPoolExecutor, do: Callable[[], None]) -> None:
        self._promised.append(hand.submit(persist, do))

    def _write(self, count: int) -> None:
        """Put so many messages more into the outbox; written again, they are not doubled."""
        numbers = range(self._written, self._written + count)
        with self._sessions.begin() as session:
            enqueue(session, [self._message(number, receiver(number)) for number in numbers])
            registered = min(len(self._meetings.pairs), self._written // MESSAGES_A_MEETING + 1)
            self._meetings.register(session, range(self._registered, registered))
        self._written += count
        self._registered = max(self._registered, registered)

    def _write_again(self, count: int) -> None:
        """Write so many of the last messages anew, the last one first: each gets another number than it had."""
        end = self._campaign.messages - self._written_again
        with self._sessions.begin() as session:
            enqueue(
                session,
                [self._message(number, receiver(number)) for number in reversed(range(end - count, end))],
            )
        self._written_again += count

    def _message(self, number: int, receiver: str) -> Message:
        """Write a message of which every tenth comes due only when the clock has been put forward."""
        is_ahead = self._campaign.jumps and number % 10 == 9
        due = self._began + (timedelta(minutes=30) if is_ahead else -timedelta(hours=2))
        expiry = self._began + timedelta(days=30)
        return Message(workspace_of(receiver), f"chaos:{number}", KIND, receiver, number, due, expiry)

    def rest(self, *, patience: float) -> None:
        """Wait until no message is on its way any more, or for so many seconds."""
        self._wait_until_sent(time.monotonic() + patience)
        if self._meetings.pairs:
            self._put_people_at(self._meetings.closing_at)
            self._wait_until_sent(time.monotonic() + patience)
        assert self._crew.is_complete, "a worker ended by itself"
        time.sleep(LATE[1])  # what nobody waits for any more may still be accepted

    def _wait_until_sent(self, deadline: float) -> None:
        moving = {READY, SENDING} if self._crew.order.variant == BLIND else {READY, SENDING, DOUBTFUL}
        while time.monotonic() < deadline:
            is_planned = persist(partial(states, self._sessions)).total() >= self._expected
            if is_planned and not moving & persist(self._states_of_due).keys():
                return
            time.sleep(LOOK_EVERY_SECONDS)
            self._ear.listen()

    def _states_of_due(self) -> Counter[str]:
        return states(self._sessions, due_by=self._due_by)

    @property
    def _expected(self) -> int:
        """How many messages there are when all is written and planned."""
        return self._campaign.messages + MESSAGES * len(self._meetings.pairs)

    def restore(self, doubt: Callable[[], None], aftermath: Sequence[Step]) -> Forgotten:
        """Put the copy made half-way in the place of the store, doubt what it cannot know, and go on under attack."""
        self._crew.dismiss()
        self._sessions.engine.dispose()
        persist(self._place.restore)
        known = self._audit()
        doubt()
        self.hire_all()
        self.attack(aftermath)
        return Forgotten(len(known.misjudged), known.unknown)

    def met(self, steps: Sequence[Step]) -> Counter[str]:
        """Count what befell somebody: faults that a call met, signals that reached a worker, and what was simply done.

        What was taken away is not among it: whether anybody missed it, only they can say.
        """
        done = Counter(
            step.deed for step in steps if step.deed not in {"fault", *SIGNALS, *self._place.signs}
        )
        return done + self.struck + self._driver.met_faults()

    def verdict(self) -> Verdict:
        """Count what arrived."""
        assert states(self._sessions).total() == self._expected
        return self._audit()

    def _audit(self) -> Verdict:
        """Look into every mailbox, and into each conversation of two through the eyes of one of them."""
        groups = {
            place["id"]: person
            for person in CROWD
            for place in self._driver.conversations(person)
            if place["kind"] == "mpim"
        }
        shared = [(person, place) for place, person in groups.items()]
        return audit(self._driver, self._sessions, [*MAILBOXES, *shared])

    def end(self) -> None:
        """Leave nothing running."""
        self._crew.dismiss()
        self._writer.shutdown()
        self._keeper.shutdown()
        self._sessions.engine.dispose()


def persist(do: Callable[[], T]) -> T:
    """Do something at the store, again and again while the store is away."""
    deadline = time.monotonic() + STORE_PATIENCE_SECONDS
    while True:
        try:
            return do()
        except STORE_AWAY:
            if time.monotonic() > deadline:
                raise
        time.sleep(LOOK_EVERY_SECONDS)
