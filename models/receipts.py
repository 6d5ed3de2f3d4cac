"""What has taken effect already: events come at least once, people press Submit twice, and processes are killed."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Delete, Index, Select, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.base import Base, SlackId, UtcDateTime
from models.bulk import insert_missing


class Receipt(Base):
    """One event (`event:Ev…`), form (`view:V…`) or request that was put off (`late:…`) that was carried out."""

    __tablename__ = "receipt"
    __table_args__ = (Index("ix_receipt_taken_at", "taken_at"),)

    workspace_id: Mapped[str] = mapped_column(SlackId, primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    taken_at: Mapped[datetime] = mapped_column(UtcDateTime)
    """Machine time."""

    @classmethod
    def older_than(cls, moment: datetime) -> Delete:
        """Delete receipts nobody can ask for again; Slack gives up on an event within the hour."""
        return delete(cls).where(cls.taken_at < moment)

    @classmethod
    def taken_among(cls, workspace_id: str, keys: Collection[str]) -> Select[str]:
        """Select which of these were taken."""
        return select(cls.key).where(cls.workspace_id == workspace_id, cls.key.in_(keys))

    @classmethod
    def given_back(cls, workspace_id: str, key: str) -> Delete:
        """Delete the receipt of what came to nothing and is to be tried again."""
        return delete(cls).where(cls.workspace_id == workspace_id, cls.key == key)


def take_receipt(session: Session, workspace_id: str, key: str, *, at: datetime) -> bool:
    """Write the receipt in the transaction of its effect; False if it had been written before."""
    row = {"workspace_id": workspace_id, "key": key, "taken_at": at}
    return insert_missing(session, Receipt, [row]) == 1
