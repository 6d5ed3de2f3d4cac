"""Who may see a goal: the rule in words and the rule as a query agree for everybody, on every store."""

from __future__ import annotations

from collections.abc import Collection
from itertools import combinations, product
from typing import Any

import pytest
from sqlalchemy import Engine

from bot.goal_drafts import AUDIENCES
from bot.permissions import Actor, may_see_goal
from models.goals import Goal
from models.one_on_ones import OneOnOne
from tests.bot.goals_stage import AMY, ELSEWHERE, HERE, MONDAY_NOON, NAMESAKE, Stage, set_stage

AUDIENCE_SETS = [frozenset(some) for size in range(4) for some in combinations(AUDIENCES, size)]
RELATIONS: dict[str, dict[str, Any]] = {
    "confirmed manager": {"manages": True, "is_manager_confirmed": True},
    "unconfirmed manager": {"manages": True, "is_manager_confirmed": False},
    "former manager": {"manages": True, "is_manager_confirmed": True, "ended_at": MONDAY_NOON},
    "report": {"manages": False, "is_manager_confirmed": True},
    "unconfirmed report": {"manages": False, "is_manager_confirmed": False},
    "peer": {},
}


@pytest.fixture
def stage(store: Engine) -> Stage:
    return set_stage(store)


def viewers(stage: Stage) -> dict[str, Actor]:
    """Let somebody stand in every relation to Amy, as organiser and as partner, and in another workspace."""
    found = {"owner": AMY, "namesake elsewhere": NAMESAKE, "stranger": Actor(HERE, "USTRANGER")}
    stage.arrive(found["stranger"])
    for count, ((relation, facts), is_organiser) in enumerate(product(RELATIONS.items(), (True, False))):
        viewer = Actor(HERE, f"U{count}")
        stage.arrive(viewer)
        _relate(stage, viewer, AMY, facts, is_organiser=is_organiser)
        found[f"{relation}, {'organiser' if is_organiser else 'partner'}"] = viewer
    elsewhere = Actor(ELSEWHERE, "U0")
    stage.arrive(elsewhere)
    _relate(stage, elsewhere, NAMESAKE, RELATIONS["confirmed manager"], is_organiser=True)
    return {**found, "the namesake's manager": elsewhere}


def _relate(stage: Stage, viewer: Actor, owner: Actor, facts: dict[str, Any], *, is_organiser: bool) -> None:
    rest = {name: value for name, value in facts.items() if name != "manages"}
    manager = {True: viewer, False: owner}.get(facts["manages"]) if "manages" in facts else None
    pair = (viewer, owner) if is_organiser else (owner, viewer)
    stage.meet(*pair, manager=manager, **rest)


def reports_of(stage: Stage, viewer: Actor) -> Collection[str]:
    with stage.sessions.read() as session:
        standing = session.scalars(OneOnOne.standing_of(viewer.workspace_id, viewer.user_id))
        return {
            each.other(viewer.user_id)
            for each in standing
            if each.manager == viewer.user_id and each.is_manager_confirmed
        }


def test_the_rule_and_the_query_agree_for_everybody_and_every_audience(stage: Stage) -> None:
    for owner, audience in product((AMY, NAMESAKE), AUDIENCE_SETS):
        stage.log(f"For {', '.join(sorted(audience)) or 'me'}", owner, audience=audience)
    everybody = viewers(stage)
    everything = [*stage.goals(AMY), *stage.goals(NAMESAKE)]

    for name, viewer in everybody.items():
        with stage.sessions.read() as session:
            queried = {
                goal.id for goal in session.scalars(Goal.visible_to(viewer.workspace_id, viewer.user_id))
            }
        reports = reports_of(stage, viewer)
        allowed = {goal.id for goal in everything if may_see_goal(viewer, goal, reports=reports)}
        assert queried == allowed, name


SEEN = {
    "owner": {"me", "manager", "buddy", "everyone"},
    "confirmed manager, organiser": {"manager", "everyone"},
    "confirmed manager, partner": {"manager", "everyone"},
    "unconfirmed manager, organiser": {"everyone"},
    "former manager, partner": {"everyone"},
    "report, organiser": {"everyone"},
    "peer, partner": {"everyone"},
    "stranger": {"everyone"},
    "namesake elsewhere": set(),
    "the namesake's manager": set(),
}


def test_each_sees_what_the_owner_meant_for_them(stage: Stage) -> None:
    for audience in ("me", *AUDIENCES):
        stage.log(audience, audience=frozenset({audience}))
    everybody = viewers(stage)

    shown = {name: _shown_to(stage, everybody[name]) for name in SEEN}

    assert shown == SEEN


def _shown_to(stage: Stage, who: Actor) -> set[str]:
    with stage.sessions.read() as session:
        shared = session.scalars(Goal.shared_by(who.workspace_id, "UAMY", viewer=who.user_id))
        return {goal.title for goal in shared}
