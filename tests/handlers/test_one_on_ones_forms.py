"""1-on-1s with the mouse: forms, menus and buttons, in App Home, messages and dialogs."""

from __future__ import annotations

import pytest

from tests.handlers import forging
from tests.handlers.one_on_ones_stage import (
    chosen,
    closings,
    home_of,
    home_shows,
    live_until,
    opened,
    preps,
    pressed,
    question_in,
    stored,
)
from tests.people import AMY, BEN, JONAS, MIA, RAY
from tests.trellis import Trellis, utc

EVERY_TUESDAY = "/1on1 add @ben every tuesday 10:00"
NEXT_TUESDAY = "2026-11-24"


def test_a_1on1_is_added_from_home_without_typing(trellis: Trellis) -> None:
    pressed(trellis, AMY, home_of(trellis, AMY), "Add a 1-on-1")

    result = trellis.slack.submit(
        AMY, {"With whom": BEN, "Next on": NEXT_TUESDAY, "Who is who": "They are my manager"}
    )

    assert result.view is not None
    assert "every Tuesday at 10:00" in result.view.words
    assert "is your manager" in result.view.words
    home_shows(trellis, AMY, f"<@{BEN}>")


def test_a_form_for_adding_knows_the_person_who_was_named(trellis: Trellis) -> None:
    form = opened(trellis, AMY, "/1on1 add @ben")

    result = trellis.slack.submit(AMY, {"Next on": "2026-11-27"}, view=form)

    assert result.view is not None
    assert f"you and <@{BEN}>, every Friday" in result.view.words


@pytest.mark.parametrize(
    ("choice", "rhythm"),
    [
        ("Every 2 weeks", "every 2 weeks on Tuesday"),
        ("Every month, on the same weekday", "every month on the fourth Tuesday"),
        ("Every month, on the last such weekday", "every month on the last Tuesday"),
    ],
)
def test_the_first_date_says_weekday_and_week(trellis: Trellis, choice: str, rhythm: str) -> None:
    opened(trellis, AMY, "/1on1 add")

    result = trellis.slack.submit(AMY, {"With whom": BEN, "Next on": NEXT_TUESDAY, "How often": choice})

    assert result.view is not None
    assert rhythm in result.view.words


@pytest.mark.parametrize(
    ("values", "field", "words"),
    [
        ({"With whom": AMY}, "With whom", "That is you"),
        ({"With whom": "UOLD0001"}, "With whom", "is no longer active"),
        ({"With whom": "UGUE0001"}, "With whom", "is a guest here"),
        ({"With whom": BEN, "Next on": "2026-11-01"}, "Next on", "The first date has passed"),
        ({"With whom": BEN, "Next on": "9999-12-31"}, "Next on", "more than a year ahead"),
    ],
)
def test_a_fault_is_shown_beside_its_field_in_plain_words(
    trellis: Trellis, values: dict[str, object], field: str, words: str
) -> None:
    opened(trellis, AMY, "/1on1 add")

    result = trellis.slack.submit(AMY, {"Next on": NEXT_TUESDAY, **values})

    assert list(result.errors) == [field]
    assert words in result.errors[field]
    assert not set("<>`&") & set(result.errors[field])


def test_a_second_registration_by_form_names_the_other_in_plain_words(trellis: Trellis) -> None:
    trellis.slack.command(AMY, EVERY_TUESDAY)
    opened(trellis, AMY, "/1on1 add @ben")

    result = trellis.slack.submit(AMY, {"Next on": "2026-11-27"})

    assert "have a standing 1-on-1 already" in result.errors["With whom"]
    assert BEN not in result.errors["With whom"]


def test_a_form_without_a_person_is_not_sent(trellis: Trellis) -> None:
    opened(trellis, AMY, "/1on1 add")

    assert list(trellis.slack.submit(AMY, {"Next on": NEXT_TUESDAY}).errors) == ["With whom"]


def test_the_next_one_is_moved_from_the_menu(trellis: Trellis) -> None:
    trellis.slack.command(AMY, EVERY_TUESDAY)
    chosen(trellis, AMY, "Move the next one")

    result = trellis.slack.submit(AMY, {"To the day": "2026-11-26", "At (your time)": "15:30"})

    assert result.view is not None
    assert "Thu 26 Nov 2026, 15:30 America/New_York" in result.view.words
    home_shows(trellis, AMY, "Thu 26 Nov 2026, 15:30")


@pytest.mark.parametrize("day", ["0001-01-01", "2026-11-20", "2027-12-24", "9999-12-31"])
def test_a_day_out_of_reach_is_refused_beside_its_field(trellis: Trellis, day: str) -> None:
    trellis.slack.command(AMY, EVERY_TUESDAY)
    opened(trellis, AMY, "/1on1 move @ben")

    assert list(trellis.slack.submit(AMY, {"To the day": day}).errors) == ["To the day"]
    assert "Tue 24 Nov 2026" in trellis.slack.command(AMY, "/1on1").text


def test_the_next_one_is_skipped_and_the_whole_ended_from_the_menu(trellis: Trellis) -> None:
    trellis.slack.command(AMY, EVERY_TUESDAY)
    chosen(trellis, AMY, "Skip the next one")
    skipped = trellis.slack.submit(AMY).view
    chosen(trellis, AMY, "End it")
    ended = trellis.slack.submit(AMY).view

    assert skipped is not None
    assert skipped.words.startswith("Skip the next 1-on-1") or "Skipped: no questions" in skipped.words
    assert ended is not None
    assert "Ended." in ended.words
    home_shows(trellis, AMY, "None yet")


def test_a_verb_alone_asks_which_1on1_is_meant(trellis: Trellis) -> None:
    trellis.slack.command(AMY, EVERY_TUESDAY)
    trellis.slack.command(AMY, "/1on1 add @ray every friday 10:00")
    form = opened(trellis, AMY, "/1on1 end")

    labels = form.element("Which 1-on-1").options
    result = trellis.slack.submit(AMY, {"Which 1-on-1": next(each for each in labels if "Friday" in each)})

    assert result.view is not None
    assert f"<@{RAY}>" in result.view.words
    assert len(labels) == 2


def test_a_question_asked_for_by_form_has_buttons_that_work_in_the_dialog(trellis: Trellis) -> None:
    opened(trellis, AMY, "/1on1 ask")
    first = trellis.slack.submit(AMY, {"For whom": JONAS}).view
    assert first is not None

    second = pressed(trellis, AMY, first, "Another question")
    third = pressed(trellis, AMY, second, "Not useful")

    put = [question_in(view.words).id for view in (first, second, third)]
    assert len(set(put)) == 3
    assert all(f"For <@{JONAS}>" in view.words for view in (first, second, third))


def test_a_question_from_the_menu_has_buttons_that_work_in_the_dialog(trellis: Trellis) -> None:
    trellis.slack.command(AMY, EVERY_TUESDAY)
    first = chosen(trellis, AMY, "A question now")

    second = pressed(trellis, AMY, first, "Another question")

    assert question_in(first.words).id != question_in(second.words).id


def test_a_question_asked_for_by_text_has_buttons_that_work_in_the_answer(trellis: Trellis) -> None:
    first = trellis.slack.command(AMY, "/1on1 ask @jonas").message

    second = trellis.slack.press(AMY, first, "Another question").message

    assert question_in(first.text).id != question_in(second.text).id
    assert second.visible_to == AMY


def test_a_role_taken_under_the_answer_changes_who_gets_what(trellis: Trellis) -> None:
    answer = trellis.slack.command(AMY, EVERY_TUESDAY)

    taken = trellis.slack.press(AMY, answer.message, "I am the manager").message
    trellis.tick(utc("2026-11-23 15:00"))
    trellis.tick(utc("2026-11-23 15:01"))

    assert "You are the manager" in taken.text
    assert taken.buttons == ["I report to them", "We are peers"]
    assert "For your last 15 minutes" in preps(trellis, AMY)[0].text
    assert "Something to bring" in preps(trellis, BEN)[0].text


def test_a_role_taken_in_the_dialog_shows_in_the_dialog(trellis: Trellis) -> None:
    opened(trellis, AMY, "/1on1 add @ben")
    dialog = trellis.slack.submit(AMY, {"Next on": NEXT_TUESDAY}).view
    assert dialog is not None

    assert "You are the manager" in pressed(trellis, AMY, dialog, "I am the manager").words


def test_correcting_changes_rhythm_and_takes_the_correctors_clock(trellis: Trellis) -> None:
    trellis.slack.command(AMY, "/1on1 add @mia every tuesday 10:00")
    chosen(trellis, MIA, "Change it")

    result = trellis.slack.submit(MIA, {"Next on": "2026-11-26", "At (your time)": "15:00"})

    assert result.view is not None
    assert "every Thursday at 15:00 (Europe/Berlin)" in result.view.words
    assert "Thu 26 Nov 2026, 09:00 America/New_York" in trellis.slack.command(AMY, "/1on1").text


def test_a_correction_that_changes_only_the_role_leaves_the_rhythm_where_it_lives(trellis: Trellis) -> None:
    trellis.slack.command(AMY, "/1on1 add @mia every month on the last friday at 10:00")
    trellis.slack.command(AMY, "/1on1 move @mia to 2026-11-25 12:00")
    form = chosen(trellis, MIA, "Change it")

    result = trellis.slack.submit(MIA, {"Who is who": "I am their manager"}, view=form)
    words = trellis.slack.command(AMY, "/1on1").text

    assert result.view is not None
    assert "You are the manager" in result.view.words
    assert "every month on the last Friday at 10:00 (America/New_York)" in words
    assert "Wed 25 Nov 2026, 12:00" in words


def test_a_correction_follows_at_once_and_nobody_hears_twice(trellis: Trellis) -> None:
    trellis.slack.command(AMY, EVERY_TUESDAY)
    trellis.tick(utc("2026-11-23 15:00"))
    trellis.tick(utc("2026-11-23 15:01"))
    chosen(trellis, AMY, "Change it")
    trellis.slack.submit(AMY, {"Next on": "2026-11-25", "At (your time)": "11:00"})

    live_until(trellis, utc("2026-11-26 00:00"))

    assert len(preps(trellis, AMY)) == 1
    assert len(preps(trellis, BEN)) == 1


def test_a_skipped_day_that_a_new_rhythm_comes_back_to_is_held(trellis: Trellis) -> None:
    trellis.slack.command(AMY, "/1on1 add @ben every month on the second tuesday at 10:00")
    trellis.slack.command(AMY, "/1on1 skip @ben")
    chosen(trellis, AMY, "Change it")
    trellis.slack.submit(AMY, {"Next on": NEXT_TUESDAY, "How often": "Every week"})

    live_until(trellis, utc("2026-12-17 00:00"))

    days = ["24 Nov", "1 Dec", "8 Dec", "15 Dec"]
    assert [any(day in prep.text for prep in preps(trellis, AMY)) for day in days] == [True] * 4
    assert len(preps(trellis, AMY)) == 4


def test_a_form_sent_twice_takes_effect_once(trellis: Trellis) -> None:
    trellis.slack.command(AMY, EVERY_TUESDAY)
    opened(trellis, AMY, "/1on1 skip")
    trellis.slack.submit(AMY)
    before = stored(trellis)

    trellis.slack.resubmit()

    assert stored(trellis) == before


def test_a_form_with_a_fault_can_be_sent_again(trellis: Trellis) -> None:
    opened(trellis, AMY, "/1on1 add @ben")
    trellis.slack.submit(AMY, {"Next on": "2026-11-01"})

    result = trellis.slack.submit(AMY, {"Next on": NEXT_TUESDAY})

    assert result.view is not None
    assert "Registered" in result.view.words


FORGED = {
    "every": ["x", "0", "53", "-1", "10" * 20, ""],
    "minutes": ["x", "0", "-5", "481", str(10**30)],
    "role": ["x", "", "Manager"],
}


@pytest.mark.parametrize("name", FORGED)
def test_a_choice_no_list_offers_changes_nothing(trellis: Trellis, name: str) -> None:
    trellis.slack.command(AMY, EVERY_TUESDAY)
    form, before = chosen(trellis, AMY, "Change it"), stored(trellis)
    old = {f"one_on_ones.{name}": "That menu is from another time. /1on1 shows what is current."}

    for value in FORGED[name]:
        values = forging.changed(form, **{name: forging.option(value)})
        assert forging.submission(trellis, AMY, form, values)["errors"] == old, value
        assert stored(trellis) == before, value


def test_a_forged_number_in_a_form_changes_nothing(trellis: Trellis) -> None:
    trellis.slack.command(AMY, EVERY_TUESDAY)
    form, before = chosen(trellis, AMY, "Change it"), stored(trellis)

    for carried in ("", "x", "-1", "0", "999", str(10**30), "²"):
        answer = forging.submission(trellis, AMY, form, forging.changed(form), private_metadata=carried)
        assert answer["response_action"] == "errors", carried
        assert "Something went wrong" not in str(answer), carried
        assert stored(trellis) == before, carried


def test_a_form_about_somebody_elses_1on1_changes_nothing(trellis: Trellis) -> None:
    trellis.slack.command(AMY, EVERY_TUESDAY)
    form, before = chosen(trellis, AMY, "Change it"), stored(trellis)

    answer = forging.submission(trellis, RAY, form, forging.changed(form))

    assert "I do not know a standing 1-on-1 of yours behind that" in str(answer)
    assert stored(trellis) == before


@pytest.mark.parametrize("verb", ["move", "skip", "end"])
def test_a_forged_pick_changes_nothing(trellis: Trellis, verb: str) -> None:
    trellis.slack.command(AMY, EVERY_TUESDAY)
    form, before = opened(trellis, AMY, f"/1on1 {verb}"), stored(trellis)

    for value in ("x", "999", str(10**30), ""):
        values = forging.changed(form, which=forging.option(value))
        answer = forging.submission(trellis, AMY, form, values)
        assert answer["response_action"] == "errors", value
        assert "Something went wrong" not in str(answer), value
        assert stored(trellis) == before, value


def test_a_person_no_picker_offers_is_refused(trellis: Trellis) -> None:
    form = opened(trellis, AMY, "/1on1 add")

    answer = forging.submission(
        trellis, AMY, form, forging.changed(form, person={"selected_user": "UNOBODY99"})
    )

    assert "I cannot find that person" in answer["errors"]["one_on_ones.person"]
    assert stored(trellis) == []


def test_a_person_no_composer_offers_is_refused(trellis: Trellis) -> None:
    answer = forging.command(trellis, AMY, "/1on1", "add <@UNOBODY99> every tuesday 10:00")

    assert "I cannot find that person" in answer["text"]
    assert stored(trellis) == []


def test_a_form_takes_effect_once_on_each_store(trellis_anywhere: Trellis) -> None:
    opened(trellis_anywhere, AMY, "/1on1 add @ben")

    result = trellis_anywhere.slack.submit(AMY, {"Next on": NEXT_TUESDAY})
    before = stored(trellis_anywhere)
    trellis_anywhere.slack.resubmit()

    assert result.view is not None
    assert "Registered" in result.view.words
    assert stored(trellis_anywhere) == before


def test_from_registration_to_reminder_on_each_store(trellis_anywhere: Trellis) -> None:
    trellis_anywhere.slack.command(AMY, f"{EVERY_TUESDAY} as manager")
    trellis_anywhere.slack.change_person(BEN, tz="Europe/Berlin")
    chosen(trellis_anywhere, AMY, "Change it")
    trellis_anywhere.slack.submit(AMY, {"Next on": "2026-11-25", "At (your time)": "11:00"})

    live_until(trellis_anywhere, utc("2026-12-03 00:00"))

    assert [len(preps(trellis_anywhere, who)) for who in (AMY, BEN)] == [2, 2]
    assert "Wed 25 Nov 2026, 17:00 Europe/Berlin" in preps(trellis_anywhere, BEN)[0].text
    assert len(closings(trellis_anywhere, AMY)) == 2
