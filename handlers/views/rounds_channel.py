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
    more = (
        f"And {facts.unnamed} more {_kind(facts)}{'' if facts.unnamed == 1 else 's'}."
        if facts.unnamed
        else ""
    )
    following = f"Next round: {day(facts.next_on)}. " if facts.next_on else ""
    join = "`/buddy join as mentor`, or `as mentee`," if facts.is_mentoring else "`/buddy join`"
    return [
        *([more] if more else []),
        f"{following}Not in yet? Type {join} here to take part.",
    ]


def _kind(facts: Announcement) -> str:
    """Name what is not shown: pairs, unless some of them, or of those that are, must be more than two."""
    if facts.is_mentoring:
        return "pair"
    hidden = facts.count - sum(map(len, facts.groups))
    may_be = facts.parts > 1 or hidden == PAIR * facts.unnamed
    return "pair" if may_be and all(len(each) == PAIR for each in facts.groups) else "group"


def sections(lines: Sequence[str]) -> list[Block]:
    """Put lines into as few sections as hold them."""
    texts: list[str] = []
    for line in lines:
        if texts and len(texts[-1]) + len(line) < SECTION:
            texts[-1] += f"\n{line}"
        else:
            texts.append(line)
    return list(map(elements.section, texts))


PAIR: Final = 2
SECTION: Final = 2900
"""A little less than Slack takes."""
