"""The grammar of `/goal`: what a text asks for, or a refusal that shows how to say it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal, cast, get_args

from bot.errors import ImpossiblePercent, TitleTooLong
from handlers.grammars.dates import not_before, parse_date
from handlers.grammars.readers import Reader
from handlers.grammars.usages import Usage, not_a_command, one_person, usage_of
from handlers.grammars.words import number, plain, quote, split_first, unquoted, words

Audience = Literal["me", "manager", "buddy", "everyone"]
NumberedVerb = Literal["progress", "done", "drop", "edit", "show", "share"]

TITLE_LIMIT: Final = 300
"""Characters of a title; a longer one does not fit a line of App Home and is no title."""

USAGES: Final = (
    Usage("list", "/goal", "/goal", "shows your goals, numbered"),
    Usage(
        "add",
        "/goal add TITLE [by DATE]",
        "/goal add Open two of the four weekly demos by 31 march",
        "logs a goal, shared with your manager until you say otherwise",
    ),
    Usage(
        "progress",
        "/goal progress N 60% [note]",
        "/goal progress 3 60% first demo went well",
        "notes how far a goal is",
    ),
    Usage("done", "/goal done N [note]", "/goal done 3", "marks a goal as reached"),
    Usage(
        "drop", "/goal drop N [why]", "/goal drop 3 the project ended", "lets go of a goal, and keeps its log"
    ),
    Usage("edit", "/goal edit N", "/goal edit 3", "opens a goal to change it"),
    Usage("show", "/goal show N", "/goal show 3", "shows a goal with everything noted about it"),
    Usage(
        "share",
        "/goal share N with me|manager|buddy|everyone",
        "/goal share 3 with manager and buddy",
        "chooses who else sees a goal; `me` is nobody else",
    ),
    Usage("of", "/goal of @person", "/goal of @Ben", "shows the goals somebody shares with you"),
    Usage("export", "/goal export", "/goal export", "sends you all your goals and their history as files"),
    Usage("help", "/goal help", "/goal help", "shows this page"),
)


@dataclass(frozen=True)
class ListMine:
    """Show my goals."""


@dataclass(frozen=True)
class Help:
    """Show what the command can do."""


@dataclass(frozen=True)
class Add:
    """Log a goal."""

    title: str
    due_on: date | None


@dataclass(frozen=True)
class AddForm:
    """Open the form that logs a goal."""


@dataclass(frozen=True)
class Progress:
    """Note how far a goal is."""

    number: int
    percent: int
    note: str | None


@dataclass(frozen=True)
class Done:
    """Mark a goal as reached."""

    number: int
    note: str | None


@dataclass(frozen=True)
class Drop:
    """Let go of a goal."""

    number: int
    why: str | None


@dataclass(frozen=True)
class Edit:
    """Open the form that changes a goal."""

    number: int


@dataclass(frozen=True)
class Show:
    """Show a goal and its log."""

    number: int


@dataclass(frozen=True)
class Share:
    """Choose who else sees a goal."""

    number: int
    audience: frozenset[Audience]
    """`me` stands alone, for nobody else."""


@dataclass(frozen=True)
class Of:
    """Show what somebody shares with the speaker."""

    person: str


@dataclass(frozen=True)
class OfForm:
    """Ask whose goals to show."""


@dataclass(frozen=True)
class Export:
    """Send all goals as files."""


@dataclass(frozen=True)
class Choose:
    """Ask which goal a verb is about."""

    verb: NumberedVerb


GoalCommand = (
    ListMine
    | Help
    | Add
    | AddForm
    | Progress
    | Done
    | Drop
    | Edit
    | Show
    | Share
    | Of
    | OfForm
    | Export
    | Choose
)

_ALONE: Final[dict[str, GoalCommand]] = {"": ListMine(), "list": ListMine(), "export": Export()}
_BY: Final = re.compile(r"(?:(?P<title>.*) )?by (?P<day>.+)", re.IGNORECASE)
_PERCENT: Final = re.compile(r"(\d{1,9})%?")
_NEARLY_PERCENT: Final = re.compile(r"[-+]?\d+(?:[.,]\d+)?%?")


def parse(text: str, *, today: date) -> GoalCommand:
    """Read what follows `/goal`, escaped as Slack sends it; today is the speaker's day."""
    verb, rest = split_first(text)
    if verb == "help":
        return Help()
    if verb == "add":
        return _add(plain(rest), today)
    if verb == "of":
        return _of(rest)
    if verb in _ABOUT_ONE_GOAL:
        return _about_one_goal(cast("NumberedVerb", verb), rest)
    if verb in _ALONE and not plain(rest):
        return _ALONE[verb]
    raise not_a_command(text, verb, USAGES, otherwise="add")


def _add(said: str, today: date) -> Add | AddForm:
    title, due_on = _split_due_date(said, today)
    title = unquoted(title)
    if not title:
        return AddForm()
    if len(title) > TITLE_LIMIT:
        raise TitleTooLong(length=len(title), most=TITLE_LIMIT)
    return Add(title, due_on)


def _split_due_date(said: str, today: date) -> tuple[str, date | None]:
    """Part a title from its due date: the last "by" counts if nothing but a date follows it."""
    found = _BY.fullmatch(said)
    due_on = parse_date(found["day"], today=today) if found else None
    if found is None or due_on is None:
        return said, None
    if not found["title"]:
        raise usage_of("add", USAGES).lacks("a title")
    return found["title"], not_before(due_on, today)


def _of(rest: str) -> Of | OfForm:
    said, usage = words(rest), usage_of("of", USAGES)
    if not said:
        return OfForm()
    person, others = one_person(said, usage)
    if others:
        raise usage.missed(plain(rest))
    return Of(person)


def _about_one_goal(verb: NumberedVerb, said: str) -> GoalCommand:
    if not plain(said):
        return Choose(verb)
    usage = usage_of(verb, USAGES)
    first, rest = split_first(said)
    goal = number(first.removeprefix("#"))
    if not goal:
        raise usage.missed(plain(said))
    return _ABOUT_ONE_GOAL[verb](goal, rest, usage)


def _progress(goal: int, rest: str, usage: Usage) -> Progress:
    first, note = split_first(rest)
    if not first:
        raise usage.lacks("how far the goal is")
    exact = _PERCENT.fullmatch(first)
    if exact and int(exact[1]) <= 100:
        sign, after_sign = split_first(note)
        return Progress(goal, int(exact[1]), _note(after_sign if sign in {"%", "percent"} else note))
    if _NEARLY_PERCENT.fullmatch(first):
        raise ImpossiblePercent(text=quote(first))
    raise usage.missed(plain(rest))


def _done(goal: int, rest: str, _: Usage) -> Done:
    return Done(goal, _note(rest))


def _drop(goal: int, rest: str, _: Usage) -> Drop:
    return Drop(goal, _note(rest))


def _edit(goal: int, rest: str, usage: Usage) -> Edit:
    return Edit(_nothing_after(goal, rest, usage))


def _show(goal: int, rest: str, usage: Usage) -> Show:
    return Show(_nothing_after(goal, rest, usage))


def _share(goal: int, rest: str, usage: Usage) -> Share:
    spaced = re.sub("&amp;|[,+]", " ", rest)
    reader = Reader(words(spaced), usage)
    reader.skip("with")
    named: set[Audience] = set()
    while not reader.is_done:
        reader.begin_part()
        named.add(_read_audience(reader))
        reader.skip("and")
    if not named:
        raise usage.lacks("who may see it")
    return Share(goal, frozenset(named - {"me"} or named))


def _read_audience(reader: Reader) -> Audience:
    if reader.key not in get_args(Audience):
        raise reader.lost(*get_args(Audience), "with")
    audience = cast("Audience", reader.key)
    reader.advance()
    return audience


def _nothing_after(goal: int, rest: str, usage: Usage) -> int:
    if plain(rest):
        raise usage.missed(f"{goal} {plain(rest)}")
    return goal


def _note(rest: str) -> str | None:
    return plain(rest) or None


_ABOUT_ONE_GOAL: Final[dict[str, Callable[[int, str, Usage], GoalCommand]]] = {
    "progress": _progress,
    "done": _done,
    "drop": _drop,
    "edit": _edit,
    "show": _show,
    "share": _share,
}
