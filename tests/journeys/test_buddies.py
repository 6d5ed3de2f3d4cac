"""A buddy programme of thirty people over five rounds, through the program itself: joins, leaves, pauses, a crash."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import combinations

import pytest

from sandbox.seen import Message
from tests.journeys.program import Program, running_program
from tests.people import DAY, HOUR

pytestmark = pytest.mark.siege

PATIENCE_SECONDS = 240.0
"""What was on its way when the program was killed is looked up when its lease has run out and the doubt has settled."""

PEOPLE = [f"UP{number:06}" for number in range(1, 31)]
OWNER, LEAVER, PAUSER, SKIPPER, LATECOMER = PEOPLE[0], PEOPLE[1], PEOPLE[2], PEOPLE[3], PEOPLE[29]
SHY, AVOIDED = PEOPLE[4], PEOPLE[5]
CHANNEL = "CGROWTH01"
EVENING = timedelta(hours=17)
"""From Monday 05:00 UTC to when everybody in Berlin has gone home."""

SIT_OUT = "Sit this one out"
QUICK, ON_THEIR_WAY_SECONDS = 5, 6.0
"""How many messages Slack takes at once of a round whose others take so long that the program is killed meanwhile."""


@pytest.fixture
def bot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """Give the bot and its workspace early on a Monday, with thirty people in a channel."""
    with running_program(tmp_path_factory.mktemp("buddies"), rates=False) as program:
        for number, who in enumerate(PEOPLE, start=1):
            program.slack.add_person(who, f"person{number}", f"Person {number}", tz="Europe/Berlin")
            program.slack.bring_in(CHANNEL, who)
        program.slack.bring_in(CHANNEL)
        program.to_next_monday()
        yield program


def move(bot: Program, to: datetime) -> None:
    assert bot.slack.move_clock(to)["warning"] is None


def introductions(bot: Program, who: str) -> list[Message]:
    """Read how somebody was introduced, oldest first."""
    groups = [each["id"] for each in bot.slack.conversations(who) if each["kind"] == "mpim"]
    found = [message for channel in groups for message in bot.slack.messages(who, channel)]
    return sorted((each for each in found if "Plan:" in each.text), key=lambda message: message.ts)


def people_in(message: Message) -> list[str]:
    first_line = message.text.splitlines()[0]
    return [who for who in PEOPLE if f"<@{who}>" in first_line]


def test_thirty_people_over_five_rounds(bot: Program) -> None:
    slack = bot.slack
    assert "every Tuesday" in slack.command(OWNER, "/buddy programme #career-growth every tuesday 10:00").text
    for who in PEOPLE[:29]:
        slack.command(who, "/buddy join #career-growth")
    slack.command(SHY, f"/buddy not @person{PEOPLE.index(AVOIDED) + 1}")
    monday = slack.now()
    groups: list[list[list[str]]] = []

    for week in range(5):
        start_of_week = monday + week * 7 * DAY
        move(bot, start_of_week + EVENING)  # everybody has heard of tomorrow's round
        happen(bot, week)
        if week == 2:
            crash_while(bot, start_of_week + DAY + 5 * HOUR, everybody=28)
        move(bot, start_of_week + DAY + EVENING)
        groups.append(newest_groups(bot, groups))
        for group in groups[-1]:
            slack.press(group[0], introductions(bot, group[0])[-1], "We met")

    everybody = [{who for group in week for who in group} for week in groups]
    assert [len(each) for each in everybody] == [29, 28, 28, 27, 29]
    assert all(max(Counter(who for group in week for who in group).values()) == 1 for week in groups)
    assert LEAVER not in everybody[1] | everybody[2] | everybody[3] | everybody[4]
    assert LATECOMER not in everybody[0]
    assert LATECOMER in everybody[1]
    assert (PAUSER in everybody[2], PAUSER in everybody[4]) == (False, True)
    assert SKIPPER not in everybody[3]
    assert all(not {SHY, AVOIDED} <= set(group) for week in groups for group in week)
    pairs = Counter(pair for week in groups for group in week for pair in combinations(group, 2))
    assert max(pairs.values()) == 1
    heads_ups = {who: len([each for each in slack.dms(who) if SIT_OUT in each.buttons]) for who in PEOPLE}
    assert heads_ups == {**dict.fromkeys(PEOPLE, 5), LEAVER: 2, PAUSER: 3, LATECOMER: 4}
    announced = [each.text for each in slack.messages(OWNER, CHANNEL) if "people take part" in each.text]
    assert [count_in(each) for each in announced] == [29, 28, 28, 27, 29]
    assert len([each for each in slack.dms(PAUSER) if "is over: you are in" in told(each)]) == 1


def told(message: Message) -> str:
    """Read a message as it is read aloud."""
    return message.text.replace("*", "")


def count_in(announcement: str) -> int:
    """Read how many people take part."""
    return int(announcement.split(": ")[1].split()[0])


def happen(bot: Program, week: int) -> None:
    """Let people change their minds before a round."""
    slack = bot.slack
    if week == 1:
        slack.command(LEAVER, "/buddy leave")
        slack.command(PAUSER, "/buddy pause until in 3 weeks")
        slack.command(LATECOMER, "/buddy join #career-growth")
    if week == 3:
        slack.command(SKIPPER, "/buddy skip")


def crash_while(bot: Program, to: datetime, *, everybody: int) -> None:
    """Kill the program in the midst of a round's messages, and start it again until everybody has theirs."""
    before = introduced(bot)
    # Some go through at once; the others are on their way when it is killed, and arrive all the same.
    bot.slack.fault("chat.postMessage", "delay", times=QUICK, seconds=0.1)
    bot.slack.fault("chat.postMessage", "delay", times=everybody, seconds=ON_THEIR_WAY_SECONDS)
    moving = threading.Thread(target=bot.slack.move_clock, args=(to,), daemon=True)
    moving.start()
    bot.slack.eventually(lambda: introduced(bot) > before, seconds=PATIENCE_SECONDS)
    bot.kill()
    assert before < introduced(bot) < before + everybody
    bot.slack.clear_faults()
    bot.start(seconds=PATIENCE_SECONDS)
    bot.slack.eventually(lambda: introduced(bot) >= before + everybody, seconds=PATIENCE_SECONDS)
    moving.join(timeout=60)


def introduced(bot: Program) -> int:
    """Count how often somebody was introduced."""
    return sum(len(introductions(bot, who)) for who in PEOPLE)


def newest_groups(bot: Program, earlier: list[list[list[str]]]) -> list[list[str]]:
    """Read from what people see who is together since this week."""
    known = Counter(tuple(group) for week in earlier for group in week)
    found = Counter(tuple(people_in(each)) for who in PEOPLE for each in introductions(bot, who))
    # Everybody of a group reads the same message.
    told = {group: count // len(group) for group, count in found.items()}
    return [list(group) for group, count in sorted(told.items()) for _ in range(count - known[group])]
