"""What a channel reads about a round: its pairs, split at Slack's limits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bot.round_facts import Announcement
from handlers.views import elements
from handlers.views.elements import Block, Message
from handlers.views.rounds_reasons import day, people


def announcement(facts: Announcement) -> Message:
    """Tell a channel a part of who was put together; the first says how many, the last when it goes on."""
    opening = _opening(facts)
    groups = [f"• {people(each)}" for each in facts.groups]
    closing = _closing(facts) if facts.part == facts.parts else []
    blocks = [elements.section(f"*{opening}*"), *sections(groups), *map(elements.context, closing)]
    return Message("\n".join([opening, *groups, *closing]), blocks)


def _opening(facts: Announcement) -> str:
    if facts.part > 1:
        return f"Buddies of {elements.channel(facts.channel)}, continued ({facts.part} of {facts.parts})"
    what = "mentors and mentees" if facts.is_mentoring else "buddies"
    return f"New {what} in {elements.channel(facts.channel)}: {facts.count} people take part."


def _closing(facts: Announcement) -> list[str]:
    more = f"And {facts.unnamed} more {'pair' if facts.unnamed == 1 else 'pairs'}." if facts.unnamed else ""
    following = f"Next round: {day(facts.next_on)}. " if facts.next_on else ""
    return [
        *([more] if more else []),
        f"{following}Type `/buddy join` here to take part.",
    ]


def sections(lines: Sequence[str]) -> list[Block]:
    """Put lines into as few sections as hold them."""
    texts: list[str] = []
    for line in lines:
        if texts and len(texts[-1]) + len(line) < SECTION:
            texts[-1] += f"\n{line}"
        else:
            texts.append(line)
    return list(map(elements.section, texts))


SECTION: Final = 2900
"""A little less than Slack takes."""
