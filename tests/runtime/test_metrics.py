"""What Prometheus is told: the outbox as it stands, whether it is done in time, and what Slack refused."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from prometheus_client import REGISTRY, CollectorRegistry
from sqlalchemy import Engine, event, insert, text, update

from bot.runtime.database import READING, Sessions
from bot.runtime.metrics import FULLEST, OutboxCollector, count_failure
from bot.runtime.present import machine_now
from models.bulk import insert_missing
from models.outbox import DOUBTFUL, READY, SENDING, SENT, UNRESOLVED, Delivery
from models.workspaces import Workspace
from sandbox.identity import TEAM_ID
from tests.people import AMY, MONDAY_NOON
from tests.runtime.stage import HandClock, Office
from tests.stores import Postgres, on_postgresql_in_the_siege

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def scraped(sessions: Sessions, clock: HandClock) -> CollectorRegistry:
    registry = CollectorRegistry()
    registry.register(OutboxCollector(sessions, clock))
    return registry


def fill(sessions: Sessions, rows: int, *, workspace: str = TEAM_ID, **values: Any) -> None:
    """Put so many rows into the outbox at once, due for a minute and of use for a day unless said otherwise."""
    window = {"not_before": MONDAY_NOON - MINUTE, "expire_at": MONDAY_NOON + DAY, "state": READY, **values}
    named = {"workspace_id": workspace, "kind": "test.note", "receiver": AMY, "subject_id": 1, "attempt": 0}
    with sessions.begin() as session:
        insert_missing(session, Workspace, [{"workspace_id": workspace}])
        keys = (f"{workspace}:{window['state']}:{number}" for number in range(rows))
        session.execute(insert(Delivery), [{**named, **window, "key": key} for key in keys])


def now_of(sessions: Sessions, clock: HandClock) -> datetime:
    """Say the moment that all workers on this store share."""
    with sessions.read() as session:
        return machine_now(session, clock)


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


def test_what_is_unfinished_is_shown_by_state(sessions: Sessions, clock: HandClock) -> None:
    fill(sessions, 3)
    fill(sessions, 2, state=SENDING, lease_until=clock.machine + MINUTE)
    fill(sessions, 1, state=DOUBTFUL, doubt_since=now_of(sessions, clock) - 7 * MINUTE)
    fill(sessions, 4, state=SENT)

    shown = scraped(sessions, clock)

    rows = {
        state: shown.get_sample_value("trellis_outbox_rows", {"state": state})
        for state in (READY, SENDING, DOUBTFUL, SENT)
    }
    assert rows == {READY: 3, SENDING: 2, DOUBTFUL: 1, SENT: None}
    assert shown.get_sample_value("trellis_outbox_oldest_doubt_seconds") == pytest.approx(7 * 60, abs=10)


@on_postgresql_in_the_siege
def test_only_an_open_window_makes_a_message_due(sessions: Sessions, clock: HandClock) -> None:
    fill(sessions, 2, workspace="TOPEN", not_before=MONDAY_NOON - 5 * MINUTE)
    fill(sessions, 3, workspace="TLATER", not_before=MONDAY_NOON + MINUTE)
    fill(sessions, 4, workspace="TOVER", expire_at=MONDAY_NOON)

    shown = scraped(sessions, clock)

    assert shown.get_sample_value("trellis_outbox_due") == 2
    assert shown.get_sample_value("trellis_outbox_late_seconds") == 5 * 60


def test_an_outbox_at_rest_has_nothing_due_and_no_deadline(sessions: Sessions, clock: HandClock) -> None:
    shown = scraped(sessions, clock)

    assert shown.get_sample_value("trellis_outbox_due") == 0
    assert shown.get_sample_value("trellis_outbox_drain_seconds") == 0
    assert shown.get_sample_value("trellis_outbox_margin_seconds") is None
    assert shown.get_sample_value("trellis_outbox_hopeless") == 0
    assert shown.get_sample_value("trellis_outbox_oldest_doubt_seconds") == 0


@on_postgresql_in_the_siege
def test_the_fullest_workspace_says_how_long_it_takes(sessions: Sessions, clock: HandClock) -> None:
    fill(sessions, 100, workspace="TLARGE")
    fill(sessions, 10, workspace="TSMALL")

    shown = scraped(sessions, clock)

    assert shown.get_sample_value("trellis_outbox_due") == 110
    assert shown.get_sample_value("trellis_outbox_drain_seconds") == 20


def test_a_backlog_that_fits_has_time_to_spare(sessions: Sessions, clock: HandClock) -> None:
    fill(sessions, 50, expire_at=MONDAY_NOON + MINUTE)

    shown = scraped(sessions, clock)

    assert shown.get_sample_value("trellis_outbox_margin_seconds") == pytest.approx(60 - 10)
    assert shown.get_sample_value("trellis_outbox_hopeless") == 0


@on_postgresql_in_the_siege
def test_a_backlog_that_does_not_fit_says_by_how_much(sessions: Sessions, clock: HandClock) -> None:
    fill(sessions, 400, workspace="TLARGE", expire_at=MONDAY_NOON + MINUTE)
    fill(sessions, 10, workspace="TSMALL", expire_at=MONDAY_NOON + MINUTE)

    shown = scraped(sessions, clock)

    assert shown.get_sample_value("trellis_outbox_margin_seconds") == pytest.approx(60 - 80)
    assert shown.get_sample_value("trellis_outbox_hopeless") == 100


@on_postgresql_in_the_siege
def test_an_early_deadline_goes_before_a_late_one(sessions: Sessions, clock: HandClock) -> None:
    fill(sessions, 400)
    with sessions.begin() as session:
        soon = update(Delivery).where(Delivery.key == f"{TEAM_ID}:{READY}:399")
        session.execute(soon.values(expire_at=MONDAY_NOON + timedelta(seconds=3)))

    shown = scraped(sessions, clock)

    assert shown.get_sample_value("trellis_outbox_margin_seconds") == pytest.approx(3 - 0.2)


@on_postgresql_in_the_siege
def test_a_stopped_workspace_is_counted_and_its_rows_are_not_due(
    sessions: Sessions, clock: HandClock
) -> None:
    fill(sessions, 5, workspace="TGONE", expire_at=MONDAY_NOON + timedelta(seconds=1))
    with sessions.begin() as session:
        session.execute(update(Workspace).values(stopped_because="token_revoked"))

    shown = scraped(sessions, clock)

    assert shown.get_sample_value("trellis_workspaces_held_up", {"state": "stopped"}) == 1
    assert shown.get_sample_value("trellis_outbox_rows", {"state": READY}) == 5
    assert shown.get_sample_value("trellis_outbox_due") == 0
    assert shown.get_sample_value("trellis_outbox_margin_seconds") is None


def block(sessions: Sessions, workspace: str, until: datetime) -> None:
    with sessions.begin() as session:
        mine = update(Workspace).where(Workspace.workspace_id == workspace)
        session.execute(mine.values(blocked_until=until))


def test_a_workspace_is_blocked_until_slack_lets_it_go_on(sessions: Sessions, clock: HandClock) -> None:
    fill(sessions, 1)
    block(sessions, TEAM_ID, now_of(sessions, clock) + MINUTE)
    before = scraped(sessions, clock)
    blocked = before.get_sample_value("trellis_workspaces_held_up", {"state": "blocked"})
    block(sessions, TEAM_ID, now_of(sessions, clock))

    assert blocked == 1
    after = scraped(sessions, clock)
    assert after.get_sample_value("trellis_workspaces_held_up", {"state": "blocked"}) == 0


@on_postgresql_in_the_siege
def test_what_slack_takes_no_messages_for_is_not_due_but_loses_time(
    sessions: Sessions, clock: HandClock
) -> None:
    fill(sessions, 5, workspace="TBLOCKED", expire_at=MONDAY_NOON + 10 * MINUTE)
    fill(sessions, 2, workspace="TFREE")
    block(sessions, "TBLOCKED", now_of(sessions, clock) + 20 * MINUTE)

    shown = scraped(sessions, clock)

    assert shown.get_sample_value("trellis_outbox_due") == 2
    margin = shown.get_sample_value("trellis_outbox_margin_seconds")
    assert margin == pytest.approx((10 - 20) * 60 - 1, abs=10)


def test_a_doubt_that_nobody_can_settle_is_counted_and_does_not_grow_old(
    sessions: Sessions, clock: HandClock
) -> None:
    now = now_of(sessions, clock)
    fill(sessions, 1, workspace="TGONE", state=DOUBTFUL, doubt_since=now - DAY)
    with sessions.begin() as session:
        session.execute(update(Workspace).values(stopped_because="token_revoked"))
    fill(sessions, 1, workspace="THERE", state=DOUBTFUL, doubt_since=now - MINUTE)

    shown = scraped(sessions, clock)

    assert shown.get_sample_value("trellis_outbox_rows", {"state": DOUBTFUL}) == 2
    assert shown.get_sample_value("trellis_outbox_oldest_doubt_seconds") == pytest.approx(60, abs=10)


@on_postgresql_in_the_siege
def test_only_the_fullest_workspaces_are_named(sessions: Sessions, clock: HandClock) -> None:
    for number in range(1, FULLEST + 3):
        fill(sessions, number, workspace=f"T{number}")

    shown = scraped(sessions, clock)

    named = {
        sample.labels["workspace"]: sample.value
        for metric in shown.collect()
        for sample in metric.samples
        if sample.name == "trellis_workspace_due"
    }
    assert named == {"T7": 7, "T6": 6, "T5": 5, "T4": 4, "T3": 3}


FAILURES = {
    "a word of Slack's": ("channel_not_found", False, "channel_not_found"),
    "a bug we know": ("invalid_blocks", True, "invalid_blocks"),
    "a bug with another name": ("invalid_metadata_format", True, "invalid_other"),
    "a word nobody knows": ("made_up_yesterday", False, "other"),
    "no word at all": ("None", False, "other"),
    "what cannot be looked up": (f"{UNRESOLVED}missing_scope", False, "unresolved"),
}


@pytest.mark.parametrize("case", FAILURES)
def test_a_failure_counts_under_a_reason_from_a_fixed_list(case: str) -> None:
    said, is_our_bug, reason = FAILURES[case]
    before = _failed(reason)

    count_failure(said, is_our_bug=is_our_bug)

    assert _failed(reason) == before + 1
    assert REGISTRY.get_sample_value("trellis_messages_failed_total", {"reason": "made_up_yesterday"}) is None


def _failed(reason: str) -> float:
    value = REGISTRY.get_sample_value("trellis_messages_failed_total", {"reason": reason})
    assert value is not None, "a counter that begins with its first event shows no increase"
    return value


def test_a_store_that_is_away_is_all_that_is_told_of_it(postgres: Postgres, clock: HandClock) -> None:
    with postgres.reused() as engine:
        name = str(engine.url.database)
        postgres.shut(name)
        away = scraped(Sessions(engine), clock)
        told = [metric.name for metric in away.collect()]
        is_up = away.get_sample_value("trellis_store_up")
        postgres.open(name)

        assert (told, is_up) == (["trellis_store_up"], 0)
        assert scraped(Sessions(engine), clock).get_sample_value("trellis_store_up") == 1


def test_counting_never_reads_what_was_sent(store: Engine, clock: HandClock) -> None:
    sessions = Sessions(store)
    fill(sessions, 5000, state=SENT)
    fill(sessions, 5)
    fill(sessions, 2, state=DOUBTFUL, doubt_since=clock.machine)
    with sessions.begin() as session:
        session.execute(text("ANALYZE"))

    plans = _plans_of_a_scrape(sessions, clock)

    assert len(plans) >= 6
    assert [plan for plan in plans if _reads_every_row(plan)] == []
    with sessions.read() as session:
        assert _reads_every_row(_plan(session.connection(), "SELECT count(kind) FROM delivery", ()))


def _plans_of_a_scrape(sessions: Sessions, clock: HandClock) -> list[str]:
    """Have the store explain each statement of a scrape, over the connection that was to run it."""
    plans: list[str] = []

    def explain(connection: Any, _cursor: Any, statement: str, parameters: Any, *_others: Any) -> None:
        if connection.engine.logging_name == READING and not statement.startswith("EXPLAIN"):
            plans.append(_plan(connection, statement, parameters))

    event.listen(Engine, "before_cursor_execute", explain)
    try:
        list(OutboxCollector(sessions, clock).collect())
    finally:
        event.remove(Engine, "before_cursor_execute", explain)
    return plans


OF_ONE_STATE = tuple(
    f"INDEX ix_delivery_{rows}"
    for rows in ("ready", "not_before", "receiver", "subject", "sending", "doubtful")
)


def _plan(connection: Any, statement: str, parameters: Any) -> str:
    how = "EXPLAIN" if connection.dialect.name == "postgresql" else "EXPLAIN QUERY PLAN"
    rows = connection.exec_driver_sql(f"{how} {statement}", parameters)
    return "\n".join(str(row[-1]) for row in rows)


def _reads_every_row(plan: str) -> bool:
    """Whether a way leads through the table, or through an index over more than the rows of one state."""
    lines = [line.strip(" ->") for line in plan.splitlines()]
    whole = [line for line in lines if line.startswith(("SCAN delivery", "Seq Scan on delivery"))]
    return any(not line.endswith(OF_ONE_STATE) for line in whole)


def test_what_the_office_writes_is_what_is_shown(office: Office) -> None:
    office.write(AMY)

    shown = scraped(office.sessions, office.clock)

    assert shown.get_sample_value("trellis_outbox_due") == 1
    assert shown.get_sample_value("trellis_workspace_due", {"workspace": TEAM_ID}) == 1
