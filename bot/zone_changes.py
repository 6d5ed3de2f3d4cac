"""New time zone data: a country changed its clocks, so planned moments are computed anew from the wall clock."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from bot import planning
from bot.recurrence import place
from bot.zones import ZONE_DATA_VERSION
from models.one_on_ones import Occurrence, OneOnOne
from models.workspaces import Workspace

BATCH = 500


def refresh(session: Session, *, now: datetime, limit: int = BATCH) -> bool:
    """Bring the next 1-on-1s whose moments come from other zone data up to date; False if there are none.

    Each transaction takes one workspace's next batch and keeps how far it came, so that a large workspace is held up
    for no longer than a small one, and whoever goes on after a crash begins where it ended. Keys go by the local day,
    so a meeting that moves by an hour still gets each of its messages once.
    """
    stale = Workspace.with_other_zones_than(ZONE_DATA_VERSION).limit(1)
    workspace = session.scalar(stale.with_for_update(skip_locked=True))  # another worker takes another
    if workspace is None:
        return False
    after = workspace.moved_to_zones(ZONE_DATA_VERSION)
    batch = list(session.scalars(OneOnOne.all_standing(workspace.workspace_id, after, limit)))
    _place_anew(session, workspace.workspace_id, batch, now)
    planning.schedule(session, batch)
    if len(batch) < limit:
        workspace.zone_data = ZONE_DATA_VERSION
    else:
        workspace.keep_moving_to_zones(ZONE_DATA_VERSION, batch[-1].id)
    return True


def _place_anew(session: Session, workspace_id: str, one_on_ones: list[OneOnOne], now: datetime) -> None:
    """Put planned meetings where their wall clock now is; working hours may have moved for either of the two."""
    zones = {one_on_one.id: one_on_one.zone for one_on_one in one_on_ones}
    coming = session.scalars(Occurrence.to_come(workspace_id, zones.keys(), now)).all()
    for occurrence in coming:
        zone = zones[occurrence.one_on_one_id]
        occurrence.starts_at = place(occurrence.on, occurrence.at, zone).starts_at
    planning.reopen_windows(session, coming)
