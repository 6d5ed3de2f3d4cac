"""Cursors: lists handed out a page at a time."""

import base64
import binascii
from collections.abc import Sequence
from typing import TypeVar

from sandbox.errors import SlackError
from sandbox.model import Json
from sandbox.web_api.arguments import Arguments

T = TypeVar("T")
PREFIX = "from:"


def page_of(entries: Sequence[T], arguments: Arguments, *, default: int = 100) -> tuple[Sequence[T], Json]:
    """Return one page and the `response_metadata` that leads to the next (an empty cursor at the end)."""
    start, limit = _start(arguments.text("cursor")), arguments.limit(default)
    if start > len(entries):
        raise SlackError("invalid_cursor")
    following = start + limit
    cursor = encoded(following) if following < len(entries) else ""
    return entries[start:following], {"next_cursor": cursor}


def encoded(position: int) -> str:
    """Write a position as a cursor."""
    return base64.b64encode(f"{PREFIX}{position}".encode()).decode()


def _start(cursor: str) -> int:
    if not cursor:
        return 0
    try:
        decoded = base64.b64decode(cursor, validate=True).decode()
        return int(decoded.removeprefix(PREFIX)) if decoded.startswith(PREFIX) else _refuse()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return _refuse()


def _refuse() -> int:
    raise SlackError("invalid_cursor")
