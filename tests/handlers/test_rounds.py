"""Rounds as people live through them: the heads-up, the introduction, the channel, half-way, and the end."""

from __future__ import annotations

from datetime import time

import pytest

from bot.round_messages import ANNOUNCEMENT, INTRODUCTION
from models.members import Member
from models.programmes import GONE, PAUSED, Participant, Programme
from models.rounds import CANCELLED
from tests.handlers import rounds_stage as stage
from tests.handlers.buddies_stage import ENGINEERING, GROWTH, participant
from tests.handlers.rounds_stage import HEADS_UP, NIA, START
from tests.people import AMY, BEN, DAY, HOUR, MINUTE, RAY
from tests.trellis import Trellis, utc


def test_a_round_from_the_heads_up_to_the_end(trellis_anywhere: Trellis) -> None:
    trellis = trellis_anywhere
    stage.taking_part(trellis, (AMY, BEN))

    stage.live_until(trellis, HEADS_UP)
    (heads_up,) = stage.with_button(trellis.slack.dms(AMY), "Sit this one out")
    stage.live_until(trellis, START + HOUR)
    (introduction,) = stage.in_groups(trellis, AMY)
    (announcement,) = stage.in_channel(trellis)
    stage.live_until(trellis, utc("2026-11-30 22:00"))
    (halfway,) = stage.in_groups(trellis, BEN)[1:]
    stage.live_until(trellis, utc("2026-12-04 22:00"))

    assert "UAMY0001" in introduction.text
    assert "UBEN0001" in introduction.text
    assert "Why you two" in introduction.text
    assert introduction.text.count("<!date^") == 3
    assert introduction.buttons == ["We met", "Swap", "Less of this"]
    assert "2 people take part" in announcement.text
    assert "half of your round is over" in halfway.text
    for who in (AMY, BEN):
        assert len(stage.with_button(trellis.slack.dms(who), "Not yet")) == 1
    assert "next buddies" in heads_up.text
    assert all(len(each.text.split()) < 90 for each in (heads_up, introduction, halfway))


def test_who_met_is_asked_no_more(trellis: Trellis) -> None:
    stage.taking_part(trellis, (AMY, BEN))
    stage.live_until(trellis, START + HOUR)
    (introduction,) = stage.in_groups(trellis, AMY)

    trellis.slack.press(BEN, introduction, "We met")
    stage.live_until(trellis, utc("2026-12-04 22:00"))

    (shown,) = stage.in_groups(trellis, AMY)
    assert "Met, says <@UBEN0001>" in shown.text
    assert shown.buttons == ["We met", "Less of this"]
    assert stage.with_button(trellis.slack.dms(AMY), "Not yet") == []


def test_who_sits_out_is_left_out_and_the_only_one_left_is_told(trellis: Trellis) -> None:
    stage.taking_part(trellis, (AMY, BEN))
    stage.live_until(trellis, HEADS_UP)
    (heads_up,) = stage.with_button(trellis.slack.dms(BEN), "Sit this one out")

    answer = trellis.slack.press(BEN, heads_up, "Sit this one out")
    stage.live_until(trellis, START + HOUR)

    assert "You sit out" in answer.text
    assert stage.in_groups(trellis, AMY) == []
    assert "only one person takes part" in trellis.slack.last_dm(AMY).text


def test_nobody_is_written_to_out_of_their_hours(trellis: Trellis) -> None:
    stage.taking_part(trellis, (AMY, BEN), at=time(8))

    stage.live_until(trellis, utc("2026-11-24 13:59"))
    before = [len(stage.in_groups(trellis, AMY)), len(stage.in_channel(trellis))]
    stage.live_until(trellis, utc("2026-11-24 14:00"))

    assert before == [0, 1]
    assert len(stage.in_groups(trellis, AMY)) == 1


def test_the_third_silent_round_pauses_a_person_who_is_told_and_goes_on_with_a_press(
    trellis: Trellis,
) -> None:
    programme = stage.taking_part(trellis, (AMY, BEN), every_weeks=1)
    with trellis.sessions.begin() as session:
        session.scalars(Participant.one(programme.id, AMY)).one().silent_rounds = 2

    stage.live_until(trellis, HEADS_UP + 7 * DAY + HOUR)
    (told,) = stage.with_button(trellis.slack.dms(AMY), "Go on")
    silent = participant(trellis, programme, AMY)
    trellis.slack.press(AMY, told, "Go on")

    assert (silent.state, silent.silent_rounds) == (PAUSED, 3)
    assert participant(trellis, programme, BEN).silent_rounds == 1
    assert participant(trellis, programme, AMY).state == "in"
    assert "three rounds" in told.text


@pytest.mark.parametrize("error", ["cannot_dm_bot", "user_not_visible"])
def test_a_message_slack_refuses_stops_no_other_and_both_are_told_instead(
    trellis: Trellis, error: str
) -> None:
    stage.taking_part(trellis, (AMY, BEN))
    trellis.slack.fault("conversations.open", "error", error=error, times=1)

    stage.live_until(trellis, START + HOUR)

    assert len(stage.in_channel(trellis)) == 1
    assert [state for _, state, _ in stage.states(trellis, INTRODUCTION)] == ["failed"]
    for who, other in ((AMY, BEN), (BEN, AMY)):
        assert f"<@{other}>" in trellis.slack.last_dm(who).text
        assert "write to each other directly" in trellis.slack.last_dm(who).text


def test_whose_buddy_is_gone_before_the_introduction_is_put_together_with_who_was_left_over(
    trellis: Trellis,
) -> None:
    trellis.slack.bring_in(ENGINEERING, AMY)
    programme = stage.taking_part(trellis, (AMY, BEN, RAY), channel=ENGINEERING, at=time(8))
    stage.live_until(trellis, utc("2026-11-24 13:00"))
    (trio,) = stage.pairings(trellis, programme)
    trellis.slack.change_person(RAY, deleted=True)
    trellis.slack.eventually(lambda: _is_deactivated(trellis, RAY))

    stage.live_until(trellis, utc("2026-11-24 15:00"))

    assert trio.people == (AMY, BEN, RAY)
    (pair,) = stage.pairings(trellis, programme)
    assert pair.people == (AMY, BEN)
    (introduction,) = stage.in_groups(trellis, AMY)
    assert RAY not in introduction.text


def test_whose_buddy_leaves_after_the_introduction_is_introduced_to_who_came_meanwhile(
    trellis: Trellis,
) -> None:
    programme = stage.taking_part(trellis, (AMY, BEN))
    stage.live_until(trellis, START + HOUR)
    trellis.slack.bring_in(GROWTH, RAY)
    trellis.slack.command(RAY, "/buddy join", channel=GROWTH)
    trellis.slack.command(BEN, "/buddy leave", channel=GROWTH)

    stage.live_until(trellis, START + DAY + HOUR)

    (pair,) = stage.pairings(trellis, programme)
    assert pair.people == (AMY, RAY)
    assert f"You go on with <@{RAY}>" in trellis.slack.last_dm(AMY).text
    assert "Why you two" in stage.in_groups(trellis, RAY)[-1].text


def test_whom_slack_refuses_as_disabled_is_looked_up_and_the_others_go_on(trellis: Trellis) -> None:
    programme = stage.taking_part(trellis, (AMY, BEN, RAY))
    stage.live_until(trellis, HEADS_UP + HOUR)
    trellis.slack.event_url(None)  # the bot hears of nothing by itself
    trellis.slack.change_person(RAY, deleted=True)
    trellis.slack.fault("conversations.open", "error", error="user_disabled", times=1)

    stage.live_until(trellis, START + HOUR)

    (pair,) = stage.pairings(trellis, programme)
    assert pair.people == (AMY, BEN)
    assert [state for _, state, _ in stage.states(trellis, INTRODUCTION)] == ["failed", "sent"]
    assert len(stage.in_channel(trellis)) == 1


def test_who_turns_out_to_be_a_guest_as_slack_refuses_the_group_is_left_out_and_the_other_told(
    trellis: Trellis,
) -> None:
    programme = stage.taking_part(trellis, (AMY, BEN))
    stage.live_until(trellis, HEADS_UP + HOUR)
    trellis.slack.event_url(None)  # the bot hears of nothing by itself
    trellis.slack.change_person(BEN, is_restricted=True)
    trellis.slack.fault("conversations.open", "error", error="user_not_visible", times=1)

    stage.live_until(trellis, START + HOUR)

    assert stage.pairings(trellis, programme) == []
    assert "nobody else is free this time" in trellis.slack.last_dm(AMY).text


def test_a_channel_that_is_deleted_after_the_heads_up_has_the_round_called_off_and_all_told(
    trellis: Trellis,
) -> None:
    programme = stage.taking_part(trellis, (AMY, BEN))
    stage.live_until(trellis, HEADS_UP + HOUR)

    trellis.slack.delete_channel(GROWTH)
    trellis.slack.eventually(lambda: _held_because(trellis, programme) == "unseen")
    stage.live_until(trellis, START + HOUR)

    assert stage.round_of(trellis, programme).state == CANCELLED
    assert any("no longer find the channel" in each.text for each in trellis.slack.dms(AMY))
    for who in (AMY, BEN):
        assert stage.in_groups(trellis, who) == []
        assert "There is no round" in trellis.slack.last_dm(who).text


def _held_because(trellis: Trellis, programme: Programme) -> str | None:
    with trellis.sessions.read() as session:
        return session.get_one(Programme, programme.id).held_because


@pytest.mark.siege
def test_whom_slack_does_not_know_any_more_is_gone_and_an_error_has_it_asked_minutes_later(
    trellis: Trellis,
) -> None:
    programme = stage.taking_part(trellis, (AMY, BEN, RAY))
    stage.live_until(trellis, HEADS_UP + HOUR)
    trellis.slack.fault("conversations.open", "error", error="user_disabled", times=1)
    trellis.slack.fault("users.info", "error", error="internal_error", times=1)

    stage.live_until(trellis, START + 4 * MINUTE)
    (waiting,) = stage.pairings(trellis, programme)
    trellis.slack.fault("users.info", "error", error="user_not_found", times=1)
    stage.live_until(trellis, START + HOUR)

    assert waiting.people == (AMY, BEN, RAY)
    (pair,) = stage.pairings(trellis, programme)
    assert pair.people == (BEN, RAY)
    assert participant(trellis, programme, AMY).state == GONE


def test_a_slack_that_asks_to_wait_gets_every_message_once(trellis: Trellis) -> None:
    stage.taking_part(trellis, (AMY, BEN, RAY, NIA))
    stage.live_until(trellis, HEADS_UP + HOUR)
    for method in ("chat.postMessage", "conversations.open"):
        trellis.slack.fault(method, "status", status=429, retry_after=1, times=1)

    stage.live_until(trellis, START + HOUR)

    assert [len(stage.in_groups(trellis, who)) for who in (AMY, BEN, RAY, NIA)] == [1, 1, 1, 1]
    assert len(stage.in_channel(trellis)) == 1


def _is_deactivated(trellis: Trellis, who: str) -> bool:
    with trellis.sessions.read() as session:
        return session.get_one(Member, (trellis.workspace, who)).is_deactivated


def test_a_channel_slack_does_not_find_costs_the_announcement_alone(trellis: Trellis) -> None:
    stage.taking_part(trellis, (AMY, BEN), at=time(8))
    stage.live_until(trellis, utc("2026-11-24 12:59"))
    trellis.slack.fault("chat.postMessage", "error", error="channel_not_found", times=1)

    stage.live_until(trellis, utc("2026-11-24 15:00"))

    assert [state for _, state, _ in stage.states(trellis, ANNOUNCEMENT)] == ["failed"]
    assert len(stage.in_groups(trellis, AMY)) == 1


def test_while_slack_says_nothing_of_the_channel_a_round_waits_but_not_for_long(trellis: Trellis) -> None:
    stage.taking_part(trellis, (AMY, BEN))
    stage.live_until(trellis, HEADS_UP + HOUR)
    trellis.slack.fault("conversations.info", "error", error="internal_error", times=99)

    stage.live_until(trellis, START + 29 * MINUTE)
    before = stage.in_groups(trellis, AMY)
    stage.live_until(trellis, START + HOUR)

    assert before == []
    assert len(stage.in_groups(trellis, AMY)) == 1


def test_names_left_out_of_the_channel_are_counted(trellis: Trellis) -> None:
    programme = stage.taking_part(trellis, (AMY, BEN, RAY, NIA))
    with trellis.sessions.begin() as session:
        session.scalars(Participant.one(programme.id, RAY)).one().is_unnamed = True

    stage.live_until(trellis, START + HOUR)

    (announcement,) = stage.in_channel(trellis)
    assert RAY not in announcement.text
    assert "And 1 more pair." in announcement.text
    assert "4 people take part" in announcement.text


def test_a_programme_that_hits_a_bug_stops_no_other(
    trellis: Trellis, caplog: pytest.LogCaptureFixture
) -> None:
    stage.taking_part(trellis, (AMY, BEN))
    broken = stage.taking_part(trellis, (RAY, NIA), channel=ENGINEERING)
    stage.live_until(trellis, HEADS_UP - MINUTE)
    with trellis.sessions.begin() as session:
        session.get_one(Programme, broken.id).zone = "Nowhere/Land"

    stage.live_until(trellis, HEADS_UP + 5 * MINUTE)

    assert len(stage.with_button(trellis.slack.dms(AMY), "Sit this one out")) == 1
    assert stage.with_button(trellis.slack.dms(RAY), "Sit this one out") == []
    assert [record.message for record in caplog.records].count("step_failed") == 1
