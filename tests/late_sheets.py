"""What is written down of late requests, wherever that is on a store."""

from __future__ import annotations

import sqlite3
from contextlib import closing

from sqlalchemy import func, select

from bot.runtime.database import Sessions
from models.late_requests import LateRequest


def sheets(sessions: Sessions, about: str = "") -> int:
    """Count them, or those in which it says so."""
    url = sessions.engine.url
    if url.get_backend_name() != "sqlite":
        with sessions.read() as session:
            return session.scalars(select(func.count()).where(LateRequest.body.contains(about))).one()
    with closing(sqlite3.connect(f"{url.database}.late")) as beside:
        if not beside.execute("SELECT 1 FROM sqlite_master WHERE name = 'late_request'").fetchone():
            return 0
        return int(
            beside.execute("SELECT count(*) FROM late_request WHERE instr(body, ?)", (about,)).fetchone()[0]
        )
