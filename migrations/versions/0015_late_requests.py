"""Keep what a slow store did not take in time, so that a process that is killed forgets none of it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from models.base import SlackId, UtcDateTime

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "late_request",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("workspace_id", SlackId, nullable=False),
        sa.Column("user_id", SlackId, nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("ends_at", UtcDateTime(), nullable=False),
        sa.Column("holder", sa.String(32), nullable=False),
        sa.Column("leased_until", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )


def downgrade() -> None:
    op.drop_table("late_request")
