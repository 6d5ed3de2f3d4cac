"""What is put off is written down; it is nobody else's while its process lives, and is found when that is gone."""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from stat import S_IMODE

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine
from sqlalchemy.exc import OperationalError

from bot.runtime import inbox, notebook
from bot.runtime.database import Sessions
from bot.runtime.inbox import Inbox
from bot.runtime.notebook import Notebook, Sheet
from tests import late_sheets
from tests.people import AMY

WORKSPACE = "T1"
ASKED_AT = datetime(2026, 11, 23, 12, 0, 0, 250_000, tzinfo=UTC)
LONG = 5.0
"""Seconds."""
BODY = '{"command": "/goal", "text": "add Give \\u201eone\\u201c demo, a month"}'


def sheet(name: str = "first", *, left: float = 300.0, asked_at: datetime = ASKED_AT) -> Sheet:
    return Sheet(name, WORKSPACE, AMY, BODY, asked_at, time.monotonic() + left)


@pytest.fixture
def no_lease(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let leases end with the moment in which they are given."""
    monkeypatch.setattr(notebook, "LEASE_SECONDS", 0.0)


def test_what_is_held_is_nobody_elses(sessions: Sessions) -> None:
    ours, others = Notebook(sessions), Notebook(sessions)

    assert ours.write([sheet()], []) == {"first"}
    assert others.take(10) == []
    assert ours.write([], ["first"]) == {"first"}
    assert others.take(10) == []


@pytest.mark.usefixtures("no_lease")
def test_what_is_left_is_taken_by_one_in_the_order_in_which_it_was_asked_for(sessions: Sessions) -> None:
    killed, one = Notebook(sessions), Notebook(sessions)
    earlier = sheet("z", asked_at=ASKED_AT.replace(hour=11))
    killed.write([sheet("a"), earlier], [])

    [taken] = one.take(1)
    assert (taken.id, taken.body, taken.asked_at) == ("z", BODY, earlier.asked_at)
    assert taken.ends_at == pytest.approx(earlier.ends_at, abs=1.0)
    assert killed.write([], ["a", "z"]) == {"a"}


def test_what_is_done_is_forgotten_and_what_is_given_back_is_found(sessions: Sessions) -> None:
    ours, others = Notebook(sessions), Notebook(sessions)
    ours.write([sheet("done"), sheet("left")], [])

    ours.delete(["done"])
    ours.give_back(["done", "left"])

    assert [each.id for each in others.take(10)] == ["left"]
    others.delete(["left"])
    assert ours.take(10) == []


def test_beside_a_file_it_is_written_while_somebody_holds_the_store(sqlite: Engine) -> None:
    sessions = Sessions(sqlite)
    with sessions.begin():
        assert Notebook(sessions).write([sheet()], []) == {"first"}

    assert Path(f"{sqlite.url.database}.late").exists()


def test_who_may_not_read_the_store_may_not_read_what_is_beside_it(sqlite: Engine) -> None:
    store = Path(str(sqlite.url.database))
    for mode in (0o640, 0o600):
        store.chmod(mode)
        Notebook(Sessions(sqlite)).write([sheet()], [])
        beside = store.with_name(f"{store.name}.late")
        assert S_IMODE(beside.stat().st_mode) == mode
        beside.unlink()


def test_words_that_are_done_are_in_no_free_page(sqlite: Engine) -> None:
    def leave_words(connection: sqlite3.Connection, _record: object) -> None:
        """Be a SQLite whose makers did not think of it."""
        connection.execute("PRAGMA secure_delete = OFF").close()

    beside = Path(f"{sqlite.url.database}.late")
    event.listen(Engine, "connect", leave_words)
    book = Notebook(Sessions(sqlite))
    book.write([sheet()], [])
    written = beside.read_bytes()
    book.delete(["first"])
    event.remove(Engine, "connect", leave_words)

    assert [b"demo" in each for each in (written, beside.read_bytes())] == [True, False]


def test_looking_for_what_others_left_makes_no_file(sqlite: Engine) -> None:
    assert Notebook(Sessions(sqlite)).take(10) == []
    assert not Path(f"{sqlite.url.database}.late").exists()


class Taken:
    """Remembers what is taken up, but for what it cannot read."""

    def __init__(self) -> None:
        self.sheets: list[Sheet] = []
        self._changed = threading.Condition()

    def __call__(self, taken: Sheet) -> None:
        json.loads(taken.body)
        with self._changed:
            self.sheets.append(taken)
            self._changed.notify_all()

    def wait(self, name: str = "first") -> Sheet:
        """Wait until it is taken up."""
        with self._changed:
            assert self._changed.wait_for(lambda: name in self._named(), LONG)
            return self._named()[name]

    def _named(self) -> dict[str, Sheet]:
        return {each.id: each for each in self.sheets}


Make = Callable[[], tuple[Inbox, Taken]]


@pytest.fixture
def make(sessions: Sessions, monkeypatch: pytest.MonkeyPatch) -> Iterator[Make]:
    """Make inboxes of as many processes as one likes, which are quick to turn."""
    monkeypatch.setattr(inbox, "TURN_SECONDS", 0.05)
    monkeypatch.setattr(inbox, "REST_SECONDS", 0.05)
    made: list[Inbox] = []

    def one() -> tuple[Inbox, Taken]:
        taken = Taken()
        made.append(Inbox(Notebook(sessions), taken, lambda: 10))
        return made[-1], taken

    yield one
    for each in made:
        each.end()


def written(box: Inbox) -> None:
    """Wait until it is written down."""
    box.leave()
    wait_until(lambda: box.may_leave("first"))


def test_who_ends_leaves_what_it_holds_to_others_at_once(sessions: Sessions, make: Make) -> None:
    ours, _ = make()
    others, taken = make()
    ours.hold(sheet())
    written(ours)
    ours.end()
    others.begin()

    assert taken.wait().body == BODY
    others.done("first")
    assert others.settle(LONG)
    assert Notebook(sessions).take(10) == []


def test_who_was_away_too_long_does_not_know_whose_it_is_and_then_does(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox, "LEASE_SECONDS", 0.3)
    ours, _ = make()
    ours.hold(sheet())
    written(ours)
    with away():
        wait_until(lambda: not ours.is_ours("first"))
    wait_until(lambda: ours.is_ours("first"))


@pytest.mark.usefixtures("no_lease")
def test_who_was_away_too_long_finds_that_it_is_somebody_elses(sessions: Sessions, make: Make) -> None:
    ours, _ = make()
    ours.hold(sheet())
    wait_until(lambda: bool(Notebook(sessions).take(10)))
    wait_until(lambda: not ours.is_ours("first"))


@pytest.mark.usefixtures("no_lease")
def test_what_somebody_else_has_had_is_neither_taken_up_a_second_time_nor_ours_again(
    sessions: Sessions, make: Make
) -> None:
    ours, taken = make()
    others = Notebook(sessions)
    ours.hold(sheet())
    wait_until(lambda: bool(others.take(1)))
    wait_until(lambda: not ours.is_ours("first"))
    ours.begin()

    for name in ("second", "third"):
        others.write([sheet(name)], [])
        taken.wait(name)
    assert [each.id for each in taken.sheets] == ["second", "third"]
    assert not ours.is_ours("first")

    ours.let_go("first")
    taken.wait("first")


def wait_until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + LONG
    while not is_so():
        assert time.monotonic() < deadline, "it is never so"


@contextmanager
def away() -> Iterator[None]:
    """Let nobody write anything down."""

    def refuse(*_: object) -> None:
        raise OperationalError("BEGIN", None, Exception("away"))

    event.listen(Engine, "begin", refuse)
    try:
        yield
    finally:
        event.remove(Engine, "begin", refuse)


def test_what_cannot_be_written_is_held_and_written_as_soon_as_it_can(
    make: Make, caplog: pytest.LogCaptureFixture
) -> None:
    ours, _ = make()
    with away():
        ours.hold(sheet())
        ours.leave()
        assert not ours.settle(0.3)
        assert not ours.may_leave("first")
    written(ours)

    assert [record.message for record in caplog.records] == ["late_requests_unwritten"]


def test_what_was_never_written_leaves_no_trace(sessions: Sessions, make: Make) -> None:
    ours, _ = make()
    with away():
        ours.hold(sheet())
        ours.done("first")
    assert ours.settle(LONG)
    assert Notebook(sessions).take(10) == []


def test_what_failed_without_a_word_is_found_again(
    make: Make, monkeypatch: pytest.MonkeyPatch, no_lease: None
) -> None:
    monkeypatch.setattr(inbox, "WORDS_SECONDS", 0.0)
    ours, taken = make()
    ours.begin()
    ours.hold(sheet(left=0.2))

    taken.wait()


def test_what_nobody_can_read_keeps_nothing_else_from_being_done_and_is_forgotten_in_the_end(
    sessions: Sessions, make: Make, caplog: pytest.LogCaptureFixture
) -> None:
    killed = Notebook(sessions)
    sheets = [replace(sheet("late", left=-1.0), body="{"), replace(sheet("odd"), body="{"), sheet("read")]
    killed.write(sheets, [])
    killed.give_back([each.id for each in sheets])
    ours, taken = make()
    ours.begin()

    taken.wait("read")
    ours.done("read")
    assert ours.settle(LONG)
    ours.end()
    assert late_sheets.sheets(sessions) == 1
    assert {record.message for record in caplog.records} == {"late_request_not_taken_up"}


def test_a_bug_in_a_turn_does_not_end_the_next(sessions: Sessions, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inbox, "REST_SECONDS", 0.05)
    killed, taken, tried = Notebook(sessions), Taken(), list[str]()
    killed.write([sheet()], [])
    killed.give_back(["first"])

    def room() -> int:
        if not tried:
            tried.append("in vain")
            raise LookupError
        return 10

    ours = Inbox(Notebook(sessions), taken, room)
    ours.begin()

    taken.wait()
    ours.end()
