"""A workspace that installed Trellis, and what Slack last told us about sending to it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, SlackId, UtcDateTime


class Workspace(Base):
    """A Slack workspace, by its team id."""

    __tablename__ = "workspace"

    workspace_id: Mapped[str] = mapped_column(SlackId, primary_key=True)
    blocked_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """Machine time; Slack answered 429 and nothing is posted before."""
    stopped_because: Mapped[str | None]
    """Slack's error when it took the token away; nothing is posted until the app is installed again."""
    zone_data: Mapped[str | None]
    """The version of the time zone data with which the next moments were computed."""

    @classmethod
    def with_other_zones_than(cls, version: str) -> Select[Workspace]:
        """Select the workspaces whose moments come from other zone data, locked; another worker skips them."""
        other = or_(cls.zone_data.is_(None), cls.zone_data != version)
        return select(cls).where(other).order_by(cls.workspace_id).with_for_update(skip_locked=True)

    @classmethod
    def everyone(cls) -> Select[str]:
        """Select the ids of all workspaces whose token still works."""
        return select(cls.workspace_id).where(cls.stopped_because.is_(None)).order_by(cls.workspace_id)
