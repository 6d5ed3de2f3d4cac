"""When the store is away or slow: a word in time, nothing half-written, and then what was asked for, once."""

from __future__ import annotations

import re
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Connection, event

from bot.runtime.database import connect as open_store
from handlers.views.late import INTERIM
from models.members import Member
from sandbox.driver import Driver
from tests.handlers import goals_stage
from tests.handlers.one_on_ones_stage import home_of, live_until, opened, preps, stored
from tests.handlers.slow_store import slow_statements, slow_store
from tests.handlers.test_late import dialog_says, hear
from tests.people import AMY, BEN
from tests.stores import Postgres, on_postgresql_in_the_siege
from tests.trellis import Bot, Trellis, utc

EVERY_THURSDAY = "/1on1 add @ben every thursday 10:00"
APOLOGY = "Something went wrong on my side and nothing was changed"
ID_AT_ITS_END = re.compile(r"tell an admin this: ([0-9a-f]{8})$")
GOAL, OTHER_GOAL = "Give one demo a month by 2030-01-01", "Open two of the four weekly demos by 2030-01-01"
WHAT = "What would you like to reach?"
IN_TIME = 3.0
"""Seconds after which Slack gives up on an app."""


@contextmanager
def locked(trellis: Trellis) -> Iterator[None]:
    """Let another connection hold the write lock."""
    other = sqlite3.connect(str(trellis.sessions.engine.url.database), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.execute("ROLLBACK")
        other.close()


def test_a_locked_store_answers_a_command_in_time_and_then_does_it(trellis_anywhere: Trellis) -> None:
    trellis = trellis_anywhere
    trellis.slack.command(AMY, "/growth")

    with slow_store(trellis.sessions):
        begun = time.monotonic()
        answer = trellis.slack.command(AMY, "/growth pause")
        took = time.monotonic() - begun
        assert not is_pausing(trellis, AMY)

    assert (answer.error, answer.text) == (None, INTERIM)
    assert took < IN_TIME
    hear(trellis, AMY, "/growth resume")
    assert is_pausing(trellis, AMY)


def is_pausing(trellis: Trellis, who: str) -> bool:
    with trellis.sessions.read() as session:
        return session.get_one(Member, (trellis.workspace, who)).is_pausing(trellis.clock.people_now())


def test_a_locked_store_keeps_a_form_and_a_button_waiting_and_then_does_both(trellis: Trellis) -> None:
    trellis.slack.command(AMY, EVERY_THURSDAY)
    live_until(trellis, utc("2026-11-25 15:00"))
    prep, before = preps(trellis, AMY)[0], stored(trellis)
    form = opened(trellis, AMY, "/goal add")

    with locked(trellis):
        answer = trellis.slack.press(AMY, prep, "Another question")
        waiting = trellis.slack.submit(AMY, {WHAT: GOAL}, view=form).view
        assert stored(trellis) == before

    assert (answer.text, answer.visible_to) == (INTERIM, AMY)
    assert waiting is not None
    assert INTERIM in waiting.words
    trellis.slack.eventually(lambda: preps(trellis, AMY)[0].text != prep.text)
    dialog_says(trellis, AMY, "Logged as goal 1")


def test_a_locked_store_still_reads(trellis: Trellis) -> None:
    trellis.slack.command(AMY, EVERY_THURSDAY)

    with locked(trellis):
        assert BEN in trellis.slack.command(AMY, "/1on1").text
        assert BEN in home_of(trellis, AMY).words


def failures(caplog: pytest.LogCaptureFixture, kind: str) -> int:
    """Count the listeners that failed for requests of a kind."""
    failed = [record for record in caplog.records if record.message == "listener_failed"]
    return sum(vars(record)["kind"] == kind for record in failed)


def test_an_event_that_meets_a_locked_store_is_brought_again(
    trellis: Trellis, caplog: pytest.LogCaptureFixture
) -> None:
    trellis.slack.command(AMY, "/growth")

    with locked(trellis):
        trellis.slack.change_person(AMY, tz="Asia/Kolkata")
        trellis.slack.eventually(lambda: failures(caplog, "event_callback"))

    trellis.slack.eventually(lambda: zone_of(trellis, AMY) == "Asia/Kolkata")


def zone_of(trellis: Trellis, who: str) -> str:
    with trellis.sessions.read() as session:
        return session.get_one(Member, (trellis.workspace, who)).zone


@on_postgresql_in_the_siege
def test_a_store_that_is_slow_with_every_statement_is_told_in_time_and_then_takes_its_time(
    trellis_anywhere: Trellis,
) -> None:
    trellis = trellis_anywhere
    trellis.slack.command(AMY, "/goal")

    with slow_statements(trellis.sessions, 0.6):
        begun = time.monotonic()
        answer = trellis.slack.command(AMY, f"/goal add {GOAL}")
        took = time.monotonic() - begun
        hear(trellis, AMY, "Logged as goal 1")

    assert (answer.error, answer.text) == (None, INTERIM)
    assert took < IN_TIME
    assert [goal.number for goal in goals_stage.goals_of(trellis, AMY)] == [1]


def test_a_bug_is_apologised_for_with_an_id_and_not_tried_again(
    trellis: Trellis, caplog: pytest.LogCaptureFixture
) -> None:
    trellis.slack.command(AMY, "/goal")

    def break_down(connection: Connection) -> None:
        connection.exec_driver_sql("SELECT * FROM nowhere")

    event.listen(trellis.sessions.engine, "begin", break_down)
    answer = trellis.slack.command(AMY, f"/goal add {GOAL}")
    event.remove(trellis.sessions.engine, "begin", break_down)

    told = ID_AT_ITS_END.search(answer.text)
    assert told is not None
    assert APOLOGY in answer.text
    assert [told[1]] == [vars(each)["bug"] for each in caplog.records if each.message == "listener_failed"]
    assert trellis.late.settle(0)


def test_a_server_that_goes_in_the_midst_of_a_commit_is_not_said_to_have_changed_nothing(
    slack: Driver, served_bot: Bot, postgres: Postgres
) -> None:
    with postgres.database() as name:
        engine = open_store(postgres.address(name))

        def go(_connection: Connection) -> None:
            postgres.shut(name)

        with served_bot.on(engine) as trellis:
            slack.command(AMY, "/goal")
            event.listen(engine, "commit", go)
            answer = slack.command(AMY, f"/goal add {GOAL}")
            event.remove(engine, "commit", go)
            postgres.open(name)

            assert "`/growth` shows what stands" in answer.text
            assert "nothing" not in answer.text
            assert goals_stage.goals_of(trellis, AMY) == []
        engine.dispose()


@pytest.fixture
def on_postgres(slack: Driver, served_bot: Bot, postgres: Postgres) -> Iterator[tuple[Trellis, str]]:
    """Give Trellis on PostgreSQL, with the name of its database."""
    with postgres.database() as name:
        engine = open_store(postgres.address(name))
        with served_bot.on(engine) as trellis:
            yield trellis, name
        engine.dispose()


def test_whatever_a_store_that_is_gone_was_asked_for_is_done_once_when_it_is_back(
    on_postgres: tuple[Trellis, str], postgres: Postgres
) -> None:
    trellis, name = on_postgres
    trellis.slack.command(AMY, f"/goal add {GOAL}")
    finished = trellis.slack.command(AMY, "/goal progress 1 100%").message
    form = opened(trellis, AMY, "/goal add")

    postgres.shut(name)
    begun = time.monotonic()
    by_text = trellis.slack.command(AMY, f"/goal add {OTHER_GOAL}").text
    by_form = trellis.slack.submit(AMY, {WHAT: GOAL}, view=form).view
    by_button = trellis.slack.press(AMY, finished, "Mark as done").text
    took = time.monotonic() - begun
    postgres.open(name)

    assert (by_text, by_button) == (INTERIM, INTERIM)
    assert by_form is not None
    assert INTERIM in by_form.words
    assert took < IN_TIME
    hear(trellis, AMY, "Logged as goal 2")
    dialog_says(trellis, AMY, "Logged as goal 3")
    hear(trellis, AMY, "Done: goal 1")
    assert [goal.number for goal in goals_stage.goals_of(trellis, AMY)] == [1, 2, 3]
