"""Pairs, and threes for those whom an odd number leaves over."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Final

import numpy as np

from bot.matching.exact import Worths, heaviest, worths_of
from bot.matching.fields import Field
from bot.matching.foresight import coming_threes
from bot.matching.fractional import Edges, assign
from bot.matching.hosting import thirds
from bot.matching.layers import Numbers, Pairs
from bot.matching.pairing import FEW, Pairing, affinity_of, pair_up
from bot.matching.people import LARGEST_AFFINITY
from bot.matching.results import Progress

Groups = list[tuple[int, ...]]

SMALL: Final = 60
"""Of so many people every three is considered, else the threes of those who were burdened longest ago."""
POOL: Final = 40
MOST_TRIES: Final = {24: 2_000, SMALL: 300, FEW: 12}
"""How many threes are tried at most, up to so many people, by matching all others exactly."""
EXACT_FLOATS: Final = 2**53
MOST_FIRST_TRIES: Final = 3
"""How many threes are tried, with everybody else, when there are many people."""


@dataclass(frozen=True)
class Grouping:
    """Groups of places, the places left alone, and what is known about better ones."""

    groups: Groups
    alone: list[int]
    bound: int
    is_proven: bool


def pairs_and_threes(field: Field, burden: Numbers, progress: Progress) -> Grouping:
    """Match everybody in pairs, and who is left joins a pair where the rules allow it."""
    if field.size > FEW and field.size % 2 and not field.rules.is_mentoring:
        for three in _likely_threes(field, burden):
            found = _around(field, three, burden, progress)
            if found is not None:
                return found
    pairing = pair_up(field, burden, progress)
    if field.rules.is_mentoring:
        return Grouping(list(pairing.pairs), pairing.alone, pairing.bound, pairing.is_proven)
    if len(pairing.alone) == 1 and field.size <= FEW:
        return _with_best_three(field, burden, pairing) or _hosted(field, burden, pairing)
    return _hosted(field, burden, pairing)


def affinity_of_groups(field: Field, groups: Groups) -> int:
    """Sum the affinities of all pairs inside groups."""
    return affinity_of(field, [pair for group in groups for pair in combinations(group, 2)])


def _with_best_three(field: Field, burden: Numbers, pairing: Pairing) -> Grouping | None:
    """Choose the three so that it and the pairs of all others are best together; None if that places fewer."""
    everybody = np.arange(field.size)
    allowed = field.affinities(everybody, with_repeats=True) >= 0
    worths = worths_of(field, everybody, burden, coming_threes(field, allowed, burden))
    groups, is_best = _best_tried(worths, burden)
    if not groups:
        return None
    affinity = affinity_of_groups(field, groups)
    bound = affinity if is_best else max(affinity, _bound_with_three(worths))
    is_proven = is_best or _repeats(field, groups) <= _repeats(field, pairing.pairs)
    return Grouping(groups, [], bound, is_proven)


def _best_tried(worths: Worths, burden: Numbers) -> tuple[Groups, bool]:
    """Try threes until no other can be better, and tell whether that is so; no groups if all place too few."""
    size = len(worths.places)
    threes, ceilings = _ranked_threes(worths, burden)
    tries = next(tries for most, tries in MOST_TRIES.items() if size <= most)
    is_exact = size <= SMALL and float(ceilings.max(initial=0)) < EXACT_FLOATS
    best: tuple[int, int, Groups] = (-1, 0, [])
    for three, ceiling in zip(threes[:tries].tolist(), ceilings.tolist(), strict=False):
        if best[0] == size // 2 - 1 and ceiling <= best[1]:
            return best[2], is_exact
        best = max(best, _tried(worths, three), key=lambda found: found[:2])
    return (best[2] if best[0] == size // 2 - 1 else []), is_exact and len(threes) <= tries


def _repeats(field: Field, groups: Groups | Pairs) -> int:
    pairs = [pair for group in groups for pair in combinations(group, 2)]
    return sum(second in field.met_too_soon(first) for first, second in pairs)


def _ranked_threes(worths: Worths, burden: Numbers) -> tuple[Numbers, Any]:
    """List who could be a three, the most promising first, with what it and all others can be worth at most."""
    size = len(worths.places)
    pool = np.arange(size) if size <= SMALL else np.sort(np.argsort(burden, kind="stable")[:POOL])
    a, b, c = np.array(list(combinations(pool.tolist(), 3)), np.int64).reshape(-1, 3).T
    fits = worths.allowed[a, b] & worths.allowed[a, c] & worths.allowed[b, c]
    a, b, c = a[fits], b[fits], c[fits]
    plain = worths.of_threes(a, b, c)
    prices = _prices(worths.whole, worths)
    ceilings = plain.astype(np.float64) + prices.sum() - prices[a] - prices[b] - prices[c]
    order = np.argsort(-ceilings, kind="stable")
    return np.stack([a, b, c], axis=1)[order], ceilings[order]


def _prices(worth: Any, worths: Worths) -> Any:
    """Find prices such that no allowed pair is worth more than its two."""
    first, second = np.nonzero(np.triu(worths.allowed, 1))
    edges = Edges(first, second, worth[first, second].astype(np.float64))
    beyond = 2 * len(worths.places) * float(edges.worth.max(initial=1))
    alone = np.full(len(worths.places), -beyond)
    return assign(edges, alone, np.zeros(len(alone))).prices / 2


def _tried(worths: Worths, three: list[int]) -> tuple[int, int, Groups]:
    """Match all others exactly: how many pairs, what everything is worth, and the groups."""
    rest = np.delete(np.arange(len(worths.places)), three)
    whole, allowed = (each[np.ix_(rest, rest)] for each in (worths.whole, worths.allowed))
    pairs = heaviest(whole, allowed)
    worth = int(worths.of_threes(*np.array(three).reshape(3, 1))[0])
    worth += sum(int(whole[pair]) for pair in pairs)
    return len(pairs), worth, [tuple(three), *((int(rest[a]), int(rest[b])) for a, b in pairs)]


def _bound_with_three(worths: Worths) -> int:
    """Bound the affinity: by the prices, and by how much more than its three prices any three is worth."""
    prices = _prices(worths.affinity, worths)
    above = np.where(worths.allowed, worths.affinity - np.add.outer(prices, prices) / 2, -np.inf)
    most = max(float((above + row + row[:, None]).max()) for row in above)
    return math.floor(float(prices.sum()) + most)


def _likely_threes(field: Field, burden: Numbers) -> Iterator[list[int]]:
    """Give threes of people who were burdened longest ago, who fit well and are spared easily."""
    pool = np.sort(np.argsort(burden, kind="stable")[:POOL])
    rows = field.affinities(pool)
    near, spared = rows[:, pool].astype(np.int64), rows.max(axis=1).astype(np.int64) // 2
    a, b, c = np.array(list(combinations(range(len(pool)), 3)), np.int64).T
    fits = (near[a, b] >= 0) & (near[a, c] >= 0) & (near[b, c] >= 0)
    a, b, c = a[fits], b[fits], c[fits]
    ranks = burden[pool]
    gain = near[a, b] + near[a, c] + near[b, c] - spared[a] - spared[b] - spared[c]
    order = np.lexsort((-gain, ranks[a] + ranks[b] + ranks[c]))[:MOST_FIRST_TRIES]
    return (pool[[int(a[at]), int(b[at]), int(c[at])]].tolist() for at in order)


def _around(field: Field, three: list[int], burden: Numbers, progress: Progress) -> Grouping | None:
    """Match all others in pairs; None if that needs a repeat or leaves somebody over."""
    rest = np.delete(np.arange(field.size), three)
    others = Field([field.people[place] for place in rest.tolist()], field.meetings, field.rules)
    pairing = pair_up(others, burden[rest], progress)
    if pairing.alone or _repeats(others, pairing.pairs):
        return None
    groups = [tuple(three), *((int(rest[a]), int(rest[b])) for a, b in pairing.pairs)]
    rows = field.affinities(np.array(three))
    price = np.zeros(field.size)
    price[rest] = pairing.prices / 2
    price[three] = np.maximum((rows[:, rest] - price[rest]).max(axis=1), rows[:, three].max() / 2)
    bound = pairing.priced + price[three].sum() + np.sort(price)[-3:].sum()
    return Grouping(groups, [], math.floor(bound), True)


def _hosted(field: Field, burden: Numbers, pairing: Pairing) -> Grouping:
    """Let those left over join pairs."""
    joining = thirds(field, burden, pairing.pairs, pairing.alone)
    groups: Groups = [
        (*pair, joining[at]) if at in joining else pair for at, pair in enumerate(pairing.pairs)
    ]
    alone = sorted(set(pairing.alone) - set(joining.values()))
    bound = pairing.bound + 2 * LARGEST_AFFINITY * len(joining)
    return Grouping(groups, alone, bound, pairing.is_proven)
