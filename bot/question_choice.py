"""The rule for which question a pair gets next: no repetition, no theme twice in a row, old themes first."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from bot.question_bank import Question, QuestionBank

ByTheme = Mapping[str, Set[str]]
"""Ids of questions by theme, in the order of the themes' ids; a theme that is there has some."""


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
    best = sorted(_longest_unseen(fresh[theme], history))
    return Choice(bank.question(chance.choice(best)), _why(bank, theme, last_at))


def _candidates(bank: QuestionBank, history: Sequence[Asked], fits: frozenset[str]) -> ByTheme:
    """Return what fits, without what was found not useful unless there is nothing else."""
    fitting = bank.fitting(fits)
    if not fitting:
        raise NothingFits(", ".join(sorted(fits)))
    unwanted = {asked.question_id for asked in history if asked.not_useful}
    return (_without(fitting, unwanted) or fitting) if unwanted else fitting


def _without(questions: ByTheme, ids: set[str]) -> ByTheme:
    # Most themes have none of them, and are kept as they are in a tenth of the time.
    untouched = map(ids.isdisjoint, questions.values())
    return {
        theme: left
        for (theme, group), is_whole in zip(questions.items(), untouched, strict=True)
        if (left := group if is_whole else group - ids)
    }


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
    others = [theme for theme in fresh if theme != last_theme] or list(fresh)
    sizes = [len(fresh[theme]) for theme in others]
    # More than half of what is left: it needs every other turn from now on, or it will have to follow itself.
    if 2 * max(sizes) > sum(map(len, fresh.values())):
        return others[sizes.index(max(sizes))]
    untouched = [theme for theme in others if theme not in last_at]
    if untouched:
        return chance.choice(untouched)
    earliest = min(last_at[theme] for theme in others)
    return chance.choice([theme for theme in others if last_at[theme] == earliest])


def _longest_unseen(ids: Set[str], history: Sequence[Asked]) -> Set[str]:
    """Return those never seen, else the one that was seen before all others."""
    last_seen = {asked.question_id: place for place, asked in enumerate(history)}
    never_seen = ids - last_seen.keys()
    return never_seen or {min(ids, key=last_seen.__getitem__)}


def _why(bank: QuestionBank, theme: str, last_at: Mapping[str, datetime]) -> Why:
    if not last_at:
        return FreshStart()
    label = bank.theme(theme).label
    if theme not in last_at:
        return NeverTouched(label)
    return LongAgo(label, last_at[theme].date())
