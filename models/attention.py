"""What has come to people in a week that they had not asked for, a row a message and person."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, RowId, SlackId


class Attention(Base):
    """One message that took some of a person's attention; sent again after a doubt it takes no more."""

    __tablename__ = "attention"
    __table_args__ = (Index("ix_attention_week", "week"),)

    workspace_id: Mapped[str] = mapped_column(SlackId, primary_key=True)
    user_id: Mapped[str] = mapped_column(SlackId, primary_key=True)
    week: Mapped[date] = mapped_column(primary_key=True)
    """The Monday with which it began where the person is."""
    delivery_id: Mapped[int] = mapped_column(RowId, primary_key=True)
