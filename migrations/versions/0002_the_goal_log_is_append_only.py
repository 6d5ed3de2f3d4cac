"""The goal log is append-only: the database itself refuses to change or delete an entry."""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

REFUSAL = "the goal log is append-only"


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("update", "delete"):
            op.execute(
                f"CREATE TRIGGER goal_entry_no_{verb} BEFORE {verb} ON goal_entry "
                f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
            )
        return
    op.execute(
        "CREATE FUNCTION refuse_change_of_goal_entry() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{REFUSAL}'; END $$"
    )
    op.execute(
        "CREATE TRIGGER goal_entry_no_change BEFORE UPDATE OR DELETE ON goal_entry "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change_of_goal_entry()"
    )


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("update", "delete"):
            op.execute(f"DROP TRIGGER goal_entry_no_{verb}")
        return
    op.execute("DROP TRIGGER goal_entry_no_change ON goal_entry")
    op.execute("DROP FUNCTION refuse_change_of_goal_entry()")
