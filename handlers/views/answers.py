"""Views of answers: the form to note one, and the list in one's own App Home."""

from __future__ import annotations

from bot.answers import ANSWER_LIMIT, AnswerPage, Noted
from bot.question_bank import Question
from handlers.views import elements
from handlers.views.elements import Block, Payload, View

FORM, TEXT = "answers.form", "answers.text"
SHARE, UNSHARE = "answers.share", "answers.unshare"
LIST, PAGE_BACK, PAGE_ON = "answers.list", "answers.page_back", "answers.page_on"
SHARE_LISTED, UNSHARE_LISTED = "answers.share_listed", "answers.unshare_listed"
"""The same in the dialog that lists all; the number of the page follows after a dot."""
SHOWN = 300
"""Characters of an answer in App Home; the dialog that lists all shows it whole."""
PAGE = 20


def answer_form(question: Question, prompt_id: int, noted: Noted | None) -> View:
    """Take a note about the question."""
    text = noted.text if noted else None
    hint = "Only you can see it until you share it."
    if noted and noted.is_shared:
        hint = "You have shared this note: what you change here is seen at once. App Home takes it back."
    box = elements.text_box(text, limit=ANSWER_LIMIT, is_long=True, placeholder="One line is enough")
    return elements.modal(
        FORM,
        "Note an answer",
        [
            elements.section(question.reflect),
            elements.field(TEXT, "Your note", box, hint=hint),
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


def home_answers(page: AnswerPage, viewer: str) -> list[Block]:
    """Show in App Home what the viewer noted last and what was shared with them, shortened."""
    if not page.answers:
        return []
    rows = [_answer(noted, viewer, SHOWN, SHARE, UNSHARE) for noted in page.answers]
    more = [elements.actions(elements.button("All answers", LIST, 0))] if page.has_more else []
    return [elements.header("Answers"), *rows, *more]


def answer_page(page: AnswerPage, viewer: str) -> View:
    """Show a page of all of them in a dialog, whole."""
    here = page.skipped
    rows = [
        _answer(noted, viewer, ANSWER_LIMIT, f"{SHARE_LISTED}.{here}", f"{UNSHARE_LISTED}.{here}")
        for noted in page.answers
    ]
    turns = [
        *([elements.button("Newer", PAGE_BACK, max(0, here - PAGE))] if here else []),
        *([elements.button("Older", PAGE_ON, here + PAGE)] if page.has_more else []),
    ]
    nothing = [elements.section("There are no answers here.")]
    blocks = [*(rows or nothing), *([elements.actions(*turns)] if turns else [])]
    return elements.modal("elements.notice", "Answers", blocks)


def _answer(noted: Noted, viewer: str, limit: int, share: str, take_back: str) -> Block:
    asked = noted.question.reflect if noted.question else "A question that is no longer in the bank"
    text = elements.quoted(elements.clip(noted.text, limit))
    if noted.author != viewer:
        return elements.section(f"*{elements.mention(noted.author)} shared with you:* {asked}\n{text}")
    with_whom = elements.mention(noted.reader)
    seen = f"Shared with {with_whom}" if noted.is_shared else f"Only you can see it (1-on-1 with {with_whom})"
    label, action = ("Take back", take_back) if noted.is_shared else ("Share", share)
    return elements.section(f"*{asked}*\n_{seen}_\n{text}", elements.button(label, action, noted.answer_id))
