"""Cursors: lists handed out a page at a time."""

import base64
import binascii
from collections.abc import Iterable, Sequence
from typing import TypeVar

from sandbox.errors import SlackError
from sandbox.model import Json
from sandbox.web_api.arguments import Arguments

T = TypeVar("T")
PREFIX, USER = "from:", "user:"


def page_of(entries: Sequence[T], arguments: Arguments, *, default: int = 100) -> tuple[Sequence[T], Json]:
    """Return one page and the `response_metadata` that leads to the next (an empty cursor at the end)."""
    start, limit = _start(arguments.text("cursor")), arguments.limit(default)
    if start > len(entries):
        raise SlackError("invalid_cursor")
    following = start + limit
    cursor = encoded(following) if following < len(entries) else ""
    return entries[start:following], {"next_cursor": cursor}


def page_of_people(ids: Iterable[str], arguments: Arguments) -> tuple[Sequence[str], Json]:
    """Return one page of people, by id: the cursor names who comes next, so that nobody is skipped as others leave."""
    cursor, limit = arguments.text("cursor"), arguments.limit()
    first = _decoded(cursor, USER) if cursor else ""
    left = sorted(each for each in ids if each >= first)
    following = base64.b64encode(f"{USER}{left[limit]}".encode()).decode() if limit < len(left) else ""
    return left[:limit], {"next_cursor": following}


def encoded(position: int) -> str:
    """Write a position as a cursor."""
    return base64.b64encode(f"{PREFIX}{position}".encode()).decode()


def _start(cursor: str) -> int:
    if not cursor:
        return 0
    position = _decoded(cursor, PREFIX)
    if not position.isdecimal():
        raise SlackError("invalid_cursor")
    return int(position)


def _decoded(cursor: str, prefix: str) -> str:
    try:
        decoded = base64.b64decode(cursor, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError) as error:
        raise SlackError("invalid_cursor") from error
    if not decoded.startswith(prefix):
        raise SlackError("invalid_cursor")
    return decoded.removeprefix(prefix)
