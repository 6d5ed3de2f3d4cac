"""Real processes beside a server that stands still for seconds, while people type and Slack delivers."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

import pytest
from sqlalchemy import func, select

from bot.runtime.database import Sessions, connect
from handlers.views.late import INTERIM
from models.goals import Goal
from models.outbox import SENDING, SENT
from sandbox.driver import Driver
from tests.handlers.slow_store import IN_TIME
from tests.handlers.test_overload import BUSY, Said, Web
from tests.people import AMY, BEN
from tests.runtime import crowd
from tests.runtime.freezing import frozen
from tests.runtime.programs import environment as environment
from tests.runtime.programs import fetch, running_app, wait_until, wait_until_ready
from tests.stores import Postgres

pytestmark = pytest.mark.siege

FROZEN_SECONDS = 8.0
PEOPLE, REQUESTS, RECEIVERS = 20, 90, 30
"""A few more at once than are let in; every third request is an event, and there is another when one is answered."""


@dataclass(frozen=True)
class Whole:
    """Everything in one process, with a store of its own."""

    web: Web
    process: subprocess.Popen[str]

    def red_after(self) -> float:
        """Ask until it is not ready, and say how many seconds that took."""
        begun = time.monotonic()
        wait_until(self.process, lambda: fetch(self.web.environment, "/readyz") == 503)
        return time.monotonic() - begun

    def pass_time(self, seconds: float) -> None:
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(max(0.0, seconds))
        assert self.process.poll() is None, "it ended"

    def goals(self) -> int:
        with self.web.sessions.read() as session:
            return session.scalars(select(func.count()).select_from(Goal)).one()


@pytest.fixture
def whole(environment: dict[str, str], slack: Driver, postgres: Postgres) -> Iterator[Whole]:
    with postgres.database() as name:
        place = {**environment, "DATABASE_URL": postgres.address(name)}
        engine = connect(place["DATABASE_URL"])
        with running_app([], place, log=subprocess.DEVNULL) as process:
            wait_until_ready(process, place)
            web = Web(place, Sessions(engine), slack)
            slack.event_url(web.door)
            for who in (AMY, BEN):
                slack.command(who, "/goal")
            try:
                yield Whole(web, process)
            finally:
                slack.event_url(None)
        engine.dispose()


def test_a_server_that_stands_still_keeps_nobody_waiting_and_nothing_is_lost_or_there_twice(
    whole: Whole, slack: Driver, postgres: Postgres
) -> None:
    web = whole.web
    requests: list[Callable[[], Said]] = [web.type_goal, partial(web.type_goal, BEN), web.tell_of_change]
    people = crowd.gather(web.sessions, slack, RECEIVERS)
    crowd.tell(web.sessions, people)
    wait_until(whole.process, lambda: bool(crowd.states(web.sessions).get(SENDING)))

    with ThreadPoolExecutor(PEOPLE + 4) as crowded, frozen(postgres):
        begun = time.monotonic()
        red = crowded.submit(whole.red_after)
        asked = [crowded.submit(requests[each % len(requests)]) for each in range(REQUESTS)]
        answers = [each.result() for each in asked]
        alive = fetch(web.environment, "/healthz")
        whole.pass_time(FROZEN_SECONDS - (time.monotonic() - begun))
    back = time.monotonic()
    wait_until_ready(whole.process, web.environment)
    green = time.monotonic() - back
    wait_until(whole.process, lambda: crowd.states(web.sessions) == {SENT: RECEIVERS})

    commands = [json.loads(each.words)["text"] for each in answers if each.status == 200]
    assert max(each.took for each in answers) < IN_TIME
    assert len(commands) == REQUESTS * 2 // 3
    put_off = commands.count(INTERIM)
    assert put_off + commands.count(BUSY) == len(commands)
    assert put_off >= PEOPLE / 2, "they got to the store"
    assert {each.status for each in answers} == {200, 500, 503}, "what Slack is to bring again"
    assert (red.result() < IN_TIME, alive, green < IN_TIME) == (True, 200, True)
    slack.eventually(lambda: whole.goals() == put_off)
    assert set(crowd.seen_by(slack, people).values()) == {1}
