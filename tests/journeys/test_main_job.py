"""The main job, from end to end: a question reaches two people before their 1-on-1, whatever befalls the program."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from sandbox import moving
from sandbox.seen import Answer, Message, View
from tests.handlers.one_on_ones_stage import question_in
from tests.journeys.program import Program, running_program
from tests.people import AMY, BEN, HOUR, JONAS, MIA, RAY, ZOE

NEW_YORK = ZoneInfo("America/New_York")
NOTE = "The demo, because people asked questions"


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """Give the bot and its workspace, both for the whole file: every journey has people of its own."""
    with running_program(tmp_path_factory.mktemp("journey")) as started:
        yield started


@pytest.fixture
def bot(program: Program) -> Program:
    """Give them early on a Monday, when nothing is about to happen."""
    program.to_next_monday()
    return program


@contextmanager
def meeting(bot: Program, who: str, other: str, pattern: str) -> Iterator[Answer]:
    """Let two meet, and not beyond the block: a journey that fails must not make the next one fail."""
    answer = bot.slack.command(who, f"/1on1 add @{other} {pattern} as manager")
    try:
        yield answer
    finally:
        bot.revive()
        bot.slack.command(who, f"/1on1 end @{other}")


def news(bot: Program, who: str) -> list[Message]:
    return [message for message in bot.slack.dms(who) if "registered your 1-on-1" in message.text]


def preps(bot: Program, who: str) -> list[Message]:
    return [message for message in bot.slack.dms(who) if "Why this one" in message.text]


def closings(bot: Program, who: str) -> list[Message]:
    return [message for message in bot.slack.dms(who) if "minutes left" in message.text]


def asked(message: Message) -> str:
    return question_in(message.text).id


def counts(bot: Program, *people: str) -> list[tuple[int, int, int]]:
    """Count what each was sent: news, questions before the meeting, reminders in its last minutes."""
    return [tuple(len(found(bot, who)) for found in (news, preps, closings)) for who in people]  # type: ignore[misc]


def local(moment: datetime) -> str:
    return f"{moment.astimezone(NEW_YORK):%A %H:%M}"


def home_of(bot: Program, who: str) -> View:
    home = bot.slack.open_home(who)
    assert home is not None
    return home


def test_one_week_from_command_to_reminder(bot: Program) -> None:
    seen = []
    with meeting(bot, AMY, "ben", "every tuesday 10:00") as answer:
        for _ in range(3):
            bot.move_on()
            seen.append((local(bot.slack.now()), counts(bot, AMY, BEN)))

    assert f"<@{BEN}>" in answer.text
    assert seen == [
        ("Monday 09:00", [(0, 0, 0), (1, 0, 0)]),
        ("Monday 10:00", [(0, 1, 0), (1, 1, 0)]),
        ("Tuesday 10:15", [(0, 1, 1), (1, 1, 0)]),
    ]
    question = question_in(preps(bot, AMY)[0].text)
    assert question.ask in preps(bot, AMY)[0].text
    assert question.reflect in preps(bot, BEN)[0].text
    assert question.closing in closings(bot, AMY)[0].text


def test_the_buttons_of_two_weeks(bot: Program) -> None:
    with meeting(bot, MIA, "jonas", "every tuesday 10:00"):
        bot.move_on_until(lambda: preps(bot, MIA))
        first = asked(preps(bot, MIA)[0])

        bot.slack.press(MIA, preps(bot, MIA)[0], "Another question")
        share_a_note(bot, JONAS)
        bot.move_on_until(lambda: closings(bot, MIA))
        kept = asked(preps(bot, MIA)[0])
        later = bot.slack.press(MIA, closings(bot, MIA)[0], "Next time")
        bot.move_on_until(lambda: preps(bot, MIA)[1:])

    assert asked(closed(bot, MIA)) == kept != first
    assert "Kept for next time" in (later.text or closed(bot, MIA).text)
    assert NOTE in home_of(bot, MIA).words
    assert NOTE not in home_of(bot, ZOE).words
    assert [asked(preps(bot, who)[1]) for who in (MIA, JONAS)] == [kept, kept]
    assert "you wanted to keep it for next time" in preps(bot, MIA)[1].text


def share_a_note(bot: Program, who: str) -> None:
    bot.slack.press(who, preps(bot, who)[0], "Note an answer")
    bot.slack.eventually(lambda: bot.slack.view(who))
    assert bot.slack.submit(who, {"Your note": NOTE}).errors == {}
    bot.slack.close_view(who)
    bot.slack.press(who, home_of(bot, who), "Share")
    bot.slack.eventually(lambda: "Shared with" in home_of(bot, who).words)


def closed(bot: Program, who: str) -> Message:
    return next(message for message in bot.slack.dms(who) if "Kept for next time" in message.text)


@pytest.mark.siege
def test_killed_and_started_again_it_sends_everything_once(bot: Program) -> None:
    with meeting(bot, ZOE, "ray", "every wednesday 15:00"):
        bot.move_on_until(lambda: preps(bot, RAY))
        restart(bot)
        bot.slack.press(ZOE, preps(bot, ZOE)[0], "Another question")
        bot.move_on_until(lambda: closings(bot, ZOE))
        restart(bot)

        assert counts(bot, ZOE, RAY) == [(0, 1, 1), (1, 1, 0)]
        assert asked(closings(bot, ZOE)[0]) == asked(preps(bot, ZOE)[0])


@pytest.mark.siege
def test_what_came_due_while_it_was_dead_arrives_once_when_it_is_back(
    bot: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = counts(bot, AMY, RAY)
    with meeting(bot, AMY, "ray", "every tuesday 10:00"):
        bot.kill()
        with monkeypatch.context() as nobody_follows:
            nobody_follows.setattr(moving, "FOLLOWING_SECONDS", 0.0)
            bot.slack.move_clock(by_seconds=(11 * HOUR).total_seconds())

        bot.start()
        bot.slack.eventually(lambda: counts(bot, AMY) != before[:1], seconds=10)
        bot.move_on()
        bot.move_on()
        ended_at = bot.slack.now()

    assert local(ended_at) == "Tuesday 10:15"
    assert added(before, counts(bot, AMY, RAY)) == [(0, 1, 1), (1, 1, 0)]


def added(before: list[tuple[int, int, int]], after: list[tuple[int, int, int]]) -> list[tuple[int, ...]]:
    return [tuple(b - a for a, b in zip(*pair, strict=True)) for pair in zip(before, after, strict=True)]


def restart(bot: Program) -> None:
    bot.kill()
    bot.start()


def test_slack_refused_none_of_it(program: Program) -> None:
    assert [call for call in program.slack.calls() if not call["ok"]] == []
