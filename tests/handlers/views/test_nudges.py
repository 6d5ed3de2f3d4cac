"""How nudges look, and that every question of the bank fits: sixty words, Slack's limits, both sides."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from syrupy.assertion import SnapshotAssertion

from bot.nudge_days import MOST
from bot.nudges import Nudge
from bot.prompts import KeptForLater, PutQuestion, Reason, WantedAnother
from bot.question_bank import Question, default_bank
from bot.question_choice import FreshStart, LongAgo, NeverTouched
from handlers.views import nudges as views
from handlers.views.elements import Message
from sandbox.block_kit.surfaces import check_message
from tests.handlers.views.reading import MOST_WORDS, words_of
from tests.people import AMY, BEN, MONDAY_NOON

TODAY = date(2026, 11, 23)
QUESTIONS = default_bank().questions
LONGEST_LABEL = max((theme.label for theme in default_bank().themes), key=len)
REASONS: list[Reason] = [
    FreshStart(),
    NeverTouched(LONGEST_LABEL),
    LongAgo(LONGEST_LABEL, TODAY - timedelta(days=3)),
    LongAgo(LONGEST_LABEL, TODAY - timedelta(days=9)),
    LongAgo(LONGEST_LABEL, TODAY - timedelta(days=50)),
    LongAgo(LONGEST_LABEL, TODAY - timedelta(days=200)),
    KeptForLater(),
    WantedAnother(),
]


def nudge(
    question: Question, *, asks: bool, leads: bool = False, why: Reason = REASONS[5], left: int = 15
) -> Nudge:
    put = PutQuestion(7, question, why, AMY)
    return Nudge(3, BEN, AMY, "America/Argentina/Buenos_Aires", MONDAY_NOON, left, asks, leads, put)


def messages(question: Question, why: Reason) -> list[Message]:
    return [
        views.prep(nudge(question, asks=True, leads=True, why=why), today=TODAY),
        views.prep(nudge(question, asks=True, why=why), today=TODAY),
        views.prep(nudge(question, asks=False, why=why), today=TODAY),
        views.asked_for(PutQuestion(7, question, why, AMY), today=TODAY),
        views.closing(nudge(question, asks=True)),
        views.closed(nudge(question, asks=True), was_asked=True),
        views.closed(nudge(question, asks=True), was_asked=False),
    ]


def test_a_day_of_many_meetings_fits_into_one_message() -> None:
    longest = sorted(QUESTIONS, key=lambda each: len(f"{each.ask}{each.reflect}{each.probes[0]}"))[-MOST:]
    for asks in (True, False):
        message, begins = views.prep_day([nudge(each, asks=asks) for each in longest], today=TODAY)

        assert check_message(message.payload()["blocks"]) is None
        assert len(str(message.payload()["blocks"])) < 13_000
        assert [message.blocks[begin]["type"] for begin in begins] == ["divider"] * MOST
        assert all(each.ask in message.text or each.reflect in message.text for each in longest)


@pytest.mark.parametrize("theme", sorted({question.theme for question in QUESTIONS}))
def test_every_question_fits_on_both_sides(theme: str) -> None:
    for question in [each for each in QUESTIONS if each.theme == theme]:
        for message in messages(question, REASONS[0]):
            assert check_message(message.payload()["blocks"]) is None, question.id
        for message in [message for why in REASONS for message in messages(question, why)]:
            assert len(words_of(message)) <= MOST_WORDS, message.text
            assert [slip for slip in ("*", "!!", "None") if slip in message.text] == [], message.text


def test_the_text_alone_says_what_the_blocks_say() -> None:
    for message in messages(QUESTIONS[0], REASONS[5]):
        shown = [block["text"]["text"] for block in message.blocks if block["type"] == "section"]
        assert all(line.replace("*", "") in message.text for text in shown for line in text.split("\n"))


@pytest.mark.parametrize("why", REASONS, ids=lambda why: type(why).__name__)
def test_the_reason_is_one_true_sentence(why: Reason, snapshot: SnapshotAssertion) -> None:
    assert views.why(why, today=TODAY) == snapshot


def test_the_managers_question(snapshot: SnapshotAssertion) -> None:
    assert views.prep(nudge(QUESTIONS[0], asks=True, leads=True), today=TODAY).payload() == snapshot


def test_a_peers_question(snapshot: SnapshotAssertion) -> None:
    assert views.prep(nudge(QUESTIONS[0], asks=True), today=TODAY).payload() == snapshot


def test_the_reports_question(snapshot: SnapshotAssertion) -> None:
    assert views.prep(nudge(QUESTIONS[0], asks=False), today=TODAY).payload() == snapshot


def test_a_question_asked_for(snapshot: SnapshotAssertion) -> None:
    assert views.asked_for(PutQuestion(7, QUESTIONS[0], FreshStart(), AMY), today=TODAY).payload() == snapshot


@pytest.mark.parametrize("left", [15, 2, 1])
def test_the_reminder(left: int, snapshot: SnapshotAssertion) -> None:
    assert views.closing(nudge(QUESTIONS[0], asks=True, left=left)).payload() == snapshot


@pytest.mark.parametrize("was_asked", [True, False])
def test_what_was_said_about_it(was_asked: bool, snapshot: SnapshotAssertion) -> None:
    assert views.closed(nudge(QUESTIONS[0], asks=True), was_asked=was_asked).payload() == snapshot


def test_what_was_not_useful_is_noted(snapshot: SnapshotAssertion) -> None:
    assert views.dismissed().payload() == snapshot
