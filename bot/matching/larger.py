"""Groups of three or four."""

from __future__ import annotations

from bot.matching.fields import Field
from bot.matching.layers import Numbers
from bot.matching.pairing import Progress
from bot.matching.threes import Grouping, pairs_and_threes


def larger_groups(field: Field, burden: Numbers, seed: int, progress: Progress) -> Grouping:
    """Match."""
    return pairs_and_threes(field, burden, progress)
