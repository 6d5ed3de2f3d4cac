"""A workspace that installed Trellis, and what Slack last told us about sending to it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Select, Update, or_, select, update
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
        """Select the workspaces whose moments come from other zone data."""
        other = or_(cls.zone_data.is_(None), cls.zone_data != version)
        return select(cls).where(other).order_by(cls.workspace_id)

    @classmethod
    def welcome_back(cls, workspace_id: str) -> Update:
        """Post to a workspace again whose token has been found to work."""
        stopped = update(cls).where(cls.workspace_id == workspace_id, cls.stopped_because.is_not(None))
        return stopped.values(stopped_because=None)
