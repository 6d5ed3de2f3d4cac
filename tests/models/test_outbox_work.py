"""What a turn of the delivery loop asks of the outbox: by which ways the store finds it, however much is planned."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import ClauseElement, text

from bot.outbox import Message, enqueue
from bot.runtime.database import Sessions
from models import outbox_work
from models.bulk import insert_missing
from models.outbox import Delivery
from models.outbox_work import Moments
from models.workspaces import Workspace
from tests.people import DAY, HOUR, MINUTE, MONDAY_NOON
from tests.stores import migrated_sqlite

TEAM = "TSANDBOX"
NOW = Moments(*[MONDAY_NOON] * 6)
DUE, LATER = 20, 5_000


def message(number: int, not_before: datetime, expire_at: datetime) -> Message:
    return Message(TEAM, f"note:{number}", "test.note", f"U{number}", number, not_before, expire_at)


@pytest.fixture
def planned(sessions: Sessions) -> Sessions:
    """Give a store in which a little is due, and much is planned for the days to come."""
    with sessions.begin() as session:
        insert_missing(session, Workspace, [{"workspace_id": TEAM}])
        enqueue(session, [message(n, MONDAY_NOON - MINUTE, MONDAY_NOON + HOUR) for n in range(DUE)])
        later = (MONDAY_NOON + DAY + timedelta(seconds=n) for n in range(LATER))
        enqueue(session, [message(DUE + n, at, at + HOUR) for n, at in enumerate(later)])
        session.execute(text("ANALYZE"))
    return sessions


def ways(sessions: Sessions, asked: ClauseElement) -> str:
    """Have the store explain by which ways it would find what is asked."""
    with sessions.connect() as connection:
        how = "EXPLAIN QUERY PLAN" if connection.dialect.name == "sqlite" else "EXPLAIN (COSTS OFF)"
        compiled = asked.compile(connection, compile_kwargs={"literal_binds": True})
        rows = connection.exec_driver_sql(f"{how} {compiled}".replace("%", "%%")).all()
    return "\n".join(str(row[-1]) for row in rows)


def reads_every_row(told: str) -> bool:
    """Whether a way leads through the whole table, or through an index that is not over rows of one state."""
    lines = [line.strip(" ->") for line in told.splitlines()]
    whole = [line for line in lines if line.startswith(("SCAN delivery", "Seq Scan on delivery"))]
    return any("USING INDEX ix_delivery_sending" not in line for line in whole)


def test_a_claim_reads_the_rows_that_are_due_and_none_of_those_planned_for_later(planned: Sessions) -> None:
    told = ways(planned, outbox_work.claimable().params(**vars(NOW), limit=64, workspace_ids=[TEAM]))

    assert "ix_delivery_not_before" in told
    assert "ix_delivery_sending" in told
    assert not reads_every_row(told)


def test_the_most_urgent_of_each_workspace_is_found_without_reading_the_others(planned: Sessions) -> None:
    others = [f"T{number:03}" for number in range(100)]
    due = [
        (team, MONDAY_NOON - MINUTE, MONDAY_NOON + HOUR + n * MINUTE) for team in others for n in range(20)
    ]
    with planned.begin() as session:
        insert_missing(session, Workspace, [{"workspace_id": team} for team in others])
        enqueue(
            session,
            [
                Message(team, f"due:{n}", "test.note", f"U{n}", n, *window)
                for n, (team, *window) in enumerate(due)
            ],
        )
        session.execute(text("ANALYZE"))

    told = ways(planned, outbox_work.promising_besides().params(**vars(NOW), limit=64, passed=[TEAM]))

    assert "ix_delivery_workspace" in told
    assert not reads_every_row(told)


def test_whether_there_is_work_is_answered_by_indexes_alone(planned: Sessions) -> None:
    told = ways(planned, outbox_work.work().params(**vars(NOW)))

    assert not reads_every_row(told)


def test_a_claim_takes_what_is_due_in_the_order_of_its_deadlines(planned: Sessions) -> None:
    with planned.begin() as session:
        urgent = message(99_999, MONDAY_NOON - MINUTE, MONDAY_NOON + MINUTE)
        enqueue(session, [urgent])

    with planned.begin() as session:
        found = session.scalars(
            outbox_work.claimable(), {**vars(NOW), "limit": 64, "workspace_ids": [TEAM]}
        ).all()

    assert found[0].key == urgent.key
    assert [row.expire_at for row in found] == sorted(row.expire_at for row in found)
    assert {row.subject_id for row in found} == {99_999, *range(DUE)}


def test_a_due_message_with_a_late_deadline_is_found_behind_those_of_tomorrow(planned: Sessions) -> None:
    with planned.begin() as session:
        patient = message(99_999, MONDAY_NOON - MINUTE, MONDAY_NOON + 30 * DAY)
        enqueue(session, [patient])

    with planned.begin() as session:
        found = session.scalars(
            outbox_work.claimable(), {**vars(NOW), "limit": 64, "workspace_ids": [TEAM]}
        ).all()

    assert len(found) == DUE + 1
    assert found[-1].key == patient.key


def test_messages_that_failed_are_listed_without_reading_those_that_were_sent(planned: Sessions) -> None:
    told = ways(planned, Delivery.listed(["failed", "expired"], workspace_id=None, limit=50))

    assert "ix_delivery_ended" in told


def test_what_went_along_before_a_restore_is_found_from_what_is_in_doubt(tmp_path: Path) -> None:
    engine = migrated_sqlite(tmp_path / "trellis.db")  # as most are, it has never been analysed

    first, then = ways(Sessions(engine), Delivery.beside_restored(MONDAY_NOON, None)).splitlines()
    engine.dispose()

    assert "ix_delivery_doubtful" in first
    assert "ix_delivery_receiver (workspace_id=? AND receiver=?)" in then
