"""How long a 1-on-1 lasts, as people type it: "30 min", "1h", "half an hour"."""

from __future__ import annotations

import re
from typing import Final

from bot.errors import ImpossibleDuration
from handlers.grammars.readers import Reader
from handlers.grammars.words import number, quote

LEAST_MINUTES: Final = 5
MOST_MINUTES: Final = 480
"""A working day; what lasts longer is not a 1-on-1."""

_MINUTES_IN: Final = {
    **dict.fromkeys(("min", "mins", "minute", "minutes", "m"), 1),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), 60),
}
_DURATION: Final = re.compile(r"(\d{1,9})(\D*)")
_DURATIONS_IN_WORDS: Final = {"half an hour": 30, "an hour": 60}


def read_minutes(reader: Reader) -> int:
    """Read "30 min", "1h", "half an hour", or a number alone, which means minutes."""
    for phrase, minutes in _DURATIONS_IN_WORDS.items():
        count = len(phrase.split())
        if reader.ahead(count) == phrase:
            reader.advance(count)
            return minutes
    found = _DURATION.fullmatch(reader.key)
    units = number(reader.key) if found is None else int(found[1])
    unit = found[2] if found else ""
    if units is None or (unit and unit not in _MINUTES_IN):
        raise reader.lost()
    reader.advance()
    if not unit and reader.key in _MINUTES_IN:
        unit = reader.key
        reader.advance()
    return _bounded(units * _MINUTES_IN.get(unit, 1), said=f"{units} {unit or 'min'}")


def _bounded(minutes: int, *, said: str) -> int:
    if not LEAST_MINUTES <= minutes <= MOST_MINUTES:
        raise ImpossibleDuration(text=quote(said), least=LEAST_MINUTES, most=MOST_MINUTES)
    return minutes
