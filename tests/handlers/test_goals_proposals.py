"""A goal that came out of a 1-on-1: proposed to the other, who accepts, changes or leaves it, once."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sandbox.seen import Message
from tests.handlers.goals_stage import goal_of, goals_of, kept, tampered
from tests.people import AMY, BEN, RAY
from tests.scenes import begin_with
from tests.trellis import Trellis, utc

BEFORE, CLOSING, AFTER = utc("2026-11-23 15:00"), utc("2026-11-24 15:15"), utc("2026-11-24 15:30")
WHAT, WHOSE = "What would you like to reach?", "Whose goal is it?"
UNKNOWN = "I do not know a goal proposed to you behind that. Open my Home to see what waits for you."


@pytest.fixture
def closing(trellis: Trellis) -> Message:
    """The message that Ben gets in the last minutes of his 1-on-1 with Amy."""
    begin_with(trellis, close_meeting)
    return latest(trellis, BEN, "Make it a goal")


@pytest.fixture
def proposed(trellis: Trellis) -> Message:
    """The message in which Amy hears of a goal that Ben proposes."""
    begin_with(trellis, propose)
    return latest(trellis, AMY, "Accept")


def close_meeting(trellis: Trellis) -> None:
    trellis.slack.command(AMY, "/goal")
    trellis.slack.command(BEN, "/1on1 add @amy every tuesday 10:00 as manager")
    trellis.tick(BEFORE)
    trellis.tick(CLOSING)


def latest(trellis: Trellis, who: str, button: str) -> Message:
    return next(message for message in reversed(trellis.slack.dms(who)) if button in message.buttons)


def propose(trellis: Trellis) -> None:
    close_meeting(trellis)
    trellis.slack.press(BEN, latest(trellis, BEN, "Make it a goal"), "Make it a goal")
    trellis.slack.submit(
        BEN,
        {
            WHAT: "Open two demos",
            "How will you notice that it worked?": "Two demos",
            "By when?": "2027-03-31",
        },
    )
    trellis.tick(AFTER)


def test_the_other_hears_who_proposes_what_and_how_to_answer(trellis: Trellis, proposed: Message) -> None:
    assert f"<@{BEN}>" in proposed.text
    assert "_Open two demos._\nYou would notice by: Two demos\nBy Wed 31 Mar 2027." in proposed.text
    assert proposed.buttons == ["Accept", "Change first", "No, thanks"]
    assert goals_of(trellis, AMY) == []


def test_the_proposer_is_told_what_happens_next(trellis: Trellis, closing: Message) -> None:
    trellis.slack.press(BEN, closing, "Make it a goal")
    shown = trellis.slack.submit(BEN, {WHAT: "Open two demos"}).view
    assert shown is not None
    assert shown.words.startswith(f"Proposed to <@{AMY}>: _Open two demos._")


def test_one_can_log_it_for_oneself_instead(trellis: Trellis, closing: Message) -> None:
    trellis.slack.press(BEN, closing, "Make it a goal")
    shown = trellis.slack.submit(BEN, {WHAT: "Ask twice as often", WHOSE: "mine"}).view
    assert shown is not None
    assert shown.words.startswith("Logged as goal 1: _Ask twice as often._")
    assert goal_of(trellis, BEN).audience == {"manager"}
    assert goals_of(trellis, AMY) == []


def test_accepted_it_is_the_owners_goal_and_its_story_names_the_proposer(
    trellis: Trellis, proposed: Message
) -> None:
    answer = trellis.slack.press(AMY, proposed, "Accept")
    accepted = next(message for message in trellis.slack.dms(AMY) if message.ts == proposed.ts)

    assert accepted.text == "Accepted as goal 1: _Open two demos._ It is yours now."
    assert accepted.buttons == []
    assert answer.error is None
    assert f"logged, proposed by <@{BEN}>" in trellis.slack.command(AMY, "/goal show 1").text


def test_the_proposer_hears_nothing_more(trellis: Trellis, proposed: Message) -> None:
    heard = len(trellis.slack.dms(BEN))
    trellis.slack.press(AMY, proposed, "Accept")
    trellis.tick(utc("2026-11-24 18:00"))
    assert len(trellis.slack.dms(BEN)) == heard


def test_declined_it_is_left_where_it_was(trellis: Trellis, proposed: Message) -> None:
    trellis.slack.press(AMY, proposed, "No, thanks")
    left = next(message for message in trellis.slack.dms(AMY) if message.ts == proposed.ts)
    assert left.text == "Left where it was: _Open two demos._"
    assert goals_of(trellis, AMY) == []


def test_it_can_be_changed_before_it_is_accepted(trellis: Trellis, proposed: Message) -> None:
    form = trellis.slack.press(AMY, proposed, "Change first").view
    assert form is not None
    assert form.element(WHAT).raw["initial_value"] == "Open two demos"

    shown = trellis.slack.submit(AMY, {WHAT: "Open one demo"}).view
    before = kept(trellis)
    trellis.slack.resubmit()

    assert shown is not None
    assert shown.words == "Accepted as goal 1: _Open one demo._ It is yours now."
    assert goal_of(trellis, AMY).title == "Open one demo"
    assert kept(trellis) == before


@pytest.mark.parametrize("first", ["Accept", "No, thanks"])
@pytest.mark.parametrize("second", ["Accept", "Change first", "No, thanks"])
def test_the_first_decision_stands_and_the_second_says_so(
    trellis: Trellis, proposed: Message, first: str, second: str
) -> None:
    trellis.slack.press(AMY, proposed, first)
    before = kept(trellis)

    trellis.slack.press(AMY, proposed, second)

    shown = next(message for message in trellis.slack.dms(AMY) if message.ts == proposed.ts)
    decided = "accepted it as goal 1" if first == "Accept" else "said no to it"
    assert shown.text == f"You {decided} before, so nothing changed: _Open two demos._"
    assert kept(trellis) == before


@pytest.mark.parametrize(
    ("actor", "button"), [(BEN, "Accept"), (RAY, "Change first"), (RAY, "No, thanks")], ids=str
)
def test_nobody_else_can_decide(trellis: Trellis, proposed: Message, button: str, actor: str) -> None:
    own = trellis.slack.command(actor, "/goal add Open two demos by 2027-03-31").message
    before = kept(trellis)
    copied = tampered(proposed, button, proposed.element(button).value or "")
    stolen = replace(own, blocks=copied.blocks)
    answer = trellis.slack.press(actor, stolen, button)
    assert answer.text == UNKNOWN
    assert kept(trellis) == before


def test_a_forged_proposal_is_refused(trellis: Trellis, proposed: Message) -> None:
    before = kept(trellis)
    for value in ("999999", "x", "9" * 40):
        trellis.slack.press(AMY, tampered(proposed, "Accept", value), "Accept")
        assert kept(trellis) == before, value


def test_what_waits_is_in_home_and_can_be_accepted_there(trellis: Trellis, proposed: Message) -> None:
    home = trellis.slack.open_home(AMY)
    assert home is not None
    assert "_Open two demos._" in home.words

    trellis.slack.press(AMY, home, "Accept")

    assert trellis.slack.eventually(
        lambda: (now := trellis.slack.home(AMY)) and "*1.* Open two demos · 0%" in now.words
    )
    assert goal_of(trellis, AMY).title == "Open two demos"


def test_what_was_decided_in_home_is_not_announced_any_more(trellis: Trellis, closing: Message) -> None:
    trellis.slack.press(BEN, closing, "Make it a goal")
    trellis.slack.submit(BEN, {WHAT: "Open two demos"})
    home = trellis.slack.open_home(AMY)
    assert home is not None
    trellis.slack.press(AMY, home, "No, thanks")
    trellis.tick(AFTER)
    assert not [message for message in trellis.slack.dms(AMY) if "Accept" in message.buttons]


def test_a_pausing_owner_hears_of_it_when_they_resume(trellis: Trellis, closing: Message) -> None:
    trellis.slack.press(BEN, closing, "Make it a goal")
    trellis.slack.submit(BEN, {WHAT: "Open two demos"})
    trellis.slack.command(AMY, "/growth pause until 2026-11-26")
    trellis.tick(AFTER)
    assert not [message for message in trellis.slack.dms(AMY) if "Accept" in message.buttons]
    trellis.tick(utc("2026-11-26 15:00"))
    assert [message for message in trellis.slack.dms(AMY) if "Accept" in message.buttons]
