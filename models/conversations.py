"""Conversations: where each receiver of messages is reached in Slack, and how fast."""

from __future__ import annotations

from datetime import datetime
from functools import cache

from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Receiver, SlackId, UtcDateTime


class Conversation(Base):
    """Where messages to a receiver are posted: the DM's id, learnt from Slack's first answer, and how fast."""

    __tablename__ = "conversation"

    workspace_id: Mapped[str] = mapped_column(SlackId, primary_key=True)
    receiver: Mapped[str] = mapped_column(Receiver, primary_key=True)
    channel: Mapped[str | None] = mapped_column(SlackId)
    """The receiver's own id until Slack has told another: what is posted to a person opens the DM.

    None for a group that is still to be opened; an earlier version left it out for everybody.
    """
    posts_tat: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """Machine time: when the next message would arrive at the pace Slack allows."""
    opening_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """Machine time until which nobody else opens a group: somebody is about to, or it has just come to nothing."""

    @classmethod
    @cache
    def known(cls) -> Select[Conversation]:
        """Select the known conversations of `receivers` in `workspace_ids`, which are named when it is asked."""
        return select(cls).where(
            cls.workspace_id.in_(bindparam("workspace_ids", expanding=True)),
            cls.receiver.in_(bindparam("receivers", expanding=True)),
        )
