"""Promises that hold for all commands: their examples work, their help is whole, no text breaks them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import get_args

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.errors import Refusal
from handlers.grammars import buddies, goals, growth, one_on_ones
from handlers.grammars.usages import Usage

A_DAY = date(2027, 3, 31)
COMMANDS = {"/1on1": one_on_ones, "/goal": goals, "/growth": growth, "/buddy": buddies}
USAGES = [(command, usage) for command, grammar in COMMANDS.items() for usage in grammar.USAGES]
SAID_WITHOUT_A_VERB = {"list", "overview"}

parsers = st.sampled_from([one_on_ones.parse, goals.parse, growth.parse, buddies.parse])
todays = st.dates(date(2000, 1, 1), date(2100, 1, 1))
VOCABULARY = (
    "add move skip end ask list help progress done drop edit show share of export pause resume settings until"
    " every other week weeks month months on the first sixth last tuesday tuesdays tue at to for from by as with"
    " in and a 0 1 2 30 53 99999 10:00 25:00 10am pm noon min h hour manager me buddy today tomorrow friday next"
    " 2027-04-01 2027-02-31 9999-12-31 31 february march 60% % -5 @ben <@U0BEN|ben> <@U0AMY> <!channel>"
    " <#C0COFFEE|coffee> #tea join leave not decline programme groups across pact mentor name hand over more skills"
    " &lt;@U0BEN&gt; &amp; , . \u201c \u200b \u00a0 <"
)
command_like = st.lists(st.sampled_from(VOCABULARY.split(" ")), max_size=12).map(" ".join)


def as_sent(command: str, text: str) -> str:
    """Turn a command as shown into the text Slack sends, person and channel picked from the list."""
    picked = text.replace("@Ben", "<@U0BEN|ben>").replace("#coffee", "<#C0COFFEE|coffee>")
    return picked.removeprefix(command)


@pytest.mark.parametrize(("command", "usage"), USAGES)
def test_every_example_is_understood_on_every_day_of_the_year(command: str, usage: Usage) -> None:
    text = as_sent(command, usage.example)

    for ahead in range(366):
        understood = COMMANDS[command].parse(text, today=A_DAY + timedelta(days=ahead))
        assert not type(understood).__name__.endswith("Form")


@pytest.mark.parametrize(("command", "usage"), USAGES)
def test_every_usage_belongs_to_its_verb(command: str, usage: Usage) -> None:
    said = command if usage.verb in SAID_WITHOUT_A_VERB else f"{command} {usage.verb}"

    assert usage.example.startswith(said)
    assert usage.form.startswith(said)
    assert usage.does


@pytest.mark.parametrize(
    ("command", "verbs"),
    [
        ("/growth", ["overview", "settings", "pause", "resume", "profile", "import", "help"]),
        ("/1on1", ["list", "add", "move", "skip", "end", "ask", "help"]),
        (
            "/goal",
            ["list", "add", "progress", "done", "drop", "edit", "show", "share", "of", "export", "help"],
        ),
        (
            "/buddy",
            [
                *("overview", "join", "leave", "skip", "pause", "resume", "not", "allow", "name"),
                *("do not name me", "met", "decline", "programme", "programme", "preview", "match", "help"),
            ],
        ),
    ],
)
def test_every_verb_is_on_the_help_page_and_understood_alone(command: str, verbs: list[str]) -> None:
    assert [usage.verb for usage in COMMANDS[command].USAGES] == verbs
    for verb in verbs:
        COMMANDS[command].parse(verb, today=A_DAY)


def test_every_verb_about_a_goal_has_a_usage() -> None:
    assert set(get_args(goals.NumberedVerb)) < {usage.verb for usage in goals.USAGES}


def outcome(parse: Callable[..., object], text: str, today: date) -> object:
    """Read a text and give the command, or the words of the refusal."""
    try:
        return parse(text, today=today)
    except Refusal as refusal:
        return str(refusal)


def holds(parse: Callable[..., object], text: str, today: date) -> None:
    """Hold that a text has one outcome and that a refusal of it is short enough to be read."""
    found = outcome(parse, text, today)

    assert found == outcome(parse, text, today)
    assert not isinstance(found, str) or 0 < len(found) < 400


@given(parsers, st.text(), todays)
@example(one_on_ones.parse, "add <@U1> every \u00b2 weeks", A_DAY)
@example(goals.parse, "progress \u00b2 \u0663\u0660%", A_DAY)
@example(growth.parse, "pause until in \u0be7 years", A_DAY)
def test_no_text_whatever_is_worse_than_a_refusal(
    parse: Callable[..., object], text: str, today: date
) -> None:
    holds(parse, text, today)


@given(parsers, command_like, todays)
def test_no_muddle_of_known_words_is_worse_than_a_refusal(
    parse: Callable[..., object], text: str, today: date
) -> None:
    holds(parse, text, today)


@given(command_like)
def test_a_meeting_that_is_understood_is_one_that_can_be_kept(text: str) -> None:
    try:
        command = one_on_ones.parse(f"add <@U0BEN|ben> every tuesday {text}", today=A_DAY)
    except Refusal:
        return

    assert isinstance(command, one_on_ones.Add)
    assert 5 <= command.minutes <= 480
    assert command.first_on is None or command.first_on >= A_DAY
