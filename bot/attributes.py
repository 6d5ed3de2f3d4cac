"""What is known of a person for matching: its fields, and how a text becomes one of them; pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final

from bot.errors import Refusal

DEPARTMENT: Final = "department"
MANAGER: Final = "manager"
LOCATION: Final = "location"
STARTS_ON: Final = "starts_on"
SKILLS_OFFERED: Final = "skills_offered"
SKILLS_WANTED: Final = "skills_wanted"
LANGUAGES: Final = "languages"

FIELDS: Final = (DEPARTMENT, MANAGER, LOCATION, STARTS_ON, SKILLS_OFFERED, SKILLS_WANTED, LANGUAGES)
TEXTS: Final = frozenset({DEPARTMENT, LOCATION})
LISTS: Final = frozenset({SKILLS_OFFERED, SKILLS_WANTED, LANGUAGES})

TEXT_LENGTH: Final = 80
ITEM_LENGTH: Final = 60
ITEMS: Final = 30

Value = str | date | tuple[str, ...] | None
"""Of one field: a text, a manager's Slack id, a day, several short texts; None and () say that there is none."""

_SEPARATORS: Final = re.compile(r"[;|,\n\r]")
_JOINERS: Final = "\u200c\u200d"
"""Not printed by themselves, but parts of words and emoji."""


class TextTooLong(Refusal):
    """There are {length} characters in "{text}", and {most} fit. Shorten it."""


class TooManyItems(Refusal):
    """These are {count}, and {most} fit. Keep those that matter most."""


@dataclass(frozen=True)
class Attributes:
    """What is known of one person; texts are as they were written, and compared by `comparable`."""

    department: str | None = None
    manager: str | None = None
    """The manager's Slack id."""
    location: str | None = None
    starts_on: date | None = None
    skills_offered: tuple[str, ...] = ()
    skills_wanted: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()


NOTHING_KNOWN: Final = Attributes()


def comparable(text: str) -> str:
    """Give the form of a text in which it equals what others wrote differently."""
    return unicodedata.normalize("NFKC", text).casefold().strip()


def comparables(texts: Iterable[str]) -> frozenset[str]:
    """Give several texts, such as skills, in the form in which they are compared."""
    return frozenset(map(comparable, texts))


def tidy(text: str) -> str:
    """Put a text on one line, without what cannot be seen; a store refuses some of that."""
    if not text.isprintable():
        text = "".join(sign if sign.isprintable() or sign in _JOINERS else " " for sign in text)
    return " ".join(unicodedata.normalize("NFC", text).split())


def read_text(text: str) -> str | None:
    """Read a short text, None if it is empty; raises TextTooLong."""
    return _fitting(tidy(text), TEXT_LENGTH) or None


def read_list(text: str) -> tuple[str, ...]:
    """Read several short texts, each once, separated by lines or by `;`, `|` or `,`.

    Raises TextTooLong and TooManyItems.
    """
    items: dict[str, str] = {}
    for part in _SEPARATORS.split(text):
        if item := _fitting(tidy(part), ITEM_LENGTH):
            items.setdefault(comparable(item), item)
    if len(items) > ITEMS:
        raise TooManyItems(count=len(items), most=ITEMS)
    return tuple(items.values())


def _fitting(text: str, most: int) -> str:
    if len(text) > most:
        raise TextTooLong(text=f"{text[:most]}…", length=len(text), most=most)
    return text
