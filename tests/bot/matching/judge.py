"""The judge: what is allowed, and the best there is, by trying everything. It knows only people, rules and affinity."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

from bot.matching.affinity import Meetings, affinity, shared_minutes
from bot.matching.people import Mixing, Person, Round, Rules
from bot.matching.results import Group

Score = tuple[int, ...]
"""Pairs, then those in them who could be no third, no repeats, how old repeats are, burden eased, coming threes left
as they are, affinity."""
NOTHING: Score = (0,) * 7


def may_meet(first: Person, second: Person, rules: Rules) -> bool:
    """The hard rules, one after the other."""
    if first.id == second.id or first.id == second.manager or second.id == first.manager:
        return False
    if second.id in first.excludes or first.id in second.excludes:
        return False
    if (first.is_guest or second.is_guest) and not rules.guests_may:
        return False
    if first.languages and second.languages and not first.languages & second.languages:
        return False
    minutes = shared_minutes(first.at_work, second.at_work)
    weeks = [sum(ends - begins for begins, ends in each.at_work) for each in (first, second)]
    if first.at_work and second.at_work and minutes < min(rules.least_shared_minutes, *weeks):
        return False
    known = first.department is not None and second.department is not None
    same = known and first.department == second.department
    if rules.is_mixing_hard and rules.mixing is Mixing.ACROSS and same:
        return False
    return not (rules.is_mixing_hard and rules.mixing is Mixing.WITHIN and not same)


def plus(*scores: Score) -> Score:
    return tuple(map(sum, zip(*scores, strict=True)))


@dataclass(frozen=True)
class Judge:
    """Everything there is to know about one small round."""

    matched: Round
    coming: tuple[frozenset[str], ...] = ()
    """The threes of this round and later ones."""

    @cached_property
    def people(self) -> dict[str, Person]:
        return {person.id: person for person in self.matched.people}

    @cached_property
    def meetings(self) -> Meetings:
        return Meetings.of(self.matched.history)

    @cached_property
    def pairs(self) -> set[frozenset[str]]:
        """Who may meet."""
        rules = self.matched.rules
        every = combinations(self.matched.people, 2)
        return {frozenset((a.id, b.id)) for a, b in every if may_meet(a, b, rules)}

    def may_be_together(self, *names: str) -> bool:
        return all(frozenset(pair) in self.pairs for pair in combinations(names, 2))

    @cached_property
    def hostless(self) -> set[str]:
        threes = [three for three in combinations(self.people, 3) if self.may_be_together(*three)]
        return set(self.people) - {name for three in threes for name in three}

    @cached_property
    def burden(self) -> dict[str, int]:
        known = sorted({each.burdened_in for each in self.matched.people if each.burdened_in is not None})
        ranks = {at: rank for rank, at in enumerate(known, start=1)}
        return {
            name: ranks[each.burdened_in] if each.burdened_in is not None else 0
            for name, each in self.people.items()
        }

    @cached_property
    def recency(self) -> dict[frozenset[str], int]:
        """The round in which two who may meet did so too short ago."""
        found = {pair: self._repeat(*sorted(pair)) for pair in self.pairs}
        return {pair: met_in for pair, met_in in found.items() if met_in is not None}

    def _repeat(self, first: str, second: str) -> int | None:
        return self.meetings.repeat(first, second, self.matched.rules)

    def plain(self, first: str, second: str) -> Score:
        """What two are worth, wherever they meet."""
        met_in = self.recency.get(frozenset((first, second)))
        ages = sorted(set(self.recency.values()), reverse=True)
        oldness = 0 if met_in is None else ages.index(met_in) + 1
        worth = affinity(self.people[first], self.people[second], self.meetings, self.matched.rules)
        return (0, 0, int(met_in is None), oldness, 0, 0, worth)

    def pair(self, first: str, second: str) -> Score:
        """What two are worth as a pair."""
        spared = int(not any({first, second} <= three for three in self.coming))
        hosted = (first in self.hostless) + (second in self.hostless)
        return plus(
            self.plain(first, second), (1, hosted, 0, 0, self.burden[first] + self.burden[second], spared, 0)
        )

    def three(self, *names: str) -> Score:
        cut = sum(0 < len(three & set(names)) < 3 for three in self.coming)
        return plus((1, 0, 0, 0, 0, 3 - cut, 0), *(self.plain(*pair) for pair in combinations(names, 2)))

    @cached_property
    def best_of(self) -> dict[int, Score]:
        """The best matching in pairs of every subset, by its bits."""
        names = sorted(self.people)
        worth = {
            (a, b): self.pair(names[a], names[b])
            for a, b in combinations(range(len(names)), 2)
            if self.may_be_together(names[a], names[b])
        }
        best = {0: NOTHING}
        for subset in range(1, 1 << len(names)):
            first = (subset & -subset).bit_length() - 1
            rest = subset & ~(1 << first)
            options = [best[rest]]
            for (a, b), score in worth.items():
                if a == first and rest >> b & 1:
                    options.append(plus(best[rest & ~(1 << b)], score))
            best[subset] = max(options)
        return best

    @property
    def best_pairs(self) -> Score:
        return self.best_of[(1 << len(self.people)) - 1]

    def best_with_three(self) -> Score | None:
        """The best grouping of everybody into pairs and one three, if there is one."""
        names, whole = sorted(self.people), (1 << len(self.people)) - 1
        found = [
            plus(self.three(names[a], names[b], names[c]), self.best_of[whole & ~(1 << a | 1 << b | 1 << c)])
            for a, b, c in combinations(range(len(names)), 3)
            if self.may_be_together(names[a], names[b], names[c])
        ]
        return max((score for score in found if score[0] == len(names) // 2), default=None)

    def score(self, groups: tuple[Group, ...]) -> Score:
        worths = [self.pair if len(group.members) == 2 else self.three for group in groups]
        return plus(NOTHING, *(worth(*group.members) for worth, group in zip(worths, groups, strict=True)))
