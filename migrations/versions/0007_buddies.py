"""Buddy programmes, their participants, exclusions, rounds and pairings, and messages to several people at once."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from models.base import RowId, UtcDateTime

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

ONE, SEVERAL = sa.String(length=32), sa.String(length=128)
RUNS = sa.text("ended_at IS NULL")
TO_GROUPS = sa.text("state = 'ready' AND receiver LIKE '+%'")
OPEN = sa.text("state IN ('announced', 'previewed', 'matching', 'matched')")


def upgrade() -> None:
    op.create_table(
        "exclusion",
        sa.Column("workspace_id", sa.String(length=32), nullable=False),
        sa.Column("user_id", sa.String(length=32), nullable=False),
        sa.Column("other", sa.String(length=32), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "user_id"],
            ["member.workspace_id", "member.user_id"],
            name="fk_exclusion_workspace_id_user_id_member",
        ),
        sa.PrimaryKeyConstraint("workspace_id", "user_id", "other", name="pk_exclusion"),
    )
    op.create_index("ix_exclusion_other", "exclusion", ["workspace_id", "other"])
    op.create_table(
        "programme",
        sa.Column("id", RowId, nullable=False),
        sa.Column("workspace_id", sa.String(length=32), nullable=False),
        sa.Column("channel", sa.String(length=32), nullable=False),
        sa.Column("owner", sa.String(length=32), nullable=False),
        sa.Column("mixing", sa.String(), nullable=False),
        sa.Column("is_mixing_required", sa.Boolean(), nullable=False),
        sa.Column("group_size", sa.Integer(), nullable=False),
        sa.Column("every_weeks", sa.Integer(), nullable=False),
        sa.Column("weekday", sa.Integer(), nullable=False),
        sa.Column("at", sa.Time(), nullable=False),
        sa.Column("zone", sa.String(), nullable=False),
        sa.Column("enrolment", sa.String(), nullable=False),
        sa.Column("repeat_window", sa.Integer(), nullable=False),
        sa.Column("shared_minutes", sa.Integer(), nullable=False),
        sa.Column("announces", sa.Boolean(), nullable=False),
        sa.Column("takes_guests", sa.Boolean(), nullable=False),
        sa.Column("pact_weeks", sa.Integer(), nullable=True),
        sa.Column("next_on", sa.Date(), nullable=False),
        sa.Column("next_number", sa.Integer(), nullable=False),
        sa.Column("next_fire_at", UtcDateTime(), nullable=False),
        sa.Column("held_because", sa.String(), nullable=True),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("ended_because", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["workspace_id", "owner"],
            ["member.workspace_id", "member.user_id"],
            name="fk_programme_workspace_id_owner_member",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_programme"),
    )
    op.create_index(
        "ix_programme_due", "programme", ["next_fire_at"], sqlite_where=RUNS, postgresql_where=RUNS
    )
    op.create_index(
        "uq_programme_channel",
        "programme",
        ["workspace_id", "channel"],
        unique=True,
        sqlite_where=RUNS,
        postgresql_where=RUNS,
    )
    op.create_table(
        "buddy_round",
        sa.Column("id", RowId, nullable=False),
        sa.Column("workspace_id", sa.String(length=32), nullable=False),
        sa.Column("programme_id", RowId, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("starts_at", UtcDateTime(), nullable=False),
        sa.Column("ends_at", UtcDateTime(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("next_fire_at", UtcDateTime(), nullable=False),
        sa.Column("seed", sa.BigInteger(), nullable=False),
        sa.Column("snapshot", sa.LargeBinary(), nullable=True),
        sa.Column("record", sa.JSON(), nullable=True),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("of", sa.Integer(), nullable=False),
        sa.Column("worker", sa.String(), nullable=True),
        sa.Column("lease_until", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["programme_id"], ["programme.id"], name="fk_buddy_round_programme_id_programme"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_buddy_round"),
    )
    op.create_index(
        "ix_buddy_round_due", "buddy_round", ["next_fire_at"], sqlite_where=OPEN, postgresql_where=OPEN
    )
    op.create_index("uq_buddy_round_number", "buddy_round", ["programme_id", "number"], unique=True)
    op.create_table(
        "participant",
        sa.Column("programme_id", RowId, nullable=False),
        sa.Column("user_id", sa.String(length=32), nullable=False),
        sa.Column("workspace_id", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("joined_at", UtcDateTime(), nullable=False),
        sa.Column("paused_until", sa.Date(), nullable=True),
        sa.Column("paused_because", sa.String(), nullable=True),
        sa.Column("skips", sa.Integer(), nullable=True),
        sa.Column("is_unnamed", sa.Boolean(), nullable=False),
        sa.Column("role", sa.String(), nullable=True),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.Column("silent_rounds", sa.Integer(), nullable=False),
        sa.Column("left_over_in", sa.Integer(), nullable=True),
        sa.Column("three_in", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["programme_id"], ["programme.id"], name="fk_participant_programme_id_programme"
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "user_id"],
            ["member.workspace_id", "member.user_id"],
            name="fk_participant_workspace_id_user_id_member",
        ),
        sa.PrimaryKeyConstraint("programme_id", "user_id", name="pk_participant"),
    )
    op.create_index("ix_participant_user", "participant", ["workspace_id", "user_id"])
    op.create_table(
        "left_over",
        sa.Column("round_id", RowId, nullable=False),
        sa.Column("user_id", sa.String(length=32), nullable=False),
        sa.Column("workspace_id", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["round_id"], ["buddy_round.id"], name="fk_left_over_round_id_buddy_round"),
        sa.PrimaryKeyConstraint("round_id", "user_id", name="pk_left_over"),
    )
    op.create_table(
        "pairing",
        sa.Column("id", RowId, nullable=False),
        sa.Column("workspace_id", sa.String(length=32), nullable=False),
        sa.Column("round_id", RowId, nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.Column("times", sa.JSON(), nullable=False),
        sa.Column("question_id", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["round_id"], ["buddy_round.id"], name="fk_pairing_round_id_buddy_round"),
        sa.PrimaryKeyConstraint("id", name="pk_pairing"),
    )
    op.create_index("uq_pairing_place", "pairing", ["round_id", "place"], unique=True)
    op.create_table(
        "partner",
        sa.Column("pairing_id", RowId, nullable=False),
        sa.Column("user_id", sa.String(length=32), nullable=False),
        sa.Column("workspace_id", sa.String(length=32), nullable=False),
        sa.Column("programme_id", RowId, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(), nullable=True),
        sa.Column("answer", sa.String(), nullable=True),
        sa.Column("answered_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["pairing_id"], ["pairing.id"], name="fk_partner_pairing_id_pairing"),
        sa.ForeignKeyConstraint(["programme_id"], ["programme.id"], name="fk_partner_programme_id_programme"),
        sa.PrimaryKeyConstraint("pairing_id", "user_id", name="pk_partner"),
    )
    op.create_index("ix_partner_programme", "partner", ["programme_id", "user_id"])
    op.create_index("ix_partner_user", "partner", ["workspace_id", "user_id", "pairing_id"])
    with op.batch_alter_table("workspace") as workspace:
        workspace.add_column(sa.Column("opens_tat", UtcDateTime(), nullable=True))
    with op.batch_alter_table("conversation") as conversation:
        conversation.add_column(sa.Column("opening_until", UtcDateTime(), nullable=True))
        conversation.alter_column("receiver", existing_type=ONE, type_=SEVERAL, existing_nullable=False)
    with op.batch_alter_table("delivery") as delivery:
        delivery.alter_column("receiver", existing_type=ONE, type_=SEVERAL, existing_nullable=False)
    op.create_index(
        "ix_delivery_group", "delivery", ["expire_at"], sqlite_where=TO_GROUPS, postgresql_where=TO_GROUPS
    )


def downgrade() -> None:
    op.drop_index("ix_delivery_group", "delivery")
    # The version before can reach no group.
    op.execute("DELETE FROM delivery WHERE receiver LIKE '+%'")
    op.execute("DELETE FROM conversation WHERE receiver LIKE '+%'")
    with op.batch_alter_table("delivery") as delivery:
        delivery.alter_column("receiver", existing_type=SEVERAL, type_=ONE, existing_nullable=False)
    with op.batch_alter_table("conversation") as conversation:
        conversation.alter_column("receiver", existing_type=SEVERAL, type_=ONE, existing_nullable=False)
        conversation.drop_column("opening_until")
    with op.batch_alter_table("workspace") as workspace:
        workspace.drop_column("opens_tat")
    op.drop_table("partner")
    op.drop_table("pairing")
    op.drop_table("left_over")
    op.drop_table("participant")
    op.drop_table("buddy_round")
    op.drop_table("programme")
    op.drop_table("exclusion")
