"""What is said after something was done with one goal, and the goal's own page with its story."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from bot.goal_changes import Change, Sharing
from bot.goal_coaching import Remark
from bot.goals import Story
from handlers.views import elements
from handlers.views.elements import Block, Message
from handlers.views.goal_titles import amid, clipped, ended
from handlers.views.goals import ALL, due_words, fitting, paragraphs
from models.goals import DONE, Goal, GoalEntry

SHOW: Final = "goals.show"
PROGRESS: Final = "goals.progress"
COMPLETE: Final = "goals.complete"
EDIT: Final = "goals.edit"
SHARE: Final = "goals.share"
DROP: Final = "goals.drop"
REOPEN: Final = "goals.reopen"
SHARPEN: Final = "goals.sharpen"
KEEP: Final = "goals.keep"

_STORY_BUDGET: Final = 4000
_ROOM: Final = 56
"""Words of the sixty a message may have that "Logged as goal 3:" leaves."""
_SEERS: Final = {"manager": "your manager", "buddy": "your buddy", "everyone": "everyone here"}
_FIELDS: Final = {
    "title": "title",
    "measure": "measure",
    "why": "reason",
    "kind": "kind",
    "due_on": "due date",
    "audience": "audience",
}


def logged(goal: Goal, remark: Remark | None, *, today: date) -> Message:
    """Say that a goal is kept, with the one most useful remark a coach would make."""
    said, due = f"Logged as goal {goal.number}:", _due(goal, today)
    if remark is None:
        return _with(f"{said} {ended(goal.title)}{due}", _show_button(goal), _all_button())
    example = f" For example: _{elements.escape(remark.example)}_" if remark.example else ""
    advice = f"{elements.escape(remark.sentence)}{example}"
    title = _beside(advice, goal.title, due)
    sharpen = elements.button("Sharpen", SHARPEN, goal.number, style="primary")
    keep = elements.button("Keep as it is", KEEP, goal.number)
    return _with(f"{said} {title} {advice}", sharpen, keep)


def _beside(advice: str, title: str, due: str) -> str:
    """Repeat as much of a goal as a long remark leaves room for: its day only beside a whole title."""
    room = _ROOM - len(advice.split())
    if len(title.split()) + len(due.split()) <= room:
        return f"{ended(title, words=room)}{due}"
    return ended(title, words=room)


def kept(goal: Goal) -> Message:
    """Say that a goal stays as it was written."""
    return Message(f"Kept as it is, goal {goal.number}: {ended(goal.title)}")


def progressed(goal: Goal, note: str | None) -> Message:
    """Say how far a goal is; at 100 % the next step is to close it."""
    text = f"{_named(goal)} is at {goal.percent}%.{_noted(note)}"
    if goal.percent == 100:
        done = elements.button("Mark as done", COMPLETE, goal.number, style="primary")
        return _with(f"{text} If that was it, close it.", done, _all_button())
    return _with(text, _show_button(goal), _all_button())


def closed(change: Change, note: str | None = None) -> Message:
    """Say that a goal is done or dropped, or was so before."""
    goal = change.goal
    reopen = elements.button("Open it again", REOPEN, goal.number)
    if not change.is_new:
        return _with(f"{_named(goal)} was {goal.state} already, so nothing changed.", reopen, _all_button())
    closing = f"goal {goal.number}, {ended(goal.title)}{_noted(note)}"
    if goal.state == DONE:
        return _with(f"Done: {closing}", reopen, _all_button())
    return _with(f"Dropped: {closing} Its story is kept.", reopen, _all_button())


def reopened(change: Change) -> Message:
    """Say that a goal is open again, or was open all the time."""
    was = "is open again" if change.is_new else "is open already"
    return _with(f"{_named(change.goal)} {was}.", _show_button(change.goal), _all_button())


def edited(change: Change, today: date) -> Message:
    """Say how a goal reads now."""
    goal = change.goal
    saved = f"Saved: goal {goal.number}, {ended(goal.title)}{_due(goal, today)}"
    text = saved if change.is_new else f"{_named(goal)} stays as it was."
    return _with(text, _show_button(goal), _all_button())


def shared(sharing: Sharing) -> Message:
    """Say exactly who sees a goal from now on, and who would if there were somebody."""
    goal = sharing.goal
    seers = ["you"]
    seers += [f"{elements.mention(who)} as your manager" for who in sharing.managers if goal.for_manager]
    seers += ["everyone in this workspace"] if goal.for_everyone else []
    alone = " and nobody else" if len(seers) == 1 else ""
    text = f"{_named(goal)} is seen by {_listed(seers)}{alone}."
    return _with(" ".join([text, *_not_yet(sharing)]), _show_button(goal), _all_button())


def story(told: Story, *, today: date) -> Message:
    """Show a goal, everything written about it, the end of its log and what can be done with it."""
    goal = told.goal
    lines = fitting((_entry_line(entry) for entry in told.entries), _STORY_BUDGET)
    has_earlier = told.has_earlier or len(lines) < len(told.entries)
    blocks = [
        *(elements.section(text) for text in _described(goal, today)),
        *paragraphs(lines),
        *([elements.context("What came before is in `/goal export`.")] if has_earlier else []),
        elements.actions(*_buttons(goal)),
    ]
    return Message("\n".join([*_described(goal, today), *lines]), blocks)


def nothing_to_pick() -> Message:
    """Say that a verb has no goal to be about."""
    return Message("You have no open goals. `/goal add` opens the form for a new one.")


def _named(goal: Goal) -> str:
    return f"Goal {goal.number}{amid(goal.title)}"


def _due(goal: Goal, today: date) -> str:
    words = due_words(goal, today)
    return f" {words[0].upper()}{words[1:]}." if words else ""


def _noted(note: str | None) -> str:
    return f" Your note: “{clipped(note)}”" if note else ""


def _with(text: str, *buttons: Block) -> Message:
    return Message(text, [elements.section(text), elements.actions(*buttons)])


def _show_button(goal: Goal) -> Block:
    return elements.button("Show it", SHOW, goal.number)


def _all_button() -> Block:
    return elements.button("My goals", ALL)


def _not_yet(sharing: Sharing) -> list[str]:
    missing = []
    if sharing.goal.for_manager and not sharing.managers:
        missing.append("You have not confirmed a manager yet; once you do, with `/1on1`, they see it too.")
    if sharing.goal.for_buddy:
        missing.append("You have no buddy yet; once you have one, they see it too.")
    return missing


def _listed(names: list[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else names[0]


def _described(goal: Goal, today: date) -> list[str]:
    facts = [goal.state, f"{goal.percent}%", due_words(goal, today), goal.kind or "", _audience(goal)]
    texts = [
        f"*Goal {goal.number}*: {elements.one_line(goal.title)}",
        " · ".join(elements.escape(fact) for fact in facts if fact),
    ]
    if goal.measure:
        texts.append(f"*How you will notice*: {elements.one_line(goal.measure)}")
    if goal.why:
        texts.append(f"*Why*: {elements.one_line(goal.why, 500)}")
    return texts


def _audience(goal: Goal) -> str:
    others = [words for who, words in _SEERS.items() if who in goal.audience]
    return f"for {_listed(['you', *others])}" if others else "for you alone"


def _buttons(goal: Goal) -> list[Block]:
    if not goal.is_open:
        return [elements.button("Open it again", REOPEN, goal.number), _all_button()]
    return [
        elements.button("Note progress", PROGRESS, goal.number),
        elements.button("Mark as done", COMPLETE, goal.number),
        elements.button("Edit", EDIT, goal.number),
        elements.button("Share", SHARE, goal.number),
        elements.button("Drop", DROP, goal.number),
        _all_button(),
    ]


def _entry_line(entry: GoalEntry) -> str:
    note = f": “{elements.one_line(entry.note, 500)}”" if entry.note else ""
    return f"{elements.when(entry.at)} · {_what_happened(entry)}{note}"


def _what_happened(entry: GoalEntry) -> str:
    if entry.what == "logged":
        proposer = entry.changes.get("proposer")
        return f"logged, proposed by {elements.mention(proposer[1])}" if proposer else "logged"
    if entry.what == "progress":
        before, after = entry.changes["percent"]
        return f"{before}% → {after}%"
    if entry.what in ("edited", "shared"):
        return "; ".join(_change_words(name, pair) for name, pair in entry.changes.items())
    return entry.what


def _change_words(name: str, pair: list[Any]) -> str:
    before, after = (_value_words(value) for value in pair)
    return f"{_FIELDS.get(name, name)}: {before} → {after}"


def _value_words(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(value)
    return elements.one_line(str(value), 60) if value else "none"
