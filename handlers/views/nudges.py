"""Views of nudges: the question before a 1-on-1, the reminder in its last minutes, a question asked for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from bot.nudges import Nudge
from bot.prompts import KeptForLater, PutQuestion, Reason, WantedAnother
from bot.question_choice import FreshStart, LongAgo, NeverTouched
from handlers.views import elements
from handlers.views.elements import Block, Message

ANOTHER, NOT_USEFUL, ANSWER = "nudges.another", "nudges.not_useful", "nudges.answer"
ASKED, NEXT_TIME, MAKE_GOAL = "nudges.asked", "nudges.next_time", "nudges.make_goal"


_WEEK = 7
_NUMBERS = ("No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight")


def prep(nudge: Nudge, *, today: date) -> Message:
    """Bring the question before the meeting: to ask for one side, to think about for the other."""
    opening = f"*{elements.mention(nudge.other)}, {elements.when(nudge.starts_at, nudge.zone)}.*"
    question = nudge.put.question
    if nudge.asks:
        lines = [
            f"{opening} For your last {_minutes(nudge)}: *{question.ask}*",
            f"If the answer is short: {question.probes[0]}",
        ]
    else:
        lines = [
            f"{opening} Something to bring: {question.reflect}",
            "One line now helps you find the words. Only you see it until you share it.",
        ]
    return _message(lines, why(nudge.put.why, today=today), _prep_buttons(nudge))


def prep_day(nudges: Sequence[Nudge], *, today: date) -> tuple[Message, list[int]]:
    """Bring the questions before all meetings of a day, and say with which block each begins."""
    first, several = nudges[0], _NUMBERS[len(nudges)]
    heading = f"*{several} 1-on-1s, {elements.date_of(first.starts_at, first.zone)}.* A question for each:"
    blocks, begins, texts = [elements.section(heading)], [], [heading.replace("*", "")]
    for nudge in nudges:
        message = prep(nudge, today=today)
        begins.append(len(blocks))
        blocks += [elements.divider(), *message.blocks]
        texts.append(message.text)
    return Message("\n\n".join(texts), blocks), begins


def _prep_buttons(nudge: Nudge) -> Block:
    """Offer a note to whoever may be asked: the report, and both of two peers."""
    swap = [
        elements.button("Another question", ANOTHER, nudge.put.prompt_id),
        elements.button("Not useful", NOT_USEFUL, nudge.put.prompt_id),
    ]
    if nudge.leads:
        return elements.actions(*swap)
    return elements.actions(elements.button("Note an answer", ANSWER, nudge.put.prompt_id), *swap)


def asked_for(put: PutQuestion, *, today: date) -> Message:
    """Give the question somebody wanted at once."""
    lines = [
        f"For {elements.mention(put.other)}: *{put.question.ask}*",
        f"If the answer is short: {put.question.probes[0]}",
    ]
    buttons = elements.actions(
        elements.button("Another question", ANOTHER, put.prompt_id),
        elements.button("Not useful", NOT_USEFUL, put.prompt_id),
    )
    return _message(lines, why(put.why, today=today), buttons)


def closing(nudge: Nudge) -> Message:
    """Bring the question back for the last minutes, in one line."""
    buttons = elements.actions(
        elements.button("Asked", ASKED, nudge.occurrence_id),
        elements.button("Next time", NEXT_TIME, nudge.occurrence_id),
        elements.button("Make it a goal", MAKE_GOAL, nudge.occurrence_id),
    )
    line = f"*{_minutes(nudge)} left with {elements.mention(nudge.other)}.* {nudge.put.question.closing}"
    return _message([line], None, buttons)


def _minutes(nudge: Nudge) -> str:
    return f"{nudge.minutes_left} minutes" if nudge.minutes_left != 1 else "1 minute"


def dismissed() -> Message:
    """Confirm, after the meeting, that a question did not serve these two."""
    return Message("Noted. That question does not come back to you two while there is another.")


def closed(nudge: Nudge, *, was_asked: bool) -> Message:
    """Show what was said about the question, in place of the reminder."""
    said = "Asked" if was_asked else "Kept for next time"
    line = f"*{said}, with {elements.mention(nudge.other)}:* {nudge.put.question.closing}"
    buttons = elements.actions(elements.button("Make it a goal", MAKE_GOAL, nudge.occurrence_id))
    return _message([line], None, buttons if was_asked else None)


def why(reason: Reason, *, today: date) -> str:
    """Say why this question, in one sentence."""
    match reason:
        case NeverTouched(label):
            return f"Why this one: you two have not talked about {label} yet."
        case LongAgo(label, last_on) if (today - last_on).days < _WEEK:
            return f"Why this one: you two touched on {label} longest ago."
        case LongAgo(label, last_on):
            return f"Why this one: you two have not talked about {label} {_since(last_on, today)}."
        case KeptForLater():
            return "Why this one: you wanted to keep it for next time."
        case WantedAnother():
            return "Why this one: you wanted another."
        case FreshStart():
            return "Why this one: a good one to begin with."


def _since(last_on: date, today: date) -> str:
    """Say how long ago in the roughest words that are true."""
    weeks = (today - last_on).days // _WEEK
    if weeks < 2:
        return "for a week"
    return f"for {weeks} weeks" if weeks < 12 else f"since {last_on:%B %Y}"


def _message(lines: list[str], reason: str | None, buttons: Block | None) -> Message:
    blocks = [elements.section("\n".join(lines))]
    if reason:
        blocks.append(elements.context(reason))
    if buttons:
        blocks.append(buttons)
    return Message("\n".join([*lines, *([reason] if reason else [])]).replace("*", ""), blocks)
