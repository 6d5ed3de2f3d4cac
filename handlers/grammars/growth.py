"""The grammar of `/growth`: what a text asks for, or a refusal that shows how to say it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from handlers.grammars.dates import not_before, read_date
from handlers.grammars.readers import Reader
from handlers.grammars.usages import Usage, not_a_command, usage_of
from handlers.grammars.words import plain, split_first, words

USAGES: Final = (
    Usage("overview", "/growth", "/growth", "shows your next 1-on-1s, your goals and what waits for you"),
    Usage(
        "settings", "/growth settings", "/growth settings", "sets your working hours and when I write to you"
    ),
    Usage("pause", "/growth pause [until DATE]", "/growth pause until friday", "keeps me quiet for a while"),
    Usage("resume", "/growth resume", "/growth resume", "ends the pause"),
    Usage(
        *("profile", "/growth profile", "/growth profile"),
        "shows what I match career buddies by, and lets you change it",
    ),
    Usage(
        "import", "/growth import", "/growth import", "brings in a roster as a CSV file; for workspace admins"
    ),
    Usage("help", "/growth help", "/growth help", "shows this page"),
)


@dataclass(frozen=True)
class Overview:
    """Show what is next."""


@dataclass(frozen=True)
class Help:
    """Show what the commands can do."""


@dataclass(frozen=True)
class Settings:
    """Open the form with the settings."""


@dataclass(frozen=True)
class Profile:
    """Open the form with one's profile."""


@dataclass(frozen=True)
class Import:
    """Open the form that takes a roster."""


@dataclass(frozen=True)
class Pause:
    """Send nothing for a while."""

    until: date | None
    """The first day on which messages come again; None until the person resumes."""


@dataclass(frozen=True)
class Resume:
    """End the pause."""


GrowthCommand = Overview | Help | Settings | Profile | Import | Pause | Resume

_ALONE: Final[dict[str, GrowthCommand]] = {
    "": Overview(),
    "overview": Overview(),
    "settings": Settings(),
    "profile": Profile(),
    "import": Import(),
    "resume": Resume(),
}


def parse(text: str, *, today: date) -> GrowthCommand:
    """Read what follows `/growth`, escaped as Slack sends it; today is the speaker's day."""
    verb, rest = split_first(text)
    if verb == "help":
        return Help()
    if verb == "pause":
        return _pause(rest, today)
    if verb in _ALONE and not plain(rest):
        return _ALONE[verb]
    raise not_a_command(text, verb, USAGES, otherwise="help")


def _pause(rest: str, today: date) -> Pause:
    reader = Reader(words(rest), usage_of("pause", USAGES))
    if reader.is_done:
        return Pause(until=None)
    reader.skip("until", "till")
    until = read_date(reader, today=today)
    if until is None or not reader.is_done:
        raise reader.lost("until", "today", "tomorrow")
    return Pause(not_before(until, today + timedelta(days=1)))
