"""Let a conversation have no channel yet, as an earlier version wrote it and may go on doing beside this one."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

SLACK_ID = sa.String(length=32)


def upgrade() -> None:
    with op.batch_alter_table("conversation") as conversation:
        conversation.alter_column("channel", existing_type=SLACK_ID, nullable=True)


def downgrade() -> None:
    op.execute("UPDATE conversation SET channel = receiver WHERE channel IS NULL")
    with op.batch_alter_table("conversation") as conversation:
        conversation.alter_column("channel", existing_type=SLACK_ID, nullable=False)
