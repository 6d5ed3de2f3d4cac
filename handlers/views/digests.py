"""Views of digests: several messages to one person in one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from handlers.views import elements
from handlers.views.elements import Block, Message

LONGEST: Final = 10_000
"""Characters of JSON: a message with some 13,000 has been refused."""
_NUMBERS: Final = ("No", "One", "Two", "Three", "Four", "Five", "Six")
Part = tuple[str, Sequence[Mapping[str, Any]]]
"""A message's text and its blocks."""


def how_many_fit(parts: Sequence[Part]) -> int:
    """Say how many of these, from the first on, fit into one message."""
    blocks, length = 2, 0  # the heading's, and one for a last button
    for number, (_, its_blocks) in enumerate(parts):
        blocks, length = blocks + 1 + len(its_blocks), length + len(str(its_blocks))
        if blocks > elements.MESSAGE_BLOCKS or length > LONGEST:
            return number
    return len(parts)


def digest(parts: Sequence[Part]) -> tuple[Message, list[int]]:
    """Put messages into one, and say with which block each begins."""
    heading = f"*{_NUMBERS[len(parts)]} things at once.*"
    blocks: list[Block] = [elements.section(heading)]
    begins = []
    for _, its_blocks in parts:
        begins.append(len(blocks))
        blocks += [elements.divider(), *(dict(block) for block in its_blocks)]
    return Message("\n\n".join([heading.replace("*", ""), *(text for text, _ in parts)]), blocks), begins
