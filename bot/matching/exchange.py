"""Better groups by exchanging two people at a time, and by shaking some groups when no exchange helps any more."""

from __future__ import annotations

import random
from typing import Final

import numpy as np

from bot.matching.layers import Numbers

SHAKEN: Final = 3
"""So many groups are mixed anew at a time."""
WORK, PATIENCE = 2_000_000, 150
"""So many pairs are looked at while shaking, for 60 people 500 times, unless so many shakes in a row were in vain."""


def improved(worth: Numbers, labels: Numbers, chance: random.Random) -> Numbers:
    """Improve who is in which group (a label each), given what each two are worth to each other; sizes stay."""
    best = _exchanged(worth, labels.copy())
    most = _total(worth, best)
    count = int(labels.max(initial=0)) + 1
    left, patience = (WORK // max(1, len(labels)) ** 2, PATIENCE) if count > 1 else (0, 0)
    while min(left, patience) > 0:
        tried = best.copy()
        shaken = np.flatnonzero(np.isin(tried, chance.sample(range(count), min(SHAKEN, count))))
        mixed = tried[shaken].tolist()
        chance.shuffle(mixed)
        tried[shaken] = mixed
        tried = _exchanged(worth, tried)
        total = _total(worth, tried)
        left, patience = left - 1, PATIENCE if total > most else patience - 1
        if total >= most:
            best, most = tried, total
    return best


def _total(worth: Numbers, labels: Numbers) -> int:
    return int(worth[labels[:, None] == labels].sum())


def _exchanged(worth: Numbers, labels: Numbers) -> Numbers:
    """Exchange two people, or move one to where a place is free, whatever gains most, until nothing gains."""
    count = int(labels.max(initial=0)) + 1
    everybody = np.arange(len(labels))
    towards = np.stack([worth[:, labels == label].sum(axis=1) for label in range(count)], axis=1)
    while True:
        own = towards[everybody, labels]
        across = towards[:, labels]
        gain = across + across.T - own - own[:, None] - 2 * worth
        gain[labels[:, None] == labels] = 0
        one, other = divmod(int(gain.argmax()), len(labels))
        moves = [(one, int(labels[other])), (other, int(labels[one]))] if gain[one, other] > 0 else []
        moves = moves or _best_move(towards, own, labels, count)
        if not moves:
            return labels
        for person, label in moves:
            towards[:, labels[person]] -= worth[:, person]
            towards[:, label] += worth[:, person]
            labels[person] = label


def _best_move(towards: Numbers, own: Numbers, labels: Numbers, count: int) -> list[tuple[int, int]]:
    """Find who gains most by moving from a larger group to one that is smaller by one, if anybody does."""
    sizes = np.bincount(labels, minlength=count)
    gain = np.where(sizes == sizes[labels][:, None] - 1, towards - own[:, None], 0)
    person, label = divmod(int(gain.argmax()), count)
    return [(person, label)] if gain[person, label] > 0 else []
