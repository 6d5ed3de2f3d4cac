"""The grammar of `/buddy`: what a text asks for, or a refusal that shows how to say it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final

from handlers.grammars.dates import not_before, read_date
from handlers.grammars.programmes import Said, read_settings
from handlers.grammars.readers import Reader
from handlers.grammars.usages import Usage, not_a_command, one_channel, one_person, usage_of
from handlers.grammars.words import Word, number, plain, split_first, words
from models.programmes import MENTEE, MENTOR

HAND_OVER: Final = Usage(
    "programme",
    "/buddy programme #channel hand over to @person",
    "/buddy programme #coffee hand over to @Ben",
    "gives your programme to another member of the channel; `end` ends it, and an admin can `take over` one"
    " whose owner has left",
)
USAGES: Final = (
    Usage("overview", "/buddy", "/buddy", "shows your programmes, your buddy and the next round"),
    Usage(
        "join",
        "/buddy join [#channel] [as mentor for 2|as mentee]",
        "/buddy join #coffee",
        "takes part in a channel's programme",
    ),
    Usage("leave", "/buddy leave [#channel]", "/buddy leave #coffee", "takes no part in it any more"),
    Usage("skip", "/buddy skip [#channel]", "/buddy skip", "leaves you out of the next round"),
    Usage(
        "pause",
        "/buddy pause until DATE [#channel]",
        "/buddy pause until friday",
        "leaves you out of rounds until that day, everywhere unless you name a channel",
    ),
    Usage("resume", "/buddy resume [#channel]", "/buddy resume", "ends the pause"),
    Usage(
        "not",
        "/buddy not @person",
        "/buddy not @Ben",
        "keeps you two apart; nobody else learns of it. `/buddy not` lists them",
    ),
    Usage("allow", "/buddy allow @person", "/buddy allow @Ben", "takes that back"),
    Usage("name", "/buddy name me", "/buddy name me", "lets channels read your name"),
    Usage(
        "do not name me",
        "/buddy do not name me",
        "/buddy do not name me",
        "keeps your name out of announcements",
    ),
    Usage("met", "/buddy met", "/buddy met", "says that you and your buddy met"),
    Usage(
        "decline",
        "/buddy decline [@person]",
        "/buddy decline @Ben",
        "lets a mentor decline a mentee, within three days; the next choice follows",
    ),
    Usage(
        "programme",
        "/buddy programme #channel [every N weeks on DAY TIME] [groups of N] [across|within|anyone|mentors]"
        " [everyone|ask] …",
        "/buddy programme #coffee every 2 weeks on tuesday 10:00 groups of 2 across",
        "starts or changes a programme; also `in Europe/Berlin`, `even if alone`, `repeat after 6 rounds`,"
        " `share 2 hours`, `quietly`, `with guests`, `pact of 4 weeks`, `more skills and tenure`, `ignore location`",
    ),
    HAND_OVER,
    Usage(
        "preview", "/buddy preview [#channel]", "/buddy preview", "shows you the next round of your programme"
    ),
    Usage(
        "match",
        "/buddy match now [#channel]",
        "/buddy match now",
        "begins the next round of your programme now",
    ),
    Usage("help", "/buddy help", "/buddy help", "shows this page"),
)


@dataclass(frozen=True)
class Overview:
    """Show where I stand."""


@dataclass(frozen=True)
class Help:
    """Show what the command can do."""


@dataclass(frozen=True)
class Join:
    """Take part."""

    channel: str | None = None
    role: str | None = None
    capacity: int | None = None


@dataclass(frozen=True)
class Leave:
    """Take no part any more."""

    channel: str | None = None


@dataclass(frozen=True)
class Skip:
    """Sit the next round out."""

    channel: str | None = None


@dataclass(frozen=True)
class Pause:
    """Sit rounds out until a day."""

    until: date
    channel: str | None = None


@dataclass(frozen=True)
class PauseForm:
    """Ask until when."""

    channel: str | None = None


@dataclass(frozen=True)
class Resume:
    """End the pause."""

    channel: str | None = None


@dataclass(frozen=True)
class Exclude:
    """Never meet somebody."""

    person: str


@dataclass(frozen=True)
class ListExcluded:
    """Show whom I never meet."""


@dataclass(frozen=True)
class Allow:
    """Meet somebody again."""

    person: str


@dataclass(frozen=True)
class Name:
    """Let channels read my name, or not."""

    is_unnamed: bool


@dataclass(frozen=True)
class Met:
    """Say that we met."""


@dataclass(frozen=True)
class Decline:
    """Decline a mentee; the only one, unless somebody is named."""

    person: str | None = None


@dataclass(frozen=True)
class Set:
    """Start a programme, or change what was said of it; nothing said opens the form."""

    channel: str | None = None
    said: Said = field(default_factory=dict)


@dataclass(frozen=True)
class HandOver:
    """Give a programme to somebody."""

    channel: str | None
    person: str


@dataclass(frozen=True)
class End:
    """End a programme, once that is confirmed."""

    channel: str | None = None


@dataclass(frozen=True)
class TakeOver:
    """Follow an owner who has left."""

    channel: str | None = None


@dataclass(frozen=True)
class Preview:
    """Show the owner the next round."""

    channel: str | None = None


@dataclass(frozen=True)
class MatchNow:
    """Begin the next round now."""

    channel: str | None = None


BuddyCommand = (
    Overview
    | Help
    | Join
    | Leave
    | Skip
    | Pause
    | PauseForm
    | Resume
    | Exclude
    | ListExcluded
    | Allow
    | Name
    | Met
    | Decline
    | Set
    | HandOver
    | End
    | TakeOver
    | Preview
    | MatchNow
)


def parse(text: str, *, today: date) -> BuddyCommand:
    """Read what follows `/buddy`, escaped as Slack sends it; today is the speaker's day."""
    verb, rest = split_first(text)
    if verb in _ALONE and not plain(rest):
        return _ALONE[verb]
    if verb in _WITH_CHANNEL:
        return _with_channel(verb, rest)
    if verb in _READERS:
        return _READERS[verb](words(rest), today)
    raise not_a_command(text, verb, USAGES, otherwise="join")


_ALONE: Final[dict[str, BuddyCommand]] = {
    "": Overview(),
    "overview": Overview(),
    "help": Help(),
    "met": Met(),
}
_WITH_CHANNEL: Final[dict[str, Callable[[str | None], BuddyCommand]]] = {
    "leave": Leave,
    "skip": Skip,
    "resume": Resume,
    "preview": Preview,
}


def _with_channel(verb: str, rest: str) -> BuddyCommand:
    usage = usage_of(verb, USAGES)
    channel, others = one_channel(words(rest), usage)
    if others:
        raise usage.missed(plain(rest))
    return _WITH_CHANNEL[verb](channel)


def _join(said: tuple[Word, ...], _: date) -> Join:
    usage = usage_of("join", USAGES)
    channel, others = one_channel(said, usage)
    reader = Reader(others, usage)
    if reader.is_done:
        return Join(channel)
    reader.skip("as")
    reader.skip("a")
    role = reader.key
    if role not in (MENTOR, MENTEE):
        raise reader.lost(MENTOR, MENTEE)
    reader.advance()
    capacity = _capacity(reader) if role == MENTOR else None
    if not reader.is_done:
        raise reader.lost()
    return Join(channel, role, capacity)


def _capacity(reader: Reader) -> int | None:
    """Read for how many mentees, if that is said."""
    if reader.is_done:
        return None
    reader.skip("for", "of")
    capacity = number(reader.key)
    if capacity is None:
        raise reader.lost("for")
    reader.advance()
    reader.skip("mentees", "mentee")
    return capacity


def _pause(said: tuple[Word, ...], today: date) -> Pause | PauseForm:
    usage = usage_of("pause", USAGES)
    channel, others = one_channel(said, usage)
    reader = Reader(others, usage)
    if reader.is_done:
        return PauseForm(channel)
    reader.skip("until", "till")
    until = read_date(reader, today=today)
    if until is None or not reader.is_done:
        raise reader.lost("until", "tomorrow")
    return Pause(not_before(until, today + timedelta(days=1)), channel)


def _not(said: tuple[Word, ...], _: date) -> BuddyCommand:
    if [word.key for word in said] == ["name", "me"]:
        return Name(is_unnamed=True)
    return _about("not", said, Exclude) if said else ListExcluded()


def _allow(said: tuple[Word, ...], _: date) -> BuddyCommand:
    return _about("allow", said, Allow) if said else ListExcluded()


def _about(verb: str, said: tuple[Word, ...], make: Callable[[str], BuddyCommand]) -> BuddyCommand:
    usage = usage_of(verb, USAGES)
    person, others = one_person(said, usage)
    if others:
        raise usage.missed(" ".join(word.text for word in said))
    return make(person)


def _decline(said: tuple[Word, ...], _: date) -> BuddyCommand:
    return _about("decline", said, Decline) if said else Decline()


def _name(said: tuple[Word, ...], _: date) -> Name:
    if [word.key for word in said] not in ([], ["me"]):
        raise usage_of("name", USAGES).missed(" ".join(word.text for word in said))
    return Name(is_unnamed=False)


def _do_not_name(said: tuple[Word, ...], _: date) -> Name:
    keys = [word.key for word in said if word.key != "not"]
    if keys != ["name", "me"]:
        raise usage_of("do not name me", USAGES).missed(" ".join(word.text for word in said))
    return Name(is_unnamed=True)


def _match(said: tuple[Word, ...], _: date) -> MatchNow:
    usage = usage_of("match", USAGES)
    channel, others = one_channel(said, usage)
    if [word.key for word in others] not in ([], ["now"]):
        raise usage.missed(" ".join(word.text for word in others))
    return MatchNow(channel)


def _programme(said: tuple[Word, ...], _: date) -> Set | HandOver | End | TakeOver:
    usage = usage_of("programme", USAGES)
    channel, others = one_channel(said, usage)
    keys = [word.key for word in others if not word.person]
    if keys[:2] in (["hand", "over"], ["hand", "it"]):
        return HandOver(channel, one_person(others, HAND_OVER)[0])
    if keys == ["end"]:
        return End(channel)
    if keys == ["take", "over"]:
        return TakeOver(channel)
    return Set(channel, read_settings(Reader(others, usage)))


_READERS: Final[dict[str, Callable[[tuple[Word, ...], date], BuddyCommand]]] = {
    "join": _join,
    "pause": _pause,
    "not": _not,
    "allow": _allow,
    "decline": _decline,
    "name": _name,
    "do": _do_not_name,
    "don't": _do_not_name,
    "match": _match,
    **dict.fromkeys(("programme", "program"), _programme),
}
