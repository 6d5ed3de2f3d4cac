"""Find the most urgent message of each workspace without reading those of all the others."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

READY = sa.text("state = 'ready'")


def upgrade() -> None:
    op.create_index(
        "ix_delivery_workspace",
        "delivery",
        ["workspace_id", "expire_at"],
        sqlite_where=READY,
        postgresql_where=READY,
    )


def downgrade() -> None:
    op.drop_index("ix_delivery_workspace", "delivery")
