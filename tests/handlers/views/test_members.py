"""How settings, answers and the overview look."""

from __future__ import annotations

from datetime import time

import pytest
from syrupy.assertion import SnapshotAssertion

from bot.answers import AnswerPage, Noted
from bot.question_bank import default_bank
from handlers.grammars import buddies, goals, growth, one_on_ones
from handlers.views import answers, members
from handlers.views import growth as growth_views
from models.members import Member
from sandbox.block_kit.surfaces import check_message, check_view
from tests.people import AMY, BEN, DAY, MONDAY_NOON

QUESTION = default_bank().questions[0]


def member(**facts: object) -> Member:
    known = {
        "workspace_id": "T1",
        "user_id": AMY,
        "name": "Amy",
        "zone": "America/New_York",
        "lead_hours": 24,
        "weekly_messages": 3,
        "less_of": "",
    }
    hours = {"work_days": "01234", "work_starts": time(9), "work_ends": time(17), "is_paused": False}
    return Member(**{**known, **hours, "paused_until": None, **facts})


@pytest.mark.parametrize("lead", [1, 24, 48, 13])
def test_the_settings_form_is_filled_with_what_stands(lead: int, snapshot: SnapshotAssertion) -> None:
    form = members.settings_form(member(lead_hours=lead, work_days="0235"))

    assert check_view(form) is None
    assert form == snapshot


@pytest.mark.parametrize(
    "facts", [{}, {"is_paused": True}, {"is_paused": True, "paused_until": MONDAY_NOON + DAY}]
)
def test_home_says_when_i_write_and_offers_to_change_it(
    facts: dict[str, object], snapshot: SnapshotAssertion
) -> None:
    blocks = members.settings_blocks(member(**facts), MONDAY_NOON)

    assert check_view({"type": "home", "blocks": blocks}) is None
    assert blocks == snapshot


def test_what_is_said_of_silence(snapshot: SnapshotAssertion) -> None:
    said = [members.paused(None, "UTC"), members.paused(MONDAY_NOON, "UTC"), members.resumed()]

    assert [message.payload() for message in said] == snapshot


def noted(number: int, text: str, *, author: str = AMY, is_shared: bool = False) -> Noted:
    return Noted(number, author, BEN if author == AMY else AMY, QUESTION, text, MONDAY_NOON, is_shared)


def test_answers_in_home(snapshot: SnapshotAssertion) -> None:
    page = AnswerPage(
        (noted(1, "Mine\n<!channel>"), noted(2, "x" * 900, is_shared=True), noted(3, "Theirs", author=BEN)),
        0,
        True,
    )
    blocks = answers.home_answers(page, AMY)

    assert check_view({"type": "home", "blocks": blocks}) is None
    assert blocks == snapshot


@pytest.mark.parametrize("text", ["&" * 2000, "\n" * 1999 + "x", "x" * 2000])
def test_a_page_of_the_longest_answers_fits(text: str) -> None:
    page = answers.answer_page(AnswerPage(tuple(noted(n, text) for n in range(20)), 20, True), AMY)

    assert check_view(page) is None


def test_no_answers_take_no_room() -> None:
    assert answers.home_answers(AnswerPage((), 0, has_more=False), AMY) == []
    assert check_view(answers.answer_page(AnswerPage((), 0, has_more=False), AMY)) is None


def test_the_answer_form(snapshot: SnapshotAssertion) -> None:
    form = answers.answer_form(QUESTION, 7, noted(1, "x" * 5000))
    shared = answers.answer_form(QUESTION, 7, noted(1, "x", is_shared=True))

    assert check_view(form) is None
    assert "is seen at once" in str(shared)
    assert "Only you can see it" not in str(shared)
    assert answers.answer_form(QUESTION, 7, None) == snapshot


def test_help_of_everything_fits_a_message(snapshot: SnapshotAssertion) -> None:
    page = growth_views.help_page(
        "all", (*growth.USAGES, *one_on_ones.USAGES, *goals.USAGES, *buddies.USAGES)
    )

    assert check_message(page.payload()["blocks"]) is None
    assert page.text == snapshot
