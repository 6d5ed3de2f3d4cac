"""What Slack delivers to a web server that is killed once it took effect, and brings again: one effect, not two."""

from __future__ import annotations

import os
import select as files
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import psutil
import pytest
from sqlalchemy import func, select

from bot.runtime.config import ROOT
from bot.runtime.database import Sessions
from handlers.views.late import INTERIM, LEFT_OVER
from models.goals import Goal
from models.members import Member
from sandbox.driver import Driver
from sandbox.identity import TEAM_ID
from tests.handlers.slow_store import slow_store
from tests.late_sheets import sheets
from tests.people import AMY, BEN
from tests.runtime import crowd
from tests.runtime.doomed_web import HOLDING
from tests.runtime.programs import START_SECONDS, running_app, wait_until_ready
from tests.runtime.programs import environment as environment
from tests.stores import Postgres

pytestmark = pytest.mark.siege

WHAT, GOAL = "What would you like to reach?", "Give one demo a month by 2030-01-01"
FOUND_SECONDS = 60.0
"""A lease ends, and what it held is found at the next turn."""
TOLD, CHANGED_SINCE = "Asia/Kolkata", "Asia/Tokyo"


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, environment: dict[str, str]) -> Iterator[dict[str, str]]:
    """Give an environment on each store."""
    if request.param == "sqlite":
        yield environment
        return
    postgres: Postgres = request.getfixturevalue("postgres")
    with postgres.database() as name:
        yield {**environment, "DATABASE_URL": postgres.address(name)}


@contextmanager
def doomed_web(environment: dict[str, str], slack: Driver, *, effects: int) -> Iterator[None]:
    """Run a web server that dies, with all its processes, when so much took effect, and before it answers any of it."""
    command = [sys.executable, "-m", "tests.runtime.doomed_web"]
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    try:
        _open_to(slack, process, environment)
        yield
        _wait_until_held(process, effects)
    finally:
        for child in psutil.Process(process.pid).children(recursive=True):
            child.kill()
        process.kill()
        process.communicate()


def _wait_until_held(process: subprocess.Popen[str], effects: int) -> None:
    assert process.stdout is not None
    said, pipe = "", process.stdout.fileno()
    while said.count(HOLDING) < effects:
        assert files.select([pipe], [], [], START_SECONDS)[0], "not all took effect"
        heard = os.read(pipe, 1000).decode()
        assert heard, "it ended by itself"
        said += heard


@contextmanager
def healthy_web(environment: dict[str, str], slack: Driver) -> Iterator[None]:
    with running_app(["web"], environment, log=subprocess.DEVNULL) as process:
        _open_to(slack, process, environment)
        yield
        slack.event_url(None)


def _open_to(slack: Driver, process: subprocess.Popen[str], environment: dict[str, str]) -> None:
    wait_until_ready(process, environment)
    slack.event_url(f"http://127.0.0.1:{environment['PORT']}/slack/events")


def test_what_took_effect_before_web_was_killed_has_no_second_one_when_it_is_brought_again(
    place: dict[str, str], slack: Driver
) -> None:
    with crowd.store_at(place["DATABASE_URL"]) as store, ThreadPoolExecutor(1) as ben:
        with doomed_web(place, slack, effects=2):
            form = slack.command(BEN, "/goal add").view
            submitted = ben.submit(slack.submit, BEN, {WHAT: GOAL}, view=form)
            slack.change_person(AMY, tz=TOLD)
        before = zone_and_goals(store)
        with store.begin() as session:
            session.get_one(Member, (TEAM_ID, AMY)).zone = CHANGED_SINCE

        with healthy_web(place, slack):
            slack.redeliver(2)
            slack.resubmit()
            pressed = slack.submit(BEN, view=form)

        assert submitted.result().error, "Slack said that it got no answer"
        assert (pressed.error, pressed.errors, pressed.view) == (None, {}, None), "the form closes"
        assert before == (TOLD, 1)
        assert zone_and_goals(store) == (CHANGED_SINCE, 1)


def test_what_took_effect_late_before_web_was_killed_has_no_second_one_and_they_hear_of_it(
    place: dict[str, str], slack: Driver
) -> None:
    with crowd.store_at(place["DATABASE_URL"]) as store:
        with doomed_web(place, slack, effects=1):
            slack.command(AMY, "/goal")
            with slow_store(store):
                interim = slack.command(AMY, f"/goal add {GOAL}").text
                slack.eventually(lambda: sheets(store) == 1)
        before = goals_of(store)

        with healthy_web(place, slack):
            slack.eventually(lambda: LEFT_OVER in slack.messages(AMY)[-1].text, seconds=FOUND_SECONDS)
            slack.eventually(lambda: sheets(store) == 0)

        assert (interim, before) == (INTERIM, 1)
        assert goals_of(store) == 1


def goals_of(store: Sessions) -> int:
    with store.read() as session:
        return session.scalars(select(func.count()).select_from(Goal)).one()


def zone_and_goals(store: Sessions) -> tuple[str, int]:
    with store.read() as session:
        return session.get_one(Member, (TEAM_ID, AMY)).zone, goals_of(store)
