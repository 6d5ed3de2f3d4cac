"""Whether anybody who is left alone could still be placed: by exchange along any chain, however long."""

from __future__ import annotations

import numpy as np

from bot.matching.exact import heaviest
from bot.matching.fields import Field
from bot.matching.layers import Pairs

MOST_ALONE, MOST_REACHED = 400, 400
"""Of more, nothing is proven this way."""


def is_largest(field: Field, pairs: Pairs, alone: list[int]) -> bool:
    """Prove that no matching has more pairs; False says nothing.

    To place somebody, a chain of exchanges has to end at another who is alone. If all that such chains reach from one
    place is a small closed circle, it is searched exactly; and a chain needs two ends, so one place may stay open.
    """
    if len(alone) > MOST_ALONE:
        return False
    partner = {a: b for pair in pairs for a, b in (pair, pair[::-1])}
    reached: set[int] = set()
    is_open = False
    for one in alone:
        circle = {one} if one in reached else _reached_from(field, partner, one)
        if circle is None and is_open:
            return False
        is_open = is_open or circle is None
        reached |= circle or set()
    inside = sum(a in reached for a, _ in pairs)
    return inside == _most_pairs(field, reached)


def _reached_from(field: Field, partner: dict[int, int], one: int) -> set[int] | None:
    """Follow all chains of exchange from somebody alone; None if they reach too many."""
    reached, waiting = {one}, [one]
    followed = {one}
    while waiting:
        row = field.affinities(np.array([waiting.pop()]), with_repeats=True)[0]
        near = np.flatnonzero(row >= 0)
        if len(near) > MOST_REACHED:
            return None
        for other in near.tolist():
            following = partner.get(other, other)
            reached |= {other, following}
            if following not in followed:
                followed.add(following)
                waiting.append(following)
        if len(reached) > MOST_REACHED:
            return None
    return reached


def _most_pairs(field: Field, places: set[int]) -> int:
    among = np.array(sorted(places), np.int64)
    allowed = field.square(among, with_repeats=True) >= 0
    return len(heaviest(np.ones(allowed.shape, np.int64), allowed))
