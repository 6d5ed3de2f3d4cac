"""Fixtures: a store, the sandbox workspace, and Trellis running between them."""

from __future__ import annotations

import gc
import json
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings
from sqlalchemy import Connection, Engine, event

from bot.runtime.database import READING, Sessions
from tests.stores import postgres as postgres
from tests.stores import quick_place, reused_sqlite, templates_kept
from tests.stores import store as store

if TYPE_CHECKING:
    # The process that hands the tests out to others needs none of these, and all wait for it.
    from sandbox.driver import Driver
    from sandbox.testing import Hosted
    from tests.trellis import Bot, Trellis

settings.register_profile("everyday", max_examples=50, deadline=None)
settings.register_profile("thorough", max_examples=1000, deadline=None)
settings.load_profile("everyday")
# Whoever changes a grammar or the validator looks longer: pytest --hypothesis-profile thorough


UNASKED = "sniffio"
"""What tells asyncio from its rivals, of which nobody is here."""


def pytest_xdist_auto_num_workers() -> int:
    """Run one more than there are cores: tests that wait for a process, a browser or a lock leave theirs idle."""
    return (os.cpu_count() or 1) + 1


def pytest_configure(config: pytest.Config) -> None:
    """Let these processes, and those they start, have what is temporary in memory, and look for no garbage yet."""
    if place := quick_place():
        os.environ["TMPDIR"] = tempfile.tempdir = str(place)  # noqa: TID251 (read by the processes tests start)
    if not hasattr(config, "workerinput"):
        templates = ExitStack()
        templates.enter_context(templates_kept())
        config.add_cleanup(templates.close)
    gc.disable()
    if find_spec(UNASKED) is None:
        # Found out once; the client of the sandbox looks for it on the whole path six times a request.
        sys.modules[UNASKED] = None  # type: ignore[assignment]  # as the import system marks what there is not


def pytest_collection_finish() -> None:
    """Let the garbage collector pass over what lives as long as the process: looking there took a seventh of all."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)
    gc.enable()


@event.listens_for(Engine, "before_execute")
def _refuse_locks_while_reading(connection: Connection, asked: Any, *_rest: object) -> None:
    """PostgreSQL refuses to lock a row over a connection that only reads; SQLite would not say so."""
    if connection.engine.logging_name == READING and getattr(asked, "_for_update_arg", None) is not None:
        raise AssertionError(f"locks while reading: {asked}")


@pytest.fixture(scope="session")
def workspace() -> Iterator[Hosted]:
    """Give the sandbox server of this process, with Trellis' own manifest installed."""
    from sandbox.testing import running
    from tests.trellis import ROOT

    manifest = json.loads((ROOT / "manifest.json").read_text())
    with running(manifest=manifest) as server:
        yield server


@pytest.fixture
def slack(workspace: Hosted) -> Driver:
    """Give the workspace as it was at the beginning."""
    workspace.driver.reset(rates=False)
    return workspace.driver


@pytest.fixture
def sqlite() -> Iterator[Engine]:
    """Give a migrated SQLite store."""
    with reused_sqlite() as engine:
        yield engine


@pytest.fixture
def sessions(store: Engine) -> Sessions:
    """Give transactions on a store: the test runs on SQLite and on PostgreSQL."""
    return Sessions(store)


@pytest.fixture(scope="session")
def served_bot(workspace: Hosted) -> Iterator[Bot]:
    """Give the bot of this process, on no store yet."""
    from tests.trellis import Bot

    bot = Bot(workspace)
    yield bot
    bot.close()


@pytest.fixture
def trellis(slack: Driver, served_bot: Bot, sqlite: Engine) -> Iterator[Trellis]:
    """Give Trellis, running on SQLite."""
    with served_bot.on(sqlite) as trellis:
        yield trellis


@pytest.fixture
def trellis_anywhere(slack: Driver, served_bot: Bot, store: Engine) -> Iterator[Trellis]:
    """Give Trellis, running on each store."""
    with served_bot.on(store) as trellis:
        yield trellis
