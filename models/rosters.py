"""Rosters that admins brought in: each waits to be applied, with what it says, and forgets that afterwards."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Delete, Index, LargeBinary, Select, delete, select
from sqlalchemy.orm import Mapped, deferred, mapped_column

from models.base import Base, RowId, SlackId, UtcDateTime

READY, APPLYING, APPLIED = "ready", "applying", "applied"


class RosterImport(Base):
    """A roster that was read and checked; nothing of it holds before it is applied."""

    __tablename__ = "roster_import"
    __table_args__ = (Index("ix_roster_import_workspace_id", "workspace_id", "state"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    workspace_id: Mapped[str] = mapped_column(SlackId)
    uploaded_by: Mapped[str] = mapped_column(SlackId)
    applied_by: Mapped[str | None] = mapped_column(SlackId)
    state: Mapped[str]
    people: Mapped[int]
    content: Mapped[bytes | None] = deferred(mapped_column(LargeBinary))
    """What it says of whom, as `bot.roster_imports` writes and reads it; None once it has been applied."""
    applied: Mapped[int] = mapped_column(default=0)
    """How many of its people it has been applied to."""
    touched_at: Mapped[datetime] = mapped_column(UtcDateTime)
    """Machine time of the upload, and then of the last step of applying it."""

    @classmethod
    def said_in(cls, workspace_id: str, import_id: int) -> Select[bytes | None, int]:
        """Select what one says, and of how many of its people it has been applied."""
        return select(cls.content, cls.applied).where(cls.workspace_id == workspace_id, cls.id == import_id)

    @classmethod
    def held(cls, workspace_id: str, import_id: int) -> Select[RosterImport]:
        """Select one to change it: nobody else does until the transaction ends."""
        chosen = select(cls).where(cls.workspace_id == workspace_id, cls.id == import_id)
        return chosen.with_for_update()

    @classmethod
    def being_applied(cls, workspace_id: str) -> Select[RosterImport]:
        """Select those that somebody began to apply, oldest first."""
        chosen = select(cls).where(cls.workspace_id == workspace_id, cls.state == APPLYING)
        return chosen.order_by(cls.id)

    @classmethod
    def older_than(cls, moment: datetime) -> Delete:
        """Delete what nobody applied, and what was applied; one half-way through stays."""
        return delete(cls).where(cls.touched_at < moment, cls.state != APPLYING)
