"""What people type after `/goal`, and what they see."""

from __future__ import annotations

import pytest

from tests.handlers.goals_stage import goal_of, goals_of, kept, stock
from tests.people import AMY, BEN, RAY
from tests.statements import counted
from tests.trellis import Trellis


def test_a_vague_goal_is_logged_with_one_remark_and_an_example(trellis: Trellis) -> None:
    answer = trellis.slack.command(AMY, "/goal add Improve my communication")

    assert answer.text == (
        "Logged as goal 1: _Improve my communication._ How would you notice in February that it worked? "
        "For example: _Open two of the four weekly demos until 28 February, "
        "and ask two people each time what was unclear._"
    )
    assert answer.message.buttons == ["Sharpen", "Keep as it is"]
    assert answer.visible_to == AMY
    assert goal_of(trellis, AMY).title == "Improve my communication"


def test_a_clear_goal_is_logged_without_a_remark(trellis: Trellis) -> None:
    answer = trellis.slack.command(AMY, "/goal add Open two of the four weekly demos by 2027-03-31")
    assert answer.text == "Logged as goal 1: _Open two of the four weekly demos._ Due Wed 31 Mar 2027."
    assert answer.message.buttons == ["Show it", "My goals"]


@pytest.mark.parametrize(
    ("typed", "kept_as", "shown"),
    [
        ("Tell <!channel> & co.", "Tell <!channel> & co.", "Tell &lt;!channel&gt; &amp; co."),
        ("🚀 Ship the app 👩🏽‍💻", "🚀 Ship the app 👩🏽‍💻", "🚀 Ship the app 👩🏽‍💻"),
        ("تحسين مهارات العرض", "تحسين مهارات العرض", "تحسين مهارات العرض"),
        ("one\ntwo\tthree", "one two three", "one two three"),
        ("&lt;@UBEN0001&gt;", "&lt;@UBEN0001&gt;", "&amp;lt;@UBEN0001&amp;gt;"),
    ],
    ids=["channel ping", "emoji", "right to left", "lines", "typed entities"],
)
def test_odd_titles_are_kept_as_typed_and_shown_harmless(
    trellis: Trellis, typed: str, kept_as: str, shown: str
) -> None:
    answer = trellis.slack.command(AMY, f"/goal add {typed}")
    assert goal_of(trellis, AMY).title == kept_as
    assert shown in answer.text
    assert answer.error is None


def test_a_title_of_5000_characters_is_refused(trellis: Trellis) -> None:
    answer = trellis.slack.command(AMY, f"/goal add {'x' * 5000}")
    assert "5000 characters and 300 fit" in answer.text
    assert goals_of(trellis, AMY) == []


def test_nothing_but_spaces_opens_the_form(trellis: Trellis) -> None:
    answer = trellis.slack.command(AMY, "/goal add \u00a0  \u200b ")
    assert answer.view is not None
    assert answer.view.title == "New goal"
    assert goals_of(trellis, AMY) == []


def test_an_empty_list_says_how_to_begin(trellis: Trellis) -> None:
    answer = trellis.slack.command(AMY, "/goal")
    assert answer.text.startswith("You have no open goals.")
    assert answer.message.buttons == ["Add a goal"]


def test_the_list_shows_open_goals_and_counts_the_others(trellis: Trellis) -> None:
    for title in ("First", "Second", "Third"):
        trellis.slack.command(AMY, f"/goal add {title}")
    trellis.slack.command(AMY, "/goal progress 2 40%")
    trellis.slack.command(AMY, "/goal done 1")

    answer = trellis.slack.command(AMY, "/goal")

    assert answer.text.splitlines() == ["*Your open goals* (2):", "*2.* Second · 40%", "*3.* Third · 0%"]
    assert "Done: 1" in answer.message.words
    assert answer.message.element("Pick a goal").options == ["2 · Second", "3 · Third"]


def test_a_hundred_goals_come_in_pages_at_the_cost_of_three_queries(trellis: Trellis) -> None:
    stock(trellis, AMY, 100)

    with counted() as statements:
        answer = trellis.slack.command(AMY, "/goal")

    assert 1 <= len(statements) <= 3
    assert "*20.* Goal number 20 · 0%" in answer.text
    assert "*21.*" not in answer.text
    second = trellis.slack.press(AMY, answer.message, "Show more").message
    assert "*21.* Goal number 21" in second.text
    assert "*20.*" not in second.text
    assert second.buttons == ["Add a goal", "Show more", "From the start"]


def test_progress_done_and_drop_say_what_they_did(trellis: Trellis) -> None:
    trellis.slack.command(AMY, "/goal add Open two demos")
    trellis.slack.command(AMY, "/goal add Learn everything")

    progress = trellis.slack.command(AMY, "/goal progress 1 60% the <b>first</b> went well")
    done = trellis.slack.command(AMY, "/goal done 1 both went well")
    dropped = trellis.slack.command(AMY, "/goal drop 2 too much")

    assert progress.text == (
        "Goal 1, _Open two demos_, is at 60%. Your note: “the &lt;b&gt;first&lt;/b&gt; went well”"
    )
    assert done.text == "Done: goal 1, _Open two demos._ Your note: “both went well”"
    assert dropped.text == "Dropped: goal 2, _Learn everything._ Your note: “too much” Its story is kept."
    assert [goal.state for goal in goals_of(trellis, AMY)] == ["done", "dropped"]


def test_a_goal_at_100_percent_can_be_closed_with_one_click(trellis: Trellis) -> None:
    trellis.slack.command(AMY, "/goal add Open two demos")
    answer = trellis.slack.command(AMY, "/goal progress 1 100%")
    trellis.slack.press(AMY, answer.message, "Mark as done")
    assert goal_of(trellis, AMY).state == "done"


def test_closing_twice_says_so_and_changes_nothing(trellis: Trellis) -> None:
    trellis.slack.command(AMY, "/goal add Open two demos")
    trellis.slack.command(AMY, "/goal done 1")
    before = kept(trellis)
    answer = trellis.slack.command(AMY, "/goal done 1 again")
    assert answer.text == "Goal 1, _Open two demos_, was done already, so nothing changed."
    assert kept(trellis) == before


@pytest.mark.parametrize("text", ["progress 1 50%", "edit 1", "drop 1"])
def test_a_closed_goal_says_what_to_do_instead(trellis: Trellis, text: str) -> None:
    trellis.slack.command(AMY, "/goal add Open two demos")
    trellis.slack.command(AMY, "/goal done 1")
    before = kept(trellis)
    answer = trellis.slack.command(AMY, f"/goal {text}")
    assert answer.text == "Goal 1 is done already. To go on with it, open it again from `/goal show 1`."
    assert kept(trellis) == before


def test_a_number_that_is_not_theirs_is_refused_with_a_pointer(trellis: Trellis) -> None:
    trellis.slack.command(AMY, "/goal add Open two demos")
    trellis.slack.command(AMY, "/goal share 1 with everyone")
    before = kept(trellis)
    for text in (
        "progress 1 50%",
        "done 1",
        "drop 1",
        "edit 1",
        "show 1",
        "share 1 with me",
        "done 999999999",
    ):
        answer = trellis.slack.command(BEN, f"/goal {text}")
        assert answer.text == "I do not know a goal of yours with that number. `/goal` lists yours."
    assert kept(trellis) == before


def test_a_goal_shows_its_story(trellis: Trellis) -> None:
    trellis.slack.command(AMY, "/goal add Open two demos by 2027-03-31")
    trellis.slack.command(AMY, "/goal progress 1 60% halfway")
    shown = trellis.slack.command(AMY, "/goal show 1")

    assert "open · 60% · due Wed 31 Mar 2027 · for you and your manager" in shown.text
    assert "0% → 60%: “halfway”" in shown.text
    assert shown.text.endswith("· logged")
    assert shown.message.buttons == ["Note progress", "Mark as done", "Edit", "Share", "Drop", "My goals"]


def test_sharing_sets_exactly_who_sees_it_and_says_who(trellis: Trellis) -> None:
    trellis.slack.command(AMY, "/1on1 add @ben every tuesday 10:00 as report")
    trellis.slack.command(AMY, "/goal add Open two demos")

    with_both = trellis.slack.command(AMY, "/goal share 1 with manager and buddy")
    with_none = trellis.slack.command(AMY, "/goal share 1 with me")

    assert with_both.text == (
        f"Goal 1, _Open two demos_, is seen by you and <@{BEN}> as your manager. "
        "You have no buddy yet; once you have one, they see it too."
    )
    assert with_none.text == "Goal 1, _Open two demos_, is seen by you and nobody else."
    assert goal_of(trellis, AMY).audience == {"me"}


def test_a_manager_sees_what_the_report_shares_and_a_stranger_nothing(trellis: Trellis) -> None:
    trellis.slack.command(AMY, "/1on1 add @ben every tuesday 10:00 as report")
    trellis.slack.command(AMY, "/goal add For my manager")
    trellis.slack.command(AMY, "/goal add For myself")
    trellis.slack.command(AMY, "/goal share 2 with me")

    assert trellis.slack.command(BEN, "/goal of @amy").text == (
        f"*Goals that <@{AMY}> shares with you*:\n*1.* For my manager · 0%"
    )
    assert trellis.slack.command(RAY, "/goal of @amy").text == f"<@{AMY}> shares no goals with you."


def test_who_says_they_are_a_manager_sees_nothing_before_the_report_confirms(trellis: Trellis) -> None:
    trellis.slack.command(AMY, "/goal add For my manager")
    trellis.slack.command(BEN, "/1on1 add @amy every tuesday 10:00 as manager")
    assert trellis.slack.command(BEN, "/goal of @amy").text == f"<@{AMY}> shares no goals with you."


def test_ones_own_goals_are_listed_as_such(trellis: Trellis) -> None:
    trellis.slack.command(AMY, "/goal add Open two demos")
    assert trellis.slack.command(AMY, "/goal of @amy").text.startswith("*Your open goals* (1)")


def test_help_lists_every_verb(trellis: Trellis) -> None:
    text = trellis.slack.command(AMY, "/goal help").message.everything
    for verb in ("add", "progress", "done", "drop", "edit", "show", "share", "of", "export"):
        assert f"`/goal {verb}" in text


def test_a_text_not_understood_changes_nothing(trellis: Trellis) -> None:
    trellis.slack.command(AMY, "/goal add Open two demos")
    before = kept(trellis)
    answer = trellis.slack.command(AMY, "/goal progress one <!here>")
    assert "Try: `/goal progress" in answer.text
    assert "<!here>" not in answer.text
    assert kept(trellis) == before


@pytest.mark.parametrize(
    ("verb", "title"),
    [
        ("progress", "Progress"),
        ("done", "Reached a goal"),
        ("drop", "Drop a goal"),
        ("share", "Share a goal"),
        ("edit", "Pick a goal"),
        ("show", "Pick a goal"),
        ("of", "Somebody's goals"),
    ],
)
def test_a_verb_without_arguments_opens_its_form(trellis: Trellis, verb: str, title: str) -> None:
    trellis.slack.command(AMY, "/goal add Open two demos")
    view = trellis.slack.command(AMY, f"/goal {verb}").view
    assert view is not None
    assert view.title == title


def test_a_verb_without_a_goal_to_be_about_says_so(trellis: Trellis) -> None:
    answer = trellis.slack.command(AMY, "/goal done")
    assert answer.text == "You have no open goals. `/goal add` opens the form for a new one."
