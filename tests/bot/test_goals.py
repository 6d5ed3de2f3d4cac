"""Goals are logged under numbers of their owner, and read at the same cost however many there are."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import Engine

from bot import goal_changes, goals
from bot.errors import Refusal
from bot.goal_drafts import (
    DueInThePast,
    TitleMissing,
    TooLong,
    UnknownAudience,
    UnknownKind,
)
from bot.goals import UnknownGoal
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
from tests.statements import counted


@pytest.fixture
def stage(sqlite: Engine) -> Stage:
    return set_stage(sqlite)


def test_a_new_goal_is_open_and_seen_by_oneself_and_the_manager(stage: Stage) -> None:
    stage.log("Open two demos", measure="Two demos", why="To be heard", kind="skill", due_on=NEXT_SPRING)

    [goal] = stage.goals()
    assert (goal.number, goal.state, goal.percent) == (1, "open", 0)
    assert (goal.title, goal.measure, goal.why) == ("Open two demos", "Two demos", "To be heard")
    assert (goal.kind, goal.due_on, set(goal.audience)) == ("skill", NEXT_SPRING, {"manager"})
    assert goal.logged_at == MONDAY_NOON


def test_the_log_begins_with_what_was_written(stage: Stage) -> None:
    stage.log("Open two demos", due_on=NEXT_SPRING)

    [entry] = stage.entries()
    assert (entry.what, entry.by, entry.at, entry.note) == ("logged", "UAMY", MONDAY_NOON, None)
    assert entry.changes == {
        "title": [None, "Open two demos"],
        "due_on": [None, "2027-03-31"],
        "audience": [None, ["manager"]],
    }


def test_numbers_are_each_owners_own_and_never_used_again(stage: Stage) -> None:
    stage.log("First")
    stage.log("Second")
    with stage.sessions.begin() as session:
        goal_changes.drop(session, AMY, 2, None, now=MONDAY_NOON)
    stage.log("Third")
    stage.log("Ben's", BEN)
    stage.log("The namesake's", NAMESAKE)

    assert [goal.number for goal in stage.goals()] == [1, 2, 3]
    assert [goal.number for goal in stage.goals(BEN)] == [1]
    assert [goal.number for goal in stage.goals(NAMESAKE)] == [1]


def test_goals_logged_at_the_same_time_get_numbers_of_their_own(store: Engine) -> None:
    stage = set_stage(store)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(stage.log, [f"Goal {count}" for count in range(12)]))

    assert [goal.number for goal in stage.goals()] == list(range(1, 13))


def test_a_goal_that_fails_takes_no_number(stage: Stage) -> None:
    with pytest.raises(TitleMissing):
        stage.log("   ")
    assert stage.log("Now with words").number == 1


@pytest.mark.parametrize(
    "title",
    ["", "   ", "\n\t ", "\u00a0\u2003", "\u200b\u200e\u200f", "\0"],
    ids=["nothing", "spaces", "newlines", "wide spaces", "invisible marks", "zero"],
)
def test_a_title_with_nothing_to_see_is_refused_at_its_field(stage: Stage, title: str) -> None:
    before = stage.everything()
    with pytest.raises(TitleMissing) as refusal:
        stage.log(title)
    assert refusal.value.field == "title"
    assert stage.everything() == before


def test_a_title_of_5000_characters_is_refused_with_both_numbers(stage: Stage) -> None:
    before = stage.everything()
    with pytest.raises(TooLong) as refusal:
        stage.log("x" * 5000)
    assert "5000" in str(refusal.value)
    assert "300" in str(refusal.value)
    assert stage.everything() == before


@pytest.mark.parametrize(
    ("title", "kept"),
    [
        ("x" * 300, "x" * 300),
        ("Tell <!channel> & <@UBEN> about it", "Tell <!channel> & <@UBEN> about it"),
        ("🚀 Ship it 👩🏽‍💻", "🚀 Ship it 👩🏽‍💻"),
        ("تحسين مهارات العرض", "تحسين مهارات العرض"),
        ("first line\nsecond\r\n\tthird", "first line second third"),
        ("with a zero\0 in it", "with a zero in it"),
        ("half a pair \ud83d left", "half a pair left"),
    ],
    ids=["300", "markup", "emoji", "right to left", "lines", "zero", "surrogate"],
)
def test_a_title_is_kept_as_it_was_meant_on_one_line(stage: Stage, title: str, kept: str) -> None:
    stage.log(title)
    assert stage.goals()[0].title == kept


@pytest.mark.parametrize(
    ("facts", "refusal", "field"),
    [
        ({"measure": "m" * 301}, TooLong, "measure"),
        ({"why": "w" * 501}, TooLong, "why"),
        ({"due_on": YESTERDAY}, DueInThePast, "due_on"),
        ({"kind": "conquest"}, UnknownKind, "kind"),
        ({"audience": frozenset({"the press"})}, UnknownAudience, "audience"),
    ],
)
def test_what_cannot_be_kept_is_refused_at_its_field(
    stage: Stage, facts: dict[str, Any], refusal: type[Refusal], field: str
) -> None:
    before = stage.everything()
    with pytest.raises(refusal) as refused:
        stage.log("Open two demos", **facts)
    assert refused.value.field == field
    assert stage.everything() == before


def test_a_goal_may_be_due_today(stage: Stage) -> None:
    assert stage.log("Send the draft to three readers", due_on=TODAY).due_on == TODAY


def test_empty_texts_are_none(stage: Stage) -> None:
    goal = stage.log("Open two demos", measure="  ", why="\n")
    assert (goal.measure, goal.why) == (None, None)


@pytest.mark.parametrize("number", [0, -1, 2, 2**31, 10**17])
def test_a_number_that_is_no_goal_of_ones_own_is_refused(stage: Stage, number: int) -> None:
    stage.log("Amy's")
    stage.log("Ben's first", BEN)
    stage.log("Ben's second", BEN)
    with stage.sessions.read() as session, pytest.raises(UnknownGoal):
        goals.find(session, AMY, number)


def test_a_namesake_in_another_workspace_sees_nothing(stage: Stage) -> None:
    stage.log("Amy's", audience=frozenset({"everyone"}))
    with stage.sessions.read() as session:
        assert goals.page(session.connection(), NAMESAKE).goals == ()
        assert goals.shared_by(session, NAMESAKE, "UAMY").goals == ()
        with pytest.raises(UnknownGoal):
            goals.find(session, NAMESAKE, 1)


def test_pages_follow_one_another_by_number(stage: Stage) -> None:
    for count in range(45):
        stage.log(f"Goal {count + 1}")
    with stage.sessions.begin() as session:
        goal_changes.complete(session, AMY, 3, None, now=MONDAY_NOON)
        goal_changes.drop(session, AMY, 4, None, now=MONDAY_NOON)

    with stage.sessions.read() as session:
        first = goals.page(session.connection(), AMY)
        second = goals.page(session.connection(), AMY, after=first.goals[-1].number)
        third = goals.page(session.connection(), AMY, after=second.goals[-1].number)

    assert [goal.number for goal in first.goals] == [1, 2, *range(5, 23)]
    assert [goal.number for goal in third.goals] == [43, 44, 45]
    assert (first.has_more, second.has_more, third.has_more) == (True, True, False)
    assert (first.open, first.done, first.dropped) == (43, 1, 1)


@pytest.mark.parametrize("after", [-1, 10**17])
def test_a_forged_place_in_the_list_is_refused(stage: Stage, after: int) -> None:
    with stage.sessions.read() as session, pytest.raises(UnknownGoal):
        goals.page(session.connection(), AMY, after=after)


def test_the_list_and_the_overview_cost_the_same_for_100_goals_as_for_none(stage: Stage) -> None:
    for count in range(100):
        stage.log(f"Goal {count + 1}")

    with counted() as for_the_list, stage.sessions.read() as session:
        goals.page(session.connection(), AMY)
    with counted() as for_the_overview, stage.sessions.read() as session:
        overview = goals.overview(session, AMY)

    assert len(for_the_list) == 1
    assert len(for_the_overview) == 2
    assert len(overview.page.goals) == 10
    assert overview.page.open == 100


def test_the_menu_offers_the_newest_hundred_in_order(stage: Stage) -> None:
    for count in range(103):
        stage.log(f"Goal {count + 1}")
    with stage.sessions.read() as session:
        offered = goals.pickable(session, AMY)
    assert [goal.number for goal in offered] == list(range(4, 104))


def test_a_story_shows_the_end_of_the_log_and_that_there_is_more(stage: Stage) -> None:
    stage.log("Open two demos")
    with stage.sessions.begin() as session:
        for percent in range(12):
            goal_changes.progress(session, AMY, 1, percent, f"Note {percent}", now=MONDAY_NOON)

    with stage.sessions.read() as session:
        story = goals.story(session, AMY, 1)

    assert [entry.note for entry in story.entries] == [f"Note {count}" for count in range(11, 1, -1)]
    assert story.has_earlier


def test_only_what_the_owner_shares_is_listed_under_the_owners_numbers(stage: Stage) -> None:
    stage.log("For oneself", audience=frozenset({"me"}))
    stage.log("For everyone", audience=frozenset({"everyone"}))
    stage.log("For the manager")
    stage.log("For everyone, dropped", audience=frozenset({"everyone"}))
    stage.log("For the buddy", audience=frozenset({"buddy"}))
    with stage.sessions.begin() as session:
        goal_changes.drop(session, AMY, 4, None, now=MONDAY_NOON)
    stage.meet(BEN, AMY, manager=BEN, is_manager_confirmed=True)

    with stage.sessions.read() as session:
        to_ben = goals.shared_by(session, BEN, "UAMY")
        to_ray = goals.shared_by(session, RAY, "UAMY")

    assert [(goal.number, goal.title) for goal in to_ben.goals] == [
        (2, "For everyone"),
        (3, "For the manager"),
    ]
    assert [goal.number for goal in to_ray.goals] == [2]


def test_a_manager_who_was_not_confirmed_sees_nothing(stage: Stage) -> None:
    stage.log("For the manager")
    stage.meet(BEN, AMY, manager=BEN)
    with stage.sessions.read() as session:
        assert goals.shared_by(session, BEN, "UAMY").goals == ()


def test_a_former_manager_sees_nothing_from_the_day_the_pair_ends(stage: Stage) -> None:
    stage.log("For the manager")
    stage.meet(BEN, AMY, manager=BEN, is_manager_confirmed=True, ended_at=MONDAY_NOON)
    with stage.sessions.read() as session:
        assert goals.shared_by(session, BEN, "UAMY").goals == ()


def test_shared_goals_come_in_pages(stage: Stage) -> None:
    for count in range(21):
        stage.log(f"Goal {count + 1}", audience=frozenset({"everyone"}))
    with stage.sessions.read() as session:
        first = goals.shared_by(session, BEN, "UAMY")
        second = goals.shared_by(session, BEN, "UAMY", after=20)
    assert (len(first.goals), first.has_more) == (20, True)
    assert ([goal.number for goal in second.goals], second.has_more) == ([21], False)


@pytest.mark.parametrize("owner", ["UBEN", "UNOBODY", "", "x" * 5000])
def test_nothing_shared_nobody_there_and_nonsense_look_the_same(stage: Stage, owner: str) -> None:
    with stage.sessions.read() as session:
        page = goals.shared_by(session, RAY, owner)
    assert (page.goals, page.has_more) == ((), False)
