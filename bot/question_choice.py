"""The rule for which question a pair gets next: no repetition, no theme twice in a row, old themes first."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final, NamedTuple

from bot.question_bank import Question, QuestionBank

ByTheme = Mapping[str, Set[str]]
"""Ids of questions by theme; a theme that is there has some."""
NEVER: Final = datetime.min.replace(tzinfo=UTC)  # before anything that has happened


class Asked(NamedTuple):
    """A question that a pair has been given, at a moment (UTC); the bank may have retired it since."""

    question_id: str
    theme: str
    at: datetime
    not_useful: bool = False


@dataclass(frozen=True)
class FreshStart:
    """The reason for a pair's very first question."""


@dataclass(frozen=True)
class NeverTouched:
    """The reason for a theme that the pair has not talked about yet."""

    theme_label: str


@dataclass(frozen=True)
class LongAgo:
    """The reason for a theme whose last question is a while ago; the day is the one in UTC."""

    theme_label: str
    last_on: date


Why = FreshStart | NeverTouched | LongAgo


@dataclass(frozen=True)
class Choice:
    """The question a pair gets next, and why this one."""

    question: Question
    why: Why


class NothingFits(LookupError):
    """The bank has no question for the situations that hold."""


def choose(
    bank: QuestionBank,
    history: Sequence[Asked],
    *,
    fits: frozenset[str],
    chance: random.Random,
) -> Choice:
    """Choose a pair's next question from what it has been given so far, oldest to newest.

    The same inputs and the same state of `chance` give the same question, whatever the order of the bank.
    That nothing comes again before the rest has been seen goes before the change of theme, should a bank be so
    lopsided that it cannot have both. Raises NothingFits.
    """
    fresh = _not_yet_in_this_cycle(_candidates(bank, history, fits), history)
    last_at = {asked.theme: asked.at for asked in history}
    theme = _next_theme(fresh, history[-1].theme if history else None, last_at, chance)
    last_seen = {asked.question_id: place for place, asked in enumerate(history)}
    longest_ago = min(last_seen.get(each, -1) for each in fresh[theme])
    best = sorted(each for each in fresh[theme] if last_seen.get(each, -1) == longest_ago)
    return Choice(bank.question(chance.choice(best)), _why(bank, theme, last_at))


def _candidates(bank: QuestionBank, history: Sequence[Asked], fits: frozenset[str]) -> ByTheme:
    """Return what fits, without what was found not useful unless there is nothing else."""
    fitting = bank.fitting(fits)
    if not fitting:
        raise NothingFits(", ".join(sorted(fits)))
    unwanted = {asked.question_id for asked in history if asked.not_useful}
    return (_without(fitting, unwanted) or fitting) if unwanted else fitting


def _without(questions: ByTheme, ids: Set[str]) -> ByTheme:
    return {theme: left for theme, group in questions.items() if (left := group - ids)}


def _not_yet_in_this_cycle(candidates: ByTheme, history: Sequence[Asked]) -> ByTheme:
    """Return what may come now: the never seen, else the rest of the cycle, else everything.

    A cycle ends where a question came again: by these rules the rest had been seen by then. So nothing has to be
    known about what the bank held, or what fitted, in the past.
    """
    if not history:
        return candidates
    never_seen = _without(candidates, {asked.question_id for asked in history})
    if never_seen:
        return never_seen
    cycle: set[str] = set()
    for asked in history:
        if asked.question_id in cycle:
            cycle.clear()
        cycle.add(asked.question_id)
    return _without(candidates, cycle) or candidates


def _next_theme(
    fresh: ByTheme, last_theme: str | None, last_at: Mapping[str, datetime], chance: random.Random
) -> str:
    """Choose the theme left alone for longest, never the last one while there is another."""
    others = sorted(fresh.keys() - {last_theme}) or sorted(fresh)
    total = sum(map(len, fresh.values()))
    for theme in others:
        # More than half of what is left: it needs every other turn from now on, or it will have to follow itself.
        if 2 * len(fresh[theme]) > total:
            return theme
    touched = [last_at.get(theme, NEVER) for theme in others]
    earliest = min(touched)
    return chance.choice([theme for theme, at in zip(others, touched, strict=True) if at == earliest])


def _why(bank: QuestionBank, theme: str, last_at: Mapping[str, datetime]) -> Why:
    if not last_at:
        return FreshStart()
    label = bank.theme(theme).label
    if theme not in last_at:
        return NeverTouched(label)
    return LongAgo(label, last_at[theme].date())
