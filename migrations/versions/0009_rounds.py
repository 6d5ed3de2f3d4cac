"""Buddy rounds: previews, pairings to be mended, silence counted once, and pacts."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from models.base import RowId, UtcDateTime

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

ID = sa.String(length=32)
BROKEN = sa.text("is_broken")
STANDS = sa.text("state = 'standing'")
OPEN = sa.text("state IN ('offered', 'standing')")


def of_round() -> list[sa.Column[Any]]:
    return [
        sa.Column("result", sa.LargeBinary(), nullable=True),
        sa.Column("wanted", sa.String(), nullable=True),
        sa.Column("wanted_by", ID, nullable=True),
        sa.Column("drawn", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("silence_counted_at", UtcDateTime(), nullable=True),
    ]


def of_pairing() -> list[sa.Column[Any]]:
    return [
        sa.Column("made_at", UtcDateTime(), nullable=True),
        sa.Column("is_broken", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("broken_because", sa.String(), nullable=True),
    ]


def upgrade() -> None:
    for column in of_round():
        op.add_column("buddy_round", column)
    for column in of_pairing():
        op.add_column("pairing", column)
    op.create_index("ix_pairing_broken", "pairing", ["id"], sqlite_where=BROKEN, postgresql_where=BROKEN)
    op.create_table(
        "pact",
        sa.Column("id", RowId, nullable=False),
        sa.Column("workspace_id", ID, nullable=False),
        sa.Column("programme_id", RowId, nullable=False),
        sa.Column("pairing_id", RowId, nullable=False),
        sa.Column("people", sa.JSON(), nullable=False),
        sa.Column("agreed", sa.JSON(), nullable=False),
        sa.Column("weeks", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("term", sa.Integer(), nullable=False),
        sa.Column("begins_on", sa.Date(), nullable=True),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("next_fire_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["programme_id"], ["programme.id"], name="fk_pact_programme_id_programme"),
        sa.ForeignKeyConstraint(["pairing_id"], ["pairing.id"], name="fk_pact_pairing_id_pairing"),
        sa.PrimaryKeyConstraint("id", name="pk_pact"),
    )
    op.create_index("uq_pact_pairing", "pact", ["pairing_id"], unique=True)
    op.create_index("ix_pact_programme", "pact", ["programme_id"], sqlite_where=OPEN, postgresql_where=OPEN)
    op.create_index("ix_pact_due", "pact", ["next_fire_at"], sqlite_where=STANDS, postgresql_where=STANDS)


def downgrade() -> None:
    op.drop_table("pact")
    op.drop_index("ix_pairing_broken", "pairing")
    with op.batch_alter_table("pairing") as pairing:
        for column in of_pairing():
            pairing.drop_column(column.name)
    with op.batch_alter_table("buddy_round") as buddy_round:
        for column in of_round():
            buddy_round.drop_column(column.name)
