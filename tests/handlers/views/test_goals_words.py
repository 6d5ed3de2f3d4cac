"""How many words messages about goals, the overview and refusals have before their buttons: sixty at most."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

import pytest

from bot import goal_coaching
from bot.errors import Name, Refusal
from bot.goal_coaching import remark_on
from bot.goals import GoalOverview
from handlers import wiring
from handlers.grammars import buddies as buddy_grammar
from handlers.grammars import goals as goal_grammar
from handlers.grammars import one_on_ones as one_on_one_grammar
from handlers.grammars.words import quote
from handlers.views import goal_answers, growth
from handlers.views.elements import Message, refusal_words
from handlers.views.one_on_ones import Standing
from models.goals import GoalProposal
from tests.handlers.views.reading import MOST_WORDS, words_of
from tests.handlers.views.test_goals import MESSAGES, TODAY, goal, page, proposal
from tests.people import BEN, MONDAY_NOON

SIXTY_WORDS = " ".join(["growing"] * 60)
CONTENT = {"list", "later page", "shared list", "story", "story of a closed one"}
"""What shows what somebody wrote, asked for as such: its length is theirs."""
MONTHS_AHEAD = date(2027, 3, 31)
REMARKED = [
    "Improve my communication, get promoted and learn Spanish",
    "Book a course",
    "Improve my communication",
    "Give more demos",
    "Give two demos",
]


@pytest.mark.parametrize("name", sorted(MESSAGES.keys() - CONTENT))
def test_a_message_about_a_goal_has_sixty_words_whatever_its_title(name: str) -> None:
    assert len(words_of(MESSAGES[name](SIXTY_WORDS))) <= MOST_WORDS


@pytest.mark.parametrize("due_on", [None, MONTHS_AHEAD])
@pytest.mark.parametrize("topic", [topic.words.pattern for topic in goal_coaching._TOPICS])
def test_every_remark_has_sixty_words_with_its_example(topic: str, due_on: date | None) -> None:
    """Let each remark meet the examples of all topics."""
    examples = {each.words.pattern: each.example for each in goal_coaching._TOPICS}
    for title in REMARKED:
        remark = remark_on(title, measure=None, due_on=due_on, today=TODAY)
        if remark is None:
            continue
        example = examples[topic].format(date="Wed 31 Mar 2027")
        said = goal_answers.logged(
            goal(SIXTY_WORDS, due_on=due_on),
            goal_coaching.Remark(remark.kind, remark.sentence, example),
            today=TODAY,
        )
        assert len(words_of(said)) <= MOST_WORDS, said.text


def test_a_title_is_repeated_whole_while_it_is_short() -> None:
    assert (
        "_Open two of the four weekly demos._" in MESSAGES["logged"]("Open two of the four weekly demos").text
    )
    assert "…" in MESSAGES["logged"](SIXTY_WORDS).text


def test_the_overview_has_sixty_words() -> None:
    standing = [
        Standing(
            id=number,
            other=BEN,
            rhythm="every Tuesday",
            role="peer",
            next_at=MONDAY_NOON,
            is_shifted=False,
            zone="Europe/Berlin",
        )
        for number in range(5)
    ]
    waiting: tuple[GoalProposal, ...] = (proposal(SIXTY_WORDS), proposal(SIXTY_WORDS))
    overview = growth.overview(standing, GoalOverview(page(9, SIXTY_WORDS), waiting), [], paused=None)

    assert len([word for word in words_of(overview) if word != "•"]) <= MOST_WORDS


def refusals() -> Iterator[type[Refusal]]:
    assert wiring
    waiting = [Refusal]
    while waiting:
        kind = waiting.pop()
        waiting += kind.__subclasses__()
        if kind.__module__.partition(".")[0] in ("bot", "handlers"):
            yield kind


USAGES = (*goal_grammar.USAGES, *one_on_one_grammar.USAGES, *buddy_grammar.USAGES)
LONGEST = {
    "form": max((usage.form for usage in USAGES), key=len),
    "example": max((usage.example for usage in USAGES), key=len),
    "text": quote(SIXTY_WORDS),
}


def longest(kind: type[Refusal]) -> Message:
    """Say a refusal with the longest of what may stand in it."""
    placeholders = re.findall(r"\{(\w+)\}", kind.__doc__ or "")
    return Message(refusal_words(kind(**{name: LONGEST.get(name, Name(BEN)) for name in placeholders})))


def test_a_refusal_has_sixty_words() -> None:
    lengths = {kind.__name__: len(words_of(longest(kind))) for kind in refusals()}

    assert len(lengths) > 100
    assert {name: words for name, words in lengths.items() if words > MOST_WORDS} == {}
