"""Keep what came to a person in a week, how much may, what they want less of, and when Slack keeps them undisturbed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from models.base import RowId, SlackId, UtcDateTime

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

MOMENTS = ("undisturbed_from", "undisturbed_until", "disturbance_read_at")


def upgrade() -> None:
    op.add_column("member", sa.Column("weekly_messages", sa.Integer(), nullable=False, server_default="3"))
    op.add_column("member", sa.Column("less_of", sa.String(), nullable=False, server_default=""))
    for moment in MOMENTS:
        op.add_column("member", sa.Column(moment, UtcDateTime(), nullable=True))
    op.create_table(
        "attention",
        sa.Column("workspace_id", SlackId, nullable=False),
        sa.Column("user_id", SlackId, nullable=False),
        sa.Column("week", sa.Date(), nullable=False),
        sa.Column("delivery_id", RowId, nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "user_id", "week", "delivery_id"),
    )
    op.create_index("ix_attention_week", "attention", ["week"])


def downgrade() -> None:
    op.drop_table("attention")
    with op.batch_alter_table("member") as member:
        for column in (*reversed(MOMENTS), "less_of", "weekly_messages"):
            member.drop_column(column)
