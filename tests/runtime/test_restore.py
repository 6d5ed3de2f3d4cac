"""After a restore: what was sent since the backup does not come again, and what was not sent comes."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.runtime.backup import back_up
from bot.runtime.clock import SystemClock
from bot.runtime.database import Sessions, connect
from bot.runtime.desk import Desk
from sandbox.driver import Driver
from tests.people import AMY, BEN, MIA, RAY, ZOE
from tests.runtime.stage import UNHURRIED, Office

AT_ONCE = dataclasses.replace(UNHURRIED, settling=timedelta())
"""What Slack accepts late is not what these tests are about."""


@pytest.fixture
def restored(office: Office, slack: Driver, tmp_path: Path) -> Iterator[Office]:
    """Give the store as it was before three of five messages were sent, hours ago by Slack's clock too."""
    office.clock.machine = SystemClock().machine_now()
    office.write(ZOE)
    office.loop(pace=AT_ONCE).drain()
    office.write(AMY, BEN, MIA)
    office.write(RAY, not_before=office.clock.people + timedelta(hours=1))
    back_up(str(office.sessions.engine.url), tmp_path / "backup.db")
    office.loop(pace=AT_ONCE).drain()
    assert received(slack) == {AMY: 1, BEN: 1, MIA: 1}
    office.clock.pass_time(timedelta(hours=2))
    engine = connect(f"sqlite:///{tmp_path / 'backup.db'}")
    restored = Office(Sessions(engine), office.api_url, clock=office.clock)
    yield restored
    restored.close()
    engine.dispose()


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
