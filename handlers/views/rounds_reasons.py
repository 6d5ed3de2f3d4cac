"""Why people were put together, why somebody was not, and what had to be relaxed: values to words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from bot.matching.results import (
    GuestsStayOut,
    NeverMet,
    NotMetFor,
    OfferedSkill,
    OtherDepartments,
    OtherSize,
    Reason,
    Relaxation,
    Repeat,
    SameDepartment,
    SameLocation,
    SharedHours,
    SharedLanguage,
    TenureApart,
    WhyLeftOver,
)
from handlers.views import elements

WORD = 60
"""Enough for a department, a place or a skill; what is longer is cut."""


def why_these(reasons: Sequence[Reason], *, are_two: bool) -> str:
    """Say in a few words why these; among more than two each reason holds for two of them."""
    return "; ".join(_reason(each, "you" if are_two else "two") for each in reasons)


def _reason(reason: Reason, who: str) -> str:
    match reason:
        case OfferedSkill(skill, by, to):
            return f"{elements.mention(by)} knows {_word(skill)}, {elements.mention(to)} wants to"
        case OtherDepartments(first, second):
            return f"{_word(first)} meets {_word(second)}"
        case SharedHours(hours):
            return f"{who} share {hours} {_plural(hours, 'hour')} a week"
        case TenureApart(years):
            return f"{years} {_plural(years, 'year')} here between {who}"
        case NeverMet():
            return f"{who} were never buddies in this programme"
        case NotMetFor(rounds):
            return f"{who} were last buddies {rounds} {_plural(rounds, 'round')} ago"
        case SharedLanguage() | SameDepartment() | SameLocation():
            return f"{'both' if who == 'you' else who} {_alike(reason)}"


def _alike(reason: SharedLanguage | SameDepartment | SameLocation) -> str:
    match reason:
        case SharedLanguage(language):
            return f"speak {_word(language)}"
        case SameDepartment(place) | SameLocation(place):
            return f"in {_word(place)}"


def _plural(count: int, what: str) -> str:
    return what if count == 1 else f"{what}s"


def why_nobody(why: WhyLeftOver | None) -> str:
    """Say why somebody is left over, in words that are the same whoever wanted whom.

    Of mentors and mentees no more is said than of others: where it is known who they are, "all places are taken" would
    be untrue beside a mentor with a free one, and where it is true only sometimes, its absence would tell.
    """
    if isinstance(why, GuestsStayOut):
        return "This programme is for full members of the workspace."
    return "Nobody was free for you this time."


def why_over(why: WhyLeftOver) -> str:
    """Say to the owner why somebody is left over, in words that are the same whoever wanted whom."""
    return "guests stay out" if isinstance(why, GuestsStayOut) else "nobody was free"


def relaxed(relaxation: Relaxation) -> str:
    """Say what had to be relaxed, to the programme's owner."""
    match relaxation:
        case Repeat(first, second, met_in):
            both = people((first, second))
            return f"{both} are buddies again, as in round {met_in}"
        case OtherSize(members):
            return f"{people(members)} are {len(members)}, so that nobody stays alone"


def day(on: date) -> str:
    """Say a day of these weeks, without its year."""
    return f"{on:%a} {on.day} {on:%b}"


def people(user_ids: Sequence[str]) -> str:
    """Name people in one breath."""
    names = [elements.mention(each) for each in user_ids]
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"


def _word(text: str) -> str:
    return elements.one_line(text, WORD)
