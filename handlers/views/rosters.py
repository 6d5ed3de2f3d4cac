"""Views for bringing in a roster: the form that takes the file, what it would change, and what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bot import spreadsheets
from bot.errors import Refusal
from bot.roster_imports import Applying
from bot.rosters import Problem, Roster, Sheet
from handlers.views import elements
from handlers.views.elements import Block, Message, Payload, View
from handlers.views.profiles import LABELS

UPLOAD, PREVIEW = "rosters.upload", "rosters.preview"
TITLE: Final = "Bring in a roster"
_FILE: Final = "rosters.file"
SHOWN: Final = 10
"""Problems shown in the dialog; all of them are in a file."""
_FILE_TYPES: Final = ("csv", "txt")
_FOUND_LENGTH, _SAYS_LENGTH, _NAMES_LENGTH = 60, 400, 300


class NoFile(Refusal):
    """Choose one CSV file."""


def upload_form(*, goes_on: bool) -> View:
    """Ask for the file; `goes_on` says that one that was stopped half-way is applied meanwhile."""
    file: Block = {"type": "file_input", "filetypes": list(_FILE_TYPES), "max_files": 1}
    blocks = [
        elements.section(
            "A CSV file with one line a person, and a first line with the columns' names: one that says who "
            "(`email`, `Slack id` or `@name`), and any of `department`, `manager`, `location`, `start date`, "
            "`skills offered`, `skills wanted`, `languages`."
        ),
        elements.context(
            "An empty cell leaves alone what stands, `-` clears it. What people set themselves stays. "
            "You see what I understood before anything is changed."
        ),
        *([elements.context("A roster that was interrupted is being applied to its end now.")] * goes_on),
        elements.field(_FILE, "The file, at most 10 MB", file),
    ]
    return elements.modal(UPLOAD, TITLE, blocks, submit="Read it")


def read_upload_form(view: Payload) -> str:
    """Give the id of the file, which anybody could have written; raises NoFile."""
    files = view["state"]["values"].get(_FILE, {}).get(_FILE, {}).get("files") or []
    if len(files) != 1 or not isinstance(files[0], dict) or not isinstance(files[0].get("id"), str):
        raise NoFile(field=_FILE)
    return str(files[0]["id"])


def reading() -> Message:
    """Say that the file is being read."""
    return Message(
        "I am reading the file, and looking up everybody in it. In a large workspace that takes some minutes; "
        "leave this open."
    )


def preview(import_id: int | None, name: str, sheet: Sheet, roster: Roster, *, has_file: bool) -> View:
    """Show what would change and what is wrong; without a number there is nothing to apply.

    `has_file` says that all problems have been sent as a file.
    """
    blocks = [
        elements.section(_summary(name, roster)),
        *_remarks(sheet),
        *_problems(roster.problems, has_file=has_file),
    ]
    if import_id is None:
        blocks.append(elements.context("There is nothing here that I can take over."))
        return elements.modal("elements.notice", TITLE, blocks)
    blocks.append(
        elements.context("What people set themselves stays. Nothing is changed until you press *Apply*.")
    )
    view = elements.modal(PREVIEW, TITLE, blocks, submit="Apply", carries=str(import_id))
    return {**view, "notify_on_close": True}


def _summary(name: str, roster: Roster) -> str:
    counts = [f"• {LABELS[field]}: {people(count)}" for field, count in roster.counts().items()]
    return "\n".join(
        [f"*{elements.one_line(name, 100)}* says something of {people(len(roster.entries))}.", *counts]
    )


def people(number: int) -> str:
    """Count people."""
    return "1 person" if number == 1 else f"{number:,} people"


def _remarks(sheet: Sheet) -> list[Block]:
    remarks = []
    if sheet.columns.ignored:
        names = elements.one_line(", ".join(sheet.columns.ignored), _NAMES_LENGTH)
        remarks.append(f"Columns that I leave out: {names}.")
    if sheet.encoding != "UTF-8" and sheet.examples:
        examples = elements.one_line(", ".join(sheet.examples), _NAMES_LENGTH)
        remarks.append(
            f"I read it as {sheet.encoding}, for example: {examples}. "
            "If that looks wrong, press Cancel, save the file as “CSV UTF-8” and upload that."
        )
    return [elements.context(remark) for remark in remarks]


def _problems(problems: Sequence[Problem], *, has_file: bool) -> list[Block]:
    if not problems:
        return []
    counted = "1 thing is" if len(problems) == 1 else f"{len(problems):,} things are"
    rest = " The whole list is in your messages with me, as a file." if has_file else ""
    head = f"*{counted} wrong and left out; the rest of a line counts.*{rest}"
    return [elements.section(head), *(elements.section(_problem(each)) for each in problems[:SHOWN])]


def _problem(problem: Problem) -> str:
    place = [f"*Line {problem.line}*"]
    if problem.column:
        place.append(elements.one_line(problem.column, _FOUND_LENGTH))
    if problem.found:
        place.append(f"“{elements.one_line(problem.found, _FOUND_LENGTH)}”")
    return f"{', '.join(place)}: {elements.one_line(problem.says, _SAYS_LENGTH)}"


def problems_file(problems: Sequence[Problem]) -> str:
    """Write all that is wrong as a CSV file."""
    rows = ((each.line, each.column or "", each.found, each.says) for each in problems)
    return spreadsheets.table(("line", "column", "found", "what to do"), rows)


def problems_comment(number: int) -> str:
    """Say what the file with the problems is, beside it."""
    return f"What is wrong in the roster you uploaded, {'1 line' if number == 1 else f'{number:,} lines'}."


def applying() -> Message:
    """Say that it is being applied."""
    return Message(
        "I am taking it over. If this still stands here in some minutes, type `/growth import`: "
        "I go on where I was."
    )


def applied(outcome: Applying) -> View:
    """Say what holds from now on."""
    words = f"Done: what the roster says of {people(len(outcome.said))} holds now."
    if outcome.circles:
        words += (
            f" Of {people(outcome.circles)} I left the manager out: by now theirs would close a circle of "
            "reporting lines."
        )
    return elements.notice(words, TITLE)
