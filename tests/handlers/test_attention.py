"""People's attention as they live it: a few messages a week, and "Less of this" below each."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot import attention, members
from bot.budgets import TOPICS, UNWANTED
from bot.planning import PREP
from bot.round_messages import CLOSING, HALFWAY
from bot.runtime.decisions import Send
from handlers import wiring
from handlers.attention import attend
from handlers.views import attention as views
from handlers.views import elements
from models.members import Member
from models.outbox import Delivery
from models.rounds import Partner
from sandbox.block_kit.surfaces import check_message, check_view
from sandbox.seen import Message as Seen
from tests.handlers import forging
from tests.handlers import rounds_stage as stage
from tests.handlers.buddies_stage import ENGINEERING, GROWTH
from tests.handlers.one_on_ones_stage import home_shows, opened
from tests.handlers.rounds_stage import START
from tests.people import AMY, BEN, HOUR, MINUTE, MONDAY_NOON
from tests.scenes import begin_with
from tests.statements import counted
from tests.trellis import Trellis, utc

LESS = "Less of this"
SUNDAY, MONDAY = utc("2026-12-06 22:00"), utc("2026-12-07 14:00")
"""Of the second week of the rounds, and nine o'clock of the day after in New York."""
WEEKLY, NONE_OF = "Messages a week you did not ask for, at most", "I want none of these"


def limits(trellis: Trellis, who: str) -> tuple[int, str]:
    with trellis.sessions.read() as session:
        member = session.get_one(Member, (trellis.workspace, who))
        return member.weekly_messages, member.less_of


def limitable(trellis: Trellis, who: str) -> list[Seen]:
    """Read what came to somebody that counts, alone and together with others."""
    return stage.with_button([*trellis.slack.dms(who), *stage.in_groups(trellis, who)], LESS)


def in_two_programmes(trellis: Trellis) -> None:
    """Let Amy and Ben take part in two programmes, whose rounds begin at once."""
    for channel in (GROWTH, ENGINEERING):
        stage.taking_part(trellis, (AMY, BEN), channel=channel)
    stage.live_until(trellis, START + HOUR)


def introduced(trellis: Trellis) -> None:
    """Let Amy and Ben have been introduced in one programme."""
    stage.taking_part(trellis, (AMY, BEN))
    stage.live_until(trellis, START + HOUR)


def test_every_kind_of_message_counts_or_says_why_it_does_not() -> None:
    assert {*attention.COUNTED, *attention.UNCOUNTED} == set(wiring.PREPARE)
    assert not attention.COUNTED.keys() & attention.UNCOUNTED.keys()
    assert set(attention.COUNTED.values()) == set(TOPICS)
    assert all(attention.UNCOUNTED.values())


def allow(trellis: Trellis, who: str, number: str) -> None:
    form = trellis.slack.press(who, limitable(trellis, who)[0], LESS).view
    assert trellis.slack.submit(who, {WEEKLY: number}, view=form).errors == {}


def test_no_more_come_in_a_week_and_what_waits_comes_at_once_on_monday_at_nine(trellis: Trellis) -> None:
    begin_with(trellis, in_two_programmes)
    allow(trellis, AMY, "2")

    before = len(limitable(trellis, AMY))
    stage.live_until(trellis, SUNDAY)
    closings = [(state, reason) for who, state, reason in stage.states(trellis, CLOSING) if who == AMY]
    in_the_week = len(limitable(trellis, AMY)) - before
    stage.live_until(trellis, MONDAY - MINUTE)
    at_night = len(limitable(trellis, AMY)) - before
    stage.live_until(trellis, MONDAY)

    assert (before, in_the_week, at_night) == (3, 2, 2)
    assert closings == [("ready", "over the 2 messages of this week")] * 2
    assert len(limitable(trellis, AMY)) - before == 3
    digest = trellis.slack.last_dm(AMY)
    assert digest.text.startswith("Two things at once.")
    assert digest.buttons.count("Not yet") == 2
    assert digest.buttons[-1] == LESS


def test_in_a_message_about_two_things_a_click_answers_one(trellis: Trellis) -> None:
    begin_with(trellis, in_two_programmes)
    heads_up = trellis.slack.dms(AMY)[0]
    assert heads_up.text.startswith("Two things at once.")
    assert heads_up.buttons.count("Sit this one out") == 2
    stage.live_until(trellis, SUNDAY)
    digest = trellis.slack.last_dm(AMY)
    second = [each for each in digest.elements if each.label == "Not yet"][1]

    trellis.slack.press(AMY, digest, second)
    trellis.slack.eventually(lambda: trellis.slack.last_dm(AMY).buttons.count("Not yet") == 1)

    first, answered = (block for block in trellis.slack.last_dm(AMY).blocks if block["type"] == "divider")
    assert [first["block_id"], answered["block_id"]] == [
        block["block_id"] for block in digest.blocks if block["type"] == "divider"
    ]
    with trellis.sessions.read() as session:
        assert sorted(session.scalars(select(Partner.answer).where(Partner.user_id == AMY)), key=str) == [
            None,
            "not yet",
        ]


def test_what_somebody_wants_none_of_goes_along_with_nothing(trellis: Trellis) -> None:
    begin_with(trellis, in_two_programmes)
    form = trellis.slack.press(AMY, limitable(trellis, AMY)[0], LESS).view
    trellis.slack.submit(AMY, {NONE_OF: ["check-ins"]}, view=form)

    stage.live_until(trellis, MONDAY)

    assert {(who, reason) for who, _, reason in stage.states(trellis, CLOSING) if who == AMY} == {
        (AMY, UNWANTED)
    }


def test_whose_own_number_is_one_hears_once_and_so_does_who_would_have_heard_with_them(
    trellis: Trellis,
) -> None:
    begin_with(trellis, in_two_programmes)
    opened(trellis, AMY, "/growth settings")
    saved = trellis.slack.submit(AMY, {WEEKLY: "1"})

    stage.live_until(trellis, SUNDAY)

    assert saved.view is not None
    assert "At most 1 message a week that you did not ask for." in saved.view.words
    home_shows(trellis, AMY, "At most 1 message a week")
    halfway = stage.states(trellis, HALFWAY)
    assert sorted((state, reason) for _, state, reason in halfway) == [
        ("cancelled", "over the 1 message of this week, and of no use in the next"),
        ("sent", None),
    ]
    closings = {(who, state) for who, state, _ in stage.states(trellis, CLOSING)}
    assert closings == {(AMY, "ready"), (BEN, "sent")}


def test_less_of_this_is_asked_of_whoever_pressed_it_alone(trellis: Trellis) -> None:
    begin_with(trellis, introduced)
    (introduction,) = stage.in_groups(trellis, BEN)

    form = trellis.slack.press(BEN, introduction, LESS).view
    assert form is not None
    saved = trellis.slack.submit(BEN, {WEEKLY: "2", NONE_OF: ["offers"]}, view=form)
    stage.live_until(trellis, SUNDAY)

    assert "`/buddy pause` and `/buddy leave` end them" in form.words
    assert saved.view is not None
    assert "At most 2 messages a week" in saved.view.words
    assert "no half-way reminders and other offers" in saved.view.words
    assert (limits(trellis, BEN), limits(trellis, AMY)) == ((2, "offers"), (3, ""))
    assert [each[1:] for each in stage.states(trellis, HALFWAY)] == [("cancelled", UNWANTED)]
    assert {(who, state) for who, state, _ in stage.states(trellis, CLOSING)} == {
        (AMY, "sent"),
        (BEN, "sent"),
    }


def test_less_of_this_in_a_direct_message_asks_of_that_topic_first(trellis: Trellis) -> None:
    begin_with(trellis, introduced)
    stage.live_until(trellis, SUNDAY)
    (closing,) = stage.with_button(trellis.slack.dms(AMY), "Not yet")

    form = trellis.slack.press(AMY, closing, LESS).view

    assert form is not None
    assert form.element(NONE_OF).options == ["Questions how it went", "Half-way reminders and other offers"]
    assert closing.buttons[-1] == LESS


def test_more_room_lets_what_waits_for_monday_come_at_once(trellis: Trellis) -> None:
    begin_with(trellis, in_two_programmes)
    allow(trellis, AMY, "2")
    stage.live_until(trellis, utc("2026-12-04 16:00"))
    before = len(limitable(trellis, AMY))

    allow(trellis, AMY, "4")
    trellis.tick()

    assert len(limitable(trellis, AMY)) == before + 1


def test_what_no_form_of_ours_says_changes_nothing(trellis: Trellis) -> None:
    begin_with(trellis, introduced)
    (heads_up,) = stage.with_button(trellis.slack.dms(AMY), "Sit this one out")

    forged = forging.button(heads_up, LESS, "everything")
    answer = trellis.slack.press(AMY, forged, forged.element(LESS))
    form = trellis.slack.press(AMY, heads_up, LESS).view
    assert form is not None
    unknown = {"selected_options": [{"text": {"type": "plain_text", "text": "?"}, "value": "introductions"}]}
    said = [
        forging.submission(trellis, AMY, form, forging.changed(form, weekly=forging.option("11"))),
        forging.submission(trellis, AMY, form, forging.changed(form, weekly=forging.option("many"))),
        forging.submission(trellis, AMY, form, forging.changed(form, less_of=unknown)),
    ]

    assert "from another time" in answer.text
    assert [list(each["errors"]) for each in said] == [
        ["attention.weekly"],
        ["attention.weekly"],
        ["attention.less_of"],
    ]
    assert limits(trellis, AMY) == (3, "")


def test_what_belongs_to_a_meeting_asks_the_store_nothing(trellis: Trellis) -> None:
    trellis.slack.command(AMY, "/1on1 add @ben every thursday 10:00")
    trellis.tick()
    with trellis.sessions.begin() as session:
        nudges = _to_send(session, PREP)
        with counted() as statements:
            assert attend(wiring.PREPARE, session, nudges, MONDAY_NOON) == {}

    assert len(nudges) == 2
    assert statements == []


def _to_send(session: Session, kind: str) -> list[tuple[Delivery, Send]]:
    rows = session.scalars(select(Delivery).where(Delivery.kind == kind)).all()
    return [(row, Send("A question", [elements.section("A question")])) for row in rows]


BUTTONS = [elements.button(f"{number}", f"test.{number}") for number in range(views.BUTTONS_A_ROW)]


@pytest.mark.parametrize(
    ("blocks", "rows"),
    [
        ([elements.section("Hello")], [1]),
        ([elements.actions(*BUTTONS[:2]), elements.section("Hello"), elements.actions(BUTTONS[2])], [2, 2]),
        ([elements.actions(*BUTTONS)], [25, 1]),
        ([elements.section("Hello")] * elements.MESSAGE_BLOCKS, []),
    ],
)
def test_less_of_this_stands_beside_the_last_buttons_as_far_as_slack_takes_it(
    blocks: list[elements.Block], rows: list[int]
) -> None:
    limitable = views.with_less(blocks, "offers")

    assert check_message(limitable) is None
    shown = [block["elements"] for block in limitable if block["type"] == "actions"]
    assert [len(row) for row in shown] == rows
    assert not rows or shown[-1][-1]["text"]["text"] == LESS


@pytest.mark.parametrize("topic", TOPICS)
def test_the_form_says_how_introductions_end_and_fits(topic: str) -> None:
    form = views.less_form(members.Limits(10, frozenset({"offers", "check-ins"})), topic)

    assert check_view(form) is None
    assert "`/buddy pause`" in str(form["blocks"])
