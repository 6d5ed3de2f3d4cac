"""The files an owner takes with them: rounds, people, and ties between departments, as CSV for spreadsheets."""

from __future__ import annotations

from typing import Final

from bot import spreadsheets
from bot.programme_reports import Exported, Figures, Line
from bot.ties import Tie
from handlers.views import elements
from handlers.views.programme_reports import why_left_over
from handlers.views.programme_ties import name_of

BYTE_ORDER_MARK: Final = "\ufeff"
"""Without it spreadsheets take the file for one in the computer's old encoding, and spoil names."""
ROUNDS: Final = ("round", "day", "state", "in_it", "in_a_group", "met", "met_percent", "left_over")
PEOPLE: Final = ("round", "day", "group", "name", "left_over_because")
PARTICIPANTS: Final = ("name",)
TIES: Final = ("department", "other_department", "meetings", "first_in_round")


def files(facts: Exported) -> dict[str, bytes]:
    """Write the files, by name."""
    return {
        "rounds.csv": _file(spreadsheets.table(ROUNDS, map(_round, facts.rounds))),
        "people.csv": _file(spreadsheets.table(PEOPLE, map(_person, facts.people))),
        "ties.csv": _file(spreadsheets.table(TIES, map(_tie, facts.ties.ties))),
        "participants.csv": _file(spreadsheets.table(PARTICIPANTS, ([name] for name in facts.participants))),
    }


def comment(channel_id: str) -> str:
    """Say what the files are, beside them."""
    return (
        f"How {elements.channel(channel_id)} goes: its rounds, who was in them, which departments have met, and "
        "who takes part today. "
        "Whoever you pass them on to reads names."
    )


def _file(text: str) -> bytes:
    return (BYTE_ORDER_MARK + text).encode()


def _round(each: Figures) -> tuple[object, ...]:
    state = "called off" if each.is_called_off else "over" if each.is_over else "under way"
    percent = round(100 * each.met / each.placed) if each.met is not None else None
    return each.number, each.on, state, each.took_part, each.placed, each.met, percent, each.left_over


def _person(each: Line) -> tuple[object, ...]:
    because = why_left_over(each.why) if each.group is None else None
    return each.number, each.on, each.group, each.name, because


def _tie(each: Tie) -> tuple[object, ...]:
    return name_of(each.one), name_of(each.other), each.meetings, each.since
