"""Everything about goals works by mouse, and no click does more than it says: not twice, not late, not forged."""

from __future__ import annotations

import pytest

from tests.handlers.goals_stage import goal_of, kept, stock, tampered
from tests.people import AMY, BEN
from tests.trellis import Trellis

UNKNOWN = "I do not know a goal of yours with that number. `/goal` lists yours."
OLD = "That button is from another time. `/growth` shows what is current."


def test_a_remark_goes_away_when_one_keeps_the_goal(trellis: Trellis) -> None:
    logged = trellis.slack.command(AMY, "/goal add Improve my communication").message
    kept_message = trellis.slack.press(AMY, logged, "Keep as it is").message
    assert kept_message.text == "Kept as it is, goal 1: _Improve my communication._"
    assert kept_message.buttons == []
    assert kept_message.ts == logged.ts


def test_a_goal_is_sharpened_in_its_form(trellis: Trellis) -> None:
    logged = trellis.slack.command(AMY, "/goal add Improve my communication").message
    form = trellis.slack.press(AMY, logged, "Sharpen").view
    assert form is not None
    assert form.element("What would you like to reach?").raw["initial_value"] == "Improve my communication"

    result = trellis.slack.submit(
        AMY, {"What would you like to reach?": "Open two demos", "By when?": "2027-03-31"}
    )

    assert result.view is not None
    assert "Saved: goal 1, _Open two demos._ Due Wed 31 Mar 2027." in result.view.words
    assert goal_of(trellis, AMY).title == "Open two demos"


def test_a_goal_is_picked_from_the_list_and_done_with_two_clicks(trellis: Trellis) -> None:
    trellis.slack.command(AMY, "/goal add Open two demos")
    listed = trellis.slack.command(AMY, "/goal").message

    story = trellis.slack.press(AMY, listed, "Pick a goal", "1").message
    done = trellis.slack.press(AMY, story, "Mark as done").message

    assert story.ts == listed.ts
    assert done.text == "Done: goal 1, _Open two demos._"
    assert goal_of(trellis, AMY).state == "done"


def test_a_button_pressed_twice_takes_effect_once(trellis: Trellis) -> None:
    trellis.slack.command(AMY, "/goal add Open two demos")
    story = trellis.slack.command(AMY, "/goal show 1").message
    trellis.slack.press(AMY, story, "Mark as done")
    before = kept(trellis)

    again = trellis.slack.press(AMY, story, "Mark as done").message

    assert again.text == "Goal 1, _Open two demos_, was done already, so nothing changed."
    assert kept(trellis) == before


@pytest.mark.parametrize("button", ["Note progress", "Edit", "Share", "Drop"])
def test_a_button_on_an_old_message_says_that_the_goal_is_done(trellis: Trellis, button: str) -> None:
    trellis.slack.command(AMY, "/goal add Open two demos")
    story = trellis.slack.command(AMY, "/goal show 1").message
    trellis.slack.command(AMY, "/goal done 1")
    before = kept(trellis)

    answer = trellis.slack.press(AMY, story, button)

    assert answer.text.startswith("Goal 1 is done already.")
    assert answer.view is None
    assert kept(trellis) == before


def test_done_on_an_old_message_of_a_dropped_goal_is_refused(trellis: Trellis) -> None:
    trellis.slack.command(AMY, "/goal add Open two demos")
    story = trellis.slack.command(AMY, "/goal show 1").message
    trellis.slack.command(AMY, "/goal drop 1")
    answer = trellis.slack.press(AMY, story, "Mark as done")
    assert answer.text.startswith("Goal 1 is dropped already.")
    assert goal_of(trellis, AMY).state == "dropped"


def test_a_goal_closed_by_mistake_is_opened_again(trellis: Trellis) -> None:
    trellis.slack.command(AMY, "/goal add Open two demos")
    done = trellis.slack.command(AMY, "/goal done 1").message
    assert trellis.slack.press(AMY, done, "Open it again").text == "Goal 1, _Open two demos_, is open again."
    assert (
        trellis.slack.press(AMY, done, "Open it again").text == "Goal 1, _Open two demos_, is open already."
    )
    assert goal_of(trellis, AMY).is_open


FORGED = [
    ("Mark as done", "2", UNKNOWN),
    ("Mark as done", "0", UNKNOWN),
    ("Mark as done", "999999999999999999", UNKNOWN),
    ("Mark as done", "1 OR 1=1", OLD),
    ("Mark as done", "-1", OLD),
    ("Mark as done", "9" * 40, OLD),
    ("Edit", "2", UNKNOWN),
    ("Share", "x", OLD),
]


def test_a_forged_button_changes_nothing(trellis: Trellis) -> None:
    trellis.slack.command(AMY, "/goal add Amy's only goal")
    trellis.slack.command(BEN, "/goal add Ben's first goal")
    trellis.slack.command(BEN, "/goal add Ben's second goal")
    story = trellis.slack.command(AMY, "/goal show 1").message
    before = kept(trellis)

    for button, value, words in FORGED:
        answer = trellis.slack.press(AMY, tampered(story, button, value), button)
        assert answer.text == words, (button, value)
        assert kept(trellis) == before, (button, value)


@pytest.mark.parametrize("value", ["2", "nonsense", "1; DROP TABLE goal"])
def test_a_forged_choice_in_the_list_shows_nothing(trellis: Trellis, value: str) -> None:
    trellis.slack.command(AMY, "/goal add Amy's only goal")
    trellis.slack.command(BEN, "/goal add Ben's first goal")
    trellis.slack.command(BEN, "/goal add Ben's second goal")
    listed = trellis.slack.command(AMY, "/goal").message
    answer = trellis.slack.press(AMY, tampered(listed, "Pick a goal", value), "Pick a goal", value)
    assert answer.text in (UNKNOWN, OLD)


def test_home_shows_ten_goals_and_the_rest_behind_a_button(trellis: Trellis) -> None:
    stock(trellis, AMY, 12)
    home = trellis.slack.open_home(AMY)
    assert home is not None
    assert "*10.* Goal number 10 · 0%" in home.words
    assert "*11.*" not in home.words

    listed = trellis.slack.press(AMY, home, "All my goals").view
    assert listed is not None
    assert "*12.* Goal number 12 · 0%" in listed.words


def test_a_goal_is_done_from_its_menu_in_home(trellis: Trellis) -> None:
    trellis.slack.command(AMY, "/goal add Open two demos")
    home = trellis.slack.open_home(AMY)
    assert home is not None

    trellis.slack.press(AMY, home, "goals.menu", "done 1")

    shown = trellis.slack.eventually(
        lambda: (now := trellis.slack.home(AMY)) and "You have no open goals" in now.words and now
    )
    assert shown
    assert goal_of(trellis, AMY).state == "done"


@pytest.mark.parametrize(
    ("choice", "title"),
    [("progress 1", "Progress"), ("edit 1", "Goal 1"), ("drop 1", "Drop a goal"), ("show 1", "Goals")],
)
def test_the_menu_in_home_opens_what_it_says(trellis: Trellis, choice: str, title: str) -> None:
    trellis.slack.command(AMY, "/goal add Open two demos")
    home = trellis.slack.open_home(AMY)
    assert home is not None
    view = trellis.slack.press(AMY, home, "goals.menu", choice).view
    assert view is not None
    assert view.title == title


@pytest.mark.parametrize("choice", ["done 2", "done x", "edit 99", "fly 1", ""])
def test_a_forged_menu_choice_in_home_changes_nothing(trellis: Trellis, choice: str) -> None:
    trellis.slack.command(AMY, "/goal add Amy's only goal")
    trellis.slack.command(BEN, "/goal add Ben's first goal")
    trellis.slack.command(BEN, "/goal add Ben's second goal")
    home = trellis.slack.open_home(AMY)
    assert home is not None
    before = kept(trellis)
    trellis.slack.press(AMY, tampered(home, "goals.menu", choice), "goals.menu", choice)
    assert kept(trellis) == before


def test_a_goal_is_worked_on_in_the_dialog_over_home(trellis: Trellis) -> None:
    trellis.slack.command(AMY, "/goal add Open two demos")
    home = trellis.slack.open_home(AMY)
    assert home is not None

    story = trellis.slack.press(AMY, home, "goals.menu", "show 1").view
    assert story is not None
    form = trellis.slack.press(AMY, story, "Edit").view
    assert form is not None
    trellis.slack.submit(AMY, {"title": "Open three demos"})
    saved = trellis.slack.view(AMY)
    assert saved is not None
    story = trellis.slack.press(AMY, saved, "Show it").view
    assert story is not None
    trellis.slack.press(AMY, story, "Edit")
    trellis.slack.submit(AMY, {"title": "Open four demos"})

    assert goal_of(trellis, AMY).title == "Open four demos"


def test_somebody_is_picked_to_see_what_they_share(trellis: Trellis) -> None:
    trellis.slack.command(BEN, "/goal add Mentor two people")
    trellis.slack.command(BEN, "/goal share 1 with everyone")
    home = trellis.slack.open_home(AMY)
    assert home is not None
    trellis.slack.press(AMY, home, "Show somebody's goals")
    shown = trellis.slack.submit(AMY, {"Whose goals?": BEN}).view
    assert shown is not None
    assert "*1.* Mentor two people · 0%" in shown.words


def test_further_shared_goals_are_asked_for_again_at_each_page(trellis: Trellis) -> None:
    stock(trellis, BEN, 22, audience="everyone")
    first = trellis.slack.command(AMY, "/goal of @ben").message
    trellis.slack.command(BEN, "/goal share 21 with me")

    second = trellis.slack.press(AMY, first, "Show more").message

    assert second.text.splitlines()[1:] == ["*22.* Goal number 22 · 0%"]


@pytest.mark.parametrize("value", [f"{AMY} 0", "UNOBODY 0", "x"])
def test_a_forged_page_of_somebody_shows_only_what_they_share(trellis: Trellis, value: str) -> None:
    stock(trellis, AMY, 22, audience="everyone")
    trellis.slack.command(AMY, "/goal add Not for Ben")
    first = trellis.slack.command(BEN, "/goal of @amy").message

    shown = trellis.slack.press(BEN, tampered(first, "Show more", value), "Show more").message

    assert "Not for Ben" not in shown.everything
