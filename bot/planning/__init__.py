"""Planning: giving near meetings their question and their messages, each in the window in which it is of use."""

from __future__ import annotations

from bot.planning.batches import BATCH, due, next_planned, plan, plan_next, put_off
from bot.planning.changes import (
    add_missing_nudges,
    misplaced,
    reach_again,
    reopen_windows,
    schedule,
    take_over,
)
from bot.planning.messages import CLOSING, NUDGES, PREP, REGISTERED, window
from bot.planning.moments import AHEAD, MARGIN, Reach, reach_of, starts_at

__all__ = [
    "AHEAD",
    "BATCH",
    "CLOSING",
    "MARGIN",
    "NUDGES",
    "PREP",
    "REGISTERED",
    "Reach",
    "add_missing_nudges",
    "due",
    "misplaced",
    "next_planned",
    "plan",
    "plan_next",
    "put_off",
    "reach_again",
    "reach_of",
    "reopen_windows",
    "schedule",
    "starts_at",
    "take_over",
    "window",
]
