"""What a round of matching gives back: groups with their reasons, who is left over, and what had to be relaxed.

Values only: words are written where they are shown. No value betrays an exclusion.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

Progress = Callable[[int, int], None]
"""Hears how much of how much is done."""


@dataclass(frozen=True)
class OfferedSkill:
    """One offers what the other would like to learn."""

    skill: str
    by: str
    to: str


@dataclass(frozen=True)
class OtherDepartments:
    """They work in different departments."""

    first: str
    second: str


@dataclass(frozen=True)
class SameDepartment:
    """They work in the same department."""

    department: str


@dataclass(frozen=True)
class SharedHours:
    """They are at work at the same time for so many full hours a week."""

    hours: int


@dataclass(frozen=True)
class TenureApart:
    """One joined so many years before the other."""

    years: int


@dataclass(frozen=True)
class NeverMet:
    """They have not been matched before."""


@dataclass(frozen=True)
class NotMetFor:
    """They were matched before, but so many rounds ago."""

    rounds: int


@dataclass(frozen=True)
class SharedLanguage:
    """They both speak a language."""

    language: str


@dataclass(frozen=True)
class SameLocation:
    """They work in the same place."""

    location: str


Reason = (
    OfferedSkill
    | OtherDepartments
    | SameDepartment
    | SharedHours
    | TenureApart
    | NeverMet
    | NotMetFor
    | SharedLanguage
    | SameLocation
)


@dataclass(frozen=True)
class Group:
    """People who are introduced to each other, sorted by id; a mentor comes before the mentee."""

    members: tuple[str, ...]
    reasons: tuple[Reason, ...]
    """At most two, the stronger first."""
    affinity: int
    """Over all pairs inside."""


@dataclass(frozen=True)
class NobodyFree:
    """There was nobody left to bring this person together with."""


@dataclass(frozen=True)
class GuestsStayOut:
    """The programme is not open to guests."""


@dataclass(frozen=True)
class MentorsTaken:
    """A mentee without a mentor: all places went to others, or none could be theirs. People read `NobodyFree`."""


@dataclass(frozen=True)
class NotAsked:
    """A mentor without a mentee: none was left, or none could be theirs. People read `NobodyFree`."""


WhyLeftOver = NobodyFree | GuestsStayOut | MentorsTaken | NotAsked


@dataclass(frozen=True)
class LeftOver:
    """Someone without a group."""

    person: str
    why: WhyLeftOver


@dataclass(frozen=True)
class Repeat:
    """Two who meet again although they met in a round of the repeat window."""

    first: str
    second: str
    met_in: int


@dataclass(frozen=True)
class OtherSize:
    """A group that is larger or smaller than the programme means groups to be."""

    members: tuple[str, ...]


Relaxation = Repeat | OtherSize


@dataclass(frozen=True)
class Found:
    """A partner after the round: the new group, and what had to be relaxed for it."""

    group: Group
    relaxations: tuple[Relaxation, ...]


@dataclass(frozen=True)
class Result:
    """A round's groups, sorted, and how good they are."""

    groups: tuple[Group, ...]
    left_over: tuple[LeftOver, ...]
    relaxations: tuple[Relaxation, ...]
    affinity: int
    bound: int
    """No grouping with as few people left over and as few repeats has a larger affinity."""
    is_proven: bool
    """Whether nobody more can be placed, and no repeat avoided, in pairs."""

    @property
    def is_best(self) -> bool:
        """Whether the affinity is proven to be the largest."""
        return self.is_proven and self.affinity == self.bound
