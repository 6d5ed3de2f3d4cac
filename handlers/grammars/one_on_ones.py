"""The grammar of `/1on1`: what a text asks for, or a refusal that shows how to say it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, time
from typing import Final, Literal, cast, get_args

from bot.recurrence import Recurrence
from handlers.grammars.dates import not_before, read_date, read_time
from handlers.grammars.durations import read_minutes
from handlers.grammars.readers import Reader
from handlers.grammars.rhythms import OPENERS, begins_rhythm, read_rhythm
from handlers.grammars.usages import Usage, not_a_command, one_person, usage_of
from handlers.grammars.words import plain, split_first, words

Role = Literal["manager", "report", "peer"]
"""Which of the two the speaker is."""

DEFAULT_MINUTES: Final = 30
_PART_OPENERS: Final = (*OPENERS, "at", "for", "from", "as")

USAGES: Final = (
    Usage("list", "/1on1", "/1on1", "shows your 1-on-1s with their next dates"),
    Usage(
        "add",
        "/1on1 add @person every tuesday 10:00 [for 30 min] [from DATE] [as manager|report|peer]",
        "/1on1 add @Ben every tuesday 10:00 for 30 min",
        "registers a standing 1-on-1, also `every 2 weeks on tue at 10:00` or `every month on the first monday"
        " at 10:00`; `as` says which of you two you are",
    ),
    Usage(
        "move",
        "/1on1 move @person to DATE TIME",
        "/1on1 move @Ben to friday 14:00",
        "moves your next meeting and leaves the later ones where they are",
    ),
    Usage("skip", "/1on1 skip @person", "/1on1 skip @Ben", "leaves out your next meeting"),
    Usage("end", "/1on1 end @person", "/1on1 end @Ben", "ends the standing 1-on-1"),
    Usage("ask", "/1on1 ask @person", "/1on1 ask @Ben", "gives you a question for them right now"),
    Usage("help", "/1on1 help", "/1on1 help", "shows this page"),
)


@dataclass(frozen=True)
class ListAll:
    """Show my 1-on-1s."""


@dataclass(frozen=True)
class Help:
    """Show what the command can do."""


@dataclass(frozen=True)
class Add:
    """Register a standing 1-on-1."""

    person: str
    recurrence: Recurrence
    at: time
    """On the speaker's wall clock."""
    minutes: int = DEFAULT_MINUTES
    first_on: date | None = None
    """The first meeting is on this day or the next one that fits; None starts with the next that fits."""
    role: Role = "peer"


@dataclass(frozen=True)
class AddForm:
    """Open the form that registers a 1-on-1."""

    person: str | None = None


@dataclass(frozen=True)
class Move:
    """Move the next occurrence to another day and time."""

    person: str
    on: date
    at: time
    """On the speaker's wall clock."""


@dataclass(frozen=True)
class MoveForm:
    """Open the form that moves an occurrence."""

    person: str | None = None


@dataclass(frozen=True)
class Skip:
    """Leave out the next occurrence."""

    person: str


@dataclass(frozen=True)
class SkipForm:
    """Ask whose next meeting to leave out."""


@dataclass(frozen=True)
class End:
    """End the standing 1-on-1."""

    person: str


@dataclass(frozen=True)
class EndForm:
    """Ask which 1-on-1 to end."""


@dataclass(frozen=True)
class Ask:
    """Give the speaker a question for somebody now."""

    person: str


@dataclass(frozen=True)
class AskForm:
    """Ask for whom a question is wanted."""


OneOnOneCommand = (
    ListAll | Help | Add | AddForm | Move | MoveForm | Skip | SkipForm | End | EndForm | Ask | AskForm
)


def parse(text: str, *, today: date) -> OneOnOneCommand:
    """Read what follows `/1on1`, escaped as Slack sends it; today is the speaker's day."""
    verb, rest = split_first(text)
    if verb == "help":
        return Help()
    if verb in {"", "list"} and not plain(rest):
        return ListAll()
    if verb == "add":
        return _add(rest, today)
    if verb == "move":
        return _move(rest, today)
    if verb in _ABOUT_ONE_PERSON:
        return _about_one_person(verb, rest)
    raise not_a_command(text, verb, USAGES, otherwise="add")


def _about_one_person(verb: str, rest: str) -> OneOnOneCommand:
    command, form = _ABOUT_ONE_PERSON[verb]
    said, usage = words(rest), usage_of(verb, USAGES)
    if not said:
        return form()
    person, others = one_person(said, usage)
    if others:
        raise usage.missed(plain(rest))
    return command(person)


_ABOUT_ONE_PERSON: Final[
    dict[str, tuple[Callable[[str], OneOnOneCommand], Callable[[], OneOnOneCommand]]]
] = {
    "skip": (Skip, SkipForm),
    "end": (End, EndForm),
    "ask": (Ask, AskForm),
}


def _move(rest: str, today: date) -> Move | MoveForm:
    said, usage = words(rest), usage_of("move", USAGES)
    if not said:
        return MoveForm()
    person, others = one_person(said, usage)
    if not others:
        return MoveForm(person)
    reader = Reader(others, usage)
    on, at = _read_slot(reader, today)
    if on is None:
        raise reader.lacks("the day")
    if at is None:
        raise reader.lacks("the time of day")
    return Move(person, not_before(on, today), at)


def _read_slot(reader: Reader, today: date) -> tuple[date | None, time | None]:
    """Read a day and a time in either order; "to" and "on" may stand before each."""
    on, at = None, None
    while not reader.is_done:
        reader.begin_part()
        reader.skip("to", "on")
        if at is None and (at := read_time(reader)) is not None:
            continue
        if on is not None or (on := read_date(reader, today=today)) is None:
            raise reader.lost("to", "tomorrow")
    return on, at


@dataclass
class _Draft:
    """What has been said so far of a 1-on-1 to add."""

    recurrence: Recurrence | None = None
    at: time | None = None
    minutes: int | None = None
    first_on: date | None = None
    role: Role | None = None


def _add(rest: str, today: date) -> Add | AddForm:
    said, usage = words(rest), usage_of("add", USAGES)
    if not said:
        return AddForm()
    person, others = one_person(said, usage)
    if not others:
        return AddForm(person)
    reader, draft = Reader(others, usage), _Draft()
    while not reader.is_done:
        reader.begin_part()
        _read_part(reader, draft, today)
    if draft.recurrence is None:
        raise reader.lacks("how often you meet")
    if draft.at is None:
        raise reader.lacks("the time of day")
    minutes, role = draft.minutes or DEFAULT_MINUTES, draft.role or "peer"
    return Add(person, draft.recurrence, draft.at, minutes, draft.first_on, role)


def _read_part(reader: Reader, draft: _Draft, today: date) -> None:
    """Read one of the parts, which may come in any order but only once each."""
    if draft.recurrence is None and begins_rhythm(reader):
        draft.recurrence = read_rhythm(reader)
    elif draft.minutes is None and reader.skip("for"):
        draft.minutes = read_minutes(reader)
    elif draft.first_on is None and reader.skip("from", "starting"):
        draft.first_on = _read_first_day(reader, today)
    elif draft.role is None and reader.skip("as"):
        draft.role = _read_role(reader)
    elif draft.at is None:
        draft.at = _read_time(reader)
    else:
        raise reader.lost(*_PART_OPENERS)


def _read_time(reader: Reader) -> time:
    at = read_time(reader)
    if at is None:
        raise reader.lost(*_PART_OPENERS)
    return at


def _read_first_day(reader: Reader, today: date) -> date:
    day = read_date(reader, today=today)
    if day is None:
        raise reader.lost("today", "tomorrow")
    return not_before(day, today)


def _read_role(reader: Reader) -> Role:
    reader.skip("a", "the", "their")
    if reader.key not in get_args(Role):
        raise reader.lost(*get_args(Role))
    role = cast("Role", reader.key)
    reader.advance()
    return role
