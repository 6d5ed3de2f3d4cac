"""What people press under messages about rounds: what comes of it, who reads that, and what is forged."""

from __future__ import annotations

from bot.round_messages import INTRODUCTION
from models.pacts import STANDING, Pact
from sandbox.seen import Message
from tests.handlers import forging
from tests.handlers import rounds_stage as stage
from tests.handlers.rounds_stage import NIA, START
from tests.people import AMY, BEN, DAY, HOUR, RAY
from tests.trellis import Trellis, utc


def introduced(trellis: Trellis, *people: str, **said: object) -> Message:
    """Hold a round and give the first of these people's introduction."""
    stage.taking_part(trellis, people, **said)
    stage.live_until(trellis, START + HOUR)
    return stage.in_groups(trellis, people[0])[-1]


def closing(trellis: Trellis, who: str) -> Message:
    """Live until the end of the round is near, and give the question to somebody."""
    stage.live_until(trellis, utc("2026-12-04 22:00"))
    (asked,) = stage.with_button(trellis.slack.dms(who), "Not yet")
    return asked


def test_a_swap_in_a_group_is_answered_to_the_one_who_pressed(trellis: Trellis) -> None:
    introduction = introduced(trellis, AMY, BEN)

    answer = trellis.slack.press(AMY, introduction, "Swap")

    assert "Nobody else is free" in answer.text
    assert answer.message.is_ephemeral
    assert stage.in_groups(trellis, BEN)[-1].text == introduction.text


def test_the_end_is_answered_with_one_press(trellis: Trellis) -> None:
    introduced(trellis, AMY, BEN)
    asked = closing(trellis, AMY)

    not_yet = trellis.slack.press(AMY, asked, "Not yet")
    met = trellis.slack.press(BEN, stage.with_button(trellis.slack.dms(BEN), "Not yet")[0], "We met")

    assert "one line now" in not_yet.text
    assert "you and <@UAMY0001> met" in met.text


def test_nobody_presses_for_others(trellis: Trellis) -> None:
    programme = stage.taking_part(trellis, (AMY, BEN, RAY, NIA))
    asked = closing(trellis, AMY)
    (theirs,) = [each for each in stage.pairings(trellis, programme) if AMY not in each.people]
    numbers = (str(theirs.pairing.id), "99999", "1 OR 1=1", "")

    answers = [
        trellis.slack.press(AMY, forging.button(asked, label, number), label).text
        for label in ("We met", "Not yet", "Swap")
        for number in numbers
    ]

    assert all("do not know a buddy" in each or "from another time" in each for each in answers), answers
    (same,) = [each for each in stage.pairings(trellis, programme) if AMY not in each.people]
    assert set(same.answers.values()) == {None}


def test_two_go_on_together_and_make_their_action_a_goal(trellis: Trellis) -> None:
    introduction = introduced(trellis, AMY, BEN, pact_weeks=4)
    trellis.slack.press(AMY, introduction, "We met")
    stage.live_until(trellis, START + 2 * HOUR)

    for who in (AMY, BEN):
        (offer,) = stage.with_button(trellis.slack.dms(who), "Go on together")
        trellis.slack.press(who, offer, "Go on together")
    stage.live_until(trellis, START + 6 * DAY)
    prompt = stage.with_button(stage.in_groups(trellis, AMY), "Make it a goal")[0]
    trellis.slack.press(AMY, prompt, "Make it a goal")
    trellis.slack.submit(AMY, {"What would you like to reach?": "Open two demos by spring"})

    with trellis.sessions.read() as session:
        pact = session.scalars(stage.select(Pact)).one()
    assert pact.state == STANDING
    assert "Open two demos by spring" in trellis.slack.command(AMY, "/goal").text


def test_an_owner_previews_a_round_and_sends_it(trellis: Trellis) -> None:
    programme = stage.taking_part(trellis, (AMY, BEN, RAY, NIA))
    trellis.slack.command(AMY, "/buddy preview")
    trellis.tick()
    (preview,) = stage.with_button(trellis.slack.dms(AMY), "Send as previewed")

    trellis.slack.press(AMY, preview, "Send as previewed")
    trellis.slack.press(AMY, preview, "Send as previewed")
    trellis.tick()

    assert "2 pairings" in preview.text
    assert len(stage.states(trellis, INTRODUCTION)) == 2
    assert len(stage.pairings(trellis, programme)) == 2
