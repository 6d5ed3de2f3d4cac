"""Fixtures of the runtime's tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from bot.runtime.database import Sessions
from sandbox.driver import Driver
from sandbox.testing import Running
from tests.runtime.command_line import run as run
from tests.runtime.desk_stage import desk as desk
from tests.runtime.desk_stage import one_desk as one_desk
from tests.runtime.stage import Office


@pytest.fixture
def office(sqlite: Engine, slack: Driver, workspace: Running) -> Iterator[Office]:
    """Give a store on SQLite, with the sandbox as its Slack."""
    office = Office(Sessions(sqlite), workspace.api_url)
    yield office
    office.close()


@pytest.fixture
def office_anywhere(store: Engine, slack: Driver, workspace: Running) -> Iterator[Office]:
    """Give each of the stores, with the sandbox as its Slack."""
    office = Office(Sessions(store), workspace.api_url)
    yield office
    office.close()
