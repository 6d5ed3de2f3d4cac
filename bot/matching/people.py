"""What a round of matching is given: the people who are in, when they met before, and the programme's rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Final

MINUTES_A_WEEK: Final = 7 * 24 * 60
SMALLEST_GROUP, LARGEST_GROUP = 2, 4

AtWork = tuple[tuple[int, int], ...]
"""When a person works in the round's week: minutes from Monday 00:00 UTC, each end the first minute off duty."""


class Mixing(StrEnum):
    """Whom a programme brings together."""

    ANY = "any"
    ACROSS = "across"
    WITHIN = "within"
    MENTORING = "mentoring"


@dataclass(frozen=True)
class Person:
    """Someone who takes part in the round: not paused, absent or deactivated. What is not known is left out."""

    id: str
    department: str | None = None
    manager: str | None = None
    """The manager's id."""
    location: str | None = None
    started_on: date | None = None
    offers: frozenset[str] = frozenset()
    """Skills they can teach."""
    wants: frozenset[str] = frozenset()
    """Skills they would like to learn."""
    languages: frozenset[str] = frozenset()
    at_work: AtWork = ()
    """Empty where it is not known; then no number of shared hours is asked of them."""
    excludes: frozenset[str] = frozenset()
    """Whom they do not want to meet, or are not to: which of them for which reason nobody else may ever learn."""
    is_guest: bool = False
    mentees: int = 0
    """As a mentor: how many mentees they take."""
    seeks_mentor: bool = False
    left_over_in: int | None = None
    """The number of the round in which they were last left over."""
    in_three_in: int | None = None
    """The number of the round in which they last were in a larger group than meant."""
    channels: frozenset[str] = frozenset()
    """Where they are beside this programme, as far as that is known; told to nobody, as a channel may be private."""

    @property
    def burdened_in(self) -> int | None:
        """The round in which they last had the worse end, as somebody must when numbers are odd."""
        return max((at for at in (self.left_over_in, self.in_three_in) if at is not None), default=None)


LONG_AGO_ROUNDS: Final = 24
"""So many rounds later an earlier meeting counts as little as it ever will."""


@dataclass(frozen=True)
class History:
    """The groups of earlier rounds by the round's number, and the number of the round to match now.

    Everybody in a group met everybody else in it.
    """

    number: int = 0
    rounds: Mapping[int, tuple[tuple[str, ...], ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Weights:
    """How much each term of the affinity can give at most; together at most 1000."""

    skills: int = 350
    department: int = 200
    hours: int = 150
    tenure: int = 75
    newness: int = 75
    language: int = 50
    location: int = 50
    channels: int = 50

    def __post_init__(self) -> None:
        if min(vars(self).values()) < 0 or sum(vars(self).values()) > LARGEST_AFFINITY:
            raise ValueError(f"weights must be 0 or more and {LARGEST_AFFINITY} together at most: {self}")

    def in_shares(self, halves: Mapping[str, int]) -> Weights:
        """Share all points out anew: each term gets so many halves of its share here, two where nothing is said.

        What one term gives up the others gain, in their proportion.
        """
        shares = {name: points * halves.get(name, AS_IT_IS) for name, points in vars(self).items()}
        whole = max(1, sum(shares.values()))
        return Weights(**{name: LARGEST_AFFINITY * each // whole for name, each in shares.items()})


LARGEST_AFFINITY: Final = 1000
AS_IT_IS: Final = 2


@dataclass(frozen=True)
class Rules:
    """What a programme's owner has set."""

    mixing: Mixing = Mixing.ANY
    is_mixing_hard: bool = False
    """Whether "across" and "within" are a rule; a wish only shows in the affinity."""
    group_size: int = SMALLEST_GROUP
    repeat_window: int = 6
    """For so many rounds nobody meets the same person again, as long as that can be avoided."""
    least_shared_minutes: int = 120
    """Working time a week that two people must have in common; of nobody more than they work at all."""
    guests_may: bool = False
    weights: Weights = Weights()

    def __post_init__(self) -> None:
        if not SMALLEST_GROUP <= self.group_size <= LARGEST_GROUP:
            raise ValueError(f"groups have {SMALLEST_GROUP} to {LARGEST_GROUP} people, not {self.group_size}")
        if self.repeat_window < 0 or self.least_shared_minutes < 0:
            raise ValueError("the repeat window and the shared minutes are 0 or more")

    @property
    def is_mentoring(self) -> bool:
        """Whether mentees are brought together with mentors."""
        return self.mixing is Mixing.MENTORING


@dataclass(frozen=True)
class Round:
    """Everything that decides a round: the same round always gives the same groups."""

    people: tuple[Person, ...]
    history: History
    rules: Rules
    seed: int
