"""The delivery engine under attack: real processes, killed and starved, and every message arrives once."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from bot.runtime.database import Sessions, connect
from models.receipts import take_receipt
from sandbox.testing import Running
from tests.chaos.disks import Disk, small_disk
from tests.chaos.places import Place, SqliteFile, postgresql_database
from tests.chaos.runs import Setting, run
from tests.chaos.schedule import Campaign, schedule
from tests.chaos.ways import OF_WORKERS
from tests.chaos.worker import BLIND, IMPATIENT, RESENDING, Nursery, nursery
from tests.chaos.workspaces import workspace_process
from tests.people import MONDAY_NOON
from tests.stores import Postgres, postgres_server

pytestmark = pytest.mark.siege

SHORT = Campaign(
    messages=300,
    kills=8,
    faults=28,
    meetings=20,
    stops=1,
    jumps=3,
    holds=1,
    history_fails=False,
    least_seconds=38.0,
)
"""Long enough that whatever can be taken away is, one after the other."""
SEED = 1


@pytest.fixture(scope="module")
def workers() -> Iterator[Nursery]:
    with nursery() as opened:
        yield opened


@pytest.fixture(scope="module")
def ground() -> Iterator[Running]:
    with workspace_process() as running:
        yield running


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    """Give a server of our own, for it is crashed and stopped."""
    with postgres_server() as running:
        yield running


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    with small_disk(tmp_path / "disk") as mounted:
        yield mounted


@pytest.fixture
def setting(ground: Running, workers: Nursery, tmp_path: Path, disk: Disk) -> Setting:
    return Setting(ground, workers, tmp_path, disk)


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, disk: Disk) -> Iterator[Place]:
    if request.param == "sqlite":
        yield SqliteFile(disk.folder)
        return
    with postgresql_database(request.getfixturevalue("server")) as database:
        yield database


@pytest.mark.parametrize("workers_at_work", [2, 8])
def test_everything_arrives_once_whatever_is_killed_broken_or_away(
    setting: Setting, place: Place, workers_at_work: int
) -> None:
    outcome = run(setting, place, replace(SHORT, workers=workers_at_work), seed=SEED)

    assert outcome.verdict.is_clean, outcome
    assert outcome.unmet <= place.signs.keys(), "faults that no call met"
    assert len(outcome.felt) > len(place.signs) / 2, (
        outcome.felt
    )  # a busy machine may miss a few seconds of the rest


def test_a_full_disk_hurts_whoever_writes_to_a_store_on_it(disk: Disk) -> None:
    """Eight workers who wait for one another may all miss it within a short run, which is no proof of anything."""
    if not disk.is_small:
        pytest.skip("This machine lets nobody mount a disk.")
    place, number = SqliteFile(disk.folder), itertools.count()
    sessions = Sessions(connect(place.address))

    def write() -> None:
        with sessions.begin() as session:
            take_receipt(session, "T1", f"receipt:{next(number)}:{'x' * 4000}", at=MONDAY_NOON)

    for _ in range(1_500):
        write()  # until its log is as long as it gets
    place.give_up_reserves()
    disk.fill()
    with pytest.raises(OperationalError, match="full"):
        write()

    disk.clear()
    write()
    sessions.engine.dispose()


def test_a_restore_from_a_backup_loses_nothing_and_repeats_nothing(setting: Setting, place: Place) -> None:
    campaign = Campaign(messages=60, kills=2, faults=14, backs_up=True, history_fails=False)

    outcome = run(setting, place, campaign, seed=SEED)

    assert outcome.verdict.is_clean, outcome
    assert outcome.forgotten.sent, "the copy knew what was sent"
    assert outcome.forgotten.written, "the copy knew what was written"


@pytest.mark.parametrize(
    ("variant", "kinds"),
    [(RESENDING, ("accepted, then dropped", "accepted, then 500")), (IMPATIENT, ("accepted late",))],
)
def test_the_harness_sees_what_comes_twice(
    variant: str, kinds: tuple[str, ...], setting: Setting, disk: Disk
) -> None:
    campaign = Campaign(messages=40, kills=0, faults=8, kinds=kinds, history_fails=False)

    outcome = run(setting, SqliteFile(disk.folder), campaign, seed=SEED, variant=variant)

    assert outcome.verdict.twice
    assert not outcome.verdict.lost


def test_the_harness_sees_what_is_lost(setting: Setting, disk: Disk) -> None:
    campaign = Campaign(messages=40, kills=0, faults=8, kinds=("dropped",), history_fails=False)

    outcome = run(setting, SqliteFile(disk.folder), campaign, seed=SEED, variant=BLIND)

    assert outcome.verdict.lost
    assert not outcome.verdict.twice


def test_a_seed_stands_for_one_schedule() -> None:
    ways = OF_WORKERS

    assert schedule(SHORT, 3, ways) == schedule(SHORT, 3, ways)
    assert schedule(SHORT, 3, ways) != schedule(SHORT, 4, ways)
    assert sum(step.deed == "kill" for step in schedule(SHORT, 3, ways)) == SHORT.kills
