"""Forms about goals: each takes effect once, says what came of it in its own place, and refuses at the field."""

from __future__ import annotations

import pytest

from sandbox.seen import View
from tests.handlers.goals_stage import goal_of, goals_of, kept, stock
from tests.people import AMY, BEN, MONDAY_NOON
from tests.trellis import Trellis

WHAT, HOW, WHEN = "What would you like to reach?", "How will you notice that it worked?", "By when?"
WHO = "Who else may see it?"
YESTERDAY = "2026-11-22"


def open_form(trellis: Trellis, text: str, user: str = AMY) -> View:
    view = trellis.slack.command(user, f"/goal {text}").view
    assert view is not None
    return view


def test_a_goal_is_logged_with_all_one_can_say_about_it(trellis: Trellis) -> None:
    open_form(trellis, "add")
    result = trellis.slack.submit(
        AMY,
        {
            WHAT: "Open two of the four weekly demos",
            HOW: "Two demos",
            WHEN: "2027-03-31",
            "Why does it matter to you?": "To be heard",
            "What kind of goal is it?": "skill",
            WHO: ["buddy", "everyone"],
        },
    )

    assert result.view is not None
    assert result.view.words.startswith(
        "Logged as goal 1: _Open two of the four weekly demos._ Due Wed 31 Mar 2027."
    )
    goal = goal_of(trellis, AMY)
    assert (goal.measure, goal.why, goal.kind) == ("Two demos", "To be heard", "skill")
    assert goal.audience == {"buddy", "everyone"}


def test_a_vague_goal_can_be_sharpened_right_where_it_was_written(trellis: Trellis) -> None:
    open_form(trellis, "add")
    remarked = trellis.slack.submit(AMY, {WHAT: "Improve my communication"}).view
    assert remarked is not None
    assert remarked.buttons == ["Sharpen", "Keep as it is"]

    trellis.slack.press(AMY, remarked, "Sharpen")
    trellis.slack.submit(AMY, {WHAT: "Open two demos", WHEN: "2027-03-31"})

    assert goal_of(trellis, AMY).title == "Open two demos"


def test_a_vague_goal_can_be_kept_right_where_it_was_written(trellis: Trellis) -> None:
    open_form(trellis, "add")
    remarked = trellis.slack.submit(AMY, {WHAT: "Improve my communication"}).view
    assert remarked is not None
    now = trellis.slack.press(AMY, remarked, "Keep as it is").view or trellis.slack.view(AMY)
    assert now is not None
    assert now.words == "Kept as it is, goal 1: _Improve my communication._"


@pytest.mark.parametrize(
    ("values", "field", "words"),
    [
        ({WHAT: "   "}, WHAT, "A goal needs a few words"),
        ({WHAT: "\u200b\u200f"}, WHAT, "A goal needs a few words"),
        ({WHAT: "Open two demos", WHEN: YESTERDAY}, WHEN, "That day has passed already."),
    ],
    ids=["spaces", "invisible", "yesterday"],
)
def test_what_cannot_be_kept_is_refused_at_its_field(
    trellis: Trellis, values: dict[str, object], field: str, words: str
) -> None:
    open_form(trellis, "add")
    result = trellis.slack.submit(AMY, values)
    assert list(result.errors) == [field]
    assert result.errors[field].startswith(words)
    assert kept(trellis) == []

    again = trellis.slack.submit(AMY, {WHAT: "Open two demos", WHEN: "2027-03-31"})
    assert again.errors == {}
    assert goal_of(trellis, AMY).title == "Open two demos"


def test_odd_text_in_a_form_is_kept_as_written_and_shown_harmless(trellis: Trellis) -> None:
    open_form(trellis, "add")
    shown = trellis.slack.submit(AMY, {WHAT: "Tell <!channel> & 🚀 تحسين &lt;"}).view
    assert shown is not None
    assert goal_of(trellis, AMY).title == "Tell <!channel> & 🚀 تحسين &lt;"
    assert "_Tell &lt;!channel&gt; &amp; 🚀 تحسين &amp;lt;._" in shown.words


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("add", {WHAT: "Open two demos"}),
        ("progress", {"goal": "1", "percent": "40"}),
        ("edit 1", {"title": "Open three demos"}),
        ("share", {"goal": "1", WHO: ["everyone"]}),
        ("done", {"goal": "1"}),
        ("drop", {"goal": "1"}),
    ],
)
def test_a_form_submitted_twice_takes_effect_once(
    trellis: Trellis, text: str, values: dict[str, object]
) -> None:
    stock(trellis, AMY, 1)
    open_form(trellis, text)
    trellis.slack.submit(AMY, values)
    before = kept(trellis)

    trellis.slack.resubmit()

    assert kept(trellis) == before


def test_progress_is_noted_in_a_form_that_picks_the_goal(trellis: Trellis) -> None:
    stock(trellis, AMY, 3)
    form = open_form(trellis, "progress")
    assert form.element("Which goal?").options == [f"{n} · Goal number {n}" for n in (1, 2, 3)]

    shown = trellis.slack.submit(AMY, {"Which goal?": "2", "percent": "60", "note": "halfway"}).view

    assert shown is not None
    assert shown.words.startswith("Goal 2, _Goal number 2_, is at 60%. Your note: “halfway”")
    assert [goal.percent for goal in goals_of(trellis, AMY)] == [0, 60, 0]


def test_progress_from_a_goals_own_button_begins_where_it_stands(trellis: Trellis) -> None:
    stock(trellis, AMY, 1)
    trellis.slack.command(AMY, "/goal progress 1 40%")
    story = trellis.slack.command(AMY, "/goal show 1").message
    form = trellis.slack.press(AMY, story, "Note progress").view
    assert form is not None
    assert form.element("percent").raw["initial_value"] == "40"


def test_done_and_drop_take_a_note(trellis: Trellis) -> None:
    stock(trellis, AMY, 2)
    open_form(trellis, "done")
    done = trellis.slack.submit(AMY, {"goal": "1", "note": "all of it"}).view
    trellis.slack.close_view(AMY)
    open_form(trellis, "drop")
    dropped = trellis.slack.submit(AMY, {"goal": "2", "note": "no time"}).view

    assert done is not None
    assert dropped is not None
    assert done.words.startswith("Done: goal 1, _Goal number 1._ Your note: “all of it”")
    assert dropped.words.startswith("Dropped: goal 2, _Goal number 2._ Your note: “no time”")
    assert [goal.state for goal in goals_of(trellis, AMY)] == ["done", "dropped"]


def test_sharing_shows_who_sees_it_now_and_sets_what_is_ticked(trellis: Trellis) -> None:
    trellis.slack.command(AMY, "/goal add Open two demos by 2027-03-31")
    story = trellis.slack.command(AMY, "/goal show 1").message
    form = trellis.slack.press(AMY, story, "Share").view
    assert form is not None
    assert [one["value"] for one in form.element(WHO).raw["initial_options"]] == ["manager"]

    shown = trellis.slack.submit(AMY, {WHO: []}).view

    assert shown is not None
    assert shown.words.startswith("Goal 1, _Open two demos_, is seen by you and nobody else.")
    assert goal_of(trellis, AMY).audience == {"me"}


def test_a_picked_goal_opens_in_the_same_place(trellis: Trellis) -> None:
    stock(trellis, AMY, 2)
    open_form(trellis, "edit")
    form = trellis.slack.submit(AMY, {"Which goal?": "2"}).view
    assert form is not None
    assert (form.title, form.element(WHAT).raw["initial_value"]) == ("Goal 2", "Goal number 2")
    trellis.slack.submit(AMY, {WHAT: "Another title"})
    assert [goal.title for goal in goals_of(trellis, AMY)] == ["Goal number 1", "Another title"]

    trellis.slack.close_view(AMY)
    open_form(trellis, "show")
    story = trellis.slack.submit(AMY, {"Which goal?": "1"}).view
    assert story is not None
    assert "*Goal 1*: Goal number 1" in story.words


def test_a_goal_closed_while_its_form_was_open_stays_closed(trellis: Trellis) -> None:
    stock(trellis, AMY, 1)
    open_form(trellis, "edit 1")
    trellis.slack.command(AMY, "/goal done 1")
    before = kept(trellis)
    result = trellis.slack.submit(AMY, {WHAT: "Another title"})
    assert "Goal 1 is done already." in next(iter(result.errors.values()))
    assert kept(trellis) == before


def test_a_form_over_home_redraws_home(trellis: Trellis) -> None:
    home = trellis.slack.open_home(AMY)
    assert home is not None
    trellis.slack.press(AMY, home, "Add a goal")
    trellis.slack.submit(AMY, {WHAT: "Open two demos", WHEN: "2027-03-31"})
    shown = trellis.slack.eventually(
        lambda: (now := trellis.slack.home(AMY)) and "*1.* Open two demos" in now.words
    )
    assert shown


def test_the_day_is_that_of_the_person_who_fills_the_form(trellis: Trellis) -> None:
    trellis.clock.move(MONDAY_NOON.replace(hour=3))
    open_form(trellis, "add", BEN)
    result = trellis.slack.submit(BEN, {WHAT: "Open two demos", WHEN: YESTERDAY})
    assert result.errors == {}
    assert str(goal_of(trellis, BEN).due_on) == YESTERDAY
