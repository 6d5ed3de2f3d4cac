"""How a round looks to the programme's owner before it is sent."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from bot.matching.results import Reason
from bot.round_facts import Changed, Preview
from handlers.views import elements
from handlers.views.elements import Block, Message
from handlers.views.rounds import PAIR
from handlers.views.rounds_channel import sections
from handlers.views.rounds_reasons import people, relaxed, why_over, why_these

SEND: Final = "rounds.send"
ANEW: Final = "rounds.anew"
NAMED = 20
SHOWN = 9000
"""Characters of pairs in one message: what is more is counted. Slack refuses some 13,000."""


def preview(facts: Preview) -> Message:
    """Show the owner a round with its reasons, who is left over, and what had to be relaxed."""
    opening = _opening(facts)
    lines = [f"• {people(members)}: {_reasons(members, reasons)}" for members, reasons in facts.groups]
    lines += [f"• Left over: {elements.mention(who)}, as {why_over(why)}." for who, why in facts.left_over]
    lines += [f"• {relaxed(each)}." for each in facts.relaxations]
    shown = list(_that_fit(lines))
    left = len(lines) + facts.more - len(shown)
    if left:
        shown.append(f"… and {left} more lines.")
    buttons = elements.actions(
        elements.button("Send as previewed", SEND, facts.round_id, confirm=_sure()),
        elements.button("Match anew", ANEW, facts.round_id),
    )
    blocks = [elements.section(opening), *sections(shown), buttons]
    return Message("\n".join([opening.replace("*", ""), *shown]), blocks)


def _opening(facts: Preview) -> str:
    place = f"{elements.channel(facts.channel)}, {elements.when(facts.starts_at, facts.zone)}"
    if not facts.groups and not facts.left_over:
        return f"*{place}: nobody takes part yet.* Whoever joins until then is matched on the day."
    counted = (
        f"{_count(len(facts.groups) + facts.more, 'pairing')}, {len(facts.left_over) or 'nobody'} left over"
    )
    return f"*{place}: {counted}.* It goes out then as it stands here."


def _reasons(members: Sequence[str], reasons: Sequence[Reason]) -> str:
    why = why_these(reasons, are_two=len(members) == PAIR)
    return f"{why}." if why else "they fit the rules."


def _sure() -> Block:
    return elements.confirm("Send it now?", "The round begins now instead of on its day.", "Send", "Wait")


def _count(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def _that_fit(lines: Iterable[str]) -> Iterable[str]:
    left = SHOWN
    for line in lines:
        left -= len(line) + 1
        if left < 0:
            return
        yield line


def computing(channel_id: str) -> Message:
    """Say that the preview is on its way."""
    return Message(
        f"I am matching the next round of {elements.channel(channel_id)}. The preview comes to you here in a moment."
    )


def starting(channel_id: str) -> Message:
    """Say that a round begins at once."""
    return Message(
        f"The round of {elements.channel(channel_id)} begins now: introductions go out in working hours."
    )


def changed(facts: Changed) -> Message:
    """Tell the owner that a round did not go out quite as previewed; who pauses or keeps away stays unnamed.

    No cause is given, for in a small round the one who asks could tell from it who keeps away from whom.
    """
    anew = "were" if facts.anew != 1 else "was"
    what = f"{_count(facts.anew, 'group')} {anew} matched anew" if facts.anew else "fewer groups went out"
    left = f" {people(facts.gone[:NAMED])} left." if facts.gone else ""
    return Message(f"The round of {elements.channel(facts.channel)} is not quite as previewed: {what}.{left}")
