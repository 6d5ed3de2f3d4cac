"""Words of a command: what Slack sent, unescaped once, with picked people told apart from typed text."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

QUOTE_LIMIT: Final = 60
"""How much of a person's own text a refusal repeats; enough to recognise it."""

_NUMBERS: Final = (
    *("one", "two", "three", "four", "five", "six"),
    *("seven", "eight", "nine", "ten", "eleven", "twelve"),
)

# With `should_escape` a "<" that somebody typed arrives as "&lt;", so a bare one opens Slack's own markup:
# a picked person, a channel, a group, a link. It must be recognised before anything is unescaped.
_MARKUP: Final = r"<(?:[@#!]|[a-z]+:)[^<>]*>"
_WORD: Final = re.compile(rf"{_MARKUP}|[^\s<]+|<")
_PERSON: Final = re.compile(r"<@([UW][A-Z0-9]+)(?:\|[^<>]*)?>")
_CHANNEL: Final = re.compile(r"<#([CG][A-Z0-9]+)(?:\|[^<>]*)?>")
_ESCAPED: Final = re.compile("&(lt|gt|amp);")
_MARKUP_OR_ESCAPED: Final = re.compile(f"{_MARKUP}|{_ESCAPED.pattern}")
_CHARACTERS: Final = {"lt": "<", "gt": ">", "amp": "&"}

_QUOTES: Final = "\"'`\u00b4\u2018\u2019\u201a\u201b\u201c\u201d\u201e\u201f\u00ab\u00bb\u2039\u203a"
_QUOTE_PAIRS: Final = ('""', "''", "\u201c\u201d", "\u201e\u201c", "\u2018\u2019", "\u00ab\u00bb")


@dataclass(frozen=True)
class Word:
    """One word of a command."""

    text: str
    """As the person sees it in their message box; a picked person is "@name"."""
    key: str
    """To compare with: small letters, plain digits, without quotes, invisible characters and closing marks."""
    person: str | None
    """The member's id if this is a person picked from Slack's list."""
    channel: str | None = None
    """The channel's id if this is a channel picked from Slack's list."""


def unescape_once(text: str) -> str:
    """Undo Slack's escaping exactly once: what was typed as "&lt;" must not become "<"."""
    return _ESCAPED.sub(lambda found: _CHARACTERS[found[1]], text)


def words(text: str) -> tuple[Word, ...]:
    """Split escaped command text at any white space, dropping what is nothing but quotes or invisible."""
    found = (_word(match[0]) for match in _WORD.finditer(text))
    return tuple(word for word in found if word.key)


def split_first(text: str) -> tuple[str, str]:
    """Part escaped command text into the key of its first word and the rest, still escaped."""
    for match in _WORD.finditer(text):
        if key := _word(match[0]).key:
            return key, text[match.end() :]
    return "", ""


def plain(text: str) -> str:
    """Read escaped command text as prose: on one line, as it was typed, empty if nothing of it is visible."""
    read = _MARKUP_OR_ESCAPED.sub(lambda found: _as_typed(found[0]), text)
    folded = " ".join("".join(" " if _is_control(letter) else letter for letter in read).split())
    return folded if any(not _is_invisible(letter) for letter in folded) else ""


def unquoted(text: str) -> str:
    """Take off the quotes around the whole of a text, straight or curly."""
    for opening, closing in _QUOTE_PAIRS:
        inner = text.removeprefix(opening).removesuffix(closing)
        if len(inner) == len(text) - 2 and opening not in inner and closing not in inner:
            return inner.strip()
    return text


def quote(text: str) -> str:
    """Shorten a text to what a refusal repeats of it."""
    return text if len(text) <= QUOTE_LIMIT else f"{text[: QUOTE_LIMIT - 1]}…"


def number(key: str) -> int | None:
    """Read a whole number up to nine digits, or "one" to "twelve"."""
    if key in _NUMBERS:
        return _NUMBERS.index(key) + 1
    return int(key) if re.fullmatch(r"\d{1,9}", key) else None


def _word(token: str) -> Word:
    person, channel = _PERSON.fullmatch(token), _CHANNEL.fullmatch(token)
    text = _as_typed(token)
    return Word(text, _key(text), person[1] if person else None, channel[1] if channel else None)


def _as_typed(token: str) -> str:
    """Show a token as it looked in the message box: the label of markup, everything else unescaped."""
    if not re.fullmatch(_MARKUP, token):
        return unescape_once(token)
    body, _, label = token[1:-1].partition("|")
    if not label:
        return token if body.startswith("!") else unescape_once(body)
    sign = body[0] if body[0] in "@#" else ""
    return unescape_once(sign + label)


def _key(text: str) -> str:
    # Phones wrap mentions in invisible direction marks; Japanese keyboards type wide digits and colons.
    folded = unicodedata.normalize("NFKC", text).casefold()
    visible = "".join(letter for letter in folded if not _is_invisible(letter))
    return visible.strip(_QUOTES + ",;").rstrip(".:")


def _is_control(letter: str) -> bool:
    """Whether no text may hold it: control characters (PostgreSQL refuses NUL) and half surrogates."""
    return unicodedata.category(letter) in {"Cc", "Cs"}


def _is_invisible(letter: str) -> bool:
    return unicodedata.category(letter) in {"Cc", "Cf", "Cs", "Zs", "Zl", "Zp"}
