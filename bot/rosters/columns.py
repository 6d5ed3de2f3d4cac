"""The names of a roster's columns: what each means, however it is written."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bot.attributes import (
    DEPARTMENT,
    LANGUAGES,
    LOCATION,
    MANAGER,
    SKILLS_OFFERED,
    SKILLS_WANTED,
    STARTS_ON,
    tidy,
)
from bot.errors import Refusal

PERSON: Final = "person"

_NAMES: Final = {
    PERSON: (
        "email, e mail, mail, email address, e mail address, work email, work e mail, slack id, user id, slack, "
        "slack user id, member id, slack member id, userid, slackid, user, username, user name, slack name, "
        "handle, slack handle, person, employee, employee email, member"
    ),
    DEPARTMENT: "department, dept, team, division, organisation, organization, org, unit, org unit, business unit",
    MANAGER: (
        "manager, manager email, manager e mail, manager slack id, manager id, reports to, supervisor, "
        "supervisor email, line manager, line manager email, boss"
    ),
    LOCATION: "location, office, site, city, workplace, work location, office location, place",
    STARTS_ON: (
        "start date, starts on, start, started on, starting date, hire date, date of hire, hired on, hired, "
        "joined, joined on, joining date, date of joining, date joined, employment start, first day, start on"
    ),
    SKILLS_OFFERED: (
        "skills offered, offered skills, skills, offers, offered, can teach, teaches, expertise, expert in, "
        "strengths, mentors in"
    ),
    SKILLS_WANTED: (
        "skills wanted, wanted skills, wants, wanted, wants to learn, want to learn, to learn, learning, "
        "learning goals, skills to learn"
    ),
    LANGUAGES: "languages, language, speaks, spoken languages, languages spoken",
}
_MEANT: Final = {
    name: field for field, names in _NAMES.items() for name in (field.replace("_", " "), *names.split(", "))
}
_SIGNS: Final = re.compile(r"[\W_]+")
SHOWN: Final = 8


class NoPersonColumn(Refusal):
    """I need a column that says whom each line is about: email, Slack id or @name. I found: {found}."""


class NothingKnown(Refusal):
    """I know none of these columns: {found}. The README names those I know, such as department and manager."""


class ColumnTwice(Refusal):
    """The columns "{first}" and "{second}" mean the same to me. Keep one of them, and upload the file again."""


@dataclass(frozen=True)
class Columns:
    """Where each field stands, by position; people may be named in several columns, the first one filled counts."""

    names: tuple[str, ...]
    people: tuple[int, ...]
    fields: dict[str, int]
    ignored: tuple[str, ...]


def meaning(name: str) -> str | None:
    """Say which field a column is about, None if we do not know."""
    return _MEANT.get(_SIGNS.sub(" ", name.casefold()).strip())


def understood(names: Sequence[str]) -> int:
    """Count the columns whose meaning we know."""
    return sum(meaning(name) is not None for name in names)


def read_columns(cells: Sequence[str]) -> Columns:
    """Read the line with the columns' names; raises NoPersonColumn, NothingKnown and ColumnTwice."""
    names = tuple(tidy(cell) for cell in cells)
    people, fields, ignored = [], dict[str, int](), []
    for at, name in enumerate(names):
        field = meaning(name)
        if field == PERSON:
            people.append(at)
        elif field is None:
            ignored.append(name)
        elif field in fields:
            raise ColumnTwice(first=names[fields[field]], second=name)
        else:
            fields[field] = at
    found = ", ".join(name for name in names[:SHOWN] if name) or "none"
    if not people:
        raise NoPersonColumn(found=found)
    if not fields:
        raise NothingKnown(found=found)
    return Columns(names, tuple(people), fields, tuple(filter(None, ignored)))
