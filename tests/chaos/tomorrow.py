"""What the version after this one could do to the store, while workers of this one are at work on it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import Engine

from bot.runtime.database import migrate

REVISION = "9999"
NEW_COLUMN = "of_tomorrow"


def upgrade(engine: Engine) -> None:
    """Run this version's migrations, which finds nothing to do, and then one that rebuilds the outbox."""
    migrate(engine)
    with engine.begin() as connection:
        context = MigrationContext.configure(connection)
        if context.get_current_revision() == REVISION:
            return
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
        _rebuild(Operations(context))
        connection.execute(sa.text("UPDATE alembic_version SET version_num = :its"), {"its": REVISION})


def _rebuild(op: Operations) -> None:
    """Copy the whole table on SQLite, and lock it on PostgreSQL for long enough to rewrite every row."""
    with op.batch_alter_table("delivery", recreate="auto") as delivery:
        delivery.add_column(sa.Column(NEW_COLUMN, sa.String(), nullable=False, server_default=""))
        delivery.alter_column("reason", type_=sa.Text(), existing_type=sa.String())
    op.execute(sa.text(f"UPDATE delivery SET {NEW_COLUMN} = receiver"))
    op.create_index("ix_delivery_of_tomorrow", "delivery", [NEW_COLUMN])
