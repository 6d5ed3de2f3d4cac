"""Questions put to a pair: choosing the next one with what they were asked before in mind."""

from __future__ import annotations

import random
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any

from sqlalchemy.orm import Session

from bot.errors import Refusal
from bot.permissions import Actor
from bot.question_bank import ANY_TIME, Question, default_bank
from bot.question_choice import Asked, Choice, FreshStart, History, LongAgo, NeverTouched, Why, choose
from models.base import is_postgresql
from models.bulk import insert_new, rows_of
from models.one_on_ones import Occurrence, Turn, pair_of
from models.prompts import SEPARATOR, Prompt


class NoSuchQuestion(Refusal):
    """That question is no longer here. `/1on1 ask` with a person's name gives you a new one."""


@dataclass(frozen=True)
class KeptForLater:
    """The reason for a question that somebody wanted for next time."""


@dataclass(frozen=True)
class WantedAnother:
    """The reason for a question that took the place of another."""


NOTHING = History()
"""What somebody was asked who was not asked anything."""
Reason = Why | KeptForLater | WantedAnother


@dataclass(frozen=True)
class PutQuestion:
    """A question as it was put to a pair."""

    prompt_id: int
    question: Question
    why: Reason
    other: str
    """The other of the pair, seen from the one it is shown to."""


def histories(session: Session, keys: Collection[tuple[str, str]]) -> dict[tuple[str, str], History]:
    """Read what those of these pairs, known by workspace and pair, were asked who were asked anything; one query."""
    if not keys:
        return {}
    if is_postgresql(session):
        return {
            (workspace_id, pair): History(*(each.split(SEPARATOR) if each else () for each in columns))
            for workspace_id, pair, *columns in rows_of(session, Prompt.gathered(list(keys)))
        }
    workspace_ids, pairs = (set(each) for each in zip(*keys, strict=True))
    rows = rows_of(session, Prompt.history_of(workspace_ids, pairs))
    return {
        key: History.of(Asked(*question) for _, _, *question in asked)
        for key, asked in groupby(rows, key=lambda row: (row.workspace_id, row.pair))
    }


def next_for(workspace_id: str, pair: str, history: History) -> Choice:
    """Choose the pair's next question; the same history gives the same one, whoever computes it."""
    chance = random.Random(f"{workspace_id}/{pair}/{len(history.question_ids)}")
    return choose(default_bank(), history, fits=frozenset({ANY_TIME}), chance=chance)


def _history(session: Session, workspace_id: str, pair: str) -> History:
    return histories(session, [(workspace_id, pair)]).get((workspace_id, pair), NOTHING)


def put_to(session: Session, occurrences: Mapping[int, Turn], *, now: datetime) -> None:
    """Put to both of each occurrence, known by its id, the question kept for it, else the next for the pair."""
    asked = histories(session, {(turn.workspace_id, turn.pair) for turn in occurrences.values()})
    rows = [
        {"occurrence_id": each, **_next_or_kept(turn, asked.get((turn.workspace_id, turn.pair), NOTHING))}
        for each, turn in occurrences.items()
    ]
    insert_new(session, Prompt, rows, alike={"put_at": now, "is_not_useful": False})


def _next_or_kept(turn: Turn, history: History) -> dict[str, Any]:
    kept = worded(turn.carried_question) if turn.carried_question else None
    if kept:
        return _told(turn.workspace_id, turn.pair, kept, KeptForLater())
    choice = next_for(turn.workspace_id, turn.pair, history)
    return _told(turn.workspace_id, turn.pair, choice.question, choice.why)


def remember(session: Session, workspace_id: str, choices: Mapping[str, Choice], *, now: datetime) -> None:
    """Remember what pairs were given outside any 1-on-1, so that none of it comes again soon; one statement."""
    rows = [_told(workspace_id, pair, choice.question, choice.why) for pair, choice in choices.items()]
    insert_new(session, Prompt, rows, alike={"put_at": now, "is_not_useful": False})


def kept(following: Occurrence, pair: str, question: Question, *, now: datetime) -> Prompt:
    """Build a question that is put again at a later occurrence, before the one chosen for that."""
    return _prompt(
        following.workspace_id, pair, question, KeptForLater(), now=now, occurrence_id=following.id
    )


def kept_for(session: Session, occurrence: Occurrence) -> Question | None:
    """Find the question somebody wanted to keep for this occurrence."""
    rows = session.scalars(Prompt.of_occurrences([occurrence.workspace_id], [occurrence.id]))
    found = [row.question_id for row in rows if isinstance(_reason(row.why), KeptForLater)]
    return worded(found[-1]) if found else None


def worded(question_id: str) -> Question | None:
    """Look a question up; None if the bank has retired it."""
    bank = default_bank()
    return bank.question(question_id) if question_id in bank else None


def _prompt(
    workspace_id: str, pair: str, question: Question, why: Reason, *, now: datetime, **place: Any
) -> Prompt:
    return Prompt(**_told(workspace_id, pair, question, why), put_at=now, **place)


def _told(workspace_id: str, pair: str, question: Question, why: Reason) -> dict[str, Any]:
    return {
        "workspace_id": workspace_id,
        "pair": pair,
        "question_id": question.id,
        "theme": question.theme,
        "why": _written(why),
    }


def ask_now(session: Session, actor: Actor, other: str, *, now: datetime) -> PutQuestion:
    """Put a question to the actor for the other, outside any occurrence."""
    pair = pair_of(actor.user_id, other)
    choice = next_for(actor.workspace_id, pair, _history(session, actor.workspace_id, pair))
    prompt = _prompt(actor.workspace_id, pair, choice.question, choice.why, now=now, shown_to=actor.user_id)
    session.add(prompt)
    session.flush()
    return read(prompt, actor.user_id)


def of_actor(session: Session, actor: Actor, prompt_id: int, *, to_change: bool = False) -> Prompt:
    """Find a question that was put to the actor; raises NoSuchQuestion, whatever the reason.

    Locked if something about it is to be changed: two presses of a button are served one after the other.
    """
    chosen = Prompt.by_id(actor.workspace_id, prompt_id)
    prompt = session.scalar(chosen.with_for_update() if to_change else chosen)
    if prompt is None or actor.user_id not in prompt.pair.split(":"):
        raise NoSuchQuestion
    if prompt.shown_to not in (None, actor.user_id):
        raise NoSuchQuestion
    return prompt


def another(session: Session, actor: Actor, prompt_id: int, *, for_both: bool, now: datetime) -> PutQuestion:
    """Put another question in this one's place; pressed twice, the second press shows the first one's choice."""
    prompt = of_actor(session, actor, prompt_id, to_change=True)
    standing = _replacement(session, actor, prompt)
    if standing is not None:
        return read(standing, actor.user_id)
    session.flush()
    history = _history(session, actor.workspace_id, prompt.pair)
    choice = next_for(actor.workspace_id, prompt.pair, history)
    following = _prompt(
        actor.workspace_id,
        prompt.pair,
        choice.question,
        WantedAnother(),
        now=now,
        occurrence_id=prompt.occurrence_id,
        replaces=prompt.id,
        shown_to=None if for_both and prompt.shown_to is None else actor.user_id,
    )
    session.add(following)
    session.flush()
    return read(following, actor.user_id)


def _replacement(session: Session, actor: Actor, prompt: Prompt) -> Prompt | None:
    """Follow the chain of replacements the actor sees to its end."""
    last: Prompt | None = None
    following: Prompt | None = prompt
    while following is not None:
        chosen = session.scalars(Prompt.replacing(actor.workspace_id, following.id))
        following = next((each for each in chosen if each.shown_to in (None, actor.user_id)), None)
        last = following or last
    return last


def current(prompts: Sequence[Prompt], member: str) -> Prompt | None:
    """Pick the question that stands for a member among those of one occurrence, oldest first."""
    seen = [prompt for prompt in prompts if prompt.shown_to in (None, member)]
    own = [prompt for prompt in seen if prompt.shown_to == member]
    return next(reversed(own or seen), None)


def read(prompt: Prompt, member: str) -> PutQuestion:
    """Turn a stored question into what a view shows; raises NoSuchQuestion if the bank has retired it."""
    question = worded(prompt.question_id)
    if question is None:
        raise NoSuchQuestion
    one, other = prompt.pair.split(":")
    return PutQuestion(prompt.id, question, _reason(prompt.why), other if member == one else one)


def _written(why: Reason) -> dict[str, Any]:
    """Write a reason as the JSON that is stored with the question."""
    match why:
        case NeverTouched(label):
            return {"kind": "never", "label": label}
        case LongAgo(label, last_on):
            return {"kind": "long_ago", "label": label, "last_on": last_on.isoformat()}
        case _:
            return {"kind": _PLAIN_KINDS[type(why)]}


_PLAIN_KINDS: Mapping[type, str] = {FreshStart: "fresh", KeptForLater: "kept", WantedAnother: "another"}


def _reason(written: Mapping[str, Any]) -> Reason:
    match written:
        case {"kind": "never", "label": label}:
            return NeverTouched(label)
        case {"kind": "long_ago", "label": label, "last_on": last_on}:
            return LongAgo(label, date.fromisoformat(last_on))
        case {"kind": kind}:
            plain: dict[str, Reason] = {"kept": KeptForLater(), "another": WantedAnother()}
            return plain.get(kind, FreshStart())
    return FreshStart()
