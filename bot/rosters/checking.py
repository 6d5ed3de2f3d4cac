"""A roster beside the workspace it is for: whom each line means, and what of it can be taken over."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from bot.attributes import FIELDS, MANAGER, Value
from bot.errors import Refusal
from bot.rosters.circles import Circle, untangle
from bot.rosters.people import Directory
from bot.rosters.sheets import Line, Problem, Sheet

NAMED: Final = 6
"""People of a circle who are named; more would fill a screen."""


class NamedBefore(Refusal):
    """Line {line} is about the same person, and I take that one. Keep one of the two."""


class OwnManager(Refusal):
    """Nobody is their own manager. Name somebody else, or write - if they have none."""


class ClosesCircle(Refusal):
    """These report to one another in a circle: {people}. Correct the manager of one of them."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What a line says of a person who was found."""

    line: int
    user_id: str
    values: Mapping[str, Value]


@dataclass(frozen=True)
class Roster:
    """What of a file can be taken over, and what is wrong with the rest, by line."""

    entries: tuple[Entry, ...]
    problems: tuple[Problem, ...]

    def counts(self) -> dict[str, int]:
        """Count the people of whom it says something, by field."""
        counts = Counter(field for entry in self.entries for field in entry.values)
        return {field: counts[field] for field in FIELDS if field in counts}


def check(
    sheet: Sheet,
    directory: Directory,
    standing: Mapping[str, str | None],
    *,
    own: frozenset[str] = frozenset(),
) -> Roster:
    """Look up everybody a sheet names, and leave out what is wrong: a line without its person, else single cells.

    `standing` says who is whose manager today; of those in `own`, who said it themselves, it stays.
    """
    checker = _Checker(sheet, directory)
    for line in sheet.lines:
        checker.take(line)
    checker.untangle(standing, own)
    problems = sorted([*sheet.problems, *checker.problems], key=lambda problem: problem.line)
    return Roster(tuple(entry for entry in checker.entries.values() if entry.values), tuple(problems))


class _Checker:
    """Checks line by line."""

    def __init__(self, sheet: Sheet, directory: Directory) -> None:
        self._columns, self._directory = sheet.columns, directory
        self.entries: dict[str, Entry] = {}
        self.problems: list[Problem] = []

    def take(self, line: Line) -> None:
        """Find whom a line is about, and their manager."""
        try:
            user_id = self._directory.find(line.person)
            if user_id in self.entries:
                raise NamedBefore(line=self.entries[user_id].line)
        except Refusal as refusal:
            self.problems.append(Problem(line.number, None, line.person, str(refusal)))
            return
        values = dict(line.values)
        if isinstance(written := values.get(MANAGER), str):
            del values[MANAGER]
            if manager := self._manager(line.number, written, user_id):
                values[MANAGER] = manager
        self.entries[user_id] = Entry(line.number, user_id, values)

    def _manager(self, number: int, written: str, user_id: str) -> str | None:
        try:
            manager = self._directory.find(written)
            if manager == user_id:
                raise OwnManager
        except Refusal as refusal:
            self._note(number, written, refusal)
            return None
        return manager

    def _note(self, number: int, found: str, refusal: Refusal) -> None:
        column = self._columns.names[self._columns.fields[MANAGER]]
        self.problems.append(Problem(number, column, found, str(refusal)))

    def untangle(self, standing: Mapping[str, str | None], own: frozenset[str]) -> None:
        """Take back the managers that would close a circle."""
        wanted = {user_id: _text(entry.values[MANAGER]) for user_id, entry in self._naming_managers(own)}
        for user_id, circle in untangle(standing, wanted).refused.items():
            entry = self.entries[user_id]
            rest = {field: value for field, value in entry.values.items() if field != MANAGER}
            self.entries[user_id] = replace(entry, values=rest)
            manager = self._directory.name_of(str(entry.values[MANAGER]))
            self._note(entry.line, manager, ClosesCircle(people=self._words(circle)))

    def _naming_managers(self, own: frozenset[str]) -> list[tuple[str, Entry]]:
        return [
            (user_id, entry)
            for user_id, entry in self.entries.items()
            if MANAGER in entry.values and user_id not in own
        ]

    def _words(self, circle: Circle) -> str:
        named = [self._directory.name_of(user_id) for user_id in circle[:NAMED]]
        more = ["…"] if len(circle) > NAMED else []
        return " → ".join([*named, *more, named[0]])


def _text(value: Value) -> str | None:
    return value if isinstance(value, str) else None
