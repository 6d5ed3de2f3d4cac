"""Ties between departments in words: a paragraph for a dialog, and the description of the picture of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Final

from bot.ties import FEWEST, Tie, Ties
from handlers.views import elements

SMALLER: Final = "smaller departments"
NAME: Final = 40
NAMED: Final = 5
"""So many new ties are named in a sentence."""
DESCRIPTION: Final = 1000
"""Slack takes no longer one for a picture (`alt_txt_too_large`)."""
FEWEST_TOLD_APART: Final = 2


def can_be_shown(ties: Ties) -> bool:
    """Whether there are two departments to be told apart."""
    return len(ties.departments) >= FEWEST_TOLD_APART


def name_of(department: str | None) -> str:
    """Give a department's name as plain text; what is put together has one of its own."""
    return SMALLER if department is None else elements.clip(department, NAME)


def in_sentences(ties: Ties, latest: int) -> str:
    """Say in mrkdwn which departments have met, and what the latest round added."""
    if not can_be_shown(ties):
        return (
            "*Departments*: nothing to tell apart yet. A department counts on its own once "
            f"{FEWEST} people of it took part."
        )
    return f"*Departments*: {how_many(ties, latest)}. {new_ones(ties, latest)}"


def how_many(ties: Ties, latest: int) -> str:
    """Count the ties there are, and those there were before the latest round."""
    have = "has" if ties.possible == 1 else "have"
    before = len(ties.before(latest)) or "none"
    return f"{len(ties.ties)} of {_counted(ties.possible, 'pair')} {have} met, {before} before round {latest}"


def new_ones(ties: Ties, number: int) -> str:
    """Say in mrkdwn which departments met first in a round."""
    new = ties.new_in(number)
    if not new:
        return f"Round {number} brought no two together for the first time."
    named = [f"{_escaped(tie.one)} and {_escaped(tie.other)}" for tie in new[:NAMED]]
    rest = f"; and {len(new) - NAMED} more" if len(new) > NAMED else ""
    return f"For the first time in round {number}: {'; '.join(named)}{rest}."


def comment(channel_id: str, keys: Mapping[str, str]) -> str:
    """Say in mrkdwn what the picture is; `keys` says what stands in it for names it cannot write."""
    named = "; ".join(f"{key} is {elements.one_line(name, NAME)}" for key, name in keys.items())
    opening = f"Which departments have met through {elements.channel(channel_id)}."
    return f"{opening} {named}." if named else opening


def described(ties: Ties, latest: int) -> str:
    """Say in plain text what the picture shows, for those who do not see it."""
    opening = f"A table of departments: how often people of two of them met. {how_many(ties, latest)}."
    met = [_sentence(tie, latest) for tie in ties.ties]
    tied = {(tie.one, tie.other) for tie in ties.ties}
    apart = [pair for pair in combinations(ties.departments, 2) if pair not in tied]
    never = [f"{name_of(one)} and {name_of(other)} not yet." for one, other in apart]
    return _as_much_as_fits(opening, [*met, *never])


def _sentence(tie: Tie, latest: int) -> str:
    first = f", first in round {latest}" if tie.since == latest else ""
    return f"{name_of(tie.one)} and {name_of(tie.other)} {_counted(tie.meetings, 'time')}{first}."


def _as_much_as_fits(opening: str, sentences: Sequence[str]) -> str:
    text = opening
    for nth, sentence in enumerate(sentences):
        rest = f" And {len(sentences) - nth} more pairs; ties.csv has all."
        if len(text) + 1 + len(sentence) + len(rest) > DESCRIPTION:
            return text + rest
        text += f" {sentence}"
    return text


def _escaped(department: str | None) -> str:
    return elements.one_line(name_of(department), NAME)


def _counted(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"
