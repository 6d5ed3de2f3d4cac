"""Keep of a workspace whose store was put back from which copy it is, so that what is planned anew is doubted."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from models.base import RowId, UtcDateTime

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("workspace", sa.Column("copied_at", UtcDateTime(), nullable=True))
    op.add_column("workspace", sa.Column("known_until", RowId, nullable=True))
    op.add_column("workspace", sa.Column("resumed_at", UtcDateTime(), nullable=True))
    op.add_column("workspace", sa.Column("caught_up_until", RowId, nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("workspace") as workspace:
        for name in ("caught_up_until", "resumed_at", "known_until", "copied_at"):
            workspace.drop_column(name)
