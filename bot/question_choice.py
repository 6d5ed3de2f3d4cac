"""The rule for which question a pair gets next: no repetition, no theme twice in a row, old themes first."""

from __future__ import annotations

import random
from collections.abc import Collection, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date, datetime
from itertools import count
from typing import NamedTuple, Self

from bot.question_bank import Question, QuestionBank

ByTheme = Mapping[str, Set[str]]
"""Ids of questions by theme, in the order of the themes' ids; a theme that is there has some."""


class Asked(NamedTuple):
    """A question that a pair has been given, at a moment (UTC); the bank may have retired it since."""

    question_id: str
    theme: str
    at: datetime
    not_useful: bool = False


class History(NamedTuple):
    """What a pair has been given, oldest first, a column each: so thousands are looked back on in no time."""

    question_ids: Sequence[str] = ()
    themes: Sequence[str] = ()
    days: Sequence[str] = ()
    """The days in UTC, as ISO 8601 writes them."""
    unwanted: Collection[str] = ()
    """The ids of what either found not useful."""

    @classmethod
    def of(cls, asked: Iterable[Asked]) -> Self:
        """Gather what was read one by one, oldest first."""
        rows = list(asked)
        return cls(
            [each.question_id for each in rows],
            [each.theme for each in rows],
            [each.at.date().isoformat() for each in rows],
            [each.question_id for each in rows if each.not_useful],
        )


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
    history: History,
    *,
    fits: frozenset[str],
    chance: random.Random,
) -> Choice:
    """Choose a pair's next question from what it has been given so far.

    The same inputs and the same state of `chance` give the same question, whatever the order of the bank.
    That nothing comes again before the rest has been seen goes before the change of theme, should a bank be so
    lopsided that it cannot have both. Raises NothingFits.
    """
    fresh = _not_yet_in_this_cycle(_candidates(bank, history, fits), history)
    touched = dict(zip(history.themes, count()))
    theme = _next_theme(fresh, history.themes[-1] if history.themes else None, touched, chance)
    best = sorted(_longest_unseen(fresh[theme], history.question_ids))
    return Choice(bank.question(chance.choice(best)), _why(bank, theme, history, touched))


def _candidates(bank: QuestionBank, history: History, fits: frozenset[str]) -> ByTheme:
    """Return what fits, without what was found not useful unless there is nothing else."""
    fitting = bank.fitting(fits)
    if not fitting:
        raise NothingFits(", ".join(sorted(fits)))
    return (_without(fitting, set(history.unwanted)) or fitting) if history.unwanted else fitting


def _without(questions: ByTheme, ids: Set[str]) -> ByTheme:
    # Most themes have none of them, and are kept as they are in a tenth of the time.
    untouched = map(ids.isdisjoint, questions.values())
    return {
        theme: left
        for (theme, group), is_whole in zip(questions.items(), untouched, strict=True)
        if (left := group if is_whole else group - ids)
    }


def _not_yet_in_this_cycle(candidates: ByTheme, history: History) -> ByTheme:
    """Return what may come now: the never seen, else the rest of the cycle, else everything.

    A cycle ends where a question came again: by these rules the rest had been seen by then. So nothing has to be
    known about what the bank held, or what fitted, in the past.
    """
    if not history.question_ids:
        return candidates
    never_seen = _without(candidates, set(history.question_ids))
    if never_seen:
        return never_seen
    cycle: set[str] = set()
    for question_id in history.question_ids:
        if question_id in cycle:
            cycle.clear()
        cycle.add(question_id)
    return _without(candidates, cycle) or candidates


def _next_theme(
    fresh: ByTheme, last_theme: str | None, touched: Mapping[str, int], chance: random.Random
) -> str:
    """Choose the theme left alone for longest, never the last one while there is another.

    `touched` says at which place of the history each theme came last.
    """
    others = [theme for theme in fresh if theme != last_theme] or list(fresh)
    sizes = [len(fresh[theme]) for theme in others]
    # More than half of what is left: it needs every other turn from now on, or it will have to follow itself.
    if 2 * max(sizes) > sum(map(len, fresh.values())):
        return others[sizes.index(max(sizes))]
    untouched = [theme for theme in others if theme not in touched]
    return chance.choice(untouched) if untouched else min(others, key=touched.__getitem__)


def _longest_unseen(ids: Set[str], question_ids: Sequence[str]) -> Set[str]:
    """Return those never seen, else the one that was seen before all others."""
    never_seen = ids - set(question_ids)
    if never_seen:
        return never_seen
    last_seen = dict(zip(question_ids, count()))
    return {min(ids, key=last_seen.__getitem__)}


def _why(bank: QuestionBank, theme: str, history: History, touched: Mapping[str, int]) -> Why:
    if not touched:
        return FreshStart()
    label = bank.theme(theme).label
    if theme not in touched:
        return NeverTouched(label)
    return LongAgo(label, date.fromisoformat(history.days[touched[theme]]))
