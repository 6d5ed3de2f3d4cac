"""What counts of a person's week while workers share a store, die and doubt: each message once, and none too many."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection, Engine, event
from sqlalchemy.orm import Session

from bot.runtime.decisions import Attend, Decision, Send
from bot.runtime.delivery import DeliveryLoop
from models.outbox import READY, SENT, Delivery
from sandbox.driver import Driver
from sandbox.identity import TEAM_ID
from tests.people import AMY, MINUTE, MONDAY_NOON
from tests.runtime.attention_stage import NEXT_WEEK, OTHER_TEAM, OVER_THREE, WEIGH, loop, outcome, write
from tests.runtime.attention_stage import office as office
from tests.runtime.stage import PATIENCE_SECONDS, Office


@contextmanager
def heard(statement: str, told: threading.Event) -> Iterator[None]:
    """Tell of a statement before somebody asks the store for it."""

    def hear(_connection: Connection, _cursor: object, asked: str, *_rest: object) -> None:
        if asked == statement:
            told.set()

    event.listen(Engine, "before_cursor_execute", hear)
    try:
        yield
    finally:
        event.remove(Engine, "before_cursor_execute", hear)


def beside(other: DeliveryLoop) -> tuple[Attend, threading.Thread]:
    """Weigh, and let another worker come as far as it can before what was weighed is committed.

    On PostgreSQL that is to the end of its turn; on SQLite it waits to begin to write.
    """
    as_far_as_it_can = threading.Event()

    def turn() -> None:
        other.turn()
        as_far_as_it_can.set()

    turning = threading.Thread(target=turn)

    def weigh(
        session: Session, sends: Sequence[tuple[Delivery, Send]], now: datetime
    ) -> Mapping[int, Decision]:
        decided = WEIGH(session, sends, now)
        with heard("BEGIN IMMEDIATE", as_far_as_it_can):
            turning.start()
            assert as_far_as_it_can.wait(PATIENCE_SECONDS)
        return decided

    return weigh, turning


def at_once(office: Office, team: str) -> tuple[int, int]:
    """Let two workers at the same moment have a message for Amy in hand, which only one of them may send, each."""
    first, second = write(office, "first"), write(office, "second", team=team, opens=MONDAY_NOON + MINUTE)
    clock = replace(office.clock, people=MONDAY_NOON + MINUTE)
    ahead = Office(
        office.sessions, office.api_url, clock=clock
    )  # to the other one, nothing but the first is due
    other = loop(ahead)
    weigh, turning = beside(other)
    ours = loop(office, weigh)
    ours.turn()
    turning.join()
    for each in (ours, other, ours, other):
        each.drain()
    ahead.close()
    return first, second


def test_of_two_workers_who_have_the_last_message_of_a_week_in_hand_one_sends_it(
    office: Office, slack: Driver
) -> None:
    before = len(slack.dms(AMY))

    first, second = at_once(office, TEAM_ID)

    assert (outcome(office, first), outcome(office, second)) == ((SENT, None), (READY, OVER_THREE))
    assert office.row(second).not_before == NEXT_WEEK
    assert len(slack.dms(AMY)) == before + 1


def test_two_workers_send_the_last_message_of_a_week_in_each_of_two_workspaces(
    office: Office, slack: Driver
) -> None:
    before = len(slack.dms(AMY))

    first, second = at_once(office, OTHER_TEAM)

    assert (outcome(office, first), outcome(office, second)) == ((SENT, None), (SENT, None))
    assert len(slack.dms(AMY)) == before + 2
