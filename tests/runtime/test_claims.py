"""Two workers that claim from one workspace at once, on PostgreSQL: in the order of deadlines, one a receiver."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection, Engine, event
from sqlalchemy.orm import Session

from bot.runtime.database import Sessions
from bot.runtime.decisions import Decision
from bot.runtime.delivery import DeliveryLoop
from bot.runtime.rates import UNLIMITED, Pace, Rate
from bot.runtime.slack import Outcome, Outgoing, Sent
from models.outbox import Delivery
from sandbox.testing import Running
from tests.people import AMY, BEN, MIA, MINUTE, RAY
from tests.runtime.stage import Office, note
from tests.stores import Postgres

TWO_AT_ONCE = Pace(workspace=Rate(timedelta(minutes=1), 2), conversation=UNLIMITED, looks=UNLIMITED)
FIVE_AT_ONCE = Pace(workspace=Rate(timedelta(minutes=1), 5), conversation=UNLIMITED, looks=UNLIMITED)


@pytest.fixture
def office(postgres: Postgres, workspace: Running) -> Iterator[Office]:
    """Give an office on PostgreSQL: SQLite has one writer at a time."""
    with postgres.reused() as engine:
        office = Office(Sessions(engine), workspace.api_url)
        yield office
        office.close()


@contextmanager
def between_look_and_claim(happening: Callable[[], object]) -> Iterator[None]:
    """Let something happen as soon as a worker has seen which workspaces have work, once."""
    happenings = [happening]

    def interrupt(_connection: Connection, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.startswith("SELECT delivery.workspace_id") and happenings:
            happenings.pop()()

    event.listen(Engine, "after_cursor_execute", interrupt)
    try:
        yield
    finally:
        event.remove(Engine, "after_cursor_execute", interrupt)
    assert not happenings


class Slow:
    """A Slack that has not answered yet: it keeps what it was asked, in order."""

    def __init__(self) -> None:
        self.asked: list[Outgoing] = []

    def __call__(self, message: Outgoing) -> Outcome:
        self.asked.append(message)
        return Sent("D1", f"{message.delivery_id}.0")


def test_what_another_worker_took_meanwhile_holds_its_receiver(office: Office) -> None:
    first, second = office.write(AMY, AMY)
    ours, theirs = Slow(), Slow()
    other = office.loop(send=theirs)

    with between_look_and_claim(other.turn):
        office.loop(send=ours).turn()

    office.close()
    assert [message.delivery_id for message in theirs.asked] == [first]
    assert ours.asked == []
    assert office.row(second).attempt == 0


def test_a_worker_that_comes_second_goes_on_where_the_first_has_stopped(office: Office) -> None:
    numbers = [_due_in(office, receiver, minutes) for minutes, receiver in enumerate((AMY, BEN, MIA, RAY), 1)]
    ours, theirs = Slow(), Slow()
    other = office.loop(send=theirs, pace=TWO_AT_ONCE)

    with between_look_and_claim(other.turn):
        office.loop(send=ours, pace=FIVE_AT_ONCE).turn()

    office.close()  # waits until all of it has been posted
    assert sorted(message.delivery_id for message in theirs.asked) == numbers[:2]
    assert sorted(message.delivery_id for message in ours.asked) == numbers[2:]


def test_a_worker_takes_nothing_of_a_workspace_that_another_one_claims_from(office: Office) -> None:
    for minutes, receiver in enumerate((AMY, BEN, MIA, RAY), 1):
        _due_in(office, receiver, minutes)
    ours, theirs = Slow(), Slow()
    other = office.loop(send=theirs)

    office.loop(send=ours, prepare=_after(other), pace=TWO_AT_ONCE).turn()

    office.close()
    assert theirs.asked == []


def _after(other: DeliveryLoop) -> Callable[[Session, Sequence[Delivery], datetime], Mapping[int, Decision]]:
    """Let another worker turn while this one holds what it claims."""

    def prepare(session: Session, rows: Sequence[Delivery], now: datetime) -> Mapping[int, Decision]:
        assert other.turn().is_idle
        return note(session, rows, now)

    return prepare


def _due_in(office: Office, receiver: str, minutes: int) -> int:
    return office.write(receiver, expire_at=office.clock.people + minutes * MINUTE)[0]
