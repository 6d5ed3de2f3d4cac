"""A store put back from a copy, or taken over by a copy that lagged: what it may have sent since is in doubt.

That is what the copy knows, and what is planned anew because the copy does not know it: when its turn comes, it is
looked up in Slack too. It is found there by its nonce, which its key gives it, whatever its number is by now.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import cast

from sqlalchemy import CursorResult
from sqlalchemy.orm import Session

from models.outbox import DOUBTFUL, RESTORED, UNOPENED, Delivery
from models.workspaces import Workspace

log = logging.getLogger(__name__)

OLDEST_COPY = timedelta(days=31)
"""How far back what is doubted is looked for in a store that does not know of any message sent."""
A_DAY = timedelta(days=1)
"""What is of use until moments so near to each other may have gone together, the later one long before it was due."""
CATCHING_UP = timedelta(hours=1)
"""By then all has been planned anew that a copy did not know; even the largest round takes minutes."""


def doubt(
    session: Session,
    before: datetime,
    *,
    machine_now: datetime,
    settling: timedelta,
    since: datetime | None = None,
    workspace_id: str | None = None,
) -> int:
    """Doubt what was due by this moment of people's time, on its way, or had been tried or put off; say how much.

    It is looked for in what was posted `since` the copy was made (machine time); without that moment, since the last
    message was sent of which the copy knows. That is done for one workspace or for all, and kept, so that what is
    planned anew can be told from what is new.
    """
    if session.get_bind().dialect.name == "postgresql":
        # What answers a person must be quick; a store put back may hold a month of messages.
        session.connection().exec_driver_sql("SET LOCAL statement_timeout = 0")
    copied_at = since or session.scalars(Delivery.last_sent(workspace_id)).one() or machine_now - OLDEST_COPY
    copied_at = min(copied_at, machine_now)
    # Only an operator who needs not say when the copy was made comes before all planning.
    is_as_copied = since is None and workspace_id is None
    sent = Delivery.last_number_sent(copied_at, workspace_id)
    known_until = session.scalars(Delivery.last_number() if is_as_copied else sent).one() or 0
    for workspace in session.scalars(Workspace.to_put_back(workspace_id)):
        workspace.put_back(copied_at, known_until)
    session.flush()
    doubted = partial(
        Delivery.doubt_restored,
        before,
        since=copied_at,
        look_at=machine_now + settling,
        workspace_id=workspace_id,
    )
    count = cast("CursorResult[object]", session.execute(doubted())).rowcount
    beside = session.execute(Delivery.beside_restored(before, workspace_id)) if count else ()
    went_along = {
        each for each, expires, other in beside if each and expires and abs(expires - other) < A_DAY
    }
    if went_along:
        session.execute(doubted(ids=went_along))
        count += len(went_along)
    log.info("deliveries_doubted", extra={"count": count, "before": before.isoformat()})
    return count


def doubt_anew(
    session: Session,
    ready: Sequence[Delivery],
    workspaces: Mapping[str, Workspace],
    *,
    machine_now: datetime,
    settling: timedelta,
) -> int:
    """Doubt those of these messages that may have been sent before they were written anew, and say how many.

    The workspaces are held. A message is doubted so only once: not after it was looked up, or put back by hand.
    """
    _keep_pace(session, workspaces.values(), machine_now)
    doubted = [
        row for row in ready if _is_untried(row) and workspaces[row.workspace_id].may_be_written_anew(row.id)
    ]
    for row in doubted:
        workspace = workspaces[row.workspace_id]
        assert workspace.resumed_at
        row.state, row.reason, row.doubt_since = DOUBTFUL, RESTORED, workspace.copied_at
        # Whoever sent before the store was put back has ended by the time somebody goes on.
        row.retry_at = max(machine_now, workspace.resumed_at + settling)
    if doubted:
        log.info("deliveries_doubted", extra={"count": len(doubted)})
    return len(doubted)


def _is_untried(row: Delivery) -> bool:
    """Whether nothing has happened to a message since it was written; whatever does leaves a reason.

    That its conversation could not be opened yet has happened to that.
    """
    return row.doubt_since is None and (row.reason is None or row.reason.startswith(UNOPENED))


def _keep_pace(session: Session, workspaces: Iterable[Workspace], machine_now: datetime) -> None:
    """Note when a workspace goes on, and when planning has caught up, up to which message it may be written anew."""
    for workspace in workspaces:
        if workspace.copied_at is None or workspace.caught_up_until is not None:
            continue
        if workspace.resumed_at is None:
            workspace.resumed_at = machine_now
        elif machine_now > workspace.resumed_at + CATCHING_UP:
            workspace.caught_up_until = session.scalars(Delivery.last_number()).one() or 0
