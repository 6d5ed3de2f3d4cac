"""Reading messages as people do, to count their words."""

from __future__ import annotations

import re

from handlers.views.elements import Message

MOST_WORDS = 60
"""Before the buttons; more is not read."""


def words_of(message: Message) -> list[str]:
    """Count as a reader does: a mention is a name, a date is day, month, "at" and time."""
    text = re.sub(r"<@\w+>", "Name", message.text)
    return re.sub(r"<!date[^>]*>", "Nov 26th at 10:00", text).split()
