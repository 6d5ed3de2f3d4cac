"""After a restore: what was sent since the backup does not come again, and what was not sent comes."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from bot.outbox import Message, enqueue, group
from bot.runtime.backup import back_up
from bot.runtime.clock import SystemClock
from bot.runtime.database import Sessions, connect
from bot.runtime.desk import Desk
from bot.runtime.restored import CATCHING_UP
from bot.runtime.slack import Doubt, Look, Unseen
from models.outbox import FAILED, SENT
from models.workspaces import Workspace
from sandbox.driver import Driver
from sandbox.identity import TEAM_ID
from sandbox.testing import Running
from tests.people import AMY, BEN, DAY, MIA, MINUTE, MONDAY_NOON, RAY, ZOE
from tests.runtime.stage import KIND, UNHURRIED, Office, exhaust
from tests.stores import Postgres, migrated_sqlite

Copied = tuple[Engine, Callable[[], Engine]]
AT_ONCE = dataclasses.replace(UNHURRIED, settling=timedelta())
"""What Slack accepts late is not what these tests are about."""
GENERAL, THEM = "CGENERAL1", group([AMY, BEN])
HISTORY = "conversations.history"


@pytest.fixture(params=["sqlite", "postgresql"])
def copied(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Copied]:
    """Give a store of either kind, with a way to put a copy of it beside it."""
    if request.param == "postgresql":
        yield from copied_postgresql(request.getfixturevalue("postgres"))
        return
    engine = migrated_sqlite(tmp_path / "trellis.db")
    copy = tmp_path / "backup.db"
    yield engine, lambda: connect(f"sqlite:///{back_up(str(engine.url), copy).path}")
    engine.dispose()


def copied_postgresql(postgres: Postgres) -> Iterator[Copied]:
    with postgres.database() as name, postgres.database() as other:
        engine = connect(postgres.address(name))

        def copy() -> Engine:
            # A database is copied while nobody is in it.
            postgres.shut(name)
            postgres._execute(f"DROP DATABASE {other}")
            postgres._execute(f"CREATE DATABASE {other} TEMPLATE {name} STRATEGY file_copy")
            postgres.open(name)
            return connect(postgres.address(other))

        yield engine, copy
        engine.dispose()


@pytest.fixture
def restored(copied: Copied, workspace: Running, slack: Driver) -> Iterator[Office]:
    """Give the store as it was before three of five messages were sent, hours ago by Slack's clock too."""
    engine, copy = copied
    office = Office(Sessions(engine), workspace.api_url)
    office.clock.machine = SystemClock().machine_now()
    office.write(ZOE)
    office.loop(pace=AT_ONCE).drain()
    office.write(AMY, BEN, MIA)
    office.write(RAY, not_before=office.clock.people + timedelta(hours=1))
    put_back = copy()
    office.clock.pass_time(timedelta(minutes=1))
    office.loop(pace=AT_ONCE).drain()
    office.close()
    assert received(slack) == {AMY: 1, BEN: 1, MIA: 1}
    office.clock.pass_time(timedelta(hours=2))
    restored = Office(Sessions(put_back), workspace.api_url, clock=office.clock)
    yield restored
    restored.close()
    put_back.dispose()


def received(slack: Driver) -> Counter[str]:
    return Counter({who: len(slack.dms(who)) for who in (AMY, BEN, MIA, RAY)}) + Counter()


def test_what_is_doubted_after_a_restore_arrives_once(restored: Office, slack: Driver) -> None:
    Desk(restored.sessions, restored.clock, AT_ONCE).doubt(restored.clock.people)

    restored.loop(pace=AT_ONCE).drain()

    assert received(slack) == {AMY: 1, BEN: 1, MIA: 1, RAY: 1}
    assert restored.states() == ["sent"] * 5


def test_without_doubt_what_was_sent_since_the_backup_comes_again(restored: Office, slack: Driver) -> None:
    restored.loop(pace=AT_ONCE).drain()

    assert received(slack) == {AMY: 2, BEN: 2, MIA: 2, RAY: 1}


def plan(office: Office, *receivers: str) -> None:
    """Write to each what is due now, under a key that says to whom and not when."""
    now = office.clock.people
    messages = [Message(TEAM_ID, f"plan:{each}", KIND, each, 1, now, now + DAY) for each in receivers]
    with office.sessions.begin() as session:
        enqueue(session, messages)


def told(slack: Driver) -> list[int]:
    """Count what came to a person, to several, to a channel, and to who had got nothing before the restore."""
    groups = [place["id"] for place in slack.conversations(AMY) if place["kind"] == "mpim"]
    shared = [len(slack.messages(AMY, place)) for place in (*groups, GENERAL)]
    return [len(slack.dms(AMY)), *shared, len(slack.dms(MIA))]


@pytest.mark.parametrize("is_opened_at_once", [True, False], ids=["opened", "opened late"])
def test_what_is_planned_anew_because_the_copy_did_not_know_it_arrives_once(
    copied: Copied, workspace: Running, slack: Driver, is_opened_at_once: bool
) -> None:
    engine, copy = copied
    slack.bring_in(GENERAL)
    office = Office(Sessions(engine), workspace.api_url)
    office.clock.machine = SystemClock().machine_now()
    office.write(ZOE)
    office.loop(pace=AT_ONCE).drain()
    put_back = copy()
    plan(office, AMY, THEM, GENERAL)
    office.loop(pace=AT_ONCE).drain()
    office.close()
    before = told(slack)
    restored = Office(Sessions(put_back), workspace.api_url, clock=office.clock)
    Desk(restored.sessions, restored.clock, AT_ONCE).doubt(restored.clock.people)
    restored.clock.pass_time(timedelta(minutes=30))

    plan(restored, MIA, GENERAL, THEM, AMY)
    if not is_opened_at_once:
        slack.fault("conversations.open", "error", error="internal_error")
        exhaust(restored.loop(pace=AT_ONCE))
        restored.clock.pass_time(MINUTE)
    restored.loop(pace=AT_ONCE).drain()

    assert told(slack) == [*before[:-1], 1]
    # Without the right to read channels somebody has to look there: what wrote it asks them.
    assert restored.states() == [SENT, SENT, FAILED, SENT, SENT]
    restored.close()
    put_back.dispose()


def test_nothing_is_looked_up_that_is_written_after_planning_has_caught_up(
    office: Office, slack: Driver
) -> None:
    Desk(office.sessions, office.clock, AT_ONCE).doubt(office.clock.people)
    office.write(AMY)
    office.loop(pace=AT_ONCE).drain()
    office.clock.pass_time(CATCHING_UP + MINUTE)
    office.write(BEN)
    office.loop(pace=AT_ONCE).drain()
    looked_up = len(slack.calls(HISTORY))

    office.write(MIA)
    office.loop(pace=AT_ONCE).drain()

    assert looked_up == len(slack.calls(HISTORY)) == 2
    assert received(slack) == {AMY: 1, BEN: 1, MIA: 1}


def test_what_somebody_saw_is_absent_is_not_doubted_a_second_time(office: Office, slack: Driver) -> None:
    def unreadable(doubt: Doubt) -> Look:
        return Unseen("channel_not_found", is_final=True)

    desk = Desk(office.sessions, office.clock, AT_ONCE)
    desk.doubt(office.clock.people)
    (number,) = office.write(AMY)
    loop = office.loop(seek=unreadable, pace=AT_ONCE)
    loop.drain()
    assert office.states() == [FAILED]

    desk.retry(number, absent=True)
    loop.drain()

    assert office.states() == [SENT]
    assert received(slack) == {AMY: 1}


def test_a_second_word_about_a_copy_does_not_forget_the_first() -> None:
    workspace = Workspace(workspace_id=TEAM_ID)

    workspace.put_back(MONDAY_NOON, 10)
    workspace.put_back(MONDAY_NOON + MINUTE, 20)

    assert (workspace.copied_at, workspace.known_until) == (MONDAY_NOON, 10)
    workspace.caught_up_until = 30
    assert [workspace.may_be_written_anew(number) for number in (10, 11, 30, 31)] == [
        False,
        True,
        True,
        False,
    ]

    workspace.put_back(MONDAY_NOON + DAY, 40)

    assert (workspace.copied_at, workspace.known_until) == (MONDAY_NOON + DAY, 40)
