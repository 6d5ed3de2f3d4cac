"""Bringing those who were left over into a matching, by solving anew, exactly, for them and some people around them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Final

import numpy as np

from bot.matching.exact import best_pairs
from bot.matching.fields import Field
from bot.matching.fractional import Prices
from bot.matching.layers import Numbers, Pairs

LEAST_NEIGHBOURS: Final = 4


def mend(field: Field, pairs: Pairs, alone: list[int], prices: Prices, burden: Numbers, most: int) -> Pairs:
    """Match those alone, and about so many around them, as well as they can be matched among each other."""
    chosen = _around(field, pairs, alone, prices, most)
    kept = [pair for pair in pairs if pair[0] not in chosen]
    return kept + best_pairs(field, np.array(sorted(chosen), np.int64), burden)


def _around(field: Field, pairs: Pairs, alone: list[int], prices: Prices, most: int) -> set[int]:
    """Choose people near those alone, always together with their partners, one step of exchange after the other."""
    partner = {a: b for pair in pairs for a, b in (pair, pair[::-1])}
    begun = alone[: most // LEAST_NEIGHBOURS]
    chosen, waiting = set(begun), deque(begun)
    each = max(LEAST_NEIGHBOURS, most // (4 * len(begun) + 1))
    while waiting and len(chosen) < most:
        for near in _neighbours(field, waiting.popleft(), prices):
            if near in chosen:
                continue
            following = partner.get(near, near)
            chosen |= {near, following}
            waiting.append(following)
            if (each := each - 1) <= 0:
                break
        each = max(LEAST_NEIGHBOURS, most // (4 * len(begun) + 1))
    return chosen


def _neighbours(field: Field, place: int, prices: Prices) -> Iterator[int]:
    """Give whom a place could meet: without a repeat before with one, those who cost the others least first."""
    row = np.array([place])
    fresh, every = field.affinities(row)[0], field.affinities(row, with_repeats=True)[0]
    saved = 2.0 * every - prices
    order = np.lexsort((-saved, fresh < 0))
    return (int(near) for near in order[every[order] >= 0])
