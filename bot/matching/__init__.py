"""How buddies are chosen: the people of a round go in as values, groups and the reasons for them come out.

What computes is loaded when it is first asked for: it takes seventy megabytes and most of a second, which of all
processes only the one that matches a round should pay.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from bot.matching.people import History, Mixing, Person, Round, Rules, Weights
from bot.matching.results import Found, Group, LeftOver, Progress, Result
from bot.matching.snapshots import UnknownFormat, read, read_first, restored, snapshot, written

if TYPE_CHECKING:
    from bot.matching.rounds import admissible, match, replay
    from bot.matching.swaps import find_partner, next_mentor
else:
    COMPUTE: Final = {
        **dict.fromkeys(("admissible", "match", "replay"), "rounds"),
        **dict.fromkeys(("find_partner", "next_mentor"), "swaps"),
    }

    def __getattr__(name: str) -> Any:
        """Load the module of a function that computes."""
        if name not in COMPUTE:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module(f"{__name__}.{COMPUTE[name]}"), name)


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
    "admissible",
    "find_partner",
    "match",
    "next_mentor",
    "read",
    "read_first",
    "replay",
    "restored",
    "snapshot",
    "written",
]
