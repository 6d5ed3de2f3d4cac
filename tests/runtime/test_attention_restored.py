"""What counts of a person's week when the store is put back from a copy that did not know of all that came."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from bot.runtime.clock import SystemClock
from bot.runtime.database import Sessions
from bot.runtime.desk import Desk
from bot.runtime.slack import Unseen
from handlers import wiring
from models.outbox import DOUBTFUL, READY, SENT
from sandbox.driver import Driver
from sandbox.testing import Running
from tests.people import AMY, DAY
from tests.runtime.attention_stage import (
    NEXT_WEEK,
    OVER_THREE,
    allow,
    begin_week,
    loop,
    outcome,
    room_left,
    write,
)
from tests.runtime.stage import Office, client_of
from tests.runtime.test_restore import AT_ONCE, Copied
from tests.runtime.test_restore import copied as copied


@pytest.fixture
def office(copied: Copied, workspace: Running, slack: Driver) -> Iterator[Office]:
    """Give a store that can be copied, in which Amy's week has begun."""
    office = Office(Sessions(copied[0]), workspace.api_url)
    office.clock.machine = SystemClock().machine_now()
    yield begin_week(office)
    office.close()


@pytest.fixture
def copy(office: Office, copied: Copied) -> Iterator[Callable[[], Office]]:
    """Give a way to make a copy of the store, to be put in its place."""
    made: list[Office] = []

    def make() -> Office:
        made.append(Office(Sessions(copied[1]()), office.api_url, clock=office.clock))
        return made[-1]

    yield make
    for each in made:
        each.close()
        each.sessions.engine.dispose()


def doubt(restored: Office) -> None:
    Desk(restored.sessions, restored.clock, AT_ONCE).doubt(restored.clock.people)


def look_up_as_wired(restored: Office) -> None:
    """Let a worker as it runs in production find what is in doubt."""
    work = replace(wiring.work(client_of(restored.api_url), restored.clock), pace=AT_ONCE)
    worker = work.loop(restored.sessions, restored.clock, random.Random(7))
    worker.drain()
    worker.stop()


@pytest.mark.parametrize("is_known", [True, False], ids=["known to the copy", "planned anew"])
def test_what_came_after_the_copy_was_made_counts_as_it_is_found(
    office: Office, slack: Driver, copy: Callable[[], Office], is_known: bool
) -> None:
    allow(office, 4)
    keys, before = ("one", "another"), len(slack.dms(AMY))
    restored = None if is_known else copy()
    for key in keys:
        write(office, key)
    restored = restored or copy()
    loop(office).drain()
    assert len(slack.dms(AMY)) == before + 1

    doubt(restored)
    numbers = [write(restored, key) for key in keys]
    look_up_as_wired(restored)

    assert [outcome(restored, number) for number in numbers] == [(SENT, None)] * 2
    assert len(slack.dms(AMY)) == before + 1
    assert room_left(restored, pace=AT_ONCE) == 1


def test_what_may_have_come_after_the_copy_was_made_keeps_its_place_while_it_is_in_doubt(
    office: Office, slack: Driver, copy: Callable[[], Office]
) -> None:
    doubted, later = write(office, "it"), write(office, "later", opens=office.clock.people + 2 * DAY)
    restored, before = copy(), len(slack.dms(AMY))
    loop(office).drain()
    doubt(restored)
    restored.clock.people += 2 * DAY

    unseen = loop(restored, seek=lambda _: Unseen("ratelimited"), pace=AT_ONCE)
    unseen.drain()

    assert restored.row(doubted).state == DOUBTFUL
    assert outcome(restored, later) == (READY, OVER_THREE)
    assert restored.row(later).not_before == NEXT_WEEK
    assert len(slack.dms(AMY)) == before + 1
