"""A PostgreSQL server that goes on from an older copy of itself: nobody has to say so, and nothing comes twice."""

from __future__ import annotations

import dataclasses
import shutil
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from bot.runtime.clock import SystemClock
from bot.runtime.database import Sessions, connect
from bot.runtime.present import present
from models.outbox import DOUBTFUL, SENT
from sandbox.driver import Driver
from sandbox.testing import Running
from tests.chaos.servers import Premises
from tests.people import AMY, BEN, RAY, ZOE
from tests.runtime.stage import UNHURRIED, Office
from tests.stores import Postgres, postgres_server

START_SECONDS = 30.0
AT_ONCE = dataclasses.replace(UNHURRIED, settling=timedelta())
"""What Slack accepts late is not what these tests are about."""


@pytest.fixture
def server() -> Iterator[Postgres]:
    """Give a server of its own: it is stopped, and its files are exchanged."""
    with postgres_server() as server:
        yield server


@pytest.fixture
def engine(server: Postgres) -> Iterator[Engine]:
    with server.database() as name:
        engine = connect(server.address(name))
        yield engine
        engine.dispose()


def office_on(engine: Engine, workspace: Running) -> Office:
    office = Office(Sessions(engine), workspace.api_url)
    office.clock.machine = SystemClock().machine_now()
    return office


def history(engine: Engine) -> str | None:
    with Sessions(engine).begin() as session:
        return present(session, SystemClock()).history


def received(slack: Driver) -> Counter[str]:
    return Counter({who: len(slack.dms(who)) for who in (AMY, BEN, RAY, ZOE)}) + Counter()


def copy_owned(folder: Path, to: Path) -> None:
    """Copy a server's files with their owner, who may be another than ours."""
    subprocess.run(["cp", "--archive", folder, to], check=True)


def fall_back_to(copy: Path, folder: Path) -> None:
    """Let the server's files be those of the copy, from which it recovers into a history of its own."""
    shutil.rmtree(folder)
    copy_owned(copy, folder)
    with (folder / "postgresql.auto.conf").open("a") as configuration:
        configuration.write("restore_command = 'false'\n")
    (folder / "recovery.signal").touch()


def wait_for_recovery(engine: Engine) -> None:
    """Wait until the server takes writes: it lets readers in before."""
    deadline = time.monotonic() + START_SECONDS
    while True:
        with engine.connect() as connection:
            if not connection.scalar(text("SELECT pg_is_in_recovery()")):
                return
        assert time.monotonic() < deadline, "it did not recover"


@pytest.mark.siege
def test_after_a_copy_took_over_what_the_server_had_sent_does_not_come_again(
    server: Postgres, engine: Engine, workspace: Running, slack: Driver, tmp_path: Path
) -> None:
    office, premises = office_on(engine, workspace), Premises(server)
    office.write(ZOE)
    office.loop(pace=AT_ONCE).drain()
    office.write(AMY, BEN)
    before = history(engine)
    engine.dispose()
    premises.stop()
    copy_owned(premises.folder, tmp_path / "copy")
    premises.start()
    office.loop(pace=AT_ONCE).drain()
    office.close()
    engine.dispose()
    premises.stop()
    fall_back_to(tmp_path / "copy", premises.folder)
    premises.start()
    wait_for_recovery(engine)

    goes_on = office_on(engine, workspace)
    goes_on.write(RAY)
    goes_on.loop(pace=AT_ONCE).drain()
    goes_on.close()

    assert history(engine) != before
    assert received(slack) == {ZOE: 1, AMY: 1, BEN: 1, RAY: 1}
    assert set(goes_on.states()) == {SENT}


def test_a_database_read_into_another_cluster_is_noticed_too(
    office_on_postgresql: Office, slack: Driver
) -> None:
    office = office_on_postgresql
    office.write(AMY)
    office.loop(pace=AT_ONCE).drain()
    with office.sessions.begin() as session:
        session.execute(text("UPDATE workspace SET history = '7000000000000000000/00000001'"))
        session.execute(text("UPDATE delivery SET state = 'ready', attempt = 0"))
    loop = office.loop(pace=AT_ONCE)

    loop.turn()

    assert office.states() == [DOUBTFUL]
    loop.drain()
    assert office.states() == [SENT]
    assert received(slack) == {AMY: 1}


def test_what_was_planned_anew_before_another_history_is_noticed_does_not_come_again(
    office_on_postgresql: Office, slack: Driver
) -> None:
    office = office_on_postgresql
    office.write(ZOE)
    office.loop(pace=AT_ONCE).drain()
    office.write(AMY)
    office.loop(pace=AT_ONCE).drain()
    with office.sessions.begin() as session:
        session.execute(text("UPDATE workspace SET history = '7000000000000000000/00000001'"))
        session.execute(text("DELETE FROM delivery WHERE receiver = :amy"), {"amy": AMY})
    office.write(AMY, not_before=office.clock.people + timedelta(hours=1))
    office.write(BEN)
    office.loop(pace=AT_ONCE).drain()
    office.clock.pass_time(timedelta(hours=2))

    office.loop(pace=AT_ONCE).drain()

    assert received(slack) == {ZOE: 1, AMY: 1, BEN: 1}
    assert set(office.states()) == {SENT}


def test_in_the_same_history_nothing_is_doubted(office_on_postgresql: Office) -> None:
    office = office_on_postgresql
    for _ in range(3):
        office.write(AMY)
        office.loop(pace=AT_ONCE).drain()

    assert office.states() == [SENT] * 3
    assert [office.row(number).doubt_since for number in (1, 2, 3)] == [None] * 3


@pytest.fixture
def office_on_postgresql(postgres: Postgres, workspace: Running, slack: Driver) -> Iterator[Office]:
    with postgres.reused() as engine:
        office = office_on(engine, workspace)
        yield office
        office.close()
