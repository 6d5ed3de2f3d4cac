"""What a process had put off when it was killed: another goes on with it, it is there once, and they hear of it."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy.orm import Session

from bot.runtime import notebook
from bot.runtime.inbox import Inbox
from bot.runtime.notebook import Notebook, Sheet
from handlers.late import Again, Late
from handlers.views.late import DONE, INTERIM, LEFT_OVER
from models.receipts import take_receipt
from tests.handlers.goals_stage import goal_of, goals_of
from tests.handlers.one_on_ones_stage import home_of, opened
from tests.handlers.slow_store import refusing
from tests.handlers.test_late import GOAL, SLOW, TRYING, WHAT, dialog_says, hear, said
from tests.handlers.test_late import soon as soon
from tests.late_sheets import sheets
from tests.people import AMY, BEN, MONDAY_NOON
from tests.runtime.test_inbox import away
from tests.stores import on_postgresql_in_the_siege
from tests.trellis import Trellis

pytestmark = on_postgresql_in_the_siege

LONG, A_MINUTE = 10.0, 60.0
"""Seconds."""
SECOND = timedelta(seconds=1)


@pytest.fixture
def trellis(trellis_anywhere: Trellis) -> Trellis:
    """Give a bot that knows Amy and Ben, on each store."""
    for who in (AMY, BEN):
        trellis_anywhere.slack.command(who, "/goal")
    return trellis_anywhere


Leave = Callable[..., Sequence[Sheet]]


@pytest.fixture
def leave(trellis: Trellis, monkeypatch: pytest.MonkeyPatch) -> Leave:
    """Have people ask for something that is put off, and leave it as a process does that is killed then.

    The process of the test cannot be killed: it gives up what it holds, and what it had written is put back.
    """
    held: list[Sheet] = []

    def hold(box: Inbox, sheet: Sheet) -> None:
        held.append(sheet)
        holds(box, sheet)

    holds = Inbox.hold
    monkeypatch.setattr(Inbox, "hold", hold)

    def left(*asked: Callable[[], object], seconds: float = A_MINUTE) -> Sequence[Sheet]:
        with monkeypatch.context() as meanwhile, refusing(trellis.sessions):
            meanwhile.setattr("handlers.late.LASTS_SECONDS", 0.2)
            for ask in asked:
                ask()
            assert trellis.late.settle(LONG)
        return write(trellis, held, seconds)

    return left


def write(trellis: Trellis, sheets: Sequence[Sheet], seconds: float) -> Sequence[Sheet]:
    """Write down what is nobody's any more, under new ids."""
    ends_at = time.monotonic() + seconds
    left = [replace(sheet, id=uuid.uuid4().hex, ends_at=ends_at) for sheet in sheets]
    book = Notebook(trellis.sessions)
    book.write(left, [])
    book.give_back([sheet.id for sheet in left])
    return left


@contextmanager
def processes(trellis: Trellis, number: int = 1) -> Iterator[Sequence[Late]]:
    """Have so many other processes begin, and end with what they found."""
    others = [trellis.another() for _ in range(number)]
    for other in others:
        other.begin()
    try:
        yield others
        assert all(other.settle(LONG) for other in others)
    finally:
        for other in others:
            other.end()
    assert sheets(trellis.sessions) == 0


def test_it_is_written_down_when_they_read_the_interim_word(trellis: Trellis) -> None:
    with refusing(trellis.sessions):
        assert trellis.slack.command(AMY, f"/goal add {GOAL}").text == INTERIM
        assert sheets(trellis.sessions, GOAL) == 1

    assert trellis.late.settle(LONG)
    assert sheets(trellis.sessions) == 0


def test_a_command_is_done_once_and_answered(trellis: Trellis, leave: Leave) -> None:
    leave(lambda: trellis.slack.command(AMY, f"/goal add {GOAL}"))

    assert sheets(trellis.sessions) == 1
    with processes(trellis):
        answer = hear(trellis, AMY, "Logged as goal 1")

    assert answer.visible_to == AMY
    assert goal_of(trellis, AMY).title == GOAL
    assert said(trellis, AMY, LEFT_OVER) == []


def test_what_one_asked_for_is_done_in_its_order(trellis: Trellis, leave: Leave) -> None:
    trellis.slack.command(AMY, f"/goal add {GOAL}")

    def report(percent: int) -> None:
        trellis.clock.move(trellis.clock.people_now() + SECOND)
        trellis.slack.command(AMY, f"/goal progress 1 {percent}%")

    leave(partial(report, 20), partial(report, 60), partial(report, 40))

    with processes(trellis):
        hear(trellis, AMY, "40%")

    assert goal_of(trellis, AMY).percent == 40


def test_a_form_shows_in_its_dialog_what_came_of_it(trellis: Trellis, leave: Leave) -> None:
    opened(trellis, AMY, "/goal add")
    leave(lambda: trellis.slack.submit(AMY, {WHAT: GOAL}))

    with processes(trellis):
        dialog_says(trellis, AMY, "Logged as goal 1")

    assert goal_of(trellis, AMY).title == GOAL


def test_a_click_on_home_says_that_it_is_done(trellis: Trellis, leave: Leave) -> None:
    home = home_of(trellis, AMY)
    leave(lambda: trellis.slack.press(AMY, home, "Pause"))

    with processes(trellis):
        dialog_says(trellis, AMY, DONE)

    assert "Resume" in home_of(trellis, AMY).buttons


def test_of_two_processes_that_try_it_at_once_one_has_it(
    trellis: Trellis, leave: Leave, monkeypatch: pytest.MonkeyPatch
) -> None:
    leave(lambda: trellis.slack.command(AMY, f"/goal add {GOAL}"))
    tried, have_met, mark = set[int](), threading.Event(), Again._mark

    def meet(again: Again, session: Session) -> None:
        tried.add(threading.get_ident())
        if len(tried) == 2:
            have_met.set()
        assert have_met.wait(LONG)
        monkeypatch.setattr(notebook, "LEASE_SECONDS", A_MINUTE)
        mark(again, session)

    monkeypatch.setattr(Again, "_mark", meet)
    monkeypatch.setattr("bot.runtime.inbox.TURN_SECONDS", 0.1)
    # As if the first one had stood still since it took it up.
    monkeypatch.setattr(notebook, "LEASE_SECONDS", 0.0)
    with processes(trellis, 2):
        hear(trellis, AMY, "Logged as goal 1")

    assert len(tried) >= 2
    assert goal_of(trellis, AMY).title == GOAL
    assert len(said(trellis, AMY, "Logged as goal")) == 1


def test_what_was_done_before_the_kill_is_not_done_again(trellis: Trellis, leave: Leave) -> None:
    [sheet] = leave(lambda: trellis.slack.command(AMY, f"/goal add {GOAL}"))
    with trellis.sessions.begin() as session:
        assert take_receipt(session, trellis.workspace, f"late:{sheet.id}", at=MONDAY_NOON)

    with processes(trellis):
        hear(trellis, AMY, LEFT_OVER)

    assert goals_of(trellis, AMY) == []


def test_what_was_done_before_the_kill_is_not_refused_as_what_holds_already(
    trellis: Trellis, leave: Leave
) -> None:
    def ask() -> None:
        with refusing(trellis.sessions, looking=True):
            trellis.slack.command(AMY, "/buddy leave")

    [sheet] = leave(ask)
    refused = trellis.slack.command(AMY, "/buddy leave").text
    told = len(said(trellis, AMY, refused))
    with trellis.sessions.begin() as session:
        assert take_receipt(session, trellis.workspace, f"late:{sheet.id}", at=MONDAY_NOON)

    with processes(trellis):
        hear(trellis, AMY, LEFT_OVER)

    assert len(said(trellis, AMY, refused)) == told


def test_a_form_that_was_done_before_the_kill_leads_nobody_to_send_it_again(
    trellis: Trellis, leave: Leave
) -> None:
    opened(trellis, AMY, "/goal add")
    [sheet] = leave(lambda: trellis.slack.submit(AMY, {WHAT: GOAL}))
    with trellis.sessions.begin() as session:
        assert take_receipt(session, trellis.workspace, f"late:{sheet.id}", at=MONDAY_NOON)

    with processes(trellis):
        shown = dialog_says(trellis, AMY, LEFT_OVER)

    assert WHAT not in shown.words


def test_what_is_found_after_its_time_is_not_done_any_more(trellis: Trellis, leave: Leave) -> None:
    leave(lambda: trellis.slack.command(AMY, f"/goal add {GOAL}"), seconds=-1.0)

    with processes(trellis):
        hear(trellis, AMY, LEFT_OVER)

    assert goals_of(trellis, AMY) == []


def test_who_is_told_to_end_leaves_it_to_the_next_without_a_word(
    trellis: Trellis, leave: Leave, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("handlers.late.LAST_SECONDS", 0.2)
    leave(lambda: trellis.slack.command(AMY, f"/goal add {GOAL}"))
    told = len(said(trellis, AMY, SLOW))
    with refusing(trellis.sessions) as tried:
        first = trellis.another()
        first.begin()
        trellis.slack.eventually(lambda: tried)
        first.end()

    assert (goals_of(trellis, AMY), len(said(trellis, AMY, SLOW))) == ([], told)
    with processes(trellis):
        hear(trellis, AMY, "Logged as goal 1")


def test_whose_lease_ended_does_not_say_that_nothing_was_changed(
    trellis: Trellis, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as meanwhile, refusing(trellis.sessions):
        for name in ("bot.runtime.inbox.LEASE_SECONDS", "bot.runtime.notebook.LEASE_SECONDS"):
            meanwhile.setattr(name, 0.0)
        meanwhile.setattr("handlers.late.LASTS_SECONDS", 0.3)
        assert trellis.slack.command(AMY, f"/goal add {GOAL}").text == INTERIM
        assert trellis.late.settle(LONG)

    assert [len(said(trellis, AMY, words)) for words in (SLOW, LEFT_OVER)] == [0, 1]
    assert (goals_of(trellis, AMY), sheets(trellis.sessions)) == ([], 0)


def test_who_lost_it_to_another_says_nothing_at_all(
    trellis: Trellis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.runtime.inbox.TURN_SECONDS", 0.05)
    another = Notebook(trellis.sessions)
    with monkeypatch.context() as meanwhile, refusing(trellis.sessions):
        for name in ("bot.runtime.inbox.LEASE_SECONDS", "bot.runtime.notebook.LEASE_SECONDS"):
            meanwhile.setattr(name, 0.0)
        meanwhile.setattr("handlers.late.LASTS_SECONDS", 2.0)
        trellis.slack.command(AMY, f"/goal add {GOAL}")
        (taken,) = trellis.slack.eventually(lambda: another.take(1))
        assert trellis.late.settle(LONG)

    assert [len(said(trellis, AMY, words)) for words in (SLOW, LEFT_OVER)] == [0, 0]
    another.delete([taken.id])


def test_who_was_away_too_long_leaves_it_to_who_has_it_now_to_say_what_was_only_looked_up(
    trellis: Trellis, monkeypatch: pytest.MonkeyPatch
) -> None:
    trellis.slack.command(AMY, f"/goal add {GOAL}")
    told = len(trellis.slack.messages(AMY))
    with monkeypatch.context() as meanwhile:
        for name in ("bot.runtime.inbox.LEASE_SECONDS", "bot.runtime.notebook.LEASE_SECONDS"):
            meanwhile.setattr(name, 0.0)
        with refusing(trellis.sessions, threads=TRYING, looking=True):
            with refusing(trellis.sessions, looking=True):
                trellis.slack.command(AMY, "/goal show 1")
            trellis.slack.eventually(lambda: sheets(trellis.sessions) == 1)
        assert trellis.late.settle(LONG)

    assert len(trellis.slack.messages(AMY)) == told + 1
    with processes(trellis):
        trellis.slack.eventually(lambda: len(trellis.slack.messages(AMY)) == told + 2)


def test_what_could_not_even_be_written_down_is_given_up_with_a_word(
    trellis: Trellis, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as meanwhile, refusing(trellis.sessions), away():
        meanwhile.setattr("bot.runtime.inbox.LEASE_SECONDS", 0.0)
        meanwhile.setattr("handlers.late.LASTS_SECONDS", 0.3)
        assert trellis.slack.command(AMY, f"/goal add {GOAL}").text == INTERIM
        assert trellis.late.settle(LONG)

    assert len(said(trellis, AMY, SLOW)) == 1
