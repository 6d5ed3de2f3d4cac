"""A process that brings meetings up to date with zone data, and holds its second batch until it is killed."""

from __future__ import annotations

import sys
import threading
from datetime import datetime

from bot import zone_changes
from bot.runtime.database import Sessions, connect


def main(address: str, now: str) -> None:
    """Finish one batch of two, and never commit the next."""
    sessions, moment = Sessions(connect(address)), datetime.fromisoformat(now)
    with sessions.begin() as session:
        zone_changes.refresh(session, now=moment, limit=2)
    with sessions.begin() as session:
        zone_changes.refresh(session, now=moment, limit=2)
        session.flush()
        sys.stdout.write("holding\n")
        sys.stdout.flush()
        threading.Event().wait()


if __name__ == "__main__":
    main(*sys.argv[1:])
