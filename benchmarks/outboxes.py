"""Outboxes to be delivered: so many workspaces, so many messages in each, every one to somebody else."""

from __future__ import annotations

import random
from datetime import timedelta

from benchmarks.sender import KIND
from bot.outbox import Message, enqueue, group
from bot.runtime.clock import SystemClock
from bot.runtime.database import Sessions, connect
from models.bulk import insert_missing
from models.workspaces import Workspace

CHUNK = 1_000
DAY = timedelta(days=1)


def fill(url: str, *, workspaces: int, each: int, is_grouped: bool = False) -> int:
    """Put messages that are due into the store, and say how many there are.

    Rows and deadlines are in no order, or grouped: all of one workspace before all of the next.
    """
    engine = connect(url)
    sessions, total = Sessions(engine), workspaces * each
    with sessions.begin() as session:
        insert_missing(session, Workspace, [{"workspace_id": f"T{n:04d}"} for n in range(workspaces)])
    messages = _messages(workspaces, each, is_grouped=is_grouped)
    for first in range(0, total, CHUNK):
        with sessions.begin() as session:
            enqueue(session, messages[first : first + CHUNK])
    engine.dispose()
    return total


def fill_pairs(url: str, pairs: int) -> None:
    """Put a message for each pair of a workspace into the store, all due and of use for a day."""
    engine, now = connect(url), SystemClock().people_now()
    window = now - timedelta(minutes=1), now + DAY
    with Sessions(engine).begin() as session:
        insert_missing(session, Workspace, [{"workspace_id": "T0000"}])
        enqueue(
            session,
            [
                Message("T0000", f"note:{n}", KIND, group([f"U{n:06d}A", f"U{n:06d}B"]), n, *window)
                for n in range(pairs)
            ],
        )
    engine.dispose()


def _messages(workspaces: int, each: int, *, is_grouped: bool) -> list[Message]:
    now, total = SystemClock().people_now(), workspaces * each
    order = list(range(total))
    if not is_grouped:
        random.Random(7).shuffle(order)
    return [
        Message(
            workspace_id=f"T{number // each if is_grouped else number % workspaces:04d}",
            key=f"note:{number}",
            kind=KIND,
            receiver=f"U{number:06d}",
            subject_id=number,
            not_before=now - timedelta(minutes=1),
            expire_at=now + DAY + timedelta(seconds=place),
        )
        for number, place in enumerate(order)
    ]
