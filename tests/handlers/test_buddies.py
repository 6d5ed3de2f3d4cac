"""The command of career buddies by text: what people type, what they see, and what nobody else does."""

from __future__ import annotations

from models.programmes import IN, LEFT, PAUSED
from sandbox.block_kit.surfaces import check_message
from tests.handlers import forging
from tests.handlers.buddies_stage import (
    ENGINEERING,
    GROWTH,
    MANAGERS,
    participant,
    programme_of,
    standing_in,
    started,
)
from tests.people import AMY, BEN, HOUR, JONAS, KAI, MIA, MONDAY_NOON, RAY, ZOE
from tests.trellis import Trellis, utc

GUEST = "UGUE0001"
FORTNIGHTLY = "/buddy programme #career-growth every 2 weeks on tuesday 10:00 groups of 2 across"


def test_a_programme_is_started_by_text_and_its_channel_hears_how_to_join(trellis: Trellis) -> None:
    trellis.slack.bring_in(GROWTH)

    answer = trellis.slack.command(AMY, FORTNIGHTLY)
    trellis.tick()

    assert "every 2 weeks on Tuesday at 10:00 (America/New_York)" in answer.text
    assert "Tue 24 Nov 2026, 10:00 America/New_York" in answer.text
    (invitation,) = [each for each in trellis.slack.messages(MIA, GROWTH) if "Join" in each.buttons]
    assert check_message(invitation.blocks) is None
    trellis.slack.press(MIA, invitation, "Join")
    trellis.slack.press(MIA, invitation, "Join")
    programme = programme_of(trellis)
    assert programme is not None
    assert (programme.mixing, programme.group_size) == ("across", 2)
    trellis.slack.eventually(lambda: standing_in(trellis, programme) == {MIA: IN})
    answered = [each for each in trellis.slack.messages(MIA, GROWTH) if "You are in" in each.text]
    assert {each.visible_to for each in answered} == {MIA}
    assert trellis.slack.messages(BEN, GROWTH)[-1].text == invitation.text


def test_without_the_bot_in_the_channel_the_answer_says_how_to_let_it_in_and_the_invitation_waits(
    trellis: Trellis,
) -> None:
    answer = trellis.slack.command(AMY, FORTNIGHTLY)
    trellis.tick(MONDAY_NOON + HOUR)

    assert "`/invite` lets me in" in answer.text
    assert trellis.slack.messages(MIA, GROWTH) == []
    trellis.slack.command(AMY, "/invite @trellis", channel=GROWTH)
    trellis.slack.eventually(lambda: programme_of(trellis).held_because is None)  # type: ignore[union-attr]
    trellis.tick(MONDAY_NOON + 4 * HOUR)
    assert "Join" in trellis.slack.messages(MIA, GROWTH)[-1].buttons


def test_a_second_programme_is_refused_with_a_pointer_to_the_first(trellis: Trellis) -> None:
    started(trellis, AMY)

    for text in (FORTNIGHTLY, "/buddy programme #career-growth"):
        answer = trellis.slack.command(BEN, text)
        assert f"There is a buddy programme in <#{GROWTH}>, and <@{AMY}> owns it" in answer.text


def test_whoever_is_not_in_a_private_channel_learns_nothing_of_it(trellis: Trellis) -> None:
    texts = [f"programme {{}}{text}" for text in ("", " every week on friday 9:00", " end", " take over")]
    texts += ["join {}", "leave {}", "skip {}", "preview {}"]

    def said(channel: str) -> list[str]:
        answers = [forging.command(trellis, JONAS, "/buddy", text.format(channel)) for text in texts]
        return [answer["text"] for answer in answers]

    before, nowhere = said(f"<#{MANAGERS}|managers>"), said("<#C0000|managers>")
    programme = started(trellis, BEN, channel=MANAGERS)

    assert before == nowhere == said(f"<#{MANAGERS}|managers>")
    assert "do not find you and me in that channel" in before[0]
    assert standing_in(trellis, programme) == {}


def test_join_skip_pause_resume_and_leave_by_text(trellis: Trellis) -> None:
    programme = started(trellis, AMY)
    assert "no buddy programme yet" in trellis.slack.command(KAI, "/buddy").text
    trellis.slack.clear_calls()
    trellis.slack.command(KAI, "/buddy join", channel=GROWTH)  # whoever types in a channel is in it
    assert standing_in(trellis, programme) == {KAI: IN}
    assert trellis.slack.calls("users.conversations") == []

    assert "You are in" in trellis.slack.command(MIA, "/buddy join #career-growth").text
    assert "You sit out the round" in trellis.slack.command(MIA, "/buddy skip").text
    assert "You sit out the round" in trellis.slack.command(MIA, "/buddy").text
    paused = trellis.slack.command(MIA, "/buddy pause until 2026-12-07").text
    assert "until Mon 7 Dec 2026; I tell you when it is over. Nobody else hears of it" in paused.replace(
        "\n", " "
    )
    assert participant(trellis, programme, MIA).state == PAUSED
    assert "in again" in trellis.slack.command(MIA, "/buddy resume").text
    assert "keep your name out" in trellis.slack.command(MIA, "/buddy do not name me").text
    assert participant(trellis, programme, MIA).is_unnamed
    trellis.slack.command(MIA, "/buddy name me")
    assert not participant(trellis, programme, MIA).is_unnamed
    assert "You are out" in trellis.slack.command(MIA, "/buddy leave").text
    assert standing_in(trellis, programme) == {KAI: IN, MIA: LEFT}
    assert "take no part" in trellis.slack.command(MIA, "/buddy skip").text


def test_with_several_programmes_a_list_asks_which(trellis: Trellis) -> None:
    first, second = started(trellis, AMY), started(trellis, BEN, channel=ENGINEERING)
    for channel in ("#career-growth", "#engineering"):
        trellis.slack.command(RAY, f"/buddy join {channel}")

    asked = trellis.slack.command(RAY, "/buddy skip").view

    assert asked is not None
    assert asked.title == "Which programme?"
    assert f"<#{GROWTH}>" in asked.words
    assert f"<#{ENGINEERING}>" in asked.words
    trellis.slack.press(RAY, asked, asked.elements[0])
    skipping = {participant(trellis, each, RAY).skips for each in (first, second)}
    assert skipping == {1, None}
    trellis.slack.command(RAY, "/buddy leave #engineering")
    assert standing_in(trellis, second) == {RAY: LEFT}
    assert standing_in(trellis, first) == {RAY: IN}


def test_where_everyone_takes_part_the_channel_is_enrolled_and_may_leave(trellis: Trellis) -> None:
    trellis.slack.bring_in(GROWTH)

    answer = trellis.slack.command(AMY, f"{FORTNIGHTLY} everyone")
    assert "has career buddies now" in answer.text
    programme = programme_of(trellis)
    assert programme is not None
    trellis.slack.eventually(lambda: len(standing_in(trellis, programme)) == 9)
    trellis.tick()
    (invitation,) = [each for each in trellis.slack.messages(MIA, GROWTH) if "Leave me out" in each.buttons]
    trellis.slack.press(MIA, invitation, "Leave me out")

    trellis.slack.eventually(lambda: standing_in(trellis, programme)[MIA] == LEFT)
    assert "Everyone here is in" in invitation.text


def test_a_pause_ends_by_itself_and_is_told_in_working_hours(trellis: Trellis) -> None:
    programme = started(trellis, AMY)
    trellis.slack.command(MIA, "/buddy join #career-growth")
    trellis.slack.command(MIA, "/buddy pause until friday")

    trellis.tick(utc("2026-11-27 07:59"))
    early = [message.text for message in trellis.slack.dms(MIA)]
    trellis.tick(utc("2026-11-27 08:00"))

    assert not any("pause" in text for text in early)
    assert f"Your pause at <#{GROWTH}> is over" in trellis.slack.last_dm(MIA).text
    assert f"<#{GROWTH}>" in trellis.slack.command(MIA, "/buddy").text
    assert "You are in." in trellis.slack.command(MIA, "/buddy").text
    assert standing_in(trellis, programme) == {MIA: IN}


def test_nobody_learns_of_an_exclusion(trellis: Trellis) -> None:
    started(trellis, AMY)
    for who in (MIA, ZOE):
        trellis.slack.command(who, "/buddy join #career-growth")
    before = trellis.slack.command(AMY, "/buddy").message.everything

    told = trellis.slack.command(MIA, "/buddy not @zoe", channel=GROWTH)
    again = trellis.slack.command(MIA, "/buddy not @zoe")
    trellis.tick(MONDAY_NOON + 3 * HOUR)

    assert told.visible_to == MIA
    assert "Only you can see this" in told.text
    assert "It stands" in again.text
    assert trellis.slack.command(AMY, "/buddy").message.everything == before
    for who in (ZOE, AMY):
        assert not any(MIA in each.everything for each in trellis.slack.dms(who))
        listed = trellis.slack.command(who, "/buddy not").view
        assert listed is not None
        assert MIA not in listed.words
    assert not any("Only you" in each.text for each in trellis.slack.messages(ZOE, GROWTH))
    mine = trellis.slack.command(MIA, "/buddy not").view
    assert mine is not None
    assert f"<@{ZOE}>" in mine.words
    trellis.slack.command(MIA, "/buddy allow @zoe")
    assert trellis.slack.command(MIA, "/buddy not").view.words.startswith("There is nobody")  # type: ignore[union-attr]
    assert "That is you" in trellis.slack.command(MIA, "/buddy not @mia").text


def test_only_what_is_said_changes_and_from_the_next_round_on(trellis: Trellis) -> None:
    started(trellis, AMY, mixing="across")

    answer = trellis.slack.command(AMY, "/buddy programme groups of 3 on thursday pact of 5 weeks")

    programme = programme_of(trellis)
    assert programme is not None
    assert (programme.group_size, programme.weekday, programme.pact_weeks) == (3, 3, 5)
    assert (programme.mixing, programme.every_weeks) == ("across", 2)
    assert "Changed, from the round of" in answer.text
    assert "groups of 5" not in answer.text
    assert "Groups have 2 to 4 people" in trellis.slack.command(AMY, "/buddy programme groups of 5").text


def test_a_programme_is_handed_to_a_member_of_the_channel_who_may_hand_it_back(trellis: Trellis) -> None:
    started(trellis, AMY)

    refused = trellis.slack.command(AMY, "/buddy programme hand over to @jonas")
    given = trellis.slack.command(AMY, "/buddy programme #career-growth hand over to @mia")
    trellis.tick()

    assert f"<@{JONAS}> cannot own a programme" in refused.text
    assert f"<@{MIA}> owns the programme" in given.text
    told = trellis.slack.last_dm(MIA)
    assert told.text.startswith(f"<@{AMY}> made you the owner")
    trellis.slack.press(MIA, told, "Hand it back")
    trellis.slack.eventually(lambda: programme_of(trellis).owner == AMY)  # type: ignore[union-attr]


def test_an_admin_takes_over_from_an_owner_who_left(trellis: Trellis) -> None:
    started(trellis, AMY)
    text = "/buddy programme #career-growth take over"

    assert "only when its owner is no longer active" in trellis.slack.command(BEN, text).text
    trellis.slack.change_person(AMY, deleted=True)
    assert "by a workspace admin" in trellis.slack.command(MIA, text).text
    trellis.slack.eventually(lambda: "An admin can follow" in trellis.slack.command(MIA, FORTNIGHTLY).text)
    trellis.slack.eventually(lambda: "is yours now" in trellis.slack.command(BEN, text).text)


def test_ending_is_asked_about_first(trellis: Trellis) -> None:
    started(trellis, AMY)

    asked = trellis.slack.command(AMY, "/buddy programme end")

    assert programme_of(trellis).ended_at is None  # type: ignore[union-attr]
    trellis.slack.press(AMY, asked.message, "End it")
    trellis.slack.eventually(lambda: programme_of(trellis).ended_at)  # type: ignore[union-attr]
    assert "Only the owner" in trellis.slack.command(AMY, "/buddy programme end").text


def test_a_guest_takes_part_only_where_guests_may(trellis: Trellis) -> None:
    started(trellis, AMY)
    trellis.slack.bring_in(GROWTH, GUEST)

    assert "for full members" in trellis.slack.command(GUEST, "/buddy join #career-growth").text
    trellis.slack.command(AMY, "/buddy programme with guests")
    assert "You are in" in trellis.slack.command(GUEST, "/buddy join #career-growth").text


def test_mentors_say_how_many_they_take(trellis: Trellis) -> None:
    programme = started(trellis, AMY)
    trellis.slack.command(KAI, "/buddy join #career-growth")
    trellis.slack.command(AMY, "/buddy programme mentors")

    assert "once you say which you are" in trellis.slack.command(KAI, "/buddy").text
    assert "Say which you are" in trellis.slack.command(MIA, "/buddy join #career-growth").text
    trellis.slack.command(MIA, "/buddy join #career-growth as mentor for 3 mentees")

    mentor = participant(trellis, programme, MIA)
    assert (mentor.role, mentor.capacity) == ("mentor", 3)
    trellis.tick()
    (invitation,) = [each for each in trellis.slack.messages(ZOE, GROWTH) if "Join as mentee" in each.buttons]
    trellis.slack.press(ZOE, invitation, "Join as mentee")
    assert participant(trellis, programme, ZOE).role == "mentee"


REFUSED = {
    "/buddy joyn": "/buddy join",
    "/buddy join #nowhere": "type # and pick it",
    "/buddy programme #career-growth every tuseday": 'Did you mean "tuesday"',
    "/buddy not bob": "type @ and pick the person",
    "/buddy preview": "Only the owner",
    "/buddy match now": "Only the owner",
    "/buddy met": "no buddy at the moment",
    "/buddy resume": "take no part",
    "/buddy programme groups of 3": "Only the owner",
}


def test_what_cannot_be_done_is_answered_with_what_can_and_changes_nothing(trellis: Trellis) -> None:
    for text, hint in REFUSED.items():
        answer = trellis.slack.command(AMY, text)
        assert hint in answer.text
        assert answer.visible_to == AMY

    assert programme_of(trellis) is None
