"""Who is written to in a run, where to look for it, and whose workspace they are in."""

from __future__ import annotations

from itertools import combinations
from zlib import crc32

from bot.outbox import group
from tests.chaos.meetings import Pair
from tests.chaos.worker import WORKSPACES
from tests.people import AMY

CROWD = tuple(f"UCROWD{number:03}" for number in range(24))
GENERAL = "CGENERAL1"
MAILBOXES = (*((person, None) for person in CROWD), (AMY, GENERAL))
"""Where to look for what was sent: in direct messages, and in a channel through a member's eyes."""
PAIRS = tuple(group(pair) for pair in combinations(CROWD, 2))


def receiver(number: int) -> str:
    """Write to everybody in turn, and every tenth message to two at once, who are mostly others each time."""
    if number % 10 == 0:
        return PAIRS[number // 10 % len(PAIRS)]
    everybody = (*CROWD, GENERAL)
    return everybody[number % len(everybody)]


def workspace_of(receiver: str) -> str:
    """Spread people over the workspaces: who is one's receiver is nobody else's."""
    return WORKSPACES[crc32(receiver.encode()) % len(WORKSPACES)]


def pairs() -> list[Pair]:
    """Pair off whoever are in one workspace."""
    each = [(workspace_of(one), one, other) for one, other in combinations(CROWD, 2)]
    return [Pair(*pair) for pair in each if pair[0] == workspace_of(pair[2])]
