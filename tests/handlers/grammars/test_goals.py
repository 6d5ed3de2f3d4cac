"""What `/goal` understands, what it refuses, and how titles survive."""

from __future__ import annotations

from datetime import date

import pytest

from bot.errors import (
    DayTooEarly,
    DayTooFarAhead,
    DidYouMean,
    ImpossibleDate,
    ImpossiblePercent,
    NotUnderstood,
    OnePersonAtATime,
    PartMissing,
    PersonNotPicked,
    Refusal,
    TitleTooLong,
    UsageNotUnderstood,
)
from handlers.grammars.goals import (
    TITLE_LIMIT,
    Add,
    AddForm,
    Audience,
    Choose,
    Done,
    Drop,
    Edit,
    Export,
    GoalCommand,
    Help,
    ListMine,
    Of,
    OfForm,
    Progress,
    Share,
    Show,
    parse,
)

A_WEDNESDAY = date(2027, 3, 31)


def read(text: str) -> GoalCommand:
    """Read a text on that Wednesday."""
    return parse(text, today=A_WEDNESDAY)


def shared(*audience: Audience) -> Share:
    """Build what sharing goal 3 should give."""
    return Share(3, frozenset(audience))


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("", ListMine()),
        (" list ", ListMine()),
        ("help", Help()),
        ("Help share", Help()),
        ("export", Export()),
        ("add", AddForm()),
        ("add  \u00a0\n\u200b ", AddForm()),
        ('add "  "', AddForm()),
        ("progress", Choose("progress")),
        ("done", Choose("done")),
        ("drop", Choose("drop")),
        ("edit", Choose("edit")),
        ("show", Choose("show")),
        ("share", Choose("share")),
        ("of", OfForm()),
        ("of <@U0BEN|ben>", Of("U0BEN")),
        ("progress 3 60%", Progress(3, 60, None)),
        ("progress 3 60 %", Progress(3, 60, None)),
        ("progress 3 60", Progress(3, 60, None)),
        ("progress 3 60 percent first demo", Progress(3, 60, "first demo")),
        ("PROGRESS #3 0%", Progress(3, 0, None)),
        ("progress 3 100% all &amp; done", Progress(3, 100, "all & done")),
        ("progress 3 60 % 2 of 3 demos", Progress(3, 60, "2 of 3 demos")),
        ("progress ３ ６０％", Progress(3, 60, None)),
        ("done 3", Done(3, None)),
        ("done 3: with <@U0BEN|ben>", Done(3, "with @ben")),
        ("done\u00a012\nat last", Done(12, "at last")),
        ("drop 3", Drop(3, None)),
        ("drop 3 the project ended", Drop(3, "the project ended")),
        ("edit 3", Edit(3)),
        ("show #3", Show(3)),
        ("share 3 with me", shared("me")),
        ("share 3 with manager", shared("manager")),
        ("share 3 manager", shared("manager")),
        ("share 3 with manager and buddy", shared("manager", "buddy")),
        ("share 3 with manager, buddy", shared("manager", "buddy")),
        ("share 3 with Manager,buddy, and everyone", shared("manager", "buddy", "everyone")),
        ("share 3 with manager &amp; buddy", shared("manager", "buddy")),
        ("share 3 with me and manager", shared("manager")),
        ("share 3 with everyone", shared("everyone")),
    ],
)
def test_what_is_asked_for_is_understood(text: str, command: GoalCommand) -> None:
    assert read(text) == command


@pytest.mark.parametrize(
    ("text", "title", "due_on"),
    [
        ("Give two demos", "Give two demos", None),
        ("Give two demos by 2027-06-30", "Give two demos", "2027-06-30"),
        ("Give two demos by friday", "Give two demos", "2027-04-02"),
        ("Give two demos BY in 6 weeks", "Give two demos", "2027-05-12"),
        ("Give two demos by today", "Give two demos", "2027-03-31"),
        ("Give two demos by 30 june 2027.", "Give two demos", "2027-06-30"),
        ("Stand by the team", "Stand by the team", None),
        ("Report by monday by hand", "Report by monday by hand", None),
        ("Review by-laws line by line by tomorrow", "Review by-laws line by line", "2027-04-01"),
        ("Learn by doing by by friday", "Learn by doing by", "2027-04-02"),
        ("Stand by  \n next friday", "Stand", "2027-04-02"),
        ("Finish nearby friday", "Finish nearby friday", None),
        ("“Lead the demo” by friday", "Lead the demo", "2027-04-02"),
        ('"Stand by friday"', "Stand by friday", None),
        ("Ask &lt;!channel&gt; less", "Ask <!channel> less", None),
        ("Read &amp;lt;html&amp;gt;", "Read &lt;html&gt;", None),
        ("Thank <@U0BEN|ben> by friday", "Thank @ben", "2027-04-02"),
        ("🌱 Grow 👩\u200d💻", "🌱 Grow 👩\u200d💻", None),
        ("ללמוד ערבית by friday", "ללמוד ערבית", "2027-04-02"),
        ("one\n\ntwo\tthree", "one two three", None),
        ("*bold* _title_ `code`", "*bold* _title_ `code`", None),
        ("help", "help", None),
        ("x" * TITLE_LIMIT, "x" * TITLE_LIMIT, None),
    ],
)
def test_a_title_survives_as_it_was_typed(text: str, title: str, due_on: str | None) -> None:
    assert read(f"add {text}") == Add(title, date.fromisoformat(due_on) if due_on else None)


@pytest.mark.parametrize(
    ("text", "refusal"),
    [
        ("ad Give two demos", UsageNotUnderstood),
        ("Give two demos", UsageNotUnderstood),
        ("list all", NotUnderstood),
        ("export csv", NotUnderstood),
        ("3", UsageNotUnderstood),
        ("<@U0BEN|ben>", UsageNotUnderstood),
        ("add by friday", PartMissing),
        ("add Demo by 2027-02-31", ImpossibleDate),
        ("add Demo by 31 february", ImpossibleDate),
        ("add Demo by 2027-03-30", DayTooEarly),
        ("add Demo by 2127-03-30", DayTooFarAhead),
        ("add " + "x" * (TITLE_LIMIT + 1), TitleTooLong),
        ("add " + "long " * 1000, TitleTooLong),
        ("progress 60%", UsageNotUnderstood),
        ("progress 3", PartMissing),
        ("progress 3 101%", ImpossiblePercent),
        ("progress 3 -5%", ImpossiblePercent),
        ("progress 3 0.6", ImpossiblePercent),
        ("progress 3 60.5%", ImpossiblePercent),
        ("progress 3 " + "9" * 5000, ImpossiblePercent),
        ("progress 3 nearly", UsageNotUnderstood),
        ("progress three-ish 60%", UsageNotUnderstood),
        ("done all", UsageNotUnderstood),
        ("done 0", UsageNotUnderstood),
        ("done -3", UsageNotUnderstood),
        ("done " + "3" * 5000, UsageNotUnderstood),
        ("drop it", UsageNotUnderstood),
        ("edit 3 title", UsageNotUnderstood),
        ("edit last", UsageNotUnderstood),
        ("show 3 4", UsageNotUnderstood),
        ("share 3", PartMissing),
        ("share 3 with", PartMissing),
        ("share 3 with manger", DidYouMean),
        ("share 3 with nobody", UsageNotUnderstood),
        ("share 3 with <@U0BEN|ben>", UsageNotUnderstood),
        ("share with manager", UsageNotUnderstood),
        ("of ben", PersonNotPicked),
        ("of @ben", PersonNotPicked),
        ("of &lt;@U0BEN&gt;", PersonNotPicked),
        ("of <@U0BEN> <@U0AMY>", OnePersonAtATime),
        ("of <@U0BEN> please", UsageNotUnderstood),
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
            "add " + "x" * 5000,
            "That title has 5000 characters and 300 fit. Keep it to one line; the rest can go into a note.",
        ),
        (
            "progress 3 0.6",
            '"0.6" is not how far a goal can be. Choose a whole number from 0% to 100%.',
        ),
        (
            "share 3 with manger",
            (
                'I did not get "manger". Did you mean "manager"? Try: `/goal share 3 with manager and buddy`.'
                " The whole form: `/goal share N with me|manager|buddy|everyone`."
            ),
        ),
        (
            "add Demo by 2027-03-30",
            "2027-03-30 is too early. Choose 2027-03-31 or a later day.",
        ),
        (
            "shw 3",
            'I did not get "shw 3". Try: `/goal show 3`. The whole form: `/goal show N`.',
        ),
    ],
)
def test_a_refusal_says_what_was_wrong_and_how_to_say_it(text: str, words: str) -> None:
    with pytest.raises(Refusal) as raised:
        read(text)

    assert str(raised.value) == words
