"""How many turns of the loop a workspace with a long queue, which Slack then blocks for an hour, costs another."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

from benchmarks.figures import Figure
from benchmarks.outboxes import DAY
from benchmarks.sender import KIND, PRODUCTION, note
from benchmarks.stores import each_store
from bot.outbox import Message, enqueue
from bot.runtime.clock import SystemClock
from bot.runtime.database import Sessions, connect
from bot.runtime.delivery import BATCH, DeliveryLoop
from bot.runtime.slack import NotSent, Outcome, Outgoing, Sent
from models.bulk import insert_missing
from models.workspaces import Workspace

BLOCKED, OTHER = "TBLOCKED", "TOTHER"
QUEUE = 500
HOUR_SECONDS = 3600
MOST_TURNS, TURNS = 1, 10
ANSWERED_SECONDS = 10.0


@dataclass
class Slack:
    """Blocks one workspace and takes everything else; says when so many were answered."""

    took: list[str] = field(default_factory=list)
    _asked: int = 0
    _heard: threading.Condition = field(default_factory=threading.Condition)

    def __call__(self, message: Outgoing) -> Outcome:
        """Answer a message."""
        with self._heard:
            self._asked += 1
            self.took.append(message.workspace_id)
            self._heard.notify_all()
        if message.workspace_id == BLOCKED:
            return NotSent("ratelimited", retry_after=HOUR_SECONDS)
        return Sent("D1", f"{message.delivery_id}.0")

    def await_answers(self, number: int) -> None:
        """Wait until so many were asked for."""
        with self._heard:
            self._heard.wait_for(lambda: self._asked >= number, ANSWERED_SECONDS)


def measure() -> Iterator[Figure]:
    """Count on both stores: the blocked workspace's messages are all more urgent than the other's one."""
    with each_store() as stores:
        for kind, url in stores.items():
            engine = connect(url)
            delay = _turns(Sessions(engine))
            engine.dispose()
            yield Figure(
                f"turns that {QUEUE} urgent messages of a workspace blocked for an hour cost another, {kind}",
                f"{delay}",
                f"{BATCH} rows a turn",
                f"at most {MOST_TURNS}",
                delay <= MOST_TURNS,
            )


def _turns(sessions: Sessions) -> int:
    """Count the turns before the one that takes the other workspace's message."""
    _fill(sessions)
    slack, asked = Slack(), 0
    loop = DeliveryLoop(
        sessions,
        SystemClock(),
        prepare={KIND: note},
        post=slack,
        look=None,
        chance=random.Random(7),
        pace=PRODUCTION,
    )
    try:
        for turn in range(TURNS):
            asked += loop.turn().claimed
            slack.await_answers(asked)
            if OTHER in slack.took:
                return turn
    finally:
        loop.stop()
    return TURNS


def _fill(sessions: Sessions) -> None:
    now = SystemClock().people_now()
    urgent = [
        Message(BLOCKED, f"urgent:{number}", KIND, f"U{number:06d}", number, now, now + DAY)
        for number in range(QUEUE)
    ]
    with sessions.begin() as session:
        insert_missing(session, Workspace, [{"workspace_id": each} for each in (BLOCKED, OTHER)])
        enqueue(session, [*urgent, Message(OTHER, "last", KIND, "ULAST", 1, now, now + 2 * DAY)])
