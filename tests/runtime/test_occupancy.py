"""A second process on the same SQLite file is told so, and one that died leaves nothing in the way."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from bot.runtime.occupancy import OCCUPIED, Occupied, occupied
from tests.runtime.command_line import Run
from tests.runtime.programs import END_SECONDS, running_app
from tests.runtime.programs import environment as environment


@pytest.mark.siege
def test_a_process_that_was_killed_leaves_nothing_in_the_way(environment: dict[str, str], run: Run) -> None:
    with running_app(["worker"], environment) as killed:
        lock = Path(environment["DATABASE_URL"].removeprefix("sqlite:///") + ".lock")
        _wait_for_holder(killed, lock)
        refused = run([], environment)
        killed.send_signal(signal.SIGKILL)
        killed.wait(END_SECONDS)

    with occupied(environment["DATABASE_URL"], alone=True):
        assert refused.returncode == OCCUPIED
        assert f"process {killed.pid}" in refused.stderr


def _wait_for_holder(process: subprocess.Popen[str], lock: Path) -> None:
    assert process.stderr is not None
    while "process_started" not in process.stderr.readline():
        assert process.poll() is None
    assert lock.read_text() == f"{process.pid}\n"


def hold(url: str, kinds: Sequence[bool]) -> None:
    if kinds:
        with occupied(url, alone=kinds[0]):
            hold(url, kinds[1:])


@pytest.mark.parametrize("kinds", [(True, True), (True, False), (False, True)])
def test_who_wants_to_be_alone_on_a_file_is(kinds: tuple[bool, ...], tmp_path: Path) -> None:
    with pytest.raises(Occupied):
        hold(f"sqlite:///{tmp_path / 'trellis.db'}", kinds)


@pytest.mark.parametrize("kinds", [(False, False), (True,)])
def test_workers_may_share_a_file(kinds: tuple[bool, ...], tmp_path: Path) -> None:
    hold(f"sqlite:///{tmp_path / 'trellis.db'}", kinds)


def test_two_names_of_one_file_are_one_store(tmp_path: Path) -> None:
    (tmp_path / "other").symlink_to(tmp_path)

    with occupied(f"sqlite:///{tmp_path}/trellis.db", alone=True), pytest.raises(Occupied):
        hold(f"sqlite:///file:{tmp_path}/other/trellis.db?uri=true", [True])


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "postgresql+psycopg:///trellis"])
def test_a_store_without_a_file_takes_any_number(url: str) -> None:
    hold(url, [True, True])


def test_a_lock_that_cannot_be_written_is_told_in_words(
    environment: dict[str, str], run: Run, tmp_path: Path
) -> None:
    done = run(["worker"], {**environment, "DATABASE_URL": f"sqlite:///{tmp_path}/nowhere/trellis.db"})

    assert done.returncode == 1
    assert "cannot be written" in done.stderr
