"""Migrations: every step goes up and down, and leads to the tables the models describe, on both stores."""

from __future__ import annotations

import sqlite3
from typing import cast

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, inspect, text
from sqlalchemy.exc import DBAPIError

from bot.runtime import database
from bot.runtime.config import ROOT
from bot.runtime.database import LeftAstray
from models import answers, goals, members, one_on_ones, outbox, prompts, receipts, workspaces
from models.base import Base

TABLES_OF = (answers, goals, members, one_on_ones, outbox, prompts, receipts, workspaces)


def revisions() -> list[str]:
    scripts = ScriptDirectory(str(ROOT / "migrations"))
    return [script.revision for script in scripts.walk_revisions()][::-1]


def test_the_migrations_make_the_tables_of_the_models(store: Engine) -> None:
    with store.connect() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), Base.metadata)

    assert len(TABLES_OF) == 8
    assert differences == []


def test_every_step_goes_down_and_up_again(store: Engine) -> None:
    for revision in [*revisions()[::-1][1:], "base"]:
        database.migrate(store, to=revision)
    assert set(inspect(store).get_table_names()) <= {"alembic_version"}
    assert database.missing_migrations(store) == len(revisions())

    for revision in revisions():
        database.migrate(store, to=revision)
    assert database.missing_migrations(store) == 0


def test_the_step_to_attention_keeps_who_is_there_and_what_hangs_on_them(store: Engine) -> None:
    with store.begin() as connection:
        for row in (MEMBER, GOAL, ENTRY, ATTENTION):
            connection.execute(text(row))

    database.migrate(store, to="0013")
    database.migrate(store)

    with store.connect() as connection:
        settings = "SELECT name, weekly_messages, less_of, undisturbed_from FROM member"
        assert connection.execute(text(settings)).all() == [("Una", 3, "", None)]
        assert connection.execute(text("SELECT goal_id, what FROM goal_entry")).all() == [(1, "logged")]
        assert connection.scalar(text("SELECT count(*) FROM attention")) == 0


def test_a_step_that_would_leave_rows_astray_is_undone(sqlite: Engine) -> None:
    database.migrate(sqlite, to="0013")
    with sqlite.connect() as connection:
        driver = cast("sqlite3.Connection", connection.connection.dbapi_connection)
        driver.execute("PRAGMA foreign_keys=OFF")
        driver.execute(GOAL)
        driver.execute("PRAGMA foreign_keys=ON")
    missing = database.missing_migrations(sqlite)

    with pytest.raises(LeftAstray, match="a row of goal "):
        database.migrate(sqlite)

    assert database.missing_migrations(sqlite) == missing
    with pytest.raises(DBAPIError, match="FOREIGN KEY"), sqlite.begin() as connection:
        connection.execute(text(ENTRY.replace("1, '2026", "7, '2026")))


def test_a_store_from_a_newer_version_lacks_nothing(store: Engine) -> None:
    with store.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'from_the_future'"))

    assert database.missing_migrations(store) == 0
    database.migrate(store)
    with store.connect() as connection:
        assert connection.scalar(text("SELECT version_num FROM alembic_version")) == "from_the_future"


@pytest.mark.parametrize("change", ["UPDATE goal_entry SET note = 'x'", "DELETE FROM goal_entry"])
def test_the_database_refuses_to_change_the_goal_log(store: Engine, change: str) -> None:
    with store.begin() as connection:
        connection.execute(text(MEMBER))
        connection.execute(text(GOAL))
        connection.execute(text(ENTRY))

    with pytest.raises(DBAPIError, match="append-only"), store.begin() as connection:
        connection.execute(text(change))

    with store.connect() as connection:
        assert connection.execute(text("SELECT what, note FROM goal_entry")).all() == [("logged", None)]


MEMBER = """
INSERT INTO member (workspace_id, user_id, name, zone, is_person, is_guest, is_deactivated, is_admin, is_away,
    refreshed_at, work_days, work_starts, work_ends, lead_hours, is_paused, goals_numbered)
VALUES ('T', 'U', 'Una', 'UTC', true, false, false, false, false,
    '2026-11-23 12:00:00.000000', '01234', '09:00:00.000000', '17:00:00.000000', 24, false, 1)
"""
GOAL = """
INSERT INTO goal (id, workspace_id, owner, number, title, percent, state, for_manager, for_buddy, for_everyone,
    logged_at)
VALUES (1, 'T', 'U', 1, 'Learn to plan', 0, 'open', true, false, false, '2026-11-23 12:00:00.000000')
"""
ENTRY = """
INSERT INTO goal_entry (id, workspace_id, goal_id, at, by, what, changes)
VALUES (1, 'T', 1, '2026-11-23 12:00:00.000000', 'U', 'logged', '{}')
"""
ATTENTION = (
    "INSERT INTO attention (workspace_id, user_id, week, delivery_id) VALUES ('T', 'U', '2026-11-23', 1)"
)
