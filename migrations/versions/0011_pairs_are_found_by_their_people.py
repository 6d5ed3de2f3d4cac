"""Find the 1-on-1s of a pair by its people: each step to the next meeting wrote to an index of pairs as well."""

from __future__ import annotations

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_one_on_one_pair", "one_on_one")


def downgrade() -> None:
    op.create_index("ix_one_on_one_pair", "one_on_one", ["workspace_id", "pair", "id"])
