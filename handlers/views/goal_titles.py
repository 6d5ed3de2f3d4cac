"""How a goal's title, which a person wrote, stands in our sentences."""

from __future__ import annotations

from handlers.views import elements


def ended(title: str) -> str:
    """Give the title as the end of a sentence, with a full stop if it brings none of its own."""
    shown = elements.one_line(title)
    return f"_{shown}_" if shown.endswith((".", "!", "?", "…")) else f"_{shown}._"


def amid(title: str) -> str:
    """Give the title as a part of a sentence, between commas."""
    return f", _{elements.one_line(title)}_,"
