"""What `/1on1` understands, what it refuses, and what it says then."""

from __future__ import annotations

from datetime import date, time

import pytest

from bot.errors import (
    DayTooEarly,
    DayTooFarAhead,
    DidYouMean,
    ImpossibleDate,
    ImpossibleDuration,
    ImpossibleRhythm,
    ImpossibleTime,
    NoSuchWeekOfMonth,
    NotUnderstood,
    OnePersonAtATime,
    PartMissing,
    PersonNotPicked,
    Refusal,
    UsageNotUnderstood,
)
from bot.recurrence import LAST, Recurrence
from handlers.grammars.one_on_ones import (
    Add,
    AddForm,
    Ask,
    AskForm,
    End,
    EndForm,
    Help,
    ListAll,
    Move,
    MoveForm,
    OneOnOneCommand,
    Role,
    Skip,
    SkipForm,
    parse,
)

A_WEDNESDAY = date(2027, 3, 31)
MON, TUE, WED, THU, FRI, SAT, SUN = range(7)
TEN, HALF_PAST_TWO = time(10), time(14, 30)
BEN = "<@U0BEN|ben>"
TUESDAYS = Recurrence.weekly(TUE)
FORTNIGHTLY = Recurrence.weekly(TUE, every=2)


def read(text: str) -> OneOnOneCommand:
    """Read a text on that Wednesday."""
    return parse(text, today=A_WEDNESDAY)


def meet(
    recurrence: Recurrence = TUESDAYS,
    at: time = TEN,
    minutes: int = 30,
    first_on: str | None = None,
    role: Role = "peer",
) -> Add:
    """Build what adding a 1-on-1 with Ben should give."""
    return Add("U0BEN", recurrence, at, minutes, date.fromisoformat(first_on) if first_on else None, role)


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("", ListAll()),
        ("  \n", ListAll()),
        ("list", ListAll()),
        ("help", Help()),
        ("HELP add", Help()),
        ("add", AddForm()),
        (f"add {BEN}", AddForm("U0BEN")),
        ("move", MoveForm()),
        (f"move {BEN}", MoveForm("U0BEN")),
        ("skip", SkipForm()),
        (f"Skip {BEN}", Skip("U0BEN")),
        ("skip <@W0BEN>", Skip("W0BEN")),
        ("end", EndForm()),
        (f"end\u00a0{BEN}", End("U0BEN")),
        ("ask", AskForm()),
        (f"ask {BEN} {BEN}", Ask("U0BEN")),
    ],
)
def test_a_verb_alone_opens_something_and_a_person_is_enough_to_act(
    text: str, command: OneOnOneCommand
) -> None:
    assert read(text) == command


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("every tuesday 10:00", meet()),
        ("every tuesday at 10:00", meet()),
        ("EVERY Tue 10am", meet()),
        ("every tuesdays at 10 am", meet()),
        ("tuesdays at 10", meet()),
        ("tuesdays 10:00", meet()),
        ("“every tuesday” 10:00.", meet()),
        ("every\u00a0tuesday\n10:00", meet()),
        ("every tuesday １０：００", meet()),
        ("every week on tuesday at 10:00", meet()),
        ("every 1 week on tuesday at 10:00", meet()),
        ("every thurs noon", meet(Recurrence.weekly(THU), time(12))),
        ("every sunday 2:30pm", meet(Recurrence.weekly(SUN), HALF_PAST_TWO)),
        ("every 2 weeks on tue at 10:00", meet(FORTNIGHTLY)),
        ("every two weeks tuesday 10:00", meet(FORTNIGHTLY)),
        ("every other week on tuesday at 10:00", meet(FORTNIGHTLY)),
        ("every other tuesday at 10:00", meet(FORTNIGHTLY)),
        ("every second week on tuesday 10:00", meet(FORTNIGHTLY)),
        ("every 52 weeks on fri at 10:00", meet(Recurrence.weekly(FRI, every=52))),
        ("every month on the first monday at 10:00", meet(Recurrence.monthly(MON, 1))),
        ("every month on 3rd wed at 10:00", meet(Recurrence.monthly(WED, 3))),
        ("every month on the last friday 14:30", meet(Recurrence.monthly(FRI, LAST), HALF_PAST_TWO)),
        ("every second monday of the month at 10:00", meet(Recurrence.monthly(MON, 2))),
        ("every tuesday 10:00 for 45 minutes", meet(minutes=45)),
        ("every tuesday 10:00 for 30min", meet(minutes=30)),
        ("every tuesday 10:00 for 1 h", meet(minutes=60)),
        ("every tuesday 10:00 for 1h", meet(minutes=60)),
        ("every tuesday 10:00 for two hours", meet(minutes=120)),
        ("every tuesday 10:00 for half an hour", meet(minutes=30)),
        ("every tuesday 10:00 for an hour", meet(minutes=60)),
        ("every tuesday 10:00 for 20", meet(minutes=20)),
        ("every tuesday 10:00 for 5 min", meet(minutes=5)),
        ("every tuesday 10:00 for 480 min", meet(minutes=480)),
        ("every tuesday 10:00 from 2027-04-13", meet(first_on="2027-04-13")),
        ("every tuesday 10:00 from today", meet(first_on="2027-03-31")),
        ("every tuesday 10:00 from next tuesday", meet(first_on="2027-04-06")),
        ("every tuesday 10:00 from in 6 weeks", meet(first_on="2027-05-12")),
        ("from 13 april every tuesday 10:00", meet(first_on="2027-04-13")),
        ("every tuesday 10:00 as manager", meet(role="manager")),
        ("every tuesday 10:00 as a report", meet(role="report")),
        ("every tuesday 10:00 as Peer", meet(role="peer")),
        (
            "every tuesday 10:00 for 30 min from 2027-04-13 as manager",
            meet(first_on="2027-04-13", role="manager"),
        ),
        (
            "as manager from 2027-04-13 for 1 hour at 2:30 pm every 2 weeks on tue",
            meet(FORTNIGHTLY, HALF_PAST_TWO, 60, "2027-04-13", "manager"),
        ),
    ],
)
def test_a_standing_meeting_can_be_said_in_many_ways(text: str, command: Add) -> None:
    assert read(f"add {BEN} {text}") == command
    assert read(f"add {text} {BEN}") == command


@pytest.mark.parametrize(
    ("text", "on", "at"),
    [
        ("to 2027-04-08 14:30", "2027-04-08", HALF_PAST_TWO),
        ("to friday 10am", "2027-04-02", TEN),
        ("to fri at 10", "2027-04-02", TEN),
        ("tomorrow 10:00", "2027-04-01", TEN),
        ("to today 2:30 pm", "2027-03-31", HALF_PAST_TWO),
        ("to 10:00 on friday", "2027-04-02", TEN),
        ("to 10 april at 10:00", "2027-04-10", TEN),
        ("to in 2 days at noon", "2027-04-02", time(12)),
    ],
)
def test_a_meeting_moves_to_a_day_and_a_time(text: str, on: str, at: time) -> None:
    assert read(f"move {BEN} {text}") == Move("U0BEN", date.fromisoformat(on), at)


@pytest.mark.parametrize(
    ("text", "refusal"),
    [
        # Verbs that are none, or not of this command.
        ("ad", UsageNotUnderstood),
        ("list all", NotUnderstood),
        ("agenda <@U0BEN>", UsageNotUnderstood),
        ("import", UsageNotUnderstood),
        (f"{BEN} every tuesday 10:00", UsageNotUnderstood),
        ("every tuesday 10:00", UsageNotUnderstood),
        # People.
        ("add @ben every tuesday 10:00", PersonNotPicked),
        ("add ben every tuesday 10:00", PersonNotPicked),
        ("add every tuesday 10:00", PersonNotPicked),
        ("add &lt;@U0BEN&gt; every tuesday 10:00", PersonNotPicked),
        ("add <@B0BOT> every tuesday 10:00", PersonNotPicked),
        (f"add {BEN} @amy every tuesday 10:00", PersonNotPicked),
        (f"add {BEN} <@U0AMY|amy> every tuesday 10:00", OnePersonAtATime),
        ("skip ben", PersonNotPicked),
        ("skip <!channel>", PersonNotPicked),
        ("end <!subteam^S1|@design>", PersonNotPicked),
        ("ask <#C0ALL|general>", PersonNotPicked),
        (f"end {BEN} <@U0AMY>", OnePersonAtATime),
        (f"skip {BEN} tomorrow", UsageNotUnderstood),
        # Rhythms.
        (f"add {BEN} every 0 weeks on tuesday 10:00", ImpossibleRhythm),
        (f"add {BEN} every 53 weeks on tuesday 10:00", ImpossibleRhythm),
        (f"add {BEN} every -1 weeks on tuesday 10:00", UsageNotUnderstood),
        (f"add {BEN} every {'9' * 5000} weeks on tuesday 10:00", UsageNotUnderstood),
        (f"add {BEN} every month on the sixth monday at 10:00", NoSuchWeekOfMonth),
        (f"add {BEN} every month on the fifth monday at 10:00", NoSuchWeekOfMonth),
        (f"add {BEN} every month on the 0th monday at 10:00", NoSuchWeekOfMonth),
        (f"add {BEN} every sixth monday at 10:00", NoSuchWeekOfMonth),
        (f"add {BEN} every second monday at 10:00", UsageNotUnderstood),
        (f"add {BEN} every month on monday at 10:00", UsageNotUnderstood),
        (f"add {BEN} every month on the firts monday 10:00", DidYouMean),
        (f"add {BEN} every 3 months on tuesday 10:00", UsageNotUnderstood),
        (f"add {BEN} every 2 wekks on tuesday 10:00", DidYouMean),
        (f"add {BEN} every day 10:00", UsageNotUnderstood),
        (f"add {BEN} every tuseday 10:00", DidYouMean),
        (f"add {BEN} every tuesday and friday 10:00", UsageNotUnderstood),
        (f"add {BEN} every", UsageNotUnderstood),
        (f"add {BEN} tuesday 10:00", DidYouMean),
        (f"add {BEN} evry tuesday 10:00", DidYouMean),
        (f"add {BEN} 10:00", PartMissing),
        (f"add {BEN} every tuesday every friday 10:00", UsageNotUnderstood),
        # Times.
        (f"add {BEN} every tuesday", PartMissing),
        (f"add {BEN} every tuesday 25:00", ImpossibleTime),
        (f"add {BEN} every tuesday at 25", ImpossibleTime),
        (f"add {BEN} every tuesday 13pm", ImpossibleTime),
        (f"add {BEN} every tuesday 10", UsageNotUnderstood),
        (f"add {BEN} every tuesday at", UsageNotUnderstood),
        (f"add {BEN} every tuesday 10:00 11:00", UsageNotUnderstood),
        # Durations, first days, roles, and what nobody knows.
        (f"add {BEN} every tuesday 10:00 for 4 min", ImpossibleDuration),
        (f"add {BEN} every tuesday 10:00 for 0 min", ImpossibleDuration),
        (f"add {BEN} every tuesday 10:00 for 481 min", ImpossibleDuration),
        (f"add {BEN} every tuesday 10:00 for 9 hours", ImpossibleDuration),
        (f"add {BEN} every tuesday 10:00 for ever", UsageNotUnderstood),
        (f"add {BEN} every tuesday 10:00 for 30 sec", UsageNotUnderstood),
        (f"add {BEN} every tuesday 10:00 from 2027-02-31", ImpossibleDate),
        (f"add {BEN} every tuesday 10:00 from 2027-03-30", DayTooEarly),
        (f"add {BEN} every tuesday 10:00 from 9999-12-31", DayTooFarAhead),
        (f"add {BEN} every tuesday 10:00 from soon", UsageNotUnderstood),
        (f"add {BEN} every tuesday 10:00 from tomorow", DidYouMean),
        (f"add {BEN} every tuesday 10:00 form 2027-04-13", DidYouMean),
        (f"add {BEN} every tuesday 10:00 as boss", UsageNotUnderstood),
        (f"add {BEN} every tuesday 10:00 as manger", DidYouMean),
        (f"add {BEN} every tuesday 10:00 as manager as peer", UsageNotUnderstood),
        (f"add {BEN} every tuesday 10:00 please", UsageNotUnderstood),
        # Moving.
        (f"move {BEN} to friday", PartMissing),
        (f"move {BEN} to 10:00", PartMissing),
        (f"move {BEN} to", UsageNotUnderstood),
        (f"move {BEN} to 2027-03-30 10:00", DayTooEarly),
        (f"move {BEN} to 2027-02-31 10:00", ImpossibleDate),
        (f"move {BEN} to friday 25:00", ImpossibleTime),
        (f"move {BEN} to friday saturday 10:00", UsageNotUnderstood),
        (f"move {BEN} to friday 10:00 11:00", UsageNotUnderstood),
        (f"move {BEN} to tomorow 10:00", DidYouMean),
        ("move @ben to friday 10:00", PersonNotPicked),
    ],
)
def test_what_makes_no_sense_is_refused(text: str, refusal: type[Refusal]) -> None:
    with pytest.raises(refusal) as raised:
        read(text)

    assert type(raised.value) is refusal


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            f"add {BEN} every tuseday 10:00",
            (
                'I did not get "every tuseday". Did you mean "tuesday"? Try: `/1on1 add @Ben every tuesday 10:00'
                " for 30 min`. The whole form: `/1on1 add @person every tuesday 10:00 [for 30 min] [from DATE]"
                " [as manager|report|peer]`."
            ),
        ),
        (
            "skp me",
            'I did not get "skp me". Try: `/1on1 skip @Ben`. The whole form: `/1on1 skip @person`.',
        ),
        (
            "add @ben every tuesday 10:00",
            (
                "I need to know who you mean: type @ and pick the person from the list Slack shows."
                " Try: `/1on1 add @Ben every tuesday 10:00 for 30 min`."
            ),
        ),
        (
            f"move {BEN} to friday",
            (
                "I still need the time of day. Try: `/1on1 move @Ben to friday 14:00`."
                " The whole form: `/1on1 move @person to DATE TIME`."
            ),
        ),
        (
            f"add {BEN} every 0 weeks on tue 10:00",
            "Every 0 weeks is not a rhythm I can keep. Choose from every week to every 52 weeks.",
        ),
        (
            f"add {BEN} every month on the sixth monday at 10:00",
            "Not every month has a sixth Monday. Choose the first, second, third, fourth or last.",
        ),
        (
            f"add {BEN} every tuesday 10:00 every friday 11:00",
            (
                'I did not get "every friday 11:00". Try: `/1on1 add @Ben every tuesday 10:00'
                " for 30 min`. The whole form: `/1on1 add @person every tuesday 10:00 [for 30 min] [from DATE]"
                " [as manager|report|peer]`."
            ),
        ),
        (
            f"add {BEN} every tuesday 25:00",
            '"25:00" is not a time of day. Try `10:00`, `14:30` or `10am`.',
        ),
        (
            f"add {BEN} every tuesday 10:00 for 9 hours",
            '"9 hours" is too short or too long for a 1-on-1. Choose from 5 to 480 minutes.',
        ),
        (
            f"move {BEN} to 2027-03-30 10:00",
            "2027-03-30 is too early. Choose 2027-03-31 or a later day.",
        ),
    ],
)
def test_a_refusal_says_what_was_wrong_and_how_to_say_it(text: str, words: str) -> None:
    with pytest.raises(Refusal) as raised:
        read(text)

    assert str(raised.value) == words


def test_a_refusal_repeats_sixty_characters_of_a_long_text_and_leaves_escaping_to_the_view() -> None:
    with pytest.raises(NotUnderstood) as raised:
        read("&lt;!channel&gt; " + "x" * 5000)

    quoted = "<!channel> " + "x" * 48 + "…"
    assert str(raised.value).startswith(f'I did not get "{quoted}". Try:')
