"""Views of answers: the form to note one, and the list in one's own App Home."""

from __future__ import annotations

from collections.abc import Sequence

from bot.answers import ANSWER_LIMIT, Noted
from bot.question_bank import Question
from handlers.views import elements
from handlers.views.elements import Block, Payload, View

FORM, TEXT = "answers.form", "answers.text"
SHARE, UNSHARE = "answers.share", "answers.unshare"
SHOWN = 300
"""Characters of an answer in App Home; the form shows it whole."""


def answer_form(question: Question, prompt_id: int, noted: str | None) -> View:
    """Take a note about the question."""
    box = elements.text_box(noted, limit=ANSWER_LIMIT, is_long=True, placeholder="One line is enough")
    return elements.modal(
        FORM,
        "Note an answer",
        [
            elements.section(question.reflect),
            elements.field(TEXT, "Your note", box, hint="Only you can see it until you share it."),
        ],
        submit="Keep it",
        carries=str(prompt_id),
    )


def read_answer_form(view: Payload) -> str:
    """Read the note."""
    return view["state"]["values"][TEXT][TEXT]["value"] or ""


def kept(noted: Noted) -> View:
    """Confirm the note and say who sees it."""
    seen = (
        f"You and {elements.mention(noted.reader)} can see it." if noted.is_shared else "Only you can see it."
    )
    return elements.notice(f"Kept. {seen} App Home has it, with a button to share it.", "Note an answer")


def answer_blocks(answers: Sequence[Noted], viewer: str) -> list[Block]:
    """List what the viewer noted and what was shared with them."""
    if not answers:
        return []
    return [elements.header("Answers"), *[_answer(noted, viewer) for noted in answers]]


def _answer(noted: Noted, viewer: str) -> Block:
    asked = noted.question.reflect if noted.question else "A question that is no longer in the bank"
    text = elements.quoted(elements.clip(noted.text, SHOWN))
    if noted.author != viewer:
        return elements.section(f"*{elements.mention(noted.author)} shared with you:* {asked}\n{text}")
    with_whom = elements.mention(noted.reader)
    seen = f"Shared with {with_whom}" if noted.is_shared else f"Only you can see it (1-on-1 with {with_whom})"
    label, action = ("Take back", UNSHARE) if noted.is_shared else ("Share", SHARE)
    return elements.section(f"*{asked}*\n{text}\n_{seen}_", elements.button(label, action, noted.answer_id))
