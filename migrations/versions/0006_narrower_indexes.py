"""Keep in an index only what is asked for through it: messages that wait, and questions that replace another."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

READY = sa.text("state = 'ready'")
REPLACES = sa.text("replaces IS NOT NULL")


def upgrade() -> None:
    op.drop_index("ix_delivery_subject", "delivery")
    op.create_index(
        "ix_delivery_subject", "delivery", ["subject_id"], sqlite_where=READY, postgresql_where=READY
    )
    op.drop_index("ix_prompt_replaces", "prompt")
    op.create_index(
        "ix_prompt_replaces", "prompt", ["replaces"], sqlite_where=REPLACES, postgresql_where=REPLACES
    )


def downgrade() -> None:
    op.drop_index("ix_prompt_replaces", "prompt")
    op.create_index("ix_prompt_replaces", "prompt", ["replaces"])
    op.drop_index("ix_delivery_subject", "delivery")
    op.create_index("ix_delivery_subject", "delivery", ["workspace_id", "kind", "subject_id"])
