"""Which question comes, and what the buttons under it do: another, not useful, next time, asked."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise, product

import pytest

from sandbox.seen import Message
from tests.handlers import forging
from tests.handlers.one_on_ones_stage import (
    closings,
    live_until,
    messages,
    opened,
    preps,
    question_in,
    stored,
)
from tests.people import AMY, BEN, DAY, JONAS, MIA, RAY
from tests.scenes import begin_with
from tests.trellis import Trellis, utc

QUESTION = utc("2026-11-25 15:00")
MEETING = utc("2026-11-26 15:15")
NEXT_QUESTION = utc("2026-12-02 15:00")
NEXT_MEETING = utc("2026-12-03 15:15")
LABELS = ("Another question", "Not useful")


def meet(trellis: Trellis, role: str = "peer") -> None:
    """Let Amy and Ben meet on Thursdays at 10:00, and be told."""
    trellis.slack.command(AMY, f"/1on1 add @ben every thursday 10:00 as {role}")
    live_until(trellis, utc("2026-11-23 15:00"))


def bring_question(trellis: Trellis, role: str) -> None:
    meet(trellis, role)
    live_until(trellis, QUESTION)


def bring_reminder(trellis: Trellis, role: str) -> None:
    meet(trellis, role)
    live_until(trellis, MEETING)


def asked(message: Message) -> str:
    return question_in(message.text).id


def test_thirty_meetings_repeat_no_question_and_no_theme_in_a_row(trellis: Trellis) -> None:
    meet(trellis, "manager")

    for week in range(30):
        trellis.tick(QUESTION + week * 7 * DAY)

    put = [question_in(prep.text) for prep in preps(trellis, AMY)]
    assert len(put) == 30
    assert len({question.id for question in put}) == 30
    assert all(one.theme != next_.theme for one, next_ in pairwise(put))
    assert [question_in(prep.text).id for prep in preps(trellis, BEN)] == [question.id for question in put]
    assert all("Why this one" in prep.text for prep in preps(trellis, AMY))


def test_both_sides_see_the_same_theme_each_in_their_wording(trellis: Trellis) -> None:
    begin_with(trellis, bring_question, "manager")

    question = question_in(preps(trellis, AMY)[0].text)

    assert question.ask in preps(trellis, AMY)[0].text
    assert question.probes[0] in preps(trellis, AMY)[0].text
    assert question.reflect in preps(trellis, BEN)[0].text


@pytest.mark.parametrize("label", LABELS)
def test_a_button_shows_another_question_in_the_same_message(trellis: Trellis, label: str) -> None:
    begin_with(trellis, bring_question, "peer")
    first = preps(trellis, AMY)[0]

    trellis.slack.press(AMY, first, label)

    (now_there,) = preps(trellis, AMY)
    assert now_there.ts == first.ts
    assert asked(now_there) != asked(first)
    assert question_in(now_there.text).theme != question_in(first.text).theme
    assert "you wanted another" in now_there.text
    assert asked(preps(trellis, BEN)[0]) == asked(first)


@pytest.mark.parametrize("label", LABELS)
def test_pressed_twice_or_at_once_it_changes_the_question_once(trellis_anywhere: Trellis, label: str) -> None:
    trellis = trellis_anywhere
    bring_question(trellis, "peer")
    first = preps(trellis, AMY)[0]

    with ThreadPoolExecutor(3) as hands:
        list(hands.map(lambda _: trellis.slack.press(AMY, first, label), range(3)))
    once = asked(preps(trellis, AMY)[0])
    before = stored(trellis)
    trellis.slack.press(AMY, first, label)

    assert asked(preps(trellis, AMY)[0]) == once
    assert stored(trellis) == before


def test_the_reminder_asks_what_was_chosen_last(trellis: Trellis) -> None:
    begin_with(trellis, bring_question, "peer")
    trellis.slack.press(AMY, preps(trellis, AMY)[0], "Another question")

    live_until(trellis, MEETING)

    assert asked(closings(trellis, AMY)[0]) == asked(preps(trellis, AMY)[0])
    assert asked(closings(trellis, BEN)[0]) == asked(preps(trellis, BEN)[0])


def two_days_ahead(trellis: Trellis, who: str) -> None:
    opened(trellis, who, "/growth settings")
    trellis.slack.submit(who, {"How long before a 1-on-1 its question comes": "2 days"})


def test_a_managers_other_question_reaches_a_report_who_has_none_yet(trellis: Trellis) -> None:
    meet(trellis, "manager")
    two_days_ahead(trellis, AMY)
    live_until(trellis, utc("2026-11-24 15:00"))
    trellis.slack.press(AMY, preps(trellis, AMY)[0], "Another question")

    live_until(trellis, QUESTION)

    assert asked(preps(trellis, BEN)[0]) == asked(preps(trellis, AMY)[0])


def test_a_managers_other_question_leaves_alone_what_a_report_thinks_about(trellis: Trellis) -> None:
    begin_with(trellis, bring_question, "manager")
    before = asked(preps(trellis, BEN)[0])
    trellis.slack.press(AMY, preps(trellis, AMY)[0], "Another question")

    live_until(trellis, MEETING)

    assert asked(preps(trellis, BEN)[0]) == before
    assert asked(closings(trellis, AMY)[0]) != before


def test_what_a_report_swaps_leaves_the_managers_question_alone(trellis: Trellis) -> None:
    meet(trellis, "manager")
    two_days_ahead(trellis, BEN)
    live_until(trellis, utc("2026-11-24 15:00"))
    first = asked(preps(trellis, BEN)[0])
    trellis.slack.press(BEN, preps(trellis, BEN)[0], "Another question")

    live_until(trellis, QUESTION)

    assert asked(preps(trellis, AMY)[0]) == first


def test_what_was_not_useful_does_not_come_back(trellis: Trellis) -> None:
    message = trellis.slack.command(AMY, "/1on1 ask @jonas").message
    unwanted = asked(message)
    trellis.slack.press(AMY, message, "Not useful")
    put = [asked(trellis.slack.command(AMY, "/1on1 ask @jonas").message) for _ in range(20)]

    assert unwanted not in put
    assert len(set(put)) == 20


def test_next_time_brings_it_back_with_its_reason(trellis: Trellis) -> None:
    begin_with(trellis, bring_reminder, "manager")
    kept = asked(closings(trellis, AMY)[0])
    trellis.slack.press(AMY, closings(trellis, AMY)[0], "Next time")
    confirmed = trellis.slack.last_dm(AMY)

    live_until(trellis, NEXT_MEETING)

    assert "Kept for next time" in confirmed.text
    for who in (AMY, BEN):
        assert asked(preps(trellis, who)[1]) == kept
    assert "you wanted to keep it for next time" in preps(trellis, AMY)[1].text
    assert asked(closings(trellis, AMY)[0]) == kept


def test_next_time_outlives_a_skipped_meeting(trellis: Trellis) -> None:
    begin_with(trellis, bring_reminder, "manager")
    kept = asked(closings(trellis, AMY)[0])
    trellis.slack.press(AMY, closings(trellis, AMY)[0], "Next time")
    trellis.slack.command(AMY, "/1on1 skip @ben")

    live_until(trellis, utc("2026-12-10 16:00"))

    assert [asked(prep) == kept for prep in preps(trellis, AMY)] == [True, True]
    assert "Thu 10 Dec" in preps(trellis, AMY)[1].text


def test_next_time_said_late_waits_for_a_meeting_nobody_has_heard_of(trellis: Trellis) -> None:
    begin_with(trellis, bring_reminder, "manager")
    reminder = closings(trellis, AMY)[0]
    live_until(trellis, NEXT_QUESTION)
    trellis.slack.press(AMY, reminder, "Next time")

    live_until(trellis, utc("2026-12-10 16:00"))

    assert [asked(prep) == asked(reminder) for prep in preps(trellis, AMY)] == [True, False, True]


def test_asked_is_noted_and_the_question_is_done_with(trellis: Trellis) -> None:
    begin_with(trellis, bring_reminder, "manager")
    reminder = closings(trellis, AMY)[0]

    answer = trellis.slack.press(AMY, reminder, "Asked").message
    again = trellis.slack.press(AMY, reminder, "Next time").message
    live_until(trellis, NEXT_MEETING)

    assert answer.text.startswith("Asked, with")
    assert answer.buttons == ["Make it a goal"]
    assert again.text == answer.text
    assert asked(preps(trellis, AMY)[1]) != asked(reminder)


def test_of_two_peers_the_first_word_stands(trellis: Trellis) -> None:
    begin_with(trellis, bring_reminder, "peer")
    trellis.slack.press(AMY, closings(trellis, AMY)[0], "Asked")

    said = trellis.slack.press(BEN, closings(trellis, BEN)[0], "Next time").message

    assert said.text.startswith("Asked, with")


def test_next_time_pressed_by_two_hands_at_once_keeps_one_question(trellis_anywhere: Trellis) -> None:
    trellis = trellis_anywhere
    bring_reminder(trellis, "peer")
    reminders = [(who, closings(trellis, who)[0]) for who in (AMY, BEN)] * 2

    with ThreadPoolExecutor(4) as hands:
        list(hands.map(lambda each: trellis.slack.press(each[0], each[1], "Next time"), reminders))
    live_until(trellis, utc("2026-12-10 16:00"))

    first, second, third = (asked(prep) for prep in preps(trellis, AMY))
    assert first == second != third


def test_a_report_cannot_say_that_it_was_asked(trellis: Trellis) -> None:
    begin_with(trellis, bring_reminder, "manager")
    forged = forging.button(preps(trellis, BEN)[0], "Not useful", "1", action_id="nudges.asked")
    before = stored(trellis)

    assert "Only the one who asks" in trellis.slack.press(BEN, forged, "Not useful").text
    assert stored(trellis) == before


@pytest.mark.parametrize("how", ["end", "skip"])
@pytest.mark.parametrize("label", LABELS)
def test_a_question_of_a_meeting_that_does_not_take_place_stays_as_it_is(
    trellis: Trellis, how: str, label: str
) -> None:
    begin_with(trellis, bring_question, "peer")
    trellis.slack.command(BEN, f"/1on1 {how} @amy")
    before = stored(trellis)

    answer = trellis.slack.press(AMY, preps(trellis, AMY)[0], label)

    assert "was skipped or has ended" in answer.text
    assert answer.visible_to == AMY
    assert stored(trellis) == before


@pytest.mark.parametrize("label", ["Asked", "Next time", "Make it a goal"])
def test_a_reminder_of_a_1on1_that_ended_changes_nothing(trellis: Trellis, label: str) -> None:
    begin_with(trellis, bring_reminder, "peer")
    trellis.slack.command(BEN, "/1on1 end @amy")
    before = stored(trellis)

    assert "was skipped or has ended" in trellis.slack.press(AMY, closings(trellis, AMY)[0], label).text
    assert stored(trellis) == before


def test_after_the_meeting_another_question_is_refused_and_not_useful_is_noted(trellis: Trellis) -> None:
    meet(trellis)
    live_until(trellis, utc("2026-11-26 16:00"))
    prep, before = preps(trellis, AMY)[0], stored(trellis)

    late = trellis.slack.press(AMY, prep, "Another question")
    unchanged = stored(trellis) == before
    noted = trellis.slack.press(AMY, prep, "Not useful")

    assert "That 1-on-1 is over." in late.text
    assert unchanged
    assert "does not come back to you two" in noted.text


VALUES = ["x", "", "-1", "0", "999", str(10**30), "1.0", "²"]


def test_forged_values_change_nothing(trellis: Trellis) -> None:
    begin_with(trellis, bring_reminder, "peer")
    prep, reminder, before = preps(trellis, AMY)[0], closings(trellis, AMY)[0], stored(trellis)

    for value, message in product(VALUES, (prep, reminder)):
        for label in message.buttons:
            answer = trellis.slack.press(AMY, forging.button(message, label, value), label)
            assert answer.text, (value, label)
            assert "Something went wrong" not in answer.text, (value, label)
            assert answer.error is None, (value, label)
        assert stored(trellis) == before, value


def test_questions_and_meetings_of_others_are_out_of_reach(trellis: Trellis) -> None:
    meet(trellis)
    trellis.slack.command(MIA, "/1on1 add @jonas every thursday 16:15")
    live_until(trellis, utc("2026-11-26 15:30"))
    theirs, mine = preps(trellis, AMY)[0], preps(trellis, JONAS)[0]
    reminder = closings(trellis, JONAS)[0]
    before = stored(trellis)

    for label in mine.buttons:
        forged = forging.button(mine, label, theirs.button(label).value or "")
        assert "That question is no longer here" in trellis.slack.press(JONAS, forged, label).text
    for label in reminder.buttons:
        forged = forging.button(reminder, label, closings(trellis, AMY)[0].button(label).value or "")
        assert "I do not know a standing 1-on-1 of yours" in trellis.slack.press(JONAS, forged, label).text
    assert stored(trellis) == before


def test_a_question_only_one_of_the_two_asked_for_is_theirs(trellis: Trellis) -> None:
    begin_with(trellis, bring_question, "peer")
    private = trellis.slack.command(AMY, "/1on1 ask @ben").message
    prep, before = preps(trellis, BEN)[0], stored(trellis)
    forged = forging.button(prep, "Another question", private.button("Another question").value or "")

    assert "That question is no longer here" in trellis.slack.press(BEN, forged, "Another question").text
    assert stored(trellis) == before


def test_another_workspace_with_the_same_ids_is_out_of_reach(trellis: Trellis) -> None:
    begin_with(trellis, bring_question, "peer")
    with trellis.sessions.begin() as session:
        for table in ("prompt", "occurrence", "one_on_one", "delivery"):
            session.connection().exec_driver_sql("PRAGMA defer_foreign_keys=ON")
            session.connection().exec_driver_sql(f"UPDATE {table} SET workspace_id = 'TOTHER'")
        for name in ("member",):
            columns = (
                "user_id, name, zone, is_person, is_guest, is_deactivated, is_admin, refreshed_at, is_away, "
            )
            columns += "away_until, work_days, work_starts, work_ends, lead_hours, is_paused, paused_until, "
            columns += "goals_numbered"
            session.connection().exec_driver_sql(
                f"INSERT INTO {name} (workspace_id, {columns}) SELECT 'TOTHER', {columns} FROM {name}"
            )
    message, before = messages(trellis, AMY, "Another question")[0], stored(trellis)

    for label in message.buttons:
        assert "no longer here" in trellis.slack.press(AMY, message, label).text
    assert "no standing 1-on-1" in trellis.slack.command(AMY, "/1on1").text
    assert RAY not in str(before)
    assert stored(trellis) == before
