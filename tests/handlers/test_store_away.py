"""When the store is away or slow: an apology in time, nothing half-written, and it works again afterwards."""

from __future__ import annotations

import re
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Connection, event

from bot.runtime.database import connect as open_store
from bot.runtime.patience import OutOfTime
from models.members import Member
from sandbox.driver import Driver
from sandbox.seen import Message, View
from tests.handlers import goals_stage
from tests.handlers.one_on_ones_stage import home_of, live_until, opened, preps, stored
from tests.handlers.slow_store import slow_statements
from tests.people import AMY, BEN
from tests.stores import Postgres
from tests.trellis import Bot, Trellis, utc

EVERY_THURSDAY = "/1on1 add @ben every thursday 10:00"
APOLOGY = "Something went wrong on my side and nothing was changed"
ID_AT_ITS_END = re.compile(r"tell an admin this: ([0-9a-f]{8})$")
GOAL, OTHER_GOAL = "Give one demo a month by 2030-01-01", "Open two of the four weekly demos by 2030-01-01"
WHAT = "What would you like to reach?"
SLOW = "The database behind me is slow just now, so I gave up and changed nothing. Try again in a minute."
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


def test_a_locked_store_makes_a_command_apologise_in_time(trellis: Trellis) -> None:
    trellis.slack.command(AMY, "/1on1 ask @ben")
    before = stored(trellis)

    with locked(trellis):
        begun = time.monotonic()
        answer = trellis.slack.command(AMY, EVERY_THURSDAY)
        took = time.monotonic() - begun

    assert answer.error is None
    assert APOLOGY in answer.text
    assert took < IN_TIME
    assert stored(trellis) == before
    assert "Registered" in trellis.slack.command(AMY, EVERY_THURSDAY).text


def test_a_locked_store_keeps_a_form_open_with_what_was_typed(trellis: Trellis) -> None:
    opened(trellis, AMY, "/1on1 add @ben")

    with locked(trellis):
        result = trellis.slack.submit(AMY, {"Next on": "2026-11-26"})
    again = trellis.slack.submit(AMY)

    assert APOLOGY in next(iter(result.errors.values()))
    assert again.view is not None
    assert "every Thursday" in again.view.words


def test_a_locked_store_answers_a_button(trellis: Trellis) -> None:
    trellis.slack.command(AMY, EVERY_THURSDAY)
    live_until(trellis, utc("2026-11-25 15:00"))
    prep, before = preps(trellis, AMY)[0], stored(trellis)

    with locked(trellis):
        answer = trellis.slack.press(AMY, prep, "Another question")

    assert APOLOGY in answer.text
    assert answer.visible_to == AMY
    assert stored(trellis) == before
    assert preps(trellis, AMY)[0].text == prep.text


def test_a_locked_store_writes_no_half_goal_and_the_log_has_every_apology(
    trellis: Trellis, caplog: pytest.LogCaptureFixture
) -> None:
    finished, form = _goal_about_to_be_done(trellis)
    before = goals_stage.kept(trellis)

    with locked(trellis):
        apologies = _three_ways_to_write_a_goal(trellis, finished, form)

    assert apologies == _bugs_logged(caplog)
    assert goals_stage.kept(trellis) == before
    _all_three_work(trellis, finished, form)


def _goal_about_to_be_done(trellis: Trellis) -> tuple[Message, View]:
    """Give the answer that offers to close a goal, and an open form for another."""
    trellis.slack.command(AMY, f"/goal add {GOAL}")
    finished = trellis.slack.command(AMY, "/goal progress 1 100%").message
    return finished, opened(trellis, AMY, "/goal add")


def _three_ways_to_write_a_goal(trellis: Trellis, finished: Message, form: View) -> list[str]:
    """Try by text, form and button, and give the ids in the apologies."""
    by_text = trellis.slack.command(AMY, f"/goal add {OTHER_GOAL}").text
    by_form = trellis.slack.submit(AMY, {WHAT: OTHER_GOAL}, view=form).errors[WHAT]
    by_button = trellis.slack.press(AMY, finished, "Mark as done").text
    found = [ID_AT_ITS_END.search(text) for text in (by_text, by_form, by_button)]
    return [match[1] for match in found if match]


def _bugs_logged(caplog: pytest.LogCaptureFixture) -> list[str]:
    bugs = [vars(record)["bug"] for record in caplog.records if record.message == "listener_failed"]
    assert len(bugs) == 3
    return bugs


def _all_three_work(trellis: Trellis, finished: Message, form: View) -> None:
    assert trellis.slack.submit(AMY, {WHAT: OTHER_GOAL}, view=form).errors == {}
    assert "Logged as goal 3" in trellis.slack.command(AMY, f"/goal add {OTHER_GOAL}").text
    trellis.slack.press(AMY, finished, "Mark as done")
    assert [goal.state for goal in goals_stage.goals_of(trellis, AMY) if goal.number == 1] == ["done"]


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


def test_a_store_that_is_slow_with_every_statement_is_told_in_time_and_nothing_takes_effect_later(
    trellis_anywhere: Trellis,
) -> None:
    trellis = trellis_anywhere
    trellis.slack.command(AMY, "/goal")

    with slow_statements(trellis.sessions, 0.6):
        begun = time.monotonic()
        answer = trellis.slack.command(AMY, f"/goal add {GOAL}")
        took = time.monotonic() - begun

    assert answer.error is None
    assert (SLOW in answer.text, bool(ID_AT_ITS_END.search(answer.text))) == (True, True)
    assert took < IN_TIME
    assert "Logged as goal 1" in trellis.slack.command(AMY, f"/goal add {GOAL}").text
    assert [goal.number for goal in goals_stage.goals_of(trellis, AMY)] == [1]


def test_a_store_that_is_slow_with_every_statement_keeps_a_form_open_with_what_was_typed(
    trellis: Trellis,
) -> None:
    opened(trellis, AMY, "/1on1 add @ben")

    with slow_statements(trellis.sessions, 0.3):
        begun = time.monotonic()
        result = trellis.slack.submit(AMY, {"Next on": "2026-11-26"})
        took = time.monotonic() - begun

    assert SLOW in next(iter(result.errors.values()))
    assert took < IN_TIME
    assert stored(trellis) == []
    again = trellis.slack.submit(AMY).view
    assert again is not None
    assert "every Thursday" in again.words


def test_who_may_have_changed_something_does_not_hear_that_nothing_was_changed(trellis: Trellis) -> None:
    begun: list[Connection] = []

    def fail(connection: Connection) -> None:
        begun.append(connection)
        if len(begun) == 2:
            raise OutOfTime

    event.listen(trellis.sessions.engine, "begin", fail)
    try:
        answer = trellis.slack.command(AMY, f"/goal add {GOAL}")
    finally:
        event.remove(trellis.sessions.engine, "begin", fail)

    assert "`/growth` shows what stands" in answer.text
    assert "nothing" not in answer.text


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


def test_a_store_that_is_gone_is_apologised_for_until_it_is_back(
    on_postgres: tuple[Trellis, str], postgres: Postgres
) -> None:
    trellis, name = on_postgres
    trellis.slack.command(AMY, EVERY_THURSDAY)
    form = opened(trellis, AMY, "/1on1 skip")
    before = stored(trellis)

    postgres.shut(name)
    begun = time.monotonic()
    by_text = trellis.slack.command(AMY, "/1on1 end @ben")
    by_form = trellis.slack.submit(AMY, view=form)
    took = time.monotonic() - begun
    postgres.open(name)

    assert APOLOGY in by_text.text
    assert APOLOGY in str(by_form.errors)
    assert took < IN_TIME
    assert stored(trellis) == before
    skipped = trellis.slack.submit(AMY, view=form).view
    assert skipped is not None
    assert "Skipped: no questions" in skipped.words
    assert trellis.slack.command(AMY, "/1on1 end @ben").text.startswith("Ended.")


def test_a_store_that_is_gone_keeps_no_half_goal(
    on_postgres: tuple[Trellis, str], postgres: Postgres, caplog: pytest.LogCaptureFixture
) -> None:
    trellis, name = on_postgres
    finished, form = _goal_about_to_be_done(trellis)
    before = goals_stage.kept(trellis)

    postgres.shut(name)
    apologies = _three_ways_to_write_a_goal(trellis, finished, form)
    postgres.open(name)

    assert apologies == _bugs_logged(caplog)
    assert goals_stage.kept(trellis) == before
    _all_three_work(trellis, finished, form)
