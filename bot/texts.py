"""People's texts, before they are stored."""

from __future__ import annotations


def storable(text: str) -> str:
    """Drop what no database takes: the zero character and halves of a character pair."""
    return text.replace("\0", "").encode("utf-8", "ignore").decode()
