"""A store put back from a copy, or taken over by a copy that lagged: what it may have sent since is in doubt."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import cast

from sqlalchemy import CursorResult
from sqlalchemy.orm import Session

from models.outbox import Delivery

log = logging.getLogger(__name__)

OLDEST_COPY = timedelta(days=31)
"""How far back what is doubted is looked for in a store that does not know of any message sent."""


def doubt(
    session: Session,
    before: datetime,
    *,
    machine_now: datetime,
    settling: timedelta,
    since: datetime | None = None,
    workspace_id: str | None = None,
) -> int:
    """Doubt what was due by this moment of people's time, on its way, or had been tried, and say how much.

    It is looked for in what was posted `since` the copy was made (machine time); without that moment, since the last
    message was sent of which the copy knows. That is done for one workspace or for all.
    """
    if session.get_bind().dialect.name == "postgresql":
        # What answers a person must be quick; a store put back may hold a month of messages.
        session.connection().exec_driver_sql("SET LOCAL statement_timeout = 0")
    copied_at = since or session.scalars(Delivery.last_sent(workspace_id)).one() or machine_now - OLDEST_COPY
    stale = Delivery.doubt_restored(
        before,
        since=min(copied_at, machine_now),
        look_at=machine_now + settling,
        workspace_id=workspace_id,
    )
    count = cast("CursorResult[object]", session.execute(stale)).rowcount
    log.info("deliveries_doubted", extra={"count": count, "before": before.isoformat()})
    return count
