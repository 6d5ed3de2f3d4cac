"""Registering at the same instant: what the store decides, and what the second one hears."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import time

import pytest

from bot import members, one_on_ones
from bot.members import Profile
from bot.one_on_ones import AlreadyRegistered, NewOneOnOne
from bot.permissions import Actor
from bot.recurrence import Recurrence
from bot.runtime.database import Sessions
from tests.people import AMY, BEN, MONDAY_NOON

TEAM = "TSANDBOX"


def person(user_id: str) -> Profile:
    return Profile(
        user_id=user_id,
        name=user_id,
        zone="America/New_York",
        is_person=True,
        is_guest=False,
        is_deactivated=False,
        is_admin=False,
    )


@pytest.fixture
def staffed(sessions: Sessions) -> Sessions:
    """Give a store that knows Amy and Ben."""
    with sessions.begin() as session:
        members.welcome_workspace(session, TEAM)
        members.remember_all(session, TEAM, [person(AMY), person(BEN)], at=MONDAY_NOON)
    return sessions


def register(
    sessions: Sessions, organiser: str, partner: str, written: threading.Event | None = None
) -> None:
    """Register a 1-on-1; with an event, hold the transaction open until somebody else had time to try."""
    new = NewOneOnOne(partner, Recurrence.weekly(1), time(10), 30, None, "peer")
    with sessions.begin() as session:
        one_on_ones.register(session, Actor(TEAM, organiser), new, now=MONDAY_NOON)
        if written is not None:
            written.set()
            threading.Event().wait(0.3)


def test_who_comes_second_while_the_first_is_being_written_is_refused_not_apologised_to(
    staffed: Sessions,
) -> None:
    written = threading.Event()
    with ThreadPoolExecutor(1) as first:
        registered = first.submit(register, staffed, AMY, BEN, written)
        assert written.wait(5)

        with pytest.raises(AlreadyRegistered, match="every Tuesday at 10:00"):
            register(staffed, BEN, AMY)
        registered.result()


def test_what_was_refused_leaves_the_transaction_usable(staffed: Sessions) -> None:
    register(staffed, AMY, BEN)

    with staffed.begin() as session:
        new = NewOneOnOne(AMY, Recurrence.weekly(2), time(11), 30, None, "peer")
        with pytest.raises(AlreadyRegistered):
            one_on_ones.register(session, Actor(TEAM, BEN), new, now=MONDAY_NOON)
        assert len(one_on_ones.mine(session, Actor(TEAM, BEN), now=MONDAY_NOON)) == 1
