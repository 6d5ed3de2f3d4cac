"""Worker processes to be killed: a nursery that imports once and forks, and what each of its children does.

`python -m tests.chaos.worker` reads an order a line and answers with the new worker's process id; a program that is
started anew each time would cost a second of CPU a kill. What a worker runs is the bot's own engine.
"""

from __future__ import annotations

import dataclasses
import json
import os
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from slack_sdk import WebClient
from sqlalchemy.orm import Session

from bot.planning import CLOSING, PREP, REGISTERED
from bot.runtime import logs
from bot.runtime.config import ROOT
from bot.runtime.database import Sessions, connect
from bot.runtime.decisions import Decision
from bot.runtime.engine import Engine, Work
from bot.runtime.rates import Pace, Rate
from bot.runtime.readings import Readings
from bot.runtime.slack import Doubt, Look, Seen, open_group, post
from handlers import wiring
from models.outbox import Delivery
from sandbox.identity import BOT_TOKEN, TEAM_ID
from tests.chaos.conditions import Conditions, Patient, ShiftedClock
from tests.runtime.stage import KIND, note, note_together, with_others

TIMEOUT_SECONDS = 1
MOST_ALONG = 2
LOOK_EVERY_SECONDS = 0.1
WORKSPACES = (TEAM_ID, "TSECOND", "TTHIRD")
"""The sandbox is one, to which all post; in the store they are three, each with people and a rate of its own."""
PACE = Pace(
    timeout=timedelta(seconds=TIMEOUT_SECONDS),
    settling=timedelta(seconds=3),
    beginning=timedelta(seconds=1),
    workspace=Rate(timedelta(milliseconds=60), 7),
    conversation=Rate(timedelta(milliseconds=50), 5),
    looks=Rate(timedelta(milliseconds=50), 10),
    openings=Rate(timedelta(milliseconds=100), 10),
)
"""The engine's own times and rates, shortened so that a run of minutes holds what else takes hours."""
SOUND, RESENDING, IMPATIENT, BLIND = "sound", "resending", "impatient", "blind"
VARIANTS = (SOUND, RESENDING, IMPATIENT, BLIND)
"""The engine as it is; one that takes a doubtful message for absent without looking; one that looks without letting it
settle; and one that never looks."""


@dataclass(frozen=True)
class Order:
    """What a worker is to work on."""

    store: str
    api_url: str
    conditions: str
    """The folder of what all workers live under."""
    log: str
    seed: int
    variant: str = SOUND


def assume_absent(doubt: Doubt) -> Look:
    """Look nowhere, and say that nothing is there."""
    return Seen(doubt.channel or doubt.receiver, {})


def some_together(session: Session, rows: Sequence[Delivery], now: datetime) -> Mapping[int, Decision]:
    """Prepare notes of which every eighth takes others to the same receiver along."""
    joined = {row.id: with_others(session, row, now, most=MOST_ALONG) for row in rows if row.id % 8 == 0}
    return {**note(session, rows, now), **joined}


def work_of(order: Order) -> Work:
    client = WebClient(token=BOT_TOKEN, base_url=order.api_url, timeout=TIMEOUT_SECONDS, retry_handlers=[])
    seek = {RESENDING: assume_absent, BLIND: None}.get(order.variant, Readings(client).look)
    impatient = dataclasses.replace(PACE, settling=timedelta())
    return Work(
        prepare={KIND: some_together, PREP: note_together, **dict.fromkeys((CLOSING, REGISTERED), note)},
        post=partial(post, client),
        look=seek,
        open_group=partial(open_group, client),
        plan=wiring.plan,
        next_planned=lambda session: None,
        refresh_zones=lambda sessions: None,
        daily=lambda sessions, clock: None,
        pace=impatient if order.variant == IMPATIENT else PACE,
    )


def work(order: Order) -> None:
    """Deliver until told to stop, or until nobody is left to tell."""
    told, parent = threading.Event(), os.getppid()
    signal.signal(signal.SIGTERM, lambda *_: told.set())
    conditions = Conditions(Path(order.conditions))
    sessions = Sessions(connect(order.store))
    patient = Patient(conditions, sessions)
    engine = Engine(sessions, ShiftedClock(conditions), work_of(order), chance=random.Random(order.seed))
    engine.start()
    while not told.wait(LOOK_EVERY_SECONDS) and os.getppid() == parent:
        patient.suffer()
    engine.stop()


def _fork(order: Order) -> int:
    """Make a worker; the child never comes back from here."""
    if number := os.fork():
        return number
    code = 1
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        _write_to(Path(order.log))
        work(order)
        code = 0
    finally:
        os._exit(code)


def _write_to(log: Path) -> None:
    """Let everything this process says go to a file, and nothing be heard of the nursery's orders."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for number, replaced in ((nothing, 0), (file, 1), (file, 2)):
        os.dup2(number, replaced)
    logs.set_up("INFO")


def serve() -> None:
    """Fork a worker for each order until the orders end."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the dead need no burying
    for line in sys.stdin:
        sys.stdout.write(f"{_fork(Order(**json.loads(line)))}\n")
        sys.stdout.flush()


class Nursery:
    """Makes workers on demand."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def worker(self, order: Order) -> int:
        """Start a worker, and give its process id."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(dataclasses.asdict(order)) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())


@contextmanager
def nursery() -> Iterator[Nursery]:
    """Keep a nursery for as long as the block lasts; its workers end soon after it."""
    command = [sys.executable, "-m", "tests.chaos.worker"]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield Nursery(process)
    finally:
        process.communicate()


if __name__ == "__main__":
    serve()
