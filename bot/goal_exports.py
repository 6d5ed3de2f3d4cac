"""A person's goals with their whole log as files: CSV for spreadsheets, Markdown to read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy.orm import Session

from bot import spreadsheets
from bot.permissions import Actor
from models.goals import Goal, GoalEntry
from models.members import Member

COLUMNS: Final = (
    "goal",
    "title",
    "state",
    "percent",
    "due_on",
    "kind",
    "measure",
    "why",
    "audience",
    "at",
    "by",
    "what",
    "note",
    "changes",
)
_MARKUP: Final = re.compile(r"([\\`*_\[\]<>#|~])")


@dataclass(frozen=True)
class Export:
    """A person's goals as the texts of two files, and how many goals they hold."""

    csv: str
    markdown: str
    goals: int


@dataclass(frozen=True)
class _Told:
    goal: Goal
    entries: Sequence[GoalEntry]


def export(session: Session, actor: Actor) -> Export:
    """Read all goals of the actor, closed ones too, with every line of their logs, in three queries."""
    goals = session.scalars(Goal.of(actor.workspace_id, actor.user_id)).all()
    entries = session.scalars(GoalEntry.of_owner(actor.workspace_id, actor.user_id)).all()
    told = [_Told(goal, [entry for entry in entries if entry.goal_id == goal.id]) for goal in goals]
    names = _names(session, actor, entries)
    return Export(_csv(told, names), _markdown(told, names), len(goals))


def _names(session: Session, actor: Actor, entries: Iterable[GoalEntry]) -> dict[str, str]:
    """Name everybody in the logs: a file cannot show a mention."""
    people = {entry.by for entry in entries} | {
        entry.changes["proposer"][1] for entry in entries if "proposer" in entry.changes
    }
    known = session.scalars(Member.among([actor.workspace_id], people))
    return {member.user_id: member.name for member in known}


def _csv(told: Iterable[_Told], names: Mapping[str, str]) -> str:
    """Write a row for every line of a log, each with its goal as it stands today."""
    rows = ((*_goal_cells(each.goal), *_entry_cells(entry, names)) for each in told for entry in each.entries)
    return spreadsheets.table(COLUMNS, rows)


def _goal_cells(goal: Goal) -> tuple[object, ...]:
    audience = ", ".join(sorted(goal.audience))
    written = goal.kind, goal.measure, goal.why
    return goal.number, goal.title, goal.state, goal.percent, goal.due_on, *written, audience


def _entry_cells(entry: GoalEntry, names: Mapping[str, str]) -> tuple[object, ...]:
    by = names.get(entry.by, entry.by)
    return f"{entry.at:%Y-%m-%d %H:%M} UTC", by, entry.what, entry.note, _changes(entry, names)


def _changes(entry: GoalEntry, names: Mapping[str, str]) -> str:
    return "; ".join(_change(name, before, after, names) for name, (before, after) in entry.changes.items())


def _change(name: str, before: Any, after: Any, names: Mapping[str, str]) -> str:
    if name == "proposer":
        return f"proposed by {names.get(after, after)}"
    return f"{name}: {_value(before)} → {_value(after)}"


def _value(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(value)
    return "none" if value is None else " ".join(str(value).split())


def _markdown(told: Sequence[_Told], names: Mapping[str, str]) -> str:
    pages = [_page(each, names) for each in told] or ["No goals yet."]
    return "\n\n".join(["# My goals", *pages]) + "\n"


def _page(told: _Told, names: Mapping[str, str]) -> str:
    goal = told.goal
    facts = {
        "State": f"{goal.state}, {goal.percent}%",
        "Due": goal.due_on.isoformat() if goal.due_on else None,
        "Kind": goal.kind,
        "How I will notice": goal.measure,
        "Why": goal.why,
        "Seen by": ", ".join(sorted(goal.audience)),
    }
    return "\n".join(
        [
            f"## {goal.number}. {_literal(goal.title)}",
            "",
            *(f"- {name}: {_literal(fact)}" for name, fact in facts.items() if fact),
            "",
            "### Log",
            "",
            *(_log_line(entry, names) for entry in told.entries),
        ]
    )


def _log_line(entry: GoalEntry, names: Mapping[str, str]) -> str:
    by = _literal(names.get(entry.by, entry.by))
    what = _literal(f"{entry.what} ({_changes(entry, names)})" if entry.changes else entry.what)
    note = f" “{_literal(entry.note)}”" if entry.note else ""
    return f"- {entry.at:%Y-%m-%d %H:%M} UTC, {by}: {what}{note}"


def _literal(text: str) -> str:
    """Keep a text from being read as markup, on one line."""
    return _MARKUP.sub(r"\\\1", " ".join(text.split()))
