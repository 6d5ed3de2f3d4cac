"""The log: ids as fields, one line an event, nothing that a person typed."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from io import StringIO
from typing import Literal

import pytest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from bot.runtime.database import Sessions
from bot.runtime.logs import FieldFormatter, set_up
from sandbox.driver import Driver
from tests.handlers.one_on_ones_stage import home_of, pressed
from tests.handlers.rounds_stage import START, live_until, taking_part
from tests.people import AMY, BEN, HOUR, RAY
from tests.runtime.stage import Office
from tests.trellis import Trellis

PRIVATE = "I would like to leave"
APART = "Keep me apart from"


@pytest.fixture
def written() -> Iterator[StringIO]:
    """Set the log up as the processes do, and put pytest's own back afterwards."""
    root, stream = logging.getLogger(), StringIO()
    level, handlers = root.level, root.handlers[:]
    set_up("INFO", to=stream)
    yield stream
    root.handlers[:] = handlers
    root.setLevel(level)


def test_an_event_is_one_line_with_its_ids_as_fields(written: StringIO) -> None:
    logging.getLogger("bot.x").info("message_sent", extra={"delivery": 7, "reason": "two words"})

    (line,) = written.getvalue().splitlines()
    assert line.endswith("INFO message_sent delivery=7 reason='two words'")


def test_a_line_break_in_a_field_makes_no_second_line(written: StringIO) -> None:
    logging.getLogger("bot.x").info("refused", extra={"error": "one\ntwo"})

    assert len(written.getvalue().splitlines()) == 1


@pytest.mark.parametrize(("kind", "status"), [("html", 200), ("html", 407), ("truncated", 200)])
def test_what_came_instead_of_an_answer_of_slacks_is_quoted_nowhere(
    kind: Literal["html", "truncated"], status: int, office: Office, slack: Driver, written: StringIO
) -> None:
    (number,) = office.write(AMY)
    slack.fault("chat.postMessage", kind, status=status)

    office.loop().drain()

    assert office.row(number).reason == f"{status} no answer in JSON"
    (line,) = written.getvalue().splitlines()
    assert line.endswith(f"message_doubtful delivery={number} reason='{status} no answer in JSON'")


def test_of_a_bug_the_place_and_the_kind_are_told_but_not_what_it_quotes() -> None:
    try:
        int(PRIVATE)
    except ValueError as bug:
        record = logging.LogRecord("x", 40, "f", 1, "listener_failed", None, (type(bug), bug, None))

    shown = FieldFormatter().format(record)

    assert "ValueError" in shown
    assert "test_logs.py" in shown
    assert PRIVATE not in shown


def test_an_error_of_the_store_says_what_failed_but_not_with_which_values(sessions: Sessions) -> None:
    with pytest.raises(SQLAlchemyError) as caught, sessions.begin() as session:
        session.execute(text("INSERT INTO nowhere VALUES (:said)"), {"said": PRIVATE})
    record = logging.LogRecord("x", 40, "f", 1, "turn_failed", None, (caught.type, caught.value, None))

    shown = FieldFormatter().format(record)

    assert "nowhere" in shown
    assert PRIVATE not in shown


REFUSED = {
    "a value that is missing": "INSERT INTO said VALUES (NULL, :said)",
    "a value that is not allowed": "INSERT INTO said VALUES (-1, :said)",
    "a value that is there": "INSERT INTO said VALUES (1, :said), (2, :said)",
    "a text that is no number": "INSERT INTO said VALUES (CAST(:said AS integer), NULL)",
}


@pytest.mark.parametrize("statement", REFUSED.values(), ids=REFUSED)
def test_of_a_row_the_store_refuses_the_log_shows_nothing(sessions: Sessions, statement: str) -> None:
    with sessions.begin() as session:
        columns = "number integer NOT NULL CHECK (number > 0), words text UNIQUE"
        session.execute(text(f"CREATE TABLE said ({columns})"))
    with pytest.raises(SQLAlchemyError) as caught, sessions.begin() as session:
        session.execute(text(statement), {"said": PRIVATE})
    record = logging.LogRecord("x", 40, "f", 1, "listener_failed", None, (caught.type, caught.value, None))

    shown = FieldFormatter().format(record)

    assert caught.type.__name__ in shown
    assert PRIVATE not in shown


def test_libraries_are_held_back_whatever_level_they_gave_themselves(
    written: StringIO,
) -> None:
    logger = logging.getLogger("slack_bolt.RequestVerification")
    logger.setLevel(logging.DEBUG)
    logger.info("Invalid request signature detected (body: %s)", PRIVATE)
    logging.getLogger("slack_sdk.web.base_client").debug("Received: %s", PRIVATE)

    assert written.getvalue() == ""


def test_whom_somebody_keeps_away_from_is_in_no_line(trellis: Trellis, written: StringIO) -> None:
    taking_part(trellis, (AMY, BEN, RAY))
    form = pressed(trellis, AMY, pressed(trellis, AMY, home_of(trellis, AMY), APART), "Add somebody")

    told = trellis.slack.command(AMY, "/buddy not @ben").text
    again = trellis.slack.submit(AMY, {"Never put me together with": BEN}, view=form).view
    live_until(trellis, START + HOUR)
    with trellis.sessions.begin() as session:
        session.execute(text("ALTER TABLE exclusion RENAME TO elsewhere"))
    failed = trellis.slack.command(AMY, "/buddy not @ben").text

    lines = written.getvalue()
    assert "Only you can see this" in told
    assert again is not None
    assert "It stands" in again.words
    assert "Something went wrong" in failed
    assert "message_sent" in lines
    assert "listener_failed" in lines
    assert [who for who in (AMY, BEN, "@ben", "Amy", "Ben ") if who in lines] == []
