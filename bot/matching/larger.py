"""Groups of three or four.

They are formed in parts of some hundred people and improved by exchange; then nobody stays over whom a group or another
person could take.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from itertools import combinations
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bot.matching.exact import best_pairs
from bot.matching.exchange import improved
from bot.matching.fields import Field
from bot.matching.layers import UNKNOWN, Numbers
from bot.matching.people import LARGEST_AFFINITY, LARGEST_GROUP
from bot.matching.results import Progress
from bot.matching.threes import Grouping, Groups, affinity_of_groups

PART: Final = 150
"""So many people are grouped at once; more at once fit hardly better and take much longer."""
AROUND: Final = (60, 400)
"""How many people are grouped anew for one who is left over."""
RECENCIES: Final = 64


def larger_groups(field: Field, burden: Numbers, seed: int, progress: Progress) -> Grouping:
    """Bring everybody into groups of the size the rules name, or one less where the number does not come out even."""
    chance = random.Random(seed)
    groups: Groups = []
    alone: list[int] = []
    parts = np.array_split(np.arange(field.size), max(1, round(field.size / PART)))
    for part in parts:
        formed, over = _formed(field, part, burden, chance)
        groups, alone = groups + formed, alone + over
        progress(int(part[-1]) + 1 if len(part) else 0, field.size)
    groups, alone = _placed(field, groups, alone, burden, chance)
    return Grouping(
        groups, sorted(alone), _bound(field, groups), not alone and not _has_repeats(field, groups)
    )


def _formed(
    field: Field, places: Numbers, burden: Numbers, chance: random.Random
) -> tuple[Groups, list[int]]:
    """Group some people, and give those for whom the rules leave no group of that size."""
    has_partner = (field.square(places, with_repeats=True) >= 0).any(axis=1)
    over: list[int] = places[~has_partner].tolist()
    places = places[has_partner]
    if not len(places):
        return [], over
    worth, allowed = _worths(field, places)
    count = -(-len(places) // field.rules.group_size)
    labels = improved(worth, _first_labels(worth, count), chance)
    groups: Groups = []
    for label in range(count):
        kept, removed = _valid(np.flatnonzero(labels == label).tolist(), allowed, burden[places])
        groups += [tuple(places[kept].tolist())] if len(kept) > 1 else []
        over += places[removed if len(kept) > 1 else removed + kept].tolist()
    return groups, over


def _worths(field: Field, places: Numbers) -> tuple[Numbers, NDArray[np.bool]]:
    """Weigh pairs so that the rules count for more than all repeats, and a repeat for more than all affinity."""
    affinity = field.square(places, with_repeats=True).astype(np.int64)
    allowed, met_in = affinity >= 0, field.ages(places)
    step = LARGEST_AFFINITY * LARGEST_GROUP * len(places)
    recency = np.clip(RECENCIES - 1 - (field.meetings.number - met_in), 0, RECENCIES - 1)
    worth = affinity - np.where(met_in == UNKNOWN, 0, step * (RECENCIES + recency))
    worth[~allowed] = -step * RECENCIES * 2 * LARGEST_GROUP * len(places)
    np.fill_diagonal(worth, 0)
    return worth, allowed


def _first_labels(worth: Numbers, count: int) -> Numbers:
    """Deal everybody into groups whose sizes differ by one at most, each time whom the group gains most by."""
    labels = np.full(len(worth), UNKNOWN, np.int64)
    sizes = [len(worth) // count + (label < len(worth) % count) for label in range(count)]
    for label, size in enumerate(sizes):
        gain = np.zeros(len(worth), np.int64)
        for _ in range(size):
            free = np.flatnonzero(labels == UNKNOWN)
            joining = free[gain[free].argmax()]
            labels[joining] = label
            gain += worth[joining]
    return labels


def _valid(members: list[int], allowed: NDArray[np.bool], burden: Numbers) -> tuple[list[int], list[int]]:
    """Take those out of a group who break most rules in it, the least burdened first; the diagonal is no breach."""
    kept = list(members)
    removed: list[int] = []
    while True:
        breaches = {one: sum(not allowed[one, other] for other in kept if other != one) for one in kept}
        if not any(breaches.values()):
            return kept, removed
        worst = max(kept, key=lambda one: (breaches[one], -burden[one], -one))
        kept.remove(worst)
        removed.append(worst)


def _placed(
    field: Field, groups: Groups, alone: list[int], burden: Numbers, chance: random.Random
) -> tuple[Groups, list[int]]:
    """Find a place for everybody who is left over, as long as there is one."""
    if len(alone) > field.rules.group_size:
        formed, alone = _formed(field, np.array(sorted(alone), np.int64), burden, chance)
        groups = groups + formed
    still: list[int] = []
    for one in alone:
        found = _joined(field, groups, one)
        for most in AROUND:
            found = found or _regrouped(field, groups, one, burden, most)
        groups, still = (found, still) if found else (groups, [*still, one])
    return _paired(field, groups, still, burden)


def _joined(field: Field, groups: Groups, one: int) -> Groups | None:
    """Let somebody join the group that gains most, without a repeat before with one, and small before large."""
    row = field.affinities(np.array([one]), with_repeats=True)[0]
    too_soon = field.met_too_soon(one)
    best: tuple[tuple[int, bool, int], int] | None = None
    for at, group in enumerate(groups):
        if len(group) == LARGEST_GROUP or any(row[other] < 0 for other in group):
            continue
        repeats = sum(other in too_soon for other in group)
        rank = (-repeats, len(group) < field.rules.group_size, sum(int(row[other]) for other in group))
        best = max(best or (rank, at), (rank, at), key=lambda each: each[0])
    if best is None:
        return None
    return [(*group, one) if at == best[1] else group for at, group in enumerate(groups)]


def _regrouped(field: Field, groups: Groups, one: int, burden: Numbers, most: int) -> Groups | None:
    """Form pairs anew, exactly, from the groups of those whom somebody could meet, if that leaves nobody over."""
    row = field.affinities(np.array([one]), with_repeats=True)[0]
    near = sorted(
        (group for group in groups if any(row[other] >= 0 for other in group)), key=len, reverse=True
    )
    taken: set[int] = {one}
    for group in near:
        if len(taken) + len(group) <= most:
            taken |= set(group)
    pairs = best_pairs(field, np.array(sorted(taken), np.int64), burden)
    kept = [group for group in groups if group[0] not in taken]
    merged: Groups | None = _merged(field, list(pairs))
    for over in taken - {place for pair in pairs for place in pair}:
        merged = merged and _joined(field, merged, over)
    return kept + merged if merged else None


def _merged(field: Field, groups: Groups) -> Groups:
    """Put pairs together, as long as that makes no group too large and breaks no rule, the best first."""
    places = np.array(sorted(place for group in groups for place in group), np.int64)
    worth, allowed = _worths(field, places)
    at = {int(place): row for row, place in enumerate(places)}

    def gain(one: tuple[int, ...], other: tuple[int, ...]) -> int:
        cells = [(at[a], at[b]) for a in one for b in other]
        fits = len(one) + len(other) <= field.rules.group_size and all(allowed[cell] for cell in cells)
        return sum(int(worth[cell]) for cell in cells) if fits else 0

    while True:
        best = max(combinations(groups, 2), key=lambda two: gain(*two), default=None)
        if best is None or gain(*best) <= 0:
            return groups
        groups = [group for group in groups if group not in best] + [best[0] + best[1]]


def _paired(field: Field, groups: Groups, alone: list[int], burden: Numbers) -> tuple[Groups, list[int]]:
    """Let two who are left over and may meet be a pair."""
    pairs = best_pairs(field, np.array(alone, np.int64), burden) if len(alone) > 1 else []
    paired = {place for pair in pairs for place in pair}
    return [*groups, *pairs], [place for place in alone if place not in paired]


def _bound(field: Field, groups: Groups) -> int:
    """Bound the affinity: nobody has more than their best companions, and each pair counts for both."""
    most = max((len(group) for group in groups), default=field.rules.group_size) - 1
    best = np.zeros(field.size, np.int64)
    for rows in field.blocks():
        points = np.maximum(field.affinities(rows, with_repeats=True), 0)
        best[rows] = np.partition(points, -min(most, field.size), axis=1)[:, -most:].sum(
            axis=1, dtype=np.int64
        )
    return max(int(best.sum()) // 2, affinity_of_groups(field, groups))


def _has_repeats(field: Field, groups: Iterable[tuple[int, ...]]) -> bool:
    pairs = (pair for group in groups for pair in combinations(group, 2))
    return any(other in field.met_too_soon(one) for one, other in pairs)
