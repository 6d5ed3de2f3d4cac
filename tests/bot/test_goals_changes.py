"""Changes of a goal: each a line of its log, twice is as good as once, and only the owner's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Engine

from bot import goal_changes
from bot.errors import Refusal
from bot.goal_changes import Change, GoalIsClosed, PercentOutOfRange, Sharing
from bot.goal_drafts import DueInThePast, NewGoal, TitleMissing, TooLong, UnknownAudience
from bot.goals import UnknownGoal
from bot.permissions import Actor
from models.goals import Goal
from tests.bot.goals_stage import (
    AMY,
    BEN,
    MONDAY_NOON,
    NAMESAKE,
    NEXT_SPRING,
    RAY,
    TODAY,
    YESTERDAY,
    Stage,
    set_stage,
)


@pytest.fixture
def stage(sqlite: Engine) -> Stage:
    return set_stage(sqlite)


def progress(stage: Stage, number: int, percent: int, note: str | None = None, actor: Actor = AMY) -> Goal:
    with stage.sessions.begin() as session:
        return goal_changes.progress(session, actor, number, percent, note, now=MONDAY_NOON)


def complete(stage: Stage, number: int, note: str | None = None, actor: Actor = AMY) -> Change:
    with stage.sessions.begin() as session:
        return goal_changes.complete(session, actor, number, note, now=MONDAY_NOON)


def drop(stage: Stage, number: int, why: str | None = None, actor: Actor = AMY) -> Change:
    with stage.sessions.begin() as session:
        return goal_changes.drop(session, actor, number, why, now=MONDAY_NOON)


def reopen(stage: Stage, number: int, actor: Actor = AMY) -> Change:
    with stage.sessions.begin() as session:
        return goal_changes.reopen(session, actor, number, now=MONDAY_NOON)


def edit(stage: Stage, number: int, draft: NewGoal, actor: Actor = AMY) -> Change:
    with stage.sessions.begin() as session:
        return goal_changes.edit(session, actor, number, draft, now=MONDAY_NOON, today=TODAY)


def share(stage: Stage, number: int, *audience: str, actor: Actor = AMY) -> Sharing:
    with stage.sessions.begin() as session:
        return goal_changes.share(session, actor, number, audience, now=MONDAY_NOON)


EVERY_CHANGE: dict[str, Callable[..., Any]] = {
    "progress": lambda stage, number, actor: progress(stage, number, 50, actor=actor),
    "done": lambda stage, number, actor: complete(stage, number, actor=actor),
    "drop": lambda stage, number, actor: drop(stage, number, actor=actor),
    "reopen": lambda stage, number, actor: reopen(stage, number, actor=actor),
    "edit": lambda stage, number, actor: edit(stage, number, NewGoal("Mine now"), actor=actor),
    "share": lambda stage, number, actor: share(stage, number, "everyone", actor=actor),
}


@pytest.mark.parametrize("change", EVERY_CHANGE.values(), ids=EVERY_CHANGE.keys())
@pytest.mark.parametrize("actor", [BEN, NAMESAKE], ids=["somebody else", "namesake elsewhere"])
def test_nobody_else_can_change_a_goal(stage: Stage, change: Callable[..., Any], actor: Actor) -> None:
    stage.log("Amy's", audience=frozenset({"everyone"}))
    before = stage.everything()
    for number in (1, 0, -3, 2**31, 10**17):
        with pytest.raises(UnknownGoal):
            change(stage, number, actor)
    assert stage.everything() == before


def test_progress_is_kept_with_its_note(stage: Stage) -> None:
    stage.log("Open two demos")
    progress(stage, 1, 40, "First demo went well")
    progress(stage, 1, 60)

    assert stage.goals()[0].percent == 60
    assert [(entry.what, entry.changes.get("percent"), entry.note) for entry in stage.entries()] == [
        ("logged", None, None),
        ("progress", [0, 40], "First demo went well"),
        ("progress", [40, 60], None),
    ]


def test_the_same_progress_again_is_news_too(stage: Stage) -> None:
    stage.log("Open two demos")
    progress(stage, 1, 40)
    progress(stage, 1, 40, "Still there")
    assert len(stage.entries()) == 3


@pytest.mark.parametrize("percent", [-1, 101, 1000])
def test_progress_beyond_percentages_is_refused_at_its_field(stage: Stage, percent: int) -> None:
    stage.log("Open two demos")
    before = stage.everything()
    with pytest.raises(PercentOutOfRange) as refusal:
        progress(stage, 1, percent)
    assert refusal.value.field == "percent"
    assert stage.everything() == before


@pytest.mark.parametrize("change", [progress, complete, drop], ids=["progress", "done", "drop"])
def test_a_note_of_501_characters_is_refused_and_nothing_changes(
    stage: Stage, change: Callable[..., Any]
) -> None:
    stage.log("Open two demos")
    before = stage.everything()
    percent = (50,) if change is progress else ()
    with pytest.raises(TooLong) as refusal:
        change(stage, 1, *percent, "n" * 501)
    assert refusal.value.field == "note"
    assert stage.everything() == before


@pytest.mark.parametrize(("close", "state"), [(complete, "done"), (drop, "dropped")])
def test_a_goal_is_closed_once_however_often_one_says_so(
    stage: Stage, close: Callable[..., Change], state: str
) -> None:
    stage.log("Open two demos")
    first = close(stage, 1, "That was it")
    before = stage.everything()
    second = close(stage, 1, "That was it")

    assert (first.is_new, second.is_new) == (True, False)
    assert (second.goal.state, second.goal.is_open) == (state, False)
    assert stage.entries()[-1].changes == {"state": ["open", state]}
    assert stage.everything() == before


@pytest.mark.parametrize(
    ("close", "state", "verbs"),
    [
        (complete, "done", ["progress", "edit", "drop"]),
        (drop, "dropped", ["progress", "edit", "done"]),
    ],
)
def test_a_closed_goal_says_what_to_do_instead(
    stage: Stage, close: Callable[..., Change], state: str, verbs: list[str]
) -> None:
    stage.log("Open two demos")
    close(stage, 1)
    before = stage.everything()
    for verb in verbs:
        with pytest.raises(GoalIsClosed) as refusal:
            EVERY_CHANGE[verb](stage, 1, AMY)
        assert str(refusal.value).startswith(f"Goal 1 is {state} already.")
        assert "/goal show 1" in str(refusal.value)
    assert stage.everything() == before


def test_a_goal_closed_by_mistake_is_opened_again_as_it_was(stage: Stage) -> None:
    stage.log("Open two demos")
    progress(stage, 1, 70)
    complete(stage, 1)

    first, second = reopen(stage, 1), reopen(stage, 1)

    assert (first.is_new, second.is_new) == (True, False)
    assert (stage.goals()[0].state, stage.goals()[0].percent) == ("open", 70)
    assert [entry.what for entry in stage.entries()] == ["logged", "progress", "done", "reopened"]


def test_an_edit_is_logged_with_what_was_and_what_is(stage: Stage) -> None:
    stage.log("Open two demos", why="To be heard", due_on=NEXT_SPRING)
    change = edit(stage, 1, NewGoal("Open three demos", kind="habit", due_on=NEXT_SPRING))

    assert change.is_new
    assert stage.entries()[-1].what == "edited"
    assert stage.entries()[-1].changes == {
        "title": ["Open two demos", "Open three demos"],
        "why": ["To be heard", None],
        "kind": [None, "habit"],
    }


def test_an_edit_that_changes_nothing_leaves_no_line(stage: Stage) -> None:
    stage.log("Open two demos")
    before = stage.everything()
    assert not edit(stage, 1, NewGoal("  Open two\ndemos ")).is_new
    assert stage.everything() == before


def test_a_due_day_that_has_passed_may_stay_but_not_be_chosen(stage: Stage) -> None:
    goal = stage.log("Open two demos", due_on=TODAY)
    with stage.sessions.begin() as session:
        session.get_one(Goal, goal.id).due_on = YESTERDAY

    edit(stage, 1, NewGoal("Open three demos", due_on=YESTERDAY))
    with pytest.raises(DueInThePast):
        edit(stage, 1, NewGoal("Open three demos", due_on=YESTERDAY.replace(day=1)))

    assert (stage.goals()[0].title, stage.goals()[0].due_on) == ("Open three demos", YESTERDAY)


@pytest.mark.parametrize(("draft", "refusal"), [(NewGoal(" "), TitleMissing), (NewGoal("x" * 5000), TooLong)])
def test_an_edit_is_checked_like_a_new_goal(stage: Stage, draft: NewGoal, refusal: type[Refusal]) -> None:
    stage.log("Open two demos")
    before = stage.everything()
    with pytest.raises(refusal):
        edit(stage, 1, draft)
    assert stage.everything() == before


@pytest.mark.parametrize(
    ("named", "seen_by"),
    [
        ({"me"}, {"me"}),
        (set(), {"me"}),
        ({"manager"}, {"manager"}),
        ({"me", "buddy"}, {"buddy"}),
        ({"manager", "buddy", "everyone"}, {"manager", "buddy", "everyone"}),
    ],
)
def test_sharing_sets_exactly_the_named_audience(stage: Stage, named: set[str], seen_by: set[str]) -> None:
    stage.log("Open two demos", audience=frozenset({"everyone"}))
    assert share(stage, 1, *named).goal.audience == seen_by
    assert stage.entries()[-1].what == "shared"
    assert stage.entries()[-1].changes["audience"][0] == ["everyone"]
    assert set(stage.entries()[-1].changes["audience"][1]) == seen_by


def test_an_unknown_audience_is_refused(stage: Stage) -> None:
    stage.log("Open two demos")
    before = stage.everything()
    with pytest.raises(UnknownAudience):
        share(stage, 1, "manager", "the press")
    assert stage.everything() == before


def test_sharing_names_the_confirmed_managers_only(stage: Stage) -> None:
    stage.log("Open two demos")
    stage.meet(BEN, AMY, manager=BEN, is_manager_confirmed=True)
    stage.meet(AMY, RAY, manager=RAY)
    assert share(stage, 1, "manager").managers == ("UBEN",)


def test_being_a_manager_oneself_names_nobody(stage: Stage) -> None:
    stage.log("Open two demos")
    stage.meet(AMY, BEN, manager=AMY, is_manager_confirmed=True)
    assert share(stage, 1, "manager").managers == ()


def test_a_closed_goal_can_still_be_hidden(stage: Stage) -> None:
    stage.log("Open two demos", audience=frozenset({"everyone"}))
    complete(stage, 1)
    assert share(stage, 1, "me").goal.audience == {"me"}
