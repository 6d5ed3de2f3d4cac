"""Answers: what people note about a question, for themselves until they share it with the other of the pair."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from bot import prompts
from bot.errors import Refusal
from bot.permissions import Actor
from bot.question_bank import Question
from bot.texts import storable
from models.answers import Answer

ANSWER_LIMIT = 2000
"""Characters."""


class EmptyAnswer(Refusal):
    """There is nothing in it yet. A few words are enough."""


class NoSuchAnswer(Refusal):
    """That answer is not yours, or no longer here. App Home lists yours."""


@dataclass(frozen=True)
class Noted:
    """An answer somebody noted, with the question it belongs to (None if the bank has retired it)."""

    answer_id: int
    author: str
    reader: str
    question: Question | None
    text: str
    noted_at: datetime
    is_shared: bool


def note(session: Session, actor: Actor, prompt_id: int, text: str, *, now: datetime) -> Noted:
    """Keep what the actor noted; noting again changes it, and what was shared stays shared."""
    words = storable(text).strip()[:ANSWER_LIMIT]
    if not words:
        raise EmptyAnswer(field="answers.text")
    prompt = prompts.of_actor(session, actor, prompt_id, to_change=True)
    answer = session.scalar(Answer.to_prompt(actor.workspace_id, actor.user_id, prompt_id))
    if answer is None:
        one, other = prompt.pair.split(":")
        reader = other if actor.user_id == one else one
        answer = Answer(workspace_id=actor.workspace_id, prompt=prompt, author=actor.user_id, reader=reader)
        session.add(answer)
    answer.text, answer.noted_at = words, now
    session.flush()
    return _noted(answer)


def noted_about(session: Session, actor: Actor, prompt_id: int) -> Noted | None:
    """Read what the actor noted about a question so far."""
    prompts.of_actor(session, actor, prompt_id)
    answer = session.scalar(Answer.to_prompt(actor.workspace_id, actor.user_id, prompt_id))
    return _noted(answer) if answer else None


def share(session: Session, actor: Actor, answer_id: int, *, shared: bool, now: datetime) -> Noted:
    """Let the other of the pair read the actor's answer, or no longer; raises NoSuchAnswer."""
    answer = session.scalar(Answer.own(actor.workspace_id, actor.user_id, answer_id))
    if answer is None:
        raise NoSuchAnswer
    if shared != (answer.shared_at is not None):
        answer.shared_at = now if shared else None
    return _noted(answer)


@dataclass(frozen=True)
class AnswerPage:
    """Some of the answers somebody may read, the newest first."""

    answers: tuple[Noted, ...]
    skipped: int
    """How many newer ones there are."""
    has_more: bool


def readable(session: Session, actor: Actor, *, limit: int, skipping: int = 0) -> AnswerPage:
    """Read a page of the answers the actor wrote or was shown; one query."""
    chosen = Answer.readable_by(actor.workspace_id, actor.user_id).offset(skipping).limit(limit + 1)
    found = [_noted(answer) for answer in session.scalars(chosen)]
    return AnswerPage(tuple(found[:limit]), skipping, has_more=len(found) > limit)


def _noted(answer: Answer) -> Noted:
    question = prompts.worded(answer.prompt.question_id)
    return Noted(
        answer.id,
        answer.author,
        answer.reader,
        question,
        answer.text,
        answer.noted_at,
        answer.shared_at is not None,
    )
