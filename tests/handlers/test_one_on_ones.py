"""The command of standing 1-on-1s by text: what people type and what they see."""

from __future__ import annotations

import pytest

from sandbox.seen import Answer
from tests.handlers.one_on_ones_stage import live_until, stand_with_peers
from tests.people import AMY, BEN, JONAS, KAI, MIA, RAY
from tests.trellis import Trellis, utc

EVERY_TUESDAY = "/1on1 add @ben every tuesday 10:00"


def test_the_list_begins_empty_and_offers_to_add(trellis: Trellis) -> None:
    answer = trellis.slack.command(AMY, "/1on1")

    assert "no standing 1-on-1 here yet" in answer.text
    assert answer.message.buttons == ["Add a 1-on-1"]


def test_adding_names_rhythm_first_date_and_role(trellis: Trellis) -> None:
    answer = trellis.slack.command(AMY, "/1on1 add @ben every 2 weeks on tue at 10:00 for 45 min as report")

    assert "every 2 weeks on Tuesday at 10:00 (America/New_York), 45 min" in answer.text
    assert "Tue 24 Nov 2026, 10:00 America/New_York" in answer.text
    assert f"<@{BEN}> is your manager" in answer.text


def test_a_first_date_is_kept(trellis: Trellis) -> None:
    answer = trellis.slack.command(AMY, "/1on1 add @ben every tuesday 10:00 from 2026-12-05")

    assert "First one" in answer.text
    assert "Tue 8 Dec 2026, 10:00" in answer.text


def test_a_monthly_1on1_falls_on_its_week(trellis: Trellis) -> None:
    answer = trellis.slack.command(AMY, "/1on1 add @ben every month on the first monday at 10:00")

    assert "Mon 7 Dec 2026, 10:00" in answer.text


def test_a_meeting_that_has_begun_today_is_first_held_next_time(trellis: Trellis) -> None:
    answer = trellis.slack.command(AMY, "/1on1 add @ben every monday 07:00")

    assert "Mon 30 Nov 2026, 07:00" in answer.text


def test_the_list_shows_the_next_one_first(trellis: Trellis) -> None:
    trellis.slack.command(AMY, "/1on1 add @ray every friday 10:00")
    trellis.slack.command(AMY, EVERY_TUESDAY)

    words = trellis.slack.command(AMY, "/1on1 list").message.words

    assert words.index(BEN) < words.index(RAY)


def test_both_see_it_each_in_their_role(trellis: Trellis) -> None:
    trellis.slack.command(AMY, f"{EVERY_TUESDAY} as report")

    assert "your manager" in trellis.slack.command(AMY, "/1on1").text
    assert "you are the manager" in trellis.slack.command(BEN, "/1on1").text


def test_moving_changes_one_occurrence_and_not_the_rhythm(trellis: Trellis) -> None:
    trellis.slack.command(AMY, EVERY_TUESDAY)

    moved = trellis.slack.command(AMY, "/1on1 move @ben to thursday 15:30")
    live_until(trellis, utc("2026-11-27 00:00"))
    later = trellis.slack.command(AMY, "/1on1")

    assert "Thu 26 Nov 2026, 15:30 America/New_York" in moved.text
    assert "Tue 1 Dec 2026, 10:00" in later.text


def test_the_one_after_a_meeting_that_was_moved_far_away_is_next(trellis: Trellis) -> None:
    trellis.slack.command(AMY, EVERY_TUESDAY)
    trellis.slack.command(AMY, "/1on1 move @ben to 2026-12-10 10:00")

    assert "Tue 1 Dec 2026" in trellis.slack.command(AMY, "/1on1").text
    assert "no questions" in (skipped := trellis.slack.command(AMY, "/1on1 skip @ben").text)
    assert "Tue 1 Dec 2026" in skipped


def test_a_time_to_move_to_is_on_the_speakers_wall_clock(trellis: Trellis) -> None:
    trellis.slack.command(AMY, "/1on1 add @mia every wednesday 10:00")

    answer = trellis.slack.command(MIA, "/1on1 move @amy to thursday 15:00")

    assert "Thu 26 Nov 2026, 15:00 Europe/Berlin" in answer.text
    assert "Thu 26 Nov 2026, 09:00 America/New_York" in trellis.slack.command(AMY, "/1on1").text


def test_two_who_skip_the_same_meeting_leave_out_one(trellis: Trellis) -> None:
    trellis.slack.command(AMY, EVERY_TUESDAY)
    trellis.slack.command(AMY, "/1on1 skip @ben")

    answer = trellis.slack.command(BEN, "/1on1 skip @amy")

    assert "is left out already" in answer.text
    assert "1 Dec" in trellis.slack.command(BEN, "/1on1").text


def test_skipping_names_the_one_left_out_and_the_one_after(trellis: Trellis) -> None:
    trellis.slack.command(AMY, EVERY_TUESDAY)

    answer = trellis.slack.command(AMY, "/1on1 skip @ben")

    assert "Tue 24 Nov 2026" in answer.text
    assert "Next one" in answer.text
    assert "Tue 1 Dec 2026" in answer.text


def test_ending_takes_it_off_both_lists(trellis: Trellis) -> None:
    trellis.slack.command(AMY, EVERY_TUESDAY)

    answer = trellis.slack.command(BEN, "/1on1 end @amy")

    assert answer.text.startswith("Ended.")
    assert "no standing 1-on-1" in trellis.slack.command(AMY, "/1on1").text
    assert "no standing 1-on-1" in trellis.slack.command(BEN, "/1on1").text


def test_an_ended_1on1_can_be_added_again(trellis: Trellis) -> None:
    trellis.slack.command(AMY, EVERY_TUESDAY)
    trellis.slack.command(AMY, "/1on1 end @ben")

    assert "Registered" in trellis.slack.command(BEN, "/1on1 add @amy every friday 11:00").text


def test_asking_gives_a_question_at_once_with_or_without_a_1on1(trellis: Trellis) -> None:
    answer = trellis.slack.command(AMY, "/1on1 ask @jonas")

    assert f"For <@{JONAS}>" in answer.text
    assert answer.message.buttons == ["Another question", "Not useful"]


def test_help_shows_every_usage(trellis: Trellis) -> None:
    words = trellis.slack.command(AMY, "/1on1 help").message.words

    for verb in ("add", "move", "skip", "end", "ask"):
        assert f"/1on1 {verb} @person" in words


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("/1on1 add @ben every tuseday 10:00", "/1on1 add @Ben every tuesday 10:00 for 30 min"),
        ("/1on1 add @ben every tuesday", "the time of day"),
        ("/1on1 add @ben every tuesday 25:00", "not a time of day"),
        ("/1on1 add @ben every tuesday 10:00 from 2027-02-31", "not a day in the calendar"),
        ("/1on1 add @ben every 0 weeks on tuesday 10:00", "Every 0 weeks is not a rhythm"),
        ("/1on1 add @ben every month on the sixth monday at 10:00", "Not every month has a sixth Monday"),
        ("/1on1 add ben every tuesday 10:00", "type @ and pick the person"),
        ("/1on1 add @ben every tuesday 10:00 from 2029-01-01", "more than a year ahead"),
        ("/1on1 move @ben to friday", "the time of day"),
        ("/1on1 move @ben to 2028-06-01 10:00", "no standing 1-on-1 with"),
        ("/1on1 skip @ben", "no standing 1-on-1 with"),
        ("/1on1 end @ben", "no standing 1-on-1 with"),
        ("/1on1 move @ben", "no standing 1-on-1 with"),
        ("/1on1 skip", "no standing 1-on-1 yet"),
        ("/1on1 ende @ben", "/1on1 end @Ben"),
        ("/1on1 sing", "/1on1 add @Ben every tuesday"),
    ],
)
def test_what_is_not_understood_is_answered_with_what_would_be(
    trellis: Trellis, text: str, hint: str
) -> None:
    answer = trellis.slack.command(AMY, text)

    assert hint in answer.text
    assert answer.visible_to == AMY
    assert "no standing 1-on-1 here yet" in trellis.slack.command(AMY, "/1on1").text


def test_what_somebody_typed_comes_back_without_its_markup(trellis: Trellis) -> None:
    answer = trellis.slack.command(AMY, "/1on1 add @ben every <!channel> 10:00")

    assert "<!channel>" not in answer.message.everything


@pytest.mark.parametrize(
    ("partner", "words"),
    [
        ("@nobody_here", "type @ and pick the person"),
        ("@calendar_bot", "is an app, not a person"),
        ("@amy", "That is you"),
        ("@oskar", "is no longer active"),
        ("@guest_gita", "is a guest here"),
    ],
)
@pytest.mark.parametrize("verb", ["add {} every tuesday 10:00", "ask {}"])
def test_whom_one_cannot_meet_is_refused(trellis: Trellis, partner: str, words: str, verb: str) -> None:
    answer = trellis.slack.command(AMY, "/1on1 " + verb.format(partner))

    assert words in answer.text
    assert "no standing 1-on-1 here yet" in trellis.slack.command(AMY, "/1on1").text


def test_a_guest_meets_nobody_and_keeps_goals(trellis: Trellis) -> None:
    guest = "UGUE0001"

    assert "You are a guest here" in trellis.slack.command(guest, EVERY_TUESDAY).text
    assert "You are a guest here" in trellis.slack.command(guest, "/1on1 ask @ben").text
    assert "Logged as goal 1" in trellis.slack.command(guest, "/goal add Give two demos by 2027-03-31").text


def test_a_second_registration_points_to_the_first(trellis: Trellis) -> None:
    trellis.slack.command(AMY, EVERY_TUESDAY)

    for_amy = trellis.slack.command(AMY, "/1on1 add @ben every friday 11:00")
    for_ben = trellis.slack.command(BEN, "/1on1 add @amy every friday 11:00")

    for answer in (for_amy, for_ben):
        assert "have a standing 1-on-1 already, every Tuesday at 10:00. `/1on1` shows it" in answer.text
    assert "every Tuesday" in trellis.slack.command(BEN, "/1on1").text


def test_a_time_the_clocks_skip_is_moved_forward_and_said(trellis: Trellis) -> None:
    answer = trellis.slack.command(AMY, "/1on1 add @ben every sunday 02:30 from 2027-03-14")

    assert "Sun 14 Mar 2027, 03:30 America/New_York" in answer.text
    assert "The clocks skip that time on that day, so I moved it forward." in answer.text


def test_moving_into_the_time_the_clocks_skip_is_said_too(trellis: Trellis) -> None:
    trellis.slack.command(AMY, EVERY_TUESDAY)

    answer = trellis.slack.command(AMY, "/1on1 move @ben to 2027-03-14 02:30")

    assert "03:30" in answer.text
    assert "The clocks skip that time" in answer.text


@pytest.mark.parametrize(
    ("to", "words"),
    [("2026-11-23 06:00", "has passed"), ("2027-12-01 10:00", "more than a year ahead")],
)
def test_a_moment_out_of_reach_moves_nothing(trellis: Trellis, to: str, words: str) -> None:
    trellis.slack.command(AMY, EVERY_TUESDAY)

    assert words in trellis.slack.command(AMY, f"/1on1 move @ben to {to}").text
    assert "Tue 24 Nov 2026, 10:00" in trellis.slack.command(AMY, "/1on1").text


def test_a_deactivated_person_can_still_be_taken_off_the_list(trellis: Trellis) -> None:
    trellis.slack.command(AMY, EVERY_TUESDAY)
    trellis.slack.change_person(BEN, deleted=True)

    assert trellis.slack.command(AMY, "/1on1 end @ben").text.startswith("Ended.")


def test_every_answer_is_for_the_one_who_asked_alone(trellis: Trellis) -> None:
    texts = ["/1on1", EVERY_TUESDAY, "/1on1", "/1on1 move @ben to friday 10:00", "/1on1 skip @ben"]
    texts += ["/1on1 ask @ben", "/1on1 help", "/1on1 end @ben", "/growth", "/growth help", "/growth pause"]

    answers: list[Answer] = [trellis.slack.command(AMY, text, channel="CGENERAL1") for text in texts]

    assert {answer.visible_to for answer in answers} == {AMY}
    assert [each for each in trellis.slack.messages(RAY, "CGENERAL1") if each.user != RAY] == []


def test_a_long_list_is_read_to_its_end_with_the_mouse(trellis: Trellis) -> None:
    peers = stand_with_peers(trellis, AMY, range(45))

    answer = trellis.slack.command(AMY, "/1on1")
    first = trellis.slack.press(AMY, answer.message, "Show all").view
    assert first is not None
    second = trellis.slack.press(AMY, first, "Later").view

    assert second is not None
    seen = first.words + second.words
    assert all(f"<@{peer}>" in seen for peer in peers)
    assert "Earlier" in second.buttons
    assert "And 37 more." in answer.text


def test_kai_in_sydney_and_amy_in_new_york_see_their_own_clocks(trellis: Trellis) -> None:
    trellis.slack.command(AMY, "/1on1 add @kai every monday 18:00")

    assert "Tue 24 Nov 2026, 10:00 Australia/Sydney" in trellis.slack.command(KAI, "/1on1").text
