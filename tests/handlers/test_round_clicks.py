"""What people press under messages about rounds: what comes of it, who reads that, and what is forged."""

from __future__ import annotations

from sqlalchemy import select

from bot.round_messages import INTRODUCTION
from models.pacts import STANDING, Pact
from models.programmes import Programme
from sandbox.seen import Message
from tests.handlers import forging
from tests.handlers import rounds_stage as stage
from tests.handlers.buddies_stage import GROWTH, started
from tests.handlers.one_on_ones_stage import home_of, home_shows, pressed
from tests.handlers.rounds_stage import NEW_YORK, NIA, START
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


def test_a_swap_finds_who_joined_meanwhile_and_all_three_hear_of_it(trellis: Trellis) -> None:
    introduction = introduced(trellis, AMY, BEN)
    trellis.slack.bring_in(GROWTH, RAY)
    trellis.slack.command(RAY, "/buddy join", channel=GROWTH)

    answer = trellis.slack.press(AMY, introduction, "Swap")
    stage.live_until(trellis, START + 3 * HOUR)

    (again,) = stage.in_groups(trellis, RAY)
    assert "<@URAY0001>" in answer.text
    assert "Why you two" in again.text
    assert stage.in_groups(trellis, AMY)[-1].ts == again.ts
    assert "nobody else is free this time" in trellis.slack.last_dm(BEN).text


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


def mentoring(trellis: Trellis) -> Programme:
    """Hold a round in which Amy is the mentor of Ben and Ray."""
    programme = started(trellis, AMY, mixing="mentoring", zone=NEW_YORK)
    for who, role in ((AMY, "mentor for 2"), (BEN, "mentee"), (RAY, "mentee")):
        trellis.slack.command(who, f"/buddy join as {role}", channel=GROWTH)
    stage.live_until(trellis, START + HOUR)
    assert len(stage.pairings(trellis, programme)) == 2
    return programme


def test_a_mentor_declines_by_text_and_on_home_and_nothing_comes_of_the_second_press(
    trellis: Trellis,
) -> None:
    programme = mentoring(trellis)
    which = trellis.slack.command(AMY, "/buddy decline").view
    assert which is not None

    of_ben = pressed(trellis, AMY, which, "Decline")
    again = trellis.slack.press(AMY, which, "Decline")
    home_shows(trellis, AMY, "Now with <@URAY0001>.")
    of_ray = pressed(trellis, AMY, home_of(trellis, AMY), "Decline")

    assert "another mentor for <@UBEN0001>" in of_ben.words
    assert "That pairing is over" in again.text or "That pairing is over" in again.views[-1].words
    assert "another mentor for <@URAY0001>" in of_ray.words
    assert stage.pairings(trellis, programme) == []
    assert "You have no buddy" in trellis.slack.command(AMY, "/buddy decline").text


def test_a_mentor_declines_for_three_days_and_nobody_else_at_all(trellis: Trellis) -> None:
    programme = mentoring(trellis)

    of_mentee = trellis.slack.command(BEN, "/buddy decline").text
    of_stranger = trellis.slack.command(AMY, "/buddy decline @nia").text
    is_offered = ["Decline" in home_of(trellis, who).buttons for who in (AMY, BEN)]
    trellis.tick(START + 4 * DAY)
    too_late = trellis.slack.command(AMY, "/buddy decline @ben").text

    assert "Only a mentor can decline" in of_mentee
    assert "is not your mentee" in of_stranger
    assert is_offered == [True, False]
    assert "within three days" in too_late
    assert "Decline" not in home_of(trellis, AMY).buttons
    assert len(stage.pairings(trellis, programme)) == 2


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
        pact = session.scalars(select(Pact)).one()
    assert pact.state == STANDING
    assert "Open two demos by spring" in trellis.slack.command(AMY, "/goal").text


def test_who_refuses_or_ends_a_pact_is_answered_and_the_other_reads_nothing_of_it(trellis: Trellis) -> None:
    introduction = introduced(trellis, AMY, BEN, pact_weeks=4, every_weeks=12)
    trellis.slack.press(AMY, introduction, "We met")
    stage.live_until(trellis, START + 2 * HOUR)
    for who in (AMY, BEN):
        press_latest(trellis, who, "Go on together")
    home = home_of(trellis, AMY).words
    stage.live_until(trellis, START + 28 * DAY + HOUR)

    more = press_latest(trellis, AMY, "4 weeks more")
    (asked,) = stage.with_button(trellis.slack.dms(BEN), "Another round")
    rotated = trellis.slack.press(BEN, asked, "Another round").text
    stage.live_until(trellis, START + 28 * DAY + 2 * HOUR)
    refused = press_latest(trellis, BEN, "Rather not")
    anew = trellis.slack.press(BEN, asked, "Somebody new now").text
    stage.live_until(trellis, START + 29 * DAY)

    assert "Together with <@UBEN0001> until" in home
    assert "if <@UBEN0001> wants it too; else the next round" in more
    assert "The next round of" in rotated
    assert "nobody hears of this" in refused
    assert "Nobody is free" in anew
    assert trellis.slack.last_dm(AMY).text == more


def press_latest(trellis: Trellis, who: str, label: str) -> str:
    """Press the latest button of this name that somebody got, and read the answer."""
    return trellis.slack.press(who, stage.with_button(trellis.slack.dms(who), label)[-1], label).text


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
