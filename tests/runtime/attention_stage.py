"""The stage of tests about somebody's week: Amy has had two messages of it, and workers who know what counts."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any

import pytest
from sqlalchemy import update

from bot import members
from bot.attention import count_found
from bot.members import Limits
from bot.outbox import Message, enqueue
from bot.permissions import Actor
from bot.round_messages import CLOSING, HEADS_UP
from bot.runtime.decisions import Attend
from bot.runtime.delivery import DeliveryLoop
from handlers.attention import attend
from models.bulk import insert_missing
from models.outbox import SENDING, SENT, Delivery
from models.workspaces import Workspace
from sandbox.identity import TEAM_ID
from tests.bot.buddies_stage import profile
from tests.people import AMY, DAY, MONDAY_NOON
from tests.runtime.stage import MACHINE_NOON, Office, note
from tests.trellis import utc

OTHER_TEAM = "TOTHER001"
KINDS = (HEADS_UP, CLOSING)
WEIGH: Attend = partial(attend, dict.fromkeys(KINDS, note))
OVER_THREE = "over the 3 messages of this week"
NEXT_WEEK = utc("2026-11-30 14:00")
"""When Amy works for the first time then: at nine o'clock in New York."""


def loop(office: Office, attend: Attend = WEIGH, **said: Any) -> DeliveryLoop:
    """Make a worker that knows the kinds of these tests and weighs them."""
    return office.loop(kinds=KINDS, attend=attend, heed=count_found, **said)


def write(
    office: Office, key: str, kind: str = CLOSING, *, team: str = TEAM_ID, opens: datetime = MONDAY_NOON
) -> int:
    """Write Amy a message that is of use for ten days, and give its number."""
    with office.sessions.begin() as session:
        enqueue(session, [Message(team, key, kind, AMY, 1, opens, opens + 10 * DAY)])
        return session.scalars(Delivery.keyed(team, key)).one().id


def begin_week(office: Office) -> Office:
    """Let two messages reach Amy this week in each of two workspaces: one more may."""
    for team in (TEAM_ID, OTHER_TEAM):
        with office.sessions.begin() as session:
            insert_missing(session, Workspace, [{"workspace_id": team}])
            members.remember_all(session, team, [profile(AMY, zone="America/New_York")], at=MONDAY_NOON)
    for nth in range(2):
        for team in (TEAM_ID, OTHER_TEAM):
            write(office, f"read:{nth}", HEADS_UP, team=team)
        loop(office).drain()  # what is due at once would come as one
    return office


@pytest.fixture
def office(office_anywhere: Office) -> Office:
    """Give a store of either kind in which Amy's week has begun."""
    return begin_week(office_anywhere)


def outcome(office: Office, number: int) -> tuple[str, str | None]:
    row = office.row(number)
    return row.state, row.reason


def room_left(office: Office, **said: Any) -> int:
    """Let messages for Amy become due one after the other, and say how many reach her this week."""
    numbers = []
    for nth in range(3):
        numbers.append(write(office, f"more:{nth}", opens=office.clock.people))
        loop(office, **said).drain()
    return [office.row(number).state for number in numbers].count(SENT)


def allow(office: Office, most: int) -> None:
    """Let so many messages a week reach Amy."""
    with office.sessions.begin() as session:
        members.limit(session, Actor(TEAM_ID, AMY), Limits(most, frozenset()))


def settle_all(office: Office) -> None:
    """Let the leases end of workers that are gone, and what is in doubt be looked up and sent."""
    with office.sessions.begin() as session:
        session.execute(update(Delivery).where(Delivery.state == SENDING).values(lease_until=MACHINE_NOON))
    loop(office).drain()
    office.settle()
    loop(office).drain()
