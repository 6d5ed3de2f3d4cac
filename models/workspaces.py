"""A workspace that installed Trellis, and what Slack last told us about sending to it."""

from __future__ import annotations

from datetime import datetime
from functools import cache

from sqlalchemy import BindParameter, Select, Update, bindparam, or_, select, update
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, RowId, SlackId, UtcDateTime


class Workspace(Base):
    """A Slack workspace, by its team id."""

    __tablename__ = "workspace"

    workspace_id: Mapped[str] = mapped_column(SlackId, primary_key=True)
    blocked_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """Machine time; Slack answered 429 and nothing is posted before."""
    posts_tat: Mapped[datetime | None] = mapped_column(UtcDateTime)
    looks_tat: Mapped[datetime | None] = mapped_column(UtcDateTime)
    opens_tat: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """Machine time: when the next post, page of a history or opening of a group would arrive at Slack's pace."""
    stopped_because: Mapped[str | None]
    """Slack's error when it took the token away; nothing is posted until the app is installed again."""
    history: Mapped[str | None]
    """Which history of a server the rows belong to: in another one, they may be older than what was sent."""
    copied_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """Machine time: the store was put back from a copy, and may not know what was sent since then."""
    known_until: Mapped[int | None] = mapped_column(RowId)
    """The last message by its number that the copy knew; a later one may be one that was sent, written anew."""
    resumed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """Machine time: since then messages are taken from the store that was put back."""
    caught_up_until: Mapped[int | None] = mapped_column(RowId)
    """The last message by its number that was written before planning had caught up; None as long as it has not."""
    zone_data: Mapped[str | None]
    """The version of the time zone data with which the next moments were computed.

    While they are being computed anew: that version, the one to come, and the last 1-on-1 that has been moved to it,
    as in `2026.1 > 2026.6 @ 1500`. Whoever reads it otherwise finds another version than theirs, and begins anew.
    """

    @classmethod
    def with_other_zones_than(cls, version: str) -> Select[Workspace]:
        """Select the workspaces whose moments come from other zone data."""
        other = or_(cls.zone_data.is_(None), cls.zone_data != version)
        return select(cls).where(other).order_by(cls.workspace_id)

    @classmethod
    @cache
    def locked(cls) -> Select[Workspace]:
        """Select workspaces for a claim by `workspace_ids`; what another worker claims from is left to it."""
        wanted: BindParameter[str] = bindparam("workspace_ids", expanding=True)
        chosen = select(cls).where(cls.workspace_id.in_(wanted)).order_by(cls.workspace_id)
        return chosen.with_for_update(skip_locked=True)

    @classmethod
    def to_put_back(cls, workspace_id: str | None) -> Select[Workspace]:
        """Select a workspace, or all, to note that their rows come from a copy; locked against a claim."""
        chosen = select(cls).order_by(cls.workspace_id).with_for_update()
        return chosen.where(cls.workspace_id == workspace_id) if workspace_id else chosen

    @classmethod
    def is_any_stopped(cls) -> Select[bool]:
        """Ask whether Slack has taken the token of any away."""
        return select(select(cls.workspace_id).where(cls.stopped_because.is_not(None)).exists())

    @classmethod
    def welcome_back(cls, workspace_id: str) -> Update:
        """Post to a workspace again whose token has been found to work."""
        stopped = update(cls).where(cls.workspace_id == workspace_id, cls.stopped_because.is_not(None))
        return stopped.values(stopped_because=None)

    def put_back(self, copied_at: datetime, known_until: int) -> None:
        """Note when the copy was made (machine time) from which the rows are, and the last message it knew.

        Until planning has caught up, this is taken for another word about the same copy, and the earlier one stands.
        """
        if self.copied_at is not None and self.known_until is not None and self.caught_up_until is None:
            copied_at, known_until = min(copied_at, self.copied_at), min(known_until, self.known_until)
        self.copied_at, self.known_until = copied_at, known_until
        self.resumed_at = self.caught_up_until = None

    def may_be_written_anew(self, number: int) -> bool:
        """Whether a message may be one of which the copy did not know, written a second time."""
        if self.known_until is None or number <= self.known_until:
            return False
        return self.caught_up_until is None or number <= self.caught_up_until

    def moved_to_zones(self, version: str) -> int:
        """Give the id of the last 1-on-1 that has been moved to zone data on its way in; 0 if none has been."""
        _, _, moving = (self.zone_data or "").partition(" > ")
        coming, _, last = moving.partition(" @ ")
        return int(last) if coming == version else 0

    def keep_moving_to_zones(self, version: str, last: int) -> None:
        """Keep up to which 1-on-1 zone data has come; the version before stands until all have been moved."""
        before, _, _ = (self.zone_data or "").partition(" > ")
        self.zone_data = f"{before} > {version} @ {last}"
