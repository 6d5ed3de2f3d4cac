"""What tests of the runtime share: a clock moved by hand, a message to send, loops on a store."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial

from slack_sdk import WebClient
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from bot.outbox import Message, enqueue
from bot.runtime.clock import elapsed_seconds
from bot.runtime.database import Sessions
from bot.runtime.decisions import Along, Attend, Consequence, Decision, Discover, Prepare, Send
from bot.runtime.delivery import DeliveryLoop
from bot.runtime.rates import UNLIMITED, Pace
from bot.runtime.readings import Readings
from bot.runtime.slack import (
    Doubt,
    Group,
    InDoubt,
    Look,
    NotOpened,
    Opened,
    Outcome,
    Outgoing,
    Sent,
    open_group,
    post,
)
from models.bulk import insert_missing
from models.outbox import DOUBTFUL, Delivery
from models.workspaces import Workspace
from sandbox.identity import BOT_TOKEN, TEAM_ID
from tests.people import AMY, MONDAY_NOON

KIND = "test.note"
PATIENCE_SECONDS = 10.0
MACHINE_NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
"""Far from people's time, for the two must never be mixed up."""


UNHURRIED = Pace(workspace=UNLIMITED, conversation=UNLIMITED, looks=UNLIMITED, openings=UNLIMITED)
"""Slack's rates do not matter to most tests, and its times do."""


@dataclass
class HandClock:
    """Both times stand still until a test moves them."""

    people: datetime = MONDAY_NOON
    machine: datetime = MACHINE_NOON
    passed: timedelta = timedelta()

    def people_now(self) -> datetime:
        return self.people

    def machine_now(self) -> datetime:
        return self.machine

    def pass_time(self, by: timedelta) -> None:
        self.people += by
        self.machine += by
        self.passed += by

    def elapsed_seconds(self) -> float:
        return elapsed_seconds() + self.passed.total_seconds()


def note(session: Session, rows: Sequence[Delivery], now: datetime) -> Mapping[int, Decision]:
    """Prepare a note of one line."""
    block = {"type": "section", "text": {"type": "mrkdwn", "text": "A *note*"}}
    return {row.id: Send("A note", [block]) for row in rows}


def note_together(session: Session, rows: Sequence[Delivery], now: datetime) -> Mapping[int, Decision]:
    """Prepare notes which take along all that is there for their receivers."""
    return {row.id: with_others(session, row, now) for row in rows}


def with_others(
    session: Session, row: Delivery, now: datetime, *, but: Collection[int] = (), most: int | None = None
) -> Send:
    """Prepare a note that takes along what else is there for its receiver, be it due or not."""
    beside = session.execute(Delivery.beside([row.workspace_id], [row.kind], [row.receiver]))
    free = {number for number, _, _, opens, _ in beside if row.may_take(number, opens, now)}
    ids = sorted(free.difference(but))[:most]
    others = session.scalars(Delivery.taken_along(ids, now)).all() if ids and not row.goes_alone else ()
    blocks = [{"type": "section", "text": {"type": "mrkdwn", "text": "A *note*"}} for _ in (row, *others)]
    return Send("A note", blocks, along=[Along(each, place) for place, each in enumerate(others, start=1)])


def client_of(api_url: str, *, token: str = BOT_TOKEN, timeout: int = 10) -> WebClient:
    return WebClient(token=token, base_url=api_url, timeout=timeout, retry_handlers=[])


@dataclass
class Office:
    """A store with a workspace in it, and as many delivery loops on it as a test wants."""

    sessions: Sessions
    api_url: str
    clock: HandClock = field(default_factory=HandClock)
    _loops: list[DeliveryLoop] = field(default_factory=list)

    def __post_init__(self) -> None:
        with self.sessions.begin() as session:
            insert_missing(session, Workspace, [{"workspace_id": TEAM_ID}])

    def loop(
        self,
        *,
        send: Callable[[Outgoing], Outcome] | None = None,
        seek: Callable[[Doubt], Look] | None = None,
        prepare: Prepare = note,
        kinds: Collection[str] = (KIND,),
        attend: Attend | None = None,
        heed: Discover | None = None,
        pace: Pace = UNHURRIED,
        openings: Callable[[Group], Opened | NotOpened] | None = None,
        consequences: Mapping[str, Consequence] | None = None,
    ) -> DeliveryLoop:
        """Make a loop; what it asks goes to the sandbox unless said otherwise."""
        client = client_of(self.api_url, timeout=1)
        loop = DeliveryLoop(
            self.sessions,
            self.clock,
            prepare=dict.fromkeys(kinds, prepare),
            post=send or partial(post, client),
            look=seek or Readings(client).look,
            chance=random.Random(7),
            pace=pace,
            open_group=openings or partial(open_group, client),
            consequences=consequences,
            attend=attend,
            heed=heed,
            elapsed=self.clock.elapsed_seconds,
        )
        self._loops.append(loop)
        return loop

    def close(self) -> None:
        for loop in self._loops:
            loop.stop()

    def write(self, *receivers: str, **window: datetime) -> list[int]:
        """Put a note for each into the outbox, and give the rows' ids."""
        not_before = window.get("not_before", self.clock.people)
        expire_at = window.get("expire_at", self.clock.people + timedelta(days=30))
        with self.sessions.begin() as session:
            start = len(session.scalars(select(Delivery.id)).all())
            messages = [
                Message(TEAM_ID, f"note:{start + place}", KIND, receiver, 1, not_before, expire_at)
                for place, receiver in enumerate(receivers or (AMY,))
            ]
            enqueue(session, messages)
            keys = [message.key for message in messages]
            return list(session.scalars(select(Delivery.id).where(Delivery.key.in_(keys))))

    def settle(self) -> None:
        """Let what is in doubt settle: on PostgreSQL the clock of machine time is the server's, which nobody moves."""
        with self.sessions.begin() as session:
            for row in session.scalars(select(Delivery).where(Delivery.state == DOUBTFUL)):
                row.retry_at = self.clock.machine
        self.clock.passed += UNHURRIED.settling

    def row(self, number: int) -> Delivery:
        with self.sessions.read() as session:
            return session.scalars(select(Delivery).where(Delivery.id == number)).one()

    def states(self) -> list[str]:
        with self.sessions.read() as session:
            return list(session.scalars(select(Delivery.state).order_by(Delivery.id)))

    def workspace(self) -> Workspace:
        with self.sessions.read() as session:
            return session.scalars(select(Workspace)).one()


def exhaust(loop: DeliveryLoop) -> None:
    """Turn until nothing may be sent now and nothing is on its way, without waiting for what Slack allows next."""
    while not (loop.turn().is_idle and not loop._is_waiting):
        loop._wake.wait(0.2)
        loop._wake.clear()


def turn_until_recorded(loop: DeliveryLoop, outcomes: int = 1) -> None:
    """Turn until so many outcomes are in the store, as often as one that comes back may still hang up."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while outcomes > 0:
        assert time.monotonic() < deadline, "no outcome came"
        with suppress(DBAPIError):
            outcomes -= loop.turn().recorded


def doubt_all(_message: Outgoing) -> Outcome:
    """Send nothing, and do not know it."""
    return InDoubt("500")


def doubted(office: Office, *receivers: str) -> list[int]:
    """Leave messages in doubt that have settled; Slack has none of them."""
    numbers = office.write(*receivers)
    office.loop(send=doubt_all).drain()
    office.settle()
    return numbers


def accepted_but_doubted(office: Office, receiver: str = AMY) -> int:
    """Leave a message in doubt that Slack took."""
    client = client_of(office.api_url)

    def send(message: Outgoing) -> Outcome:
        assert isinstance(post(client, message), Sent)
        return InDoubt("the connection broke")

    (number,) = office.write(receiver)
    office.loop(send=send).drain()
    office.settle()
    return number
