"""After a restore: what was sent since the backup does not come again, and what was not sent comes."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from bot.runtime.backup import back_up
from bot.runtime.clock import SystemClock
from bot.runtime.database import Sessions, connect
from bot.runtime.desk import Desk
from sandbox.driver import Driver
from sandbox.testing import Running
from tests.people import AMY, BEN, MIA, RAY, ZOE
from tests.runtime.stage import UNHURRIED, Office
from tests.stores import Postgres, migrated_sqlite

Copied = tuple[Engine, Callable[[], Engine]]
AT_ONCE = dataclasses.replace(UNHURRIED, settling=timedelta())
"""What Slack accepts late is not what these tests are about."""


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
