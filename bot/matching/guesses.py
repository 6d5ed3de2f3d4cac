"""What everybody's price will be about, learnt from some of the people: good enough to know whom to look at.

Whoever fits many well is dear. Without prices all would have the same few among their best; with them, everybody has
those among their best whom they can have.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from bot.matching.fields import CELLS, Field
from bot.matching.fractional import Edges, assign
from bot.matching.layers import Numbers, Points
from bot.matching.people import LARGEST_AFFINITY

SHARE: Final = 8
"""One of so many is asked."""
LEAST_ASKED, MOST_ASKED = 400, 3_000
FIRST: Final = 8
"""So many of the best, and then of the missing ones, are candidates among those who are asked."""
KNOWN: Final = 60
"""About so many of all should be within a person's reach; 2 of those who are asked at least."""
LOWEST: Final = -4 * LARGEST_AFFINITY
"""The bar of whoever could meet none, or too few, of those who are asked: below all that anybody is worth."""


@dataclass(frozen=True)
class Guess:
    """Somebody is within reach if they are worth more, less their price, than the person's bar."""

    halves: Points
    """Half of the doubled prices: of two people, together about what they are worth to each other."""
    bars: Points


def guessed(field: Field) -> Guess:
    """Let some people choose as if there were nobody else, and all others among these."""
    size = field.size
    count = min(max(size // SHARE, min(LEAST_ASKED, size // 2)), MOST_ASKED)
    # Not the first ones: mentors come before mentees.
    asked = np.arange(count) * size // max(1, count)
    agreed = _agreed(field, asked)
    reach = min(count, max(2, round(KNOWN * count / max(1, size))))
    halves, bars = np.zeros(size, np.int16), np.zeros(size, np.int16)
    for rows, left in _left(field, np.arange(size), asked, agreed):
        best = np.partition(left, count - reach, axis=1)[:, count - reach :]
        # The last of them is still within reach.
        bars[rows] = best.min(axis=1, initial=LARGEST_AFFINITY) - 1
        halves[rows] = best.max(axis=1, initial=0)
    halves[asked] = agreed
    return Guess(halves, np.maximum(bars, LOWEST))


def _agreed(field: Field, asked: Numbers) -> Points:
    """Find half the prices some people would have among each other; whoever is alone there costs nothing."""
    alone = np.zeros(len(asked), np.int64)
    halves, prices, edges = np.zeros(len(asked), np.int16), np.zeros(len(asked)), Edges.none()
    for _ in range(2):
        edges = edges.joined(_most_missing(field, asked, halves))
        prices = assign(edges, alone, prices).prices
        halves = np.rint(prices / 2).astype(np.int16)
    return halves


def _most_missing(field: Field, asked: Numbers, halves: Points) -> Edges:
    """Give each of some people the few others among them who are worth most beyond the prices."""
    count, found = min(FIRST, len(asked)), Edges.none()
    for rows, left in _left(field, asked, asked, halves):
        at = np.searchsorted(asked, rows)
        best = np.argpartition(left, len(asked) - count, axis=1)[:, len(asked) - count :]
        left = np.take_along_axis(left, best, axis=1)
        row, column = np.nonzero(left > halves[at][:, None])
        other = best[row, column]
        found = found.joined(Edges.of(at[row], other, left[row, column] + halves[other]))
    return found


def _left(field: Field, places: Numbers, asked: Numbers, halves: Points) -> Iterator[tuple[Numbers, Points]]:
    """Say, for some places at a time, what all who are asked are worth to them less the price: if forbidden, little."""
    at_once = max(1, CELLS // max(1, len(asked)))
    for begin in range(0, len(places), at_once):
        rows = places[begin : begin + at_once]
        left = field.between(rows, asked)
        left -= halves
        yield rows, left
