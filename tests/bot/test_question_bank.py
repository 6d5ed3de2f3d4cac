"""The bank that comes with Trellis is in good shape, and a bad file or a bad question is told what is wrong with it."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.question_bank import (
    ANY_TIME,
    SITUATIONS,
    BankProblem,
    BrokenBank,
    Question,
    bank_of,
    default_bank,
    load,
    problems_of,
    problems_with,
)

BANK = default_bank()

GOOD = Question(
    id="energy-twice-as-much",
    theme="energy",
    ask="Which part of the past two weeks would you like twice as much of?",
    closing="Which part would they like twice as much of?",
    reflect="Look back over two weeks: which part would you like twice as much of?",
    probes=("What made that part different?",),
    when=frozenset({ANY_TIME}),
)


def a_question(**fields: Any) -> dict[str, Any]:
    table = {field: getattr(GOOD, field) for field in ("id", "theme", "ask", "closing", "reflect")}
    return {**table, "probes": list(GOOD.probes), "when": list(GOOD.when), **fields}


def a_document(*questions: Any, **rest: Any) -> dict[str, Any]:
    return {"themes": {"energy": {"label": "what gives energy"}}, "questions": list(questions), **rest}


# The bank that comes with Trellis


def test_there_is_enough_to_ask_for_years() -> None:
    assert len(BANK.questions) >= 140
    assert len(BANK.themes) == 15
    assert sum(ANY_TIME in question.when for question in BANK.questions) >= 125


def test_every_theme_has_at_least_eight_questions() -> None:
    per_theme = Counter(question.theme for question in BANK.questions)
    assert set(per_theme) == {theme.id for theme in BANK.themes}
    assert min(per_theme.values()) >= 8


def test_every_situation_has_a_question_of_its_own() -> None:
    assert {situation for question in BANK.questions for situation in question.when} == SITUATIONS


def test_every_question_is_specific_open_single_and_short() -> None:
    told = {question.id: problems_with(question) for question in BANK.questions}
    assert {name: problems for name, problems in told.items() if problems} == {}


def test_every_question_leaves_room_for_the_rest_of_a_nudge() -> None:
    assert [question.id for question in BANK.questions if not leaves_room(question)] == []


def leaves_room(question: Question) -> bool:
    longest_probe = max(len(probe.split()) for probe in question.probes)
    is_room_beside_a_probe = len(question.ask.split()) + longest_probe <= 35
    return (
        is_room_beside_a_probe and len(question.closing.split()) <= 16 and len(question.reflect.split()) <= 25
    )


def test_every_reminder_is_one_question_about_the_other_person() -> None:
    assert [question.id for question in BANK.questions if not is_about_the_other(question)] == []


def is_about_the_other(question: Question) -> bool:
    return (
        question.closing.endswith("?")
        and not question.closing.startswith("When did you")
        and " your " not in question.closing.casefold()
        and question.reflect not in (question.ask, question.closing)
        and all(probe.endswith("?") for probe in question.probes)
    )


@pytest.mark.parametrize("wording", ["id", "ask", "reflect", "closing"])
def test_no_two_questions_share_a_wording(wording: str) -> None:
    counted = Counter(getattr(question, wording).casefold() for question in BANK.questions)
    assert [text for text, times in counted.items() if times > 1] == []


def test_questions_do_not_all_begin_alike() -> None:
    openings = Counter(question.ask.split()[0] for question in BANK.questions)
    assert len(openings) >= 10
    assert max(openings.values()) < len(BANK.questions) / 2


@pytest.mark.parametrize("theme", BANK.themes, ids=lambda theme: theme.id)
def test_every_label_finishes_the_sentence_that_says_why(theme: Any) -> None:
    sentence = f"You two have not talked about {theme.label} since September."
    assert len(sentence.split()) <= 16
    assert theme.label[0].islower()
    assert theme.label[-1].isalpha()


def test_a_question_is_found_by_its_id_and_a_retired_one_is_not() -> None:
    assert BANK.question("energy-twice-as-much").theme == "energy"
    assert BANK.theme("energy").label == "what gives energy"
    assert "energy-twice-as-much" in BANK
    assert "energy-retired" not in BANK
    with pytest.raises(KeyError):
        BANK.question("energy-retired")


def test_the_bank_is_read_once() -> None:
    assert default_bank() is BANK


@pytest.mark.parametrize(
    ("situations", "expected"),
    [({"any"}, False), ({"any", "no_map"}, True), ({"any", "anniversary"}, True), (set(), False)],
)
def test_a_question_fits_when_one_of_its_situations_holds(situations: set[str], expected: bool) -> None:
    question = replace(GOOD, when=frozenset({"no_map", "anniversary"}))
    assert question.fits(frozenset(situations)) is expected


# A file with mistakes in it


def test_a_sound_file_has_no_problems_and_can_be_loaded(tmp_path: Path) -> None:
    file = tmp_path / "own.toml"
    file.write_text(
        '[themes.energy]\nlabel = "what gives energy"\n[[questions]]\n'
        'id = "energy-lunch"\ntheme = "energy"\nask = "  What did you talk about at lunch — über was?"\n'
        'closing = "What did they talk about?"\nreflect = "Recall lunch."\nprobes = ["With whom?"]\nwhen = ["any"]\n',
        encoding="utf-8",
    )
    assert load(file).question("energy-lunch").ask == "What did you talk about at lunch — über was?"


def test_a_file_that_is_not_toml_is_refused_by_name(tmp_path: Path) -> None:
    file = tmp_path / "own.toml"
    file.write_text("id = ", encoding="utf-8")
    with pytest.raises(BrokenBank, match=r"own\.toml: "):
        load(file)


def test_all_problems_are_named_at_once() -> None:
    with pytest.raises(BrokenBank) as refused:
        bank_of(a_document(a_question(ask=" "), a_question(id="Not A Slug", theme="weather")))
    assert refused.value.problems == (
        BankProblem("energy-twice-as-much", "has no ask"),
        BankProblem("Not A Slug", "has an id that is not in small letters, digits and hyphens"),
        BankProblem("Not A Slug", "has the theme weather, which is not in the bank"),
    )
    assert str(refused.value).count("\n") == 2


@pytest.mark.parametrize(
    ("document", "where", "what"),
    [
        ({}, "bank", "has no questions"),
        ({"questions": "none", "themes": 3}, "bank", "has no questions"),
        (a_document(a_question(), theme={}), "theme", "is not a part of a bank"),
        ({**a_document(a_question()), "themes": {"energy": {}}}, "theme energy", "has no label"),
        ({**a_document(a_question()), "themes": {"energy": "label"}}, "theme energy", "has no label"),
        (a_document("just a text"), "question number 1", "has no ask"),
        (a_document(a_question(id=7)), "7", "has no id"),
        (a_document(a_question(), a_question()), "energy-twice-as-much", "has the same id"),
        (a_document(a_question(probes=[])), "energy-twice-as-much", "has no list of probes"),
        (a_document(a_question(probes="Why?")), "energy-twice-as-much", "has no list of probes"),
        (a_document(a_question(probes=["a?", 2])), "energy-twice-as-much", "has no list of probes"),
        (a_document(a_question(probes=["a?", "b?", "c?"])), "energy-twice-as-much", "more than 2 probes"),
        (a_document(a_question(when=[])), "energy-twice-as-much", "has no list of when"),
        (a_document(a_question(when=["full_moon"])), "energy-twice-as-much", "situation full_moon"),
        (a_document(a_question(author="Amy")), "energy-twice-as-much", "unknown field author"),
    ],
)
def test_each_mistake_in_a_file_is_found_where_it_is(document: dict[str, Any], where: str, what: str) -> None:
    assert [problem for problem in problems_of(document) if problem.where == where and what in problem.what]


# A question that is worded badly


@pytest.mark.parametrize(
    "ask",
    [
        "Where do you see yourself in five years?",
        "What would you like to have reached in 10 years?",
        "What are your career goals?",
        "What are your strengths and weaknesses?",
        "How are things?",
        "How do you feel about your job?",
        "What do you like in general?",
        "What motivates you?",
    ],
)
def test_a_broad_question_is_called_broad(ask: str) -> None:
    assert any("is broad" in problem for problem in problems_with(replace(GOOD, ask=ask)))


@pytest.mark.parametrize(
    "ask",
    [
        "Don't you think the last project went too slowly?",
        "Why don\N{RIGHT SINGLE QUOTATION MARK}t you take the course next month?",
        "The last review was fair, wasn't it?",
        "You liked last week's workshop, right?",
        "What would you do, if you agree that it is of course too much?",
        "Would you agree that the team is slow?",
    ],
)
def test_a_leading_question_is_called_leading(ask: str) -> None:
    assert any("is leading" in problem for problem in problems_with(replace(GOOD, ask=ask)))


@pytest.mark.parametrize(
    "ask",
    [
        "What went well last week? What did not?",
        "Which task did you like last week, and what made it good?",
        "Which task did you like and why?",
        "Who helped you last week or who could have?",
    ],
)
def test_a_double_question_is_called_two_things(ask: str) -> None:
    assert any("two things at once" in problem for problem in problems_with(replace(GOOD, ask=ask)))


@pytest.mark.parametrize(
    "ask",
    [
        "Did you like last week?",
        "Last week, were you tired?",
        "Think of last week. Was it good?",
        "Is there something you would change next month?",
    ],
)
def test_a_question_for_yes_or_no_is_found(ask: str) -> None:
    assert any("yes or no" in problem for problem in problems_with(replace(GOOD, ask=ask)))


def test_a_question_too_long_to_say_is_counted() -> None:
    problems = problems_with(replace(GOOD, ask="What " + "very " * 30 + "long thing?"))
    assert problems == ["ask is too long: 33 words, where 30 are plenty"]


def test_a_statement_is_not_a_question_but_a_request_is() -> None:
    assert problems_with(replace(GOOD, ask="Last week was long."))[0].startswith("ask asks nothing")
    assert problems_with(replace(GOOD, ask="Tell me about the longest hour of last week.")) == []


def test_jargon_is_found_in_every_wording() -> None:
    problems = problems_with(
        replace(GOOD, probes=("Who could you reach out to?",), closing="Which synergies?")
    )
    assert problems == ["closing has jargon in it", "probe 1 has jargon in it"]


def test_a_question_with_several_flaws_is_told_all_of_them() -> None:
    problems = problems_with(replace(GOOD, ask="Don't you want a dream job? And what about your skillset?"))
    assert [problem.split(":")[0] for problem in problems] == [
        "ask is broad",
        "ask is leading",
        "ask asks two things at once",
        "ask has jargon in it",
    ]
