"""The settings of a buddy programme as people type them: "every 2 weeks on tuesday 10:00 groups of 2 across"."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from bot.programme_settings import USUAL
from bot.zones import named
from handlers.grammars.dates import WEEKDAYS, read_time, weekday
from handlers.grammars.readers import Reader
from handlers.grammars.words import number
from models.programmes import ACROSS, ANY, ASKED, EVERYONE, LESS, MENTORING, MORE, OFF, WITHIN

WEIGHTS: Final = "weights"
Said = dict[str, Any]
"""What was said of settings, named as in `bot.programme_settings.Settings`."""

_EVERY_OTHER: Final = ("other week", "second week", "2nd week")
_OPENERS: Final = (
    *("every", "on", "at", "in", "groups", "pairs", "anyone", "across", "within", "mentors", "everyone"),
    *("ask", "repeat", "share", "announce", "guests", "pact", "no", "even", "if"),
    *("more", "less", "ignore", "usual"),
)
_TERMS: Final = {
    **dict.fromkeys(("skills", "skill"), "skills"),
    **dict.fromkeys(("departments", "department"), "department"),
    **dict.fromkeys(("hours", "hour"), "hours"),
    **dict.fromkeys(("tenure", "years"), "tenure"),
    **dict.fromkeys(("newness", "new"), "newness"),
    **dict.fromkeys(("channels", "channel"), "channels"),
    **dict.fromkeys(("languages", "language"), "language"),
    **dict.fromkeys(("places", "place", "location", "locations"), "location"),
}
"""What people call what counts."""


def read_settings(reader: Reader) -> Said:
    """Read all parts, which may come in any order but each only once; nothing said gives nothing."""
    said: Said = {}
    while not reader.is_done:
        reader.begin_part()
        part = _read_part(reader)
        if _is_said_again(part, said):
            raise reader.lost(*_OPENERS)
        weights = {**said.get(WEIGHTS, {}), **part.get(WEIGHTS, {})}
        said |= part | ({WEIGHTS: weights} if weights else {})
    return said


def _is_said_again(part: Said, said: Said) -> bool:
    """Whether something was said before; of weights each is a thing of its own."""
    weights = part.get(WEIGHTS, {}).keys() & said.get(WEIGHTS, {}).keys()
    return bool(weights or part.keys() & said.keys() - {WEIGHTS})


def _read_part(reader: Reader) -> Said:
    for length in range(_LONGEST, 0, -1):
        phrase = reader.ahead(length)
        if phrase in _WHOLE:
            reader.advance(length)
            return dict([_WHOLE[phrase]])
        if phrase in _READERS:
            reader.advance(length)
            return _READERS[phrase](reader)
    day = _read_weekday(reader)
    if day is not None:
        return {"weekday": day}
    at = read_time(reader)
    if at is None:
        raise reader.lost(*_OPENERS)
    return {"at": at}


def _every(reader: Reader) -> Said:
    said: Said = {"every_weeks": _weeks(reader)}
    reader.skip("on")
    day = _read_weekday(reader)
    return said if day is None else said | {"weekday": day}


def _weeks(reader: Reader) -> int:
    if reader.ahead(2) in _EVERY_OTHER:
        reader.advance(2)
        return 2
    if reader.skip("other"):
        return 2
    weeks = number(reader.key)
    if weeks is not None:
        reader.advance()
        if not reader.skip("weeks", "week"):
            raise reader.lost("weeks")
        return weeks
    if not reader.skip("week") and weekday(reader.key) is None:
        raise reader.lost("week", "weeks", "other", *WEEKDAYS)
    return 1


def _read_weekday(reader: Reader) -> int | None:
    day = weekday(reader.key)
    if day is None and reader.key.removesuffix("s") in WEEKDAYS:
        day = WEEKDAYS.index(reader.key.removesuffix("s"))
    if day is not None:
        reader.advance()
    return day


def _on(reader: Reader) -> Said:
    day = _read_weekday(reader)
    if day is None:
        raise reader.lost(*WEEKDAYS)
    return {"weekday": day}


def _in(reader: Reader) -> Said:
    zone = named(reader.key)
    if zone is None:
        raise reader.lost()
    reader.advance()
    return {"zone": zone}


def _count(reader: Reader, *units: str) -> int:
    """Read a number, and the word for what it counts, if that is there."""
    count = number(reader.key)
    if count is None:
        raise reader.lost()
    reader.advance()
    reader.skip(*units)
    return count


def _groups(reader: Reader) -> Said:
    reader.skip("of")
    return {"group_size": _count(reader, "people")}


def _repeat(reader: Reader) -> Said:
    reader.skip("after", "for")
    return {"repeat_window": _count(reader, "rounds", "round")}


def _share(reader: Reader) -> Said:
    hours = _count(reader, "hours", "hour", "h")
    return {"shared_minutes": 60 * hours}


def _pact(reader: Reader) -> Said:
    reader.skip("of", "for")
    return {"pact_weeks": _count(reader, "weeks", "week")}


def _counting(level: str) -> Callable[[Reader], Said]:
    """Make the reader of what counts so much: "more skills and tenure"."""

    def read(reader: Reader) -> Said:
        terms = [_read_term(reader)]
        while reader.skip("and"):
            terms.append(_read_term(reader))
        return {WEIGHTS: dict.fromkeys(terms, level)}

    return read


def _read_term(reader: Reader) -> str:
    if reader.key not in _TERMS:
        raise reader.lost(*_TERMS)
    term = _TERMS[reader.key]
    reader.advance()
    return term


_READERS: Final[dict[str, Callable[[Reader], Said]]] = {
    "every": _every,
    "on": _on,
    "in": _in,
    "groups": _groups,
    "group": _groups,
    "repeat": _repeat,
    "no repeat": _repeat,
    "share": _share,
    "pact": _pact,
    "more": _counting(MORE),
    "less": _counting(LESS),
    "ignore": _counting(OFF),
    "usual": _counting(USUAL),
}

_WHOLE: Final[dict[str, tuple[str, object]]] = {
    **dict.fromkeys(("pairs", "in pairs"), ("group_size", 2)),
    **dict.fromkeys(("anyone", "any", "with anyone"), ("mixing", ANY)),
    **dict.fromkeys(("across departments", "across"), ("mixing", ACROSS)),
    **dict.fromkeys(("within departments", "within"), ("mixing", WITHIN)),
    **dict.fromkeys(("mentors and mentees", "mentoring", "mentors"), ("mixing", MENTORING)),
    **dict.fromkeys(
        ("even if alone", "even if somebody stays alone", "even if someone stays alone"),
        ("is_mixing_required", True),
    ),
    "if possible": ("is_mixing_required", False),
    **dict.fromkeys(("everyone", "everybody"), ("enrolment", EVERYONE)),
    **dict.fromkeys(("ask people", "ask", "who joins"), ("enrolment", ASKED)),
    "announce": ("announces", True),
    **dict.fromkeys(("do not announce", "no announcement", "quietly"), ("announces", False)),
    **dict.fromkeys(("with guests", "guests"), ("takes_guests", True)),
    **dict.fromkeys(("without guests", "no guests"), ("takes_guests", False)),
    "no pact": ("pact_weeks", None),
}
_LONGEST: Final = max(len(phrase.split()) for phrase in _WHOLE)
