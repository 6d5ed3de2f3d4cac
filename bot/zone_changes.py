"""New time zone data: a country changed its clocks, so planned moments are computed anew from the wall clock."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy.orm import Session

from bot import planning, programmes
from bot.recurrence import place
from bot.zones import ZONE_DATA_VERSION
from models.base import hold_alone, wait_to_hold
from models.bulk import change_each
from models.one_on_ones import Occurrence, OneOnOne
from models.workspaces import Workspace

BATCH = 500
LOOKED_THROUGH = 20
"""So many workspaces are tried for one that no other process is at."""


def refresh(session: Session, *, now: datetime, limit: int = BATCH) -> bool:
    """Bring the next 1-on-1s whose moments come from other zone data up to date; False if there are none.

    Each transaction takes one workspace's next batch and keeps how far it came, so that a large workspace is held up
    for no longer than a small one, and whoever goes on after a crash begins where it ended. What has moved has moved
    with that word, so nothing moves twice. Keys go by the local day, so a meeting that moves by an hour still gets
    each of its messages once.
    """
    workspace = _take_stale(session)
    if workspace is None:
        return False
    if workspace.zone_data == ZONE_DATA_VERSION:
        return True
    after = workspace.moved_to_zones(ZONE_DATA_VERSION)
    last = _bring_up_to_date(session, workspace.workspace_id, after, limit, now)
    if last is None:
        programmes.place_anew(session, workspace.workspace_id)
        workspace.zone_data = ZONE_DATA_VERSION
    else:
        workspace.keep_moving_to_zones(ZONE_DATA_VERSION, last)
    return True


def _take_stale(session: Session) -> Workspace | None:
    """Choose a workspace that no other process is at, or wait for one: a process that is at it may end half-way.

    Its row is not locked: delivery skips locked ones, and would post nothing there until a million had been moved.
    """
    stale = Workspace.with_other_zones_than(ZONE_DATA_VERSION)
    seen = session.scalars(stale.limit(LOOKED_THROUGH)).all()
    if not seen:
        return None
    workspace = next((each for each in seen if hold_alone(session, _name(each))), seen[0])
    wait_to_hold(session, _name(workspace))
    session.refresh(workspace)  # whoever held it before may have come farther, or to the end
    return workspace


def _name(workspace: Workspace) -> str:
    return f"zones:{workspace.workspace_id}"


def _bring_up_to_date(
    session: Session, workspace_id: str, after: int, limit: int, now: datetime
) -> int | None:
    """Move a batch, and give the id of its last; None if there is nothing after it."""
    batch = session.scalars(OneOnOne.all_standing(workspace_id, after, limit)).all()
    ids = {one_on_one.id for one_on_one in batch}
    near = set(session.scalars(Occurrence.with_some_to_come(workspace_id, ids, now)))
    # Most are far off and stay where they are: only what may move is locked, against a person and against a tick.
    concerned = near | planning.misplaced(session, batch)
    if concerned:
        locked = session.scalars(OneOnOne.locked_among(workspace_id, concerned)).all()
        _place_anew(session, workspace_id, near, now)
        planning.schedule(session, locked)
    return batch[-1].id if len(batch) == limit else None


def _place_anew(session: Session, workspace_id: str, one_on_ones: Collection[int], now: datetime) -> None:
    """Put planned meetings where their wall clock now is; working hours may have moved for either of the two."""
    if not one_on_ones:
        return
    coming = session.scalars(Occurrence.to_come(workspace_id, one_on_ones, now)).all()
    places = [(each, place(each.on, each.at, each.one_on_one.zone).starts_at) for each in coming]
    change_each(session, [(each, {"starts_at": at}) for each, at in places if at != each.starts_at])
    planning.reopen_windows(session, coming)
