"""What counts in a buddy programme, and the hour on the wall clock at which an announced round begins."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("programme", sa.Column("weights", sa.JSON(), nullable=False, server_default="{}"))
    op.add_column("buddy_round", sa.Column("at", sa.Time(), nullable=True))
    op.add_column("buddy_round", sa.Column("zone", sa.String(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("buddy_round") as buddy_round:
        buddy_round.drop_column("zone")
        buddy_round.drop_column("at")
    with op.batch_alter_table("programme") as programme:
        programme.drop_column("weights")
