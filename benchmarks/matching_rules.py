"""The rules by which everybody in the benchmark is matched, and a check that knows nothing of how pairs were found."""

from __future__ import annotations

from bot.matching import Mixing, Person, Rules
from bot.matching.affinity import shared_minutes

RULES = Rules(mixing=Mixing.ACROSS)


def is_broken(one: Person, other: Person) -> bool:
    """Tell whether two may not meet by these rules."""
    related = one.id == other.manager or other.id == one.manager
    refused = other.id in one.excludes or one.id in other.excludes
    too_little = shared_minutes(one.at_work, other.at_work) < RULES.least_shared_minutes
    return related or refused or too_little or not one.languages & other.languages
