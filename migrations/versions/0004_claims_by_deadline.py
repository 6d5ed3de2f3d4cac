"""Indexes by which a claim stops at the last deadline of what is due, a nonce a message, the store's history."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

READY = sa.text("state = 'ready'")
ENDED = sa.text("state IN ('failed', 'expired', 'cancelled')")


def upgrade() -> None:
    # SQLite took the index over all states wherever it saw one, and then sorted what is ready at every claim.
    op.drop_index("ix_delivery_state", "delivery")
    op.create_index(
        "ix_delivery_ended", "delivery", ["state", "id"], sqlite_where=ENDED, postgresql_where=ENDED
    )
    op.drop_index("ix_delivery_not_before", "delivery")
    op.create_index(
        "ix_delivery_not_before",
        "delivery",
        ["not_before", "expire_at"],
        sqlite_where=READY,
        postgresql_where=READY,
    )
    op.add_column("delivery", sa.Column("nonce", sa.String(), nullable=True))
    op.add_column("workspace", sa.Column("history", sa.String(), nullable=True))


def downgrade() -> None:
    op.drop_column("workspace", "history")
    op.drop_column("delivery", "nonce")
    op.drop_index("ix_delivery_not_before", "delivery")
    op.create_index(
        "ix_delivery_not_before", "delivery", ["not_before"], sqlite_where=READY, postgresql_where=READY
    )
    op.drop_index("ix_delivery_ended", "delivery")
    op.create_index("ix_delivery_state", "delivery", ["state"])
