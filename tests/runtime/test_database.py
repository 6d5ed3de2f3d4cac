"""The store as the doors and loops use it: reading changes nothing, and a server may go and come back."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine, func, select, text, update
from sqlalchemy.exc import DBAPIError

from bot import members
from bot.runtime import database
from bot.runtime.database import Sessions, connect
from models.bulk import insert_missing
from models.members import Member
from models.workspaces import Workspace
from tests.stores import Postgres

FULL = 2
"""https://www.sqlite.org/pragma.html#pragma_synchronous"""

TEAM = "T1"


def workspaces(sessions: Sessions) -> int:
    with sessions.read() as session:
        return session.scalars(select(func.count()).select_from(Workspace)).one()


def test_what_is_written_while_reading_is_refused(store: Engine) -> None:
    sessions = Sessions(store)

    with pytest.raises(DBAPIError), sessions.read() as session:
        insert_missing(session, Workspace, [{"workspace_id": TEAM}])
    with pytest.raises(DBAPIError), sessions.read() as session:
        session.execute(update(Member).values(name="Amy"))

    assert workspaces(sessions) == 0


def test_a_record_changed_while_reading_stays_as_it_was(store: Engine) -> None:
    sessions = Sessions(store)
    with sessions.begin() as session:
        members.welcome_workspace(session, TEAM)

    with sessions.read() as session:
        session.add(Workspace(workspace_id="T2"))
        session.get_one(Workspace, TEAM).workspace_id = "T3"

    assert workspaces(sessions) == 1


def test_connections_the_server_ended_are_replaced_unseen(
    postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "SHORT_REST_SECONDS", 0.0)  # what was used a moment ago is not asked
    with postgres.database() as name:
        engine = connect(postgres.address(name))
        sessions = Sessions(engine)
        with sessions.begin() as first, sessions.read() as second:
            members.welcome_workspace(first, TEAM)
            second.execute(text("SELECT 1"))

        postgres.shut(name)
        postgres.open(name)

        assert workspaces(sessions) == 1
        with sessions.begin() as session:
            members.welcome_workspace(session, "T2")
        assert workspaces(sessions) == 2
        engine.dispose()


def test_what_is_committed_to_a_file_is_on_the_disk(sqlite: Engine) -> None:
    """A power cut must not take back the claim of a message that has been sent."""
    with sqlite.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == FULL


def test_a_read_leaves_no_transaction_open(store: Engine) -> None:
    sessions = Sessions(store)
    with sessions.read() as session:
        session.execute(text("SELECT 1"))

    with sessions.begin() as session:
        members.welcome_workspace(session, TEAM)

    assert workspaces(sessions) == 1
