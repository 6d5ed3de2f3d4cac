"""A roster as its file says it: a line a person, each cell read by itself, and what could not be read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from bot.attributes import LISTS, MANAGER, STARTS_ON, Value, read_list, read_text, tidy
from bot.errors import Refusal
from bot.rosters import columns as names
from bot.rosters.columns import Columns
from bot.rosters.days import read_day
from bot.rosters.files import EmptyFile, decode, records

CLEARS: Final = frozenset({"-", "–", "—"})
"""A cell that says: nothing is known of this any more. An empty one says nothing."""
FOUND_LENGTH: Final = 60
EXAMPLES: Final = 3


class NobodyNamed(Refusal):
    """The line does not say whom it is about. Fill one of the columns that name people."""


class TooManyCells(Refusal):
    """The line has more cells than there are columns. Put quotation marks around a text with a separator in it."""


class NothingBelow(Refusal):
    """Below the names of the columns there is nothing. Add a line a person."""


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong in a line, and what to do; `column` is None where the whole line is left out for it."""

    line: int
    column: str | None
    found: str
    says: str


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the file: a person as it names them, and what it says of them; a manager is not looked up yet."""

    number: int
    person: str
    values: Mapping[str, Value]


@dataclass(frozen=True)
class Sheet:
    """All that a file says."""

    lines: tuple[Line, ...]
    problems: tuple[Problem, ...]
    columns: Columns
    encoding: str
    examples: tuple[str, ...]
    """Some of its cells with signs that another encoding would show differently."""


def read(content: bytes) -> Sheet:
    """Read a file; raises a Refusal if it is none, and notes what is wrong in single lines."""
    text = decode(content)
    rows = records(text.content, names.understood)
    first = next(rows, None)
    if first is None:
        raise EmptyFile
    reader = _Reader(names.read_columns(first[1]))
    for number, cells in rows:
        reader.take(number, cells)
    if not reader.lines and not reader.problems:
        raise NothingBelow
    return Sheet(
        tuple(reader.lines), tuple(reader.problems), reader.columns, text.encoding, tuple(reader.examples)
    )


class _Reader:
    """Reads line by line."""

    def __init__(self, columns: Columns) -> None:
        self.columns = columns
        self.lines: list[Line] = []
        self.problems: list[Problem] = []
        self.examples: dict[str, None] = {}

    def take(self, number: int, cells: Sequence[str]) -> None:
        """Read one line."""
        width = len(self.columns.names)
        if any(cell.strip() for cell in cells[width:]):
            self.problems.append(Problem(number, None, "", str(TooManyCells())))
            return
        filled = [*cells, *[""] * (width - len(cells))]
        person = next((who for at in self.columns.people if (who := tidy(filled[at]))), None)
        if person is None:
            self.problems.append(Problem(number, None, "", str(NobodyNamed())))
            return
        self.lines.append(Line(number, person, self._values(number, filled)))

    def _values(self, number: int, cells: Sequence[str]) -> dict[str, Value]:
        values: dict[str, Value] = {}
        for field, at in self.columns.fields.items():
            cell = cells[at].strip()
            if not cell:
                continue
            if len(self.examples) < EXAMPLES and not cell.isascii():
                self.examples[tidy(cell)[:FOUND_LENGTH]] = None
            try:
                values[field] = read_cell(field, cell)
            except Refusal as refusal:
                found = tidy(cell)[:FOUND_LENGTH]
                self.problems.append(Problem(number, self.columns.names[at], found, str(refusal)))
        return values


def read_cell(field: str, cell: str) -> Value:
    """Read what a cell says of a field; raises a Refusal that says how to write it."""
    if cell in CLEARS:
        return () if field in LISTS else None
    if field in LISTS:
        return read_list(cell)
    if field == STARTS_ON:
        return read_day(tidy(cell))
    if field == MANAGER:
        return tidy(cell)
    return read_text(cell)
