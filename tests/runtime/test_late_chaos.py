"""People type while the store is locked, and web processes are killed as it is free again: nothing is lost or twice."""

from __future__ import annotations

import random
import subprocess
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial

import psutil
import pytest
from sqlalchemy import func, select

from bot.runtime.database import Sessions
from handlers.views.late import INTERIM, LEFT_OVER
from models.goals import Goal
from sandbox.driver import Driver
from sandbox.identity import TEAM_ID
from tests.handlers.slow_store import slow_store
from tests.late_sheets import sheets
from tests.people import AMY, BEN, JONAS, KAI, MIA, PRIYA, RAY, ZOE
from tests.runtime import crowd
from tests.runtime.programs import END_SECONDS, free_port, running_app, wait_until_ready
from tests.runtime.programs import environment as environment
from tests.runtime.test_brought_again import place as place

pytestmark = pytest.mark.siege

SEED, TURNS = 7, 5
PEOPLE = (AMY, BEN, JONAS, KAI, MIA, PRIYA, RAY, ZOE)
ALL_SECONDS = 90.0


@dataclass
class Webs:
    """Two web processes on one store; one is killed now and then, and started anew."""

    place: dict[str, str]
    slack: Driver
    running: ExitStack
    ports: Sequence[int] = field(default_factory=lambda: (free_port(), free_port()))
    processes: dict[int, subprocess.Popen[str]] = field(default_factory=dict)

    def start(self, port: int) -> None:
        mine = {**self.place, "PORT": str(port)}
        process = self.running.enter_context(running_app(["web"], mine, log=subprocess.DEVNULL))
        wait_until_ready(process, mine)
        self.processes[port] = process

    def turn_to(self, port: int) -> None:
        """Have Slack's requests go to this one."""
        self.slack.event_url(f"http://127.0.0.1:{port}/slack/events")

    def kill(self, port: int) -> None:
        """Kill it with all that belongs to it."""
        process = self.processes.pop(port)
        for child in psutil.Process(process.pid).children(recursive=True):
            child.kill()
        process.kill()
        process.wait(END_SECONDS)


@pytest.fixture
def webs(place: dict[str, str], slack: Driver) -> Iterator[Webs]:
    with ExitStack() as running:
        webs = Webs(place, slack, running)
        for port in webs.ports:
            webs.start(port)
        yield webs
        slack.event_url(None)


def typed(slack: Driver, turn: int) -> list[str]:
    """Have all type at once, and give what they read first."""
    with ThreadPoolExecutor(len(PEOPLE)) as hands:
        return list(hands.map(partial(ask, slack, turn), PEOPLE))


def ask(slack: Driver, turn: int, who: str) -> str:
    return slack.command(who, f"/goal add {title(turn)} by 2030-01-01").text or ""


def title(turn: int) -> str:
    return f"Give demo number {turn}"


def test_nothing_is_lost_or_there_twice(webs: Webs, slack: Driver) -> None:
    chance, read = random.Random(SEED), Counter[str]()
    with crowd.store_at(webs.place["DATABASE_URL"]) as store:
        webs.turn_to(webs.ports[0])
        for who in PEOPLE:
            slack.command(who, "/goal")
        for turn in range(TURNS):
            port = webs.ports[turn % 2]
            webs.turn_to(port)
            with slow_store(store):
                read.update(typed(slack, turn))
                slack.eventually(partial(are_written, store, turn))
            watch(store, turn, until=chance.randrange(len(PEOPLE)))
            webs.kill(port)
            webs.start(port)
        slack.eventually(lambda: sheets(store) == 0, seconds=ALL_SECONDS)

        assert read == {INTERIM: TURNS * len(PEOPLE)}
        unseen = sum(judge(slack, store, who) for who in PEOPLE)
        assert unseen, "nobody was killed between an effect and its word"


def are_written(store: Sessions, turn: int) -> bool:
    """Whether a kill can lose nothing of what was asked for: on a busy machine that is a little after the answers."""
    return sheets(store, title(turn)) == len(PEOPLE)


def watch(store: Sessions, turn: int, *, until: int) -> None:
    """Wait until so many have what they asked for: those who have it just now have not been told yet."""
    had, asked = 0, select(func.count()).where(Goal.title == title(turn))
    deadline = time.monotonic() + ALL_SECONDS
    while had < until:
        assert time.monotonic() < deadline, "it is not done"
        with store.read() as session:
            had = session.scalars(asked).one()


def judge(slack: Driver, store: Sessions, who: str) -> int:
    """Compare what they have with what they were told, and count what they were only told to look after."""
    with store.read() as session:
        goals = Counter(goal.title for goal in session.scalars(Goal.of(TEAM_ID, who)))
    heard = [message.text for message in slack.messages(who)]
    told = Counter(title(turn) for turn in range(TURNS) for text in heard if f"_{title(turn)}._" in text)
    unseen = sum(text == LEFT_OVER for text in heard)

    assert set(goals.values()) <= {1}, "there twice"
    assert set(told.values()) <= {1}, "told twice"
    assert told.keys() <= goals.keys(), "told and not there"
    assert len(goals) == TURNS, "lost"
    assert len(told) + unseen >= TURNS, "nobody told them"
    return unseen
