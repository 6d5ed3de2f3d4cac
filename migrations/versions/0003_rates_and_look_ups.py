"""How fast each workspace and conversation is posted to, and when what is in doubt is looked up."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from models.base import UtcDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

DOUBTFUL = sa.text("state = 'doubtful'")


def upgrade() -> None:
    with op.batch_alter_table("workspace") as workspace:
        workspace.add_column(sa.Column("posts_tat", UtcDateTime(), nullable=True))
        workspace.add_column(sa.Column("looks_tat", UtcDateTime(), nullable=True))
    with op.batch_alter_table("conversation") as conversation:
        conversation.add_column(sa.Column("posts_tat", UtcDateTime(), nullable=True))
    op.create_index(
        "ix_delivery_doubtful", "delivery", ["retry_at"], sqlite_where=DOUBTFUL, postgresql_where=DOUBTFUL
    )


def downgrade() -> None:
    op.drop_index("ix_delivery_doubtful", "delivery")
    with op.batch_alter_table("conversation") as conversation:
        conversation.drop_column("posts_tat")
    with op.batch_alter_table("workspace") as workspace:
        workspace.drop_column("looks_tat")
        workspace.drop_column("posts_tat")
