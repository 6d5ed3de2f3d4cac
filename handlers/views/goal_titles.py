"""How a goal's title, which a person wrote, stands in our sentences."""

from __future__ import annotations

from handlers.views import elements

_MOST_WORDS = 10
"""Of a title whose owner wrote it a moment ago and has it in App Home; with our own words it stays below sixty."""


def ended(title: str, *, words: int = _MOST_WORDS) -> str:
    """Give the title as the end of a sentence, with a full stop if it brings none of its own."""
    shown = clipped(title, words)
    return f"_{shown}_" if shown.endswith((".", "!", "?", "…")) else f"_{shown}._"


def amid(title: str) -> str:
    """Give the title as a part of a sentence, between commas."""
    return f", _{clipped(title)}_,"


def clipped(text: str, words: int = _MOST_WORDS) -> str:
    """Repeat the beginning of what a person wrote, on one line and harmless."""
    written = text.split()
    return elements.one_line(" ".join(written[:words]) + ("…" if len(written) > words else ""))
