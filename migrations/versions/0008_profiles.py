"""What is known of members for matching, and the rosters that bring it in."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from models.base import RowId, UtcDateTime

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

SLACK_ID = sa.String(length=32)


def upgrade() -> None:
    op.create_table(
        "profile",
        sa.Column("workspace_id", SLACK_ID, nullable=False),
        sa.Column("user_id", SLACK_ID, nullable=False),
        sa.Column("department", sa.String(), nullable=True),
        sa.Column("manager", SLACK_ID, nullable=True),
        sa.Column("location", sa.String(), nullable=True),
        sa.Column("starts_on", sa.Date(), nullable=True),
        sa.Column("skills_offered", sa.JSON(), nullable=False),
        sa.Column("skills_wanted", sa.JSON(), nullable=False),
        sa.Column("languages", sa.JSON(), nullable=False),
        sa.Column("sources", sa.JSON(), nullable=False),
        sa.Column("looked_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["workspace_id", "user_id"],
            ["member.workspace_id", "member.user_id"],
            name="fk_profile_workspace_id_user_id_member",
        ),
        sa.PrimaryKeyConstraint("workspace_id", "user_id", name="pk_profile"),
    )
    op.create_table(
        "roster_import",
        sa.Column("id", RowId, nullable=False),
        sa.Column("workspace_id", SLACK_ID, nullable=False),
        sa.Column("uploaded_by", SLACK_ID, nullable=False),
        sa.Column("applied_by", SLACK_ID, nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("applied", sa.Integer(), nullable=False),
        sa.Column("touched_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_roster_import"),
    )
    op.create_index("ix_roster_import_workspace_id", "roster_import", ["workspace_id", "state"])


def downgrade() -> None:
    op.drop_table("roster_import")
    op.drop_table("profile")
