"""How goals look in lists: one's own, somebody else's, and in App Home."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Final

from bot.goals import GoalOverview, GoalPage, Listed, SharedPage
from handlers.views import elements, goal_proposals
from handlers.views.elements import Block, Message
from models.goals import DONE, Goal

ADD: Final = "goals.add"
ALL: Final = "goals.all"
MORE: Final = "goals.more"
PICK: Final = "goals.pick"
MENU: Final = "goals.menu"
OF: Final = "goals.of"
MORE_OF: Final = "goals.more_of"
EXPORT: Final = "goals.export"

TITLE: Final = "Goals"
"""Of a dialog that shows a message about goals."""

LINES_BUDGET: Final = 5000
"""Characters of a message's lines; with menus and buttons it stays below the 12,000 that Slack surely takes."""
_TITLE_IN_LIST: Final = 120


def goal_list(page: GoalPage, *, today: date) -> Message:
    """Show a page of one's own open goals; each can be picked from the menu."""
    if not page.open:
        return _no_goals(page, today)
    lines = fitting(_own_line(goal, today) for goal in page.goals)
    shown = page.goals[: len(lines)]
    has_more = page.has_more or len(shown) < len(page.goals)
    heading = f"*Your open goals* ({page.open})"
    blocks = [
        elements.section(heading),
        *paragraphs(lines),
        elements.context(_small_print(page)),
        elements.actions(*_list_controls(shown, page.after, has_more=has_more)),
    ]
    return Message("\n".join([f"{heading}:", *lines]), blocks)


def shared_list(page: SharedPage, *, today: date) -> Message:
    """Show what somebody shares with the reader; an empty list says no more than that."""
    who = elements.mention(page.owner)
    if not page.goals:
        return Message(f"{who} shares no goals with you.")
    lines = fitting(_shared_line(goal, today) for goal in page.goals)
    last = page.goals[len(lines) - 1].number
    heading = f"*Goals that {who} shares with you*"
    blocks = [elements.section(heading), *paragraphs(lines)]
    if page.has_more or len(lines) < len(page.goals):
        blocks.append(elements.actions(elements.button("Show more", MORE_OF, f"{page.owner} {last}")))
    return Message("\n".join([f"{heading}:", *lines]), blocks)


def home_goals(overview: GoalOverview, *, today: date) -> list[Block]:
    """Show the goals' part of App Home: what waits for a decision, the first open goals, and what one can do."""
    page = overview.page
    waiting = [block for proposal in overview.proposals for block in goal_proposals.waiting(proposal)]
    goals = [elements.section(_own_line(goal, today), _menu(goal)) for goal in page.goals]
    return [
        elements.header("Goals"),
        *waiting,
        *(goals or [elements.section(_invitation(today))]),
        *([elements.context(_small_print(page))] if page.counts else []),
        elements.actions(
            elements.button("Add a goal", ADD),
            *([elements.button("All my goals", ALL)] if page.has_more else []),
            elements.button("Show somebody's goals", OF),
            elements.button("Export", EXPORT),
        ),
    ]


def fitting(lines: Iterable[str], budget: int = LINES_BUDGET) -> list[str]:
    """Take as many lines as a message bears, at least one."""
    taken: list[str] = []
    for line in lines:
        budget -= len(line)
        if taken and budget < 0:
            break
        taken.append(line)
    return taken


def paragraphs(lines: Sequence[str]) -> list[Block]:
    """Put lines into as few blocks as Slack's limit of text in one allows."""
    texts: list[str] = []
    for line in lines:
        if texts and len(texts[-1]) + 1 + len(line) <= elements.SECTION_TEXT:
            texts[-1] += f"\n{line}"
        else:
            texts.append(line)
    return [elements.section(text) for text in texts]


def due_words(goal: Listed, today: date) -> str:
    """Say when a goal is due, or was."""
    if goal.due_on is None:
        return ""
    return f"{'was due' if goal.is_open and goal.due_on < today else 'due'} {elements.day(goal.due_on)}"


def _own_line(goal: Listed, today: date) -> str:
    return _line(goal, f"{goal.percent}%", due_words(goal, today))


def _shared_line(goal: Goal, today: date) -> str:
    how_far = "done" if goal.state == DONE else f"{goal.percent}%"
    return _line(goal, how_far, due_words(goal, today))


def _line(goal: Listed, *facts: str) -> str:
    title = elements.one_line(goal.title, _TITLE_IN_LIST)
    return " · ".join((f"*{goal.number}.* {title}", *filter(None, facts)))


def _list_controls(shown: Sequence[Listed], after: int, *, has_more: bool) -> list[Block]:
    options = [elements.option(f"{goal.number} · {goal.title}", str(goal.number)) for goal in shown]
    menu = elements.choice("static_select", options)
    picker = {**menu, "action_id": PICK, "placeholder": elements.plain("Pick a goal")}
    controls = [picker, elements.button("Add a goal", ADD)]
    if has_more:
        controls.append(elements.button("Show more", MORE, shown[-1].number))
    if after:
        controls.append(elements.button("From the start", ALL))
    return controls


def _menu(goal: Listed) -> Block:
    choices = {
        "show": "Show",
        "progress": "Note progress",
        "done": "Mark as done",
        "edit": "Edit or share",
        "drop": "Drop",
    }
    options = [elements.option(label, f"{verb} {goal.number}") for verb, label in choices.items()]
    return elements.overflow(MENU, options)


def _no_goals(page: GoalPage, today: date) -> Message:
    text = _invitation(today)
    blocks = [elements.section(text), elements.actions(elements.button("Add a goal", ADD))]
    if page.counts:
        blocks.insert(1, elements.context(_small_print(page)))
    return Message(text, blocks)


def _invitation(today: date) -> str:
    soon = today + timedelta(days=90)
    return (
        "You have no open goals. What would you like to be able to do in three months? "
        f"For example: `/goal add Open two of the four weekly demos by {soon.isoformat()}`"
    )


def _small_print(page: GoalPage) -> str:
    counts = {"Done": page.done, "Dropped": page.dropped}
    closed = [f"{word}: {count}" for word, count in counts.items() if count]
    return " · ".join([*closed, "`/goal help` shows what else I understand"])
