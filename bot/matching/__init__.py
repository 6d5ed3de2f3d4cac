"""How buddies are chosen: the people of a round go in as values, groups and the reasons for them come out."""

from __future__ import annotations

from bot.matching.pairing import Progress
from bot.matching.people import History, Mixing, Person, Round, Rules, Weights
from bot.matching.results import Group, LeftOver, Result
from bot.matching.rounds import match, replay
from bot.matching.snapshots import UnknownFormat, read, restored, snapshot, written
from bot.matching.swaps import Found, find_partner, next_mentor

__all__ = [
    "Found",
    "Group",
    "History",
    "LeftOver",
    "Mixing",
    "Person",
    "Progress",
    "Result",
    "Round",
    "Rules",
    "UnknownFormat",
    "Weights",
    "find_partner",
    "match",
    "next_mentor",
    "read",
    "replay",
    "restored",
    "snapshot",
    "written",
]
