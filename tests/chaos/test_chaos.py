"""The delivery engine under attack: real processes, killed and starved, and every message arrives once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.testing import Running
from tests.chaos.places import Place, SqliteFile, postgresql_database
from tests.chaos.runs import Setting, run
from tests.chaos.schedule import Campaign, schedule
from tests.chaos.worker import BLIND, IMPATIENT, RESENDING, Nursery, nursery
from tests.chaos.workspaces import workspace_process
from tests.stores import Postgres

pytestmark = pytest.mark.siege

SHORT = Campaign(
    messages=150, kills=6, faults=24, stops=1, jumps=3, holds=1, history_fails=False, least_seconds=9.0
)
SEED = 1


@pytest.fixture(scope="module")
def workers() -> Iterator[Nursery]:
    with nursery() as opened:
        yield opened


@pytest.fixture(scope="module")
def ground() -> Iterator[Running]:
    with workspace_process() as running:
        yield running


@pytest.fixture
def setting(ground: Running, workers: Nursery, tmp_path: Path) -> Setting:
    return Setting(ground, workers, tmp_path)


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    if request.param == "sqlite":
        yield SqliteFile(tmp_path)
        return
    server: Postgres = request.getfixturevalue("postgres")
    with postgresql_database(server, may_crash=False) as database:
        yield database


def test_everything_arrives_once_whatever_is_killed_broken_or_away(setting: Setting, place: Place) -> None:
    outcome = run(setting, place, SHORT, seed=SEED)

    assert outcome.verdict.is_clean, outcome


def test_a_restore_from_a_backup_loses_nothing_and_repeats_nothing(setting: Setting, place: Place) -> None:
    campaign = Campaign(messages=60, kills=2, faults=11, backs_up=True, history_fails=False)

    outcome = run(setting, place, campaign, seed=SEED)

    assert outcome.verdict.is_clean, outcome


@pytest.mark.parametrize(
    ("variant", "kinds"),
    [(RESENDING, ("accepted, then dropped", "accepted, then 500")), (IMPATIENT, ("accepted late",))],
)
def test_the_harness_sees_what_comes_twice(
    variant: str, kinds: tuple[str, ...], setting: Setting, tmp_path: Path
) -> None:
    campaign = Campaign(messages=40, kills=0, faults=8, kinds=kinds, history_fails=False)

    outcome = run(setting, SqliteFile(tmp_path), campaign, seed=SEED, variant=variant)

    assert outcome.verdict.twice
    assert not outcome.verdict.lost


def test_the_harness_sees_what_is_lost(setting: Setting, tmp_path: Path) -> None:
    campaign = Campaign(messages=40, kills=0, faults=8, kinds=("dropped",), history_fails=False)

    outcome = run(setting, SqliteFile(tmp_path), campaign, seed=SEED, variant=BLIND)

    assert outcome.verdict.lost
    assert not outcome.verdict.twice


def test_a_seed_stands_for_one_schedule() -> None:
    ways = (("occupy", "leave"),)

    assert schedule(SHORT, 3, ways) == schedule(SHORT, 3, ways)
    assert schedule(SHORT, 3, ways) != schedule(SHORT, 4, ways)
    assert sum(step.deed == "kill" for step in schedule(SHORT, 3, ways)) == SHORT.kills
