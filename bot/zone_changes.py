"""New time zone data: a country changed its clocks, so planned moments are computed anew from the wall clock."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from bot import occurrences
from bot.recurrence import place
from bot.zones import ZONE_DATA_VERSION
from models.one_on_ones import Occurrence, OneOnOne
from models.workspaces import Workspace

BATCH = 500


def refresh(session: Session, *, now: datetime) -> bool:
    """Bring one workspace whose moments come from other zone data up to date; False if there is none.

    Keys go by the local day, so a meeting that moves by an hour still gets each of its messages once.
    """
    workspace = session.scalars(Workspace.with_other_zones_than(ZONE_DATA_VERSION)).first()
    if workspace is None:
        return False
    after = 0
    while batch := list(session.scalars(OneOnOne.all_standing(workspace.workspace_id, after, BATCH))):
        for one_on_one in batch:
            one_on_one.next_fire_at = occurrences.starts_at(one_on_one) - occurrences.AHEAD
        _place_anew(session, workspace.workspace_id, batch, now)
        after = batch[-1].id
    workspace.zone_data = ZONE_DATA_VERSION
    return True


def _place_anew(session: Session, workspace_id: str, one_on_ones: list[OneOnOne], now: datetime) -> None:
    zones = {one_on_one.id: one_on_one.zone for one_on_one in one_on_ones}
    shifted = []
    for occurrence in session.scalars(Occurrence.to_come(workspace_id, zones.keys(), now)):
        starts_at = place(occurrence.on, occurrence.at, zones[occurrence.one_on_one_id]).starts_at
        if starts_at != occurrence.starts_at:
            occurrence.starts_at = starts_at
            shifted.append(occurrence)
    occurrences.reopen_windows(session, shifted)
