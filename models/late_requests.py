"""What people asked for that the store did not take while Slack listened, as long as it is still to be done."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Delete, Select, String, Text, delete, select, update
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.sql.dml import ReturningUpdate

from models.base import Base, SlackId, UtcDateTime, from_now


class LateRequest(Base):
    """One request, as private as it came in: it is deleted as soon as it is done or given up.

    Its receipt is taken in the transaction of its effect. All moments but `asked_at` are by the store's clock.
    """

    __tablename__ = "late_request"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    workspace_id: Mapped[str] = mapped_column(SlackId)
    user_id: Mapped[str] = mapped_column(SlackId)
    body: Mapped[str] = mapped_column(Text)
    """What Slack sent, as JSON."""
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    """People's time."""
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)
    """Until when it may be tried."""
    holder: Mapped[str] = mapped_column(String(32))
    """The process whose it is, or was last."""
    leased_until: Mapped[datetime] = mapped_column(UtcDateTime)

    @classmethod
    def left(cls) -> Select[LateRequest]:
        """Select what is nobody's."""
        return select(cls).where(cls.leased_until <= from_now(0))

    @classmethod
    def left_over(cls, most: int) -> Select[LateRequest]:
        """Select and lock so much of what is nobody's, in the order in which it was asked for."""
        return cls.left().order_by(cls.asked_at, cls.id).limit(most).with_for_update(skip_locked=True)

    @classmethod
    def leased(cls, ids: Collection[str], holder: str, seconds: float) -> ReturningUpdate[str]:
        """Hold for so long what of these nobody else has taken, and say which those are."""
        held = update(cls).where(cls.id.in_(ids), cls.holder == holder)
        return held.values(leased_until=from_now(seconds)).returning(cls.id)

    @classmethod
    def done(cls, ids: Collection[str]) -> Delete:
        """Delete what needs nobody any more."""
        return delete(cls).where(cls.id.in_(ids))
