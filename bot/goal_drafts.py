"""What a person writes about a goal, tidied and checked before any of it is kept."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final

from bot.errors import Refusal
from bot.texts import storable
from models.goals import Goal

TITLE_LENGTH: Final = 300
MEASURE_LENGTH: Final = 300
WHY_LENGTH: Final = 500
NOTE_LENGTH: Final = 500

KINDS: Final = (
    "skill",
    "credential",
    "project",
    "mentoring",
    "coaching",
    "formal learning",
    "move",
    "habit",
)
MANAGER, BUDDY, EVERYONE, ME = "manager", "buddy", "everyone", "me"
AUDIENCES: Final = (MANAGER, BUDDY, EVERYONE)
"""Who may be named besides the owner, in the words of `/goal share`."""
USUAL_AUDIENCE: Final = frozenset({ME, MANAGER})


class TitleMissing(Refusal):
    """A goal needs a few words: say what you would like to reach."""


class TooLong(Refusal):
    """That is {length} characters, and {limit} fit. Keep the heart of it here and the rest in a note."""


class DueInThePast(Refusal):
    """That day has passed already. Pick a later one, or leave the date out."""


class UnknownKind(Refusal):
    """I do not know that kind of goal. Pick one from the list, or leave it out."""


class UnknownAudience(Refusal):
    """A goal can be for `me`, `manager`, `buddy` or `everyone`. Name one or more of them."""


@dataclass(frozen=True)
class NewGoal:
    """What somebody wrote about a goal; `measure` is how they will notice that they got there."""

    title: str
    measure: str | None = None
    why: str | None = None
    kind: str | None = None
    due_on: date | None = None
    audience: frozenset[str] = USUAL_AUDIENCE


def checked(draft: NewGoal, *, not_before: date) -> NewGoal:
    """Give the draft back tidied: one line of title, no empty texts, a day that is still to come.

    Raises the refusals of this file, each at the field it is about. A due day before `not_before` has passed.
    """
    if draft.due_on is not None and draft.due_on < not_before:
        raise DueInThePast(field="due_on")
    if draft.kind is not None and draft.kind not in KINDS:
        raise UnknownKind(field="kind")
    return replace(
        draft,
        title=_title(draft.title),
        measure=tidy(draft.measure, limit=MEASURE_LENGTH, field="measure"),
        why=tidy(draft.why, limit=WHY_LENGTH, field="why"),
        audience=known_audience(draft.audience),
    )


def known_audience(named: AbstractSet[str]) -> frozenset[str]:
    """Give back who is named besides the owner; raises UnknownAudience."""
    if not named <= {ME, *AUDIENCES}:
        raise UnknownAudience(field="audience")
    return frozenset(named) - {ME}


def columns_of(draft: NewGoal) -> dict[str, Any]:
    """Say what a checked draft means for a goal's columns."""
    return {
        "title": draft.title,
        "measure": draft.measure,
        "why": draft.why,
        "kind": draft.kind,
        "due_on": draft.due_on,
        **audience_columns(draft.audience),
    }


def audience_columns(audience: AbstractSet[str]) -> dict[str, bool]:
    """Say what an audience means for a goal's columns."""
    return {
        "for_manager": MANAGER in audience,
        "for_buddy": BUDDY in audience,
        "for_everyone": EVERYONE in audience,
    }


def wording_of(goal: Goal) -> dict[str, Any]:
    """Say what is written about a goal in the form its log keeps."""
    return {
        "title": goal.title,
        "measure": goal.measure,
        "why": goal.why,
        "kind": goal.kind,
        "due_on": goal.due_on.isoformat() if goal.due_on else None,
        "audience": [word for word in AUDIENCES if word in goal.audience] or [ME],
    }


def tidy(text: str | None, *, limit: int, field: str = "note") -> str | None:
    """Strip a text a person wrote, None if nothing is left to see; raises TooLong at the field."""
    stripped = storable(text or "").strip()
    if len(stripped) > limit:
        raise TooLong(field=field, length=len(stripped), limit=limit)
    return stripped if _has_something_to_see(stripped) else None


def _title(text: str) -> str:
    title = tidy(" ".join(storable(text).split()), limit=TITLE_LENGTH, field="title")
    if title is None:
        raise TitleMissing(field="title")
    return title


def _has_something_to_see(text: str) -> bool:
    """Tell a text from nothing but spaces, zero-width ones and marks of direction included."""
    return any(char.isprintable() and not char.isspace() for char in text)
