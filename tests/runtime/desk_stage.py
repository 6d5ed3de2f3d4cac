"""The stage of tests about the operator's desk: rows of the outbox in any state, and the command line on them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, select, update

from bot import outbox
from bot.outbox import Message
from bot.runtime.clock import SystemClock
from bot.runtime.database import Sessions
from models.bulk import insert_missing
from models.outbox import Delivery
from models.workspaces import Workspace
from tests.people import AMY
from tests.runtime.command_line import Done, Run

TEAM, OTHER_TEAM = "T1", "T2"
LONG_AGO, YEARS_AGO = datetime(2020, 1, 1, tzinfo=UTC), datetime(2021, 1, 1, tzinfo=UTC)
IN_YEARS, FAR_OFF = datetime(2098, 1, 1, tzinfo=UTC), datetime(2099, 1, 1, tzinfo=UTC)
KIND = "test.note"


@dataclass
class Desk:
    """The command `outbox` on a store, and the rows it is about."""

    sessions: Sessions
    ask: Callable[..., Done]

    def __post_init__(self) -> None:
        with self.sessions.begin() as session:
            insert_missing(session, Workspace, [{"workspace_id": TEAM}, {"workspace_id": OTHER_TEAM}])

    def write(
        self,
        receiver: str = AMY,
        *,
        team: str = TEAM,
        opens: datetime = LONG_AGO,
        closes: datetime = FAR_OFF,
        **values: object,
    ) -> int:
        """Put a message into the outbox whose row then looks like this, and give its id."""
        with self.sessions.begin() as session:
            key = f"note:{len(session.scalars(select(Delivery.id)).all())}"
            outbox.enqueue(session, [Message(team, key, KIND, receiver, 1, opens, closes)])
            row = session.scalars(select(Delivery).where(Delivery.key == key)).one()
            for name, value in values.items():
                setattr(row, name, value)
            return row.id

    def row(self, number: int) -> Delivery:
        with self.sessions.read() as session:
            return session.scalars(select(Delivery).where(Delivery.id == number)).one()

    def state(self, number: int) -> tuple[str, str | None]:
        row = self.row(number)
        return row.state, row.reason

    def change(self, **values: object) -> None:
        """Change what Slack told us about the workspace."""
        with self.sessions.begin() as session:
            session.execute(update(Workspace).where(Workspace.workspace_id == TEAM).values(**values))


@pytest.fixture
def desk(store: Engine, run: Run) -> Desk:
    """Give the command line on each of the stores."""
    return _desk_on(store, run)


@pytest.fixture
def one_desk(sqlite: Engine, run: Run) -> Desk:
    """Give the command line on SQLite: what it says of a row that it has read is the same on both stores."""
    return _desk_on(sqlite, run)


def _desk_on(store: Engine, run: Run) -> Desk:
    address = {"DATABASE_URL": store.url.render_as_string(hide_password=False), "CLOCK_URL": ""}
    return Desk(Sessions(store), lambda *words: run(["outbox", *map(str, words)], address))


def soon(**by: float) -> datetime:
    return SystemClock().machine_now() + timedelta(**by)
