"""Views of `/growth`: the overview, and the help page every command shows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bot.enrolments import Stand
from bot.goals import GoalOverview
from handlers.grammars.usages import Usage
from handlers.views import elements, one_on_one_lists
from handlers.views.buddies_words import names
from handlers.views.elements import Block, Message
from handlers.views.goal_titles import clipped
from handlers.views.goals import ADD as ADD_GOAL
from handlers.views.members import OPEN_SETTINGS
from handlers.views.one_on_ones import Standing
from models.programmes import IN

NEAREST = 3
"""1-on-1s in the overview; App Home shows more."""


def overview(
    standing: Sequence[Standing], goals: GoalOverview, stands: Sequence[Stand], *, paused: str | None
) -> Message:
    """Say what is next, and what waits for the person."""
    lines = [
        *([paused] if paused else []),
        _meetings(standing),
        _goals(goals),
        *([_buddies(stands)] if stands else []),
        *_waiting(goals),
    ]
    buttons = elements.actions(
        one_on_one_lists.add_button(),
        elements.button("Add a goal", ADD_GOAL),
        elements.button("Settings", OPEN_SETTINGS),
    )
    remark = elements.context("App Home has all of it. `/growth help` shows what you can say.")
    return Message("\n".join(lines), [*[elements.section(line) for line in lines], remark, buttons])


def _meetings(standing: Sequence[Standing]) -> str:
    if not standing:
        return "*1-on-1s:* none yet. Add one, and I bring you both a question before each."
    rows = [
        f"• {elements.mention(seen.other)} {elements.when(seen.next_at, seen.zone)}"
        for seen in standing[:NEAREST]
    ]
    more = [f"• and {len(standing) - NEAREST} more"] if len(standing) > NEAREST else []
    return "\n".join(["*Next 1-on-1s*", *rows, *more])


def _goals(goals: GoalOverview) -> str:
    shown = goals.page.goals[:NEAREST]
    if not shown:
        return "*Goals:* none open. One is enough to begin with."
    rows = [f"• {goal.number}. {clipped(goal.title, 5)}, {goal.percent} %" for goal in shown]
    more = ["• and more: `/goal`"] if goals.page.has_more or len(goals.page.goals) > NEAREST else []
    return "\n".join(["*Open goals*", *rows, *more])


def _buddies(stands: Sequence[Stand]) -> str:
    """Say with whom they are together, or when that is decided next."""
    groups = [group.others for each in stands for group in each.pacts]
    groups += [tuple(pairing.others) for each in stands for pairing in each.pairings]
    together = [other for others in groups for other in others]
    if together:
        return f"*Buddies:* now with {names(list(dict.fromkeys(together)))}."
    rounds = sorted(
        each.next_at for each in stands if each.next_at and each.state == IN and not each.sits_out
    )
    if not rounds:
        return "*Buddies:* no round is ahead for you. `/buddy` shows why."
    return f"*Buddies:* the next round {elements.when(rounds[0])}."


def _waiting(goals: GoalOverview) -> list[str]:
    waiting = len(goals.proposals)
    if not waiting:
        return []
    goal = "a goal somebody proposed" if waiting == 1 else f"{waiting} goals others proposed"
    return [f"*Waiting for you:* {goal}, in App Home."]


def help_page(title: str, usages: Iterable[Usage]) -> Message:
    """Show what a command understands: each form, what it does, an example where it helps."""
    lines = [f"*What I understand: {title}*", *[_usage(usage) for usage in usages]]
    blocks: list[Block] = [elements.section(part) for part in _parts(lines)]
    return Message("\n".join(lines), blocks)


def _usage(usage: Usage) -> str:
    """Show an example only where the form leaves something to choose."""
    line = f"`{elements.escape(usage.form)}` {elements.escape(usage.does)}"
    has_choices = "[" in usage.form or "|" in usage.form
    return f"{line}\n      for example `{elements.escape(usage.example)}`" if has_choices else line


def _parts(lines: Sequence[str]) -> list[str]:
    """Put lines into sections that Slack takes."""
    parts = [""]
    for line in lines:
        if len(parts[-1]) + len(line) + 1 > elements.SECTION_TEXT:
            parts.append("")
        parts[-1] = f"{parts[-1]}\n{line}".strip("\n")
    return parts
