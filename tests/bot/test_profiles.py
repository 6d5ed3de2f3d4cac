"""What is known of people: whose word counts, and rosters that are applied once, in steps, and forgotten."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import pytest
from sqlalchemy import func, select

from bot import members, profiles, roster_imports
from bot.attributes import NOTHING_KNOWN, Attributes, Value, comparables, read_list
from bot.members import NobodyThere, Profile
from bot.permissions import Actor, NotAnAdmin
from bot.profiles import Own
from bot.roster_imports import AppliedBefore, BeingApplied, ImportGone
from bot.rosters import Entry, Roster
from bot.runtime.database import Sessions
from models.profiles import CSV, SELF, SLACK
from models.rosters import RosterImport
from tests.people import AMY, BEN, DAY, MIA, MINUTE, MONDAY_NOON, RAY, ZOE
from tests.stores import on_postgresql_in_the_siege

TEAM, OTHER_TEAM = "TSANDBOX", "TOTHER"
AS_AMY, AS_BEN, AS_ZOE = Actor(TEAM, AMY), Actor(TEAM, BEN), Actor(TEAM, ZOE)
ADMINS = {BEN, ZOE}
MANY = [f"UMANY{number:04}" for number in range(roster_imports.STEP + 1)]


def account(user_id: str, *, is_person: bool = True) -> Profile:
    return Profile(
        user_id,
        name=user_id,
        zone="UTC",
        is_person=is_person,
        is_guest=False,
        is_deactivated=False,
        is_admin=user_id in ADMINS,
    )


@pytest.fixture
def staffed(sessions: Sessions) -> Sessions:
    """Give a store with the same people in two workspaces; Ben and Zoë are admins."""
    people = [*map(account, (AMY, BEN, RAY, MIA, ZOE)), account("UAPP0001", is_person=False)]
    with sessions.begin() as session:
        for team in (TEAM, OTHER_TEAM):
            members.welcome_workspace(session, team)
            members.remember_all(session, team, people, at=MONDAY_NOON)
    return sessions


def say(sessions: Sessions, source: str, **said: Value) -> Own:
    with sessions.begin() as session:
        profiles.take_over(session, TEAM, {AMY: said}, source=source)
    with sessions.read() as session:
        return profiles.own(session, AS_AMY)


@on_postgresql_in_the_siege
def test_ones_own_word_counts_more_than_a_roster_and_that_more_than_slack(staffed: Sessions) -> None:
    say(staffed, SLACK, department="From Slack", location="From Slack", languages=("Slack",))
    say(staffed, CSV, department="From a roster", location=None)
    say(staffed, SLACK, department="Slack again", location="Slack again", starts_on=date(2021, 3, 31))
    say(staffed, SELF, department=None, skills_offered=("Öffentlich reden", 'a "b"\\'))

    own = say(staffed, CSV, department="A second roster", skills_offered=("SQL",), manager=BEN)

    assert own.attributes == Attributes(
        department=None,
        manager=BEN,
        location=None,
        starts_on=date(2021, 3, 31),
        skills_offered=("Öffentlich reden", 'a "b"\\'),
        languages=("Slack",),
    )
    assert own.sources == {
        "department": SELF,
        "skills_offered": SELF,
        "manager": CSV,
        "location": CSV,
        "starts_on": SLACK,
        "languages": SLACK,
    }


@on_postgresql_in_the_siege
def test_what_is_no_longer_in_slack_is_no_longer_known(staffed: Sessions) -> None:
    say(staffed, SLACK, department="Platform", languages=("de",))

    own = say(staffed, SLACK, department=None, languages=())

    assert own == Own(NOTHING_KNOWN, {})


def test_many_are_read_at_once_and_of_each_workspace_by_itself(staffed: Sessions) -> None:
    say(staffed, CSV, department="Platform")

    with staffed.read() as session:
        here = profiles.of(session, TEAM, [AMY, BEN])
        there = profiles.of(session, OTHER_TEAM, [AMY])

    assert here == {AMY: Attributes(department="Platform"), BEN: NOTHING_KNOWN}
    assert there == {AMY: NOTHING_KNOWN}


@on_postgresql_in_the_siege
@pytest.mark.parametrize(
    ("manager", "refusal"),
    [(AMY, profiles.OwnManager), ("UNOBODY99", NobodyThere), ("UAPP0001", profiles.AppManager)],
)
def test_a_manager_is_another_person_here(staffed: Sessions, manager: str, refusal: type[Exception]) -> None:
    with pytest.raises(refusal), staffed.begin() as session:
        profiles.save(session, AS_AMY, {"manager": manager})


def test_texts_are_compared_whatever_their_case_and_width() -> None:
    assert read_list("SQL; sql |Ｇｏ,\nGo") == ("SQL", "Ｇｏ")
    assert comparables(("Straße", "SQL", "Ｇｏ")) == {"strasse", "sql", "go"}


# Rosters


def roster(said: Mapping[str, Mapping[str, Value]]) -> Roster:
    return Roster(tuple(Entry(line, who, values) for line, (who, values) in enumerate(said.items(), 2)), ())


def keep(sessions: Sessions, actor: Actor, said: Mapping[str, Mapping[str, Value]]) -> int:
    with sessions.begin() as session:
        return roster_imports.keep(session, actor, roster_imports.pack(roster(said)), at=MONDAY_NOON)


def apply(sessions: Sessions, actor: Actor, import_id: int, *, steps: int = 99) -> roster_imports.Applying:
    with sessions.begin() as session:
        roster_imports.begin(session, actor, import_id, at=MONDAY_NOON)
    with sessions.read() as session:
        applying = roster_imports.load(session, TEAM, import_id)
    while steps and not applying.is_done:
        steps -= 1
        with sessions.begin() as session:
            applying = roster_imports.step(session, applying, at=MONDAY_NOON)
    return applying


def departments(sessions: Sessions, people: list[str]) -> list[str | None]:
    with sessions.read() as session:
        return [known.department for known in profiles.of(session, TEAM, people).values()]


@on_postgresql_in_the_siege
def test_a_roster_holds_once_it_is_applied_and_is_then_forgotten(staffed: Sessions) -> None:
    said: Mapping[str, Value] = {"department": "A", "starts_on": date(2021, 3, 31), "languages": ("de",)}
    import_id = keep(staffed, AS_BEN, {AMY: said, RAY: {"department": None, "manager": AMY}})
    assert departments(staffed, [AMY]) == [None]

    apply(staffed, AS_ZOE, import_id)

    with staffed.read() as session:
        known = profiles.of(session, TEAM, [AMY, RAY])
        left = session.scalars(select(RosterImport.content)).all()
    assert known[AMY] == Attributes(department="A", starts_on=date(2021, 3, 31), languages=("de",))
    assert known[RAY].manager == AMY
    assert left == [None]


@on_postgresql_in_the_siege
def test_a_roster_is_applied_once_whichever_admin_asks(staffed: Sessions) -> None:
    import_id = keep(staffed, AS_BEN, {AMY: {"department": "A"}})
    apply(staffed, AS_BEN, import_id)
    say(staffed, CSV, department="B")

    for actor in (AS_BEN, AS_ZOE):
        with pytest.raises(AppliedBefore), staffed.begin() as session:
            roster_imports.begin(session, actor, import_id, at=MONDAY_NOON)

    assert departments(staffed, [AMY]) == ["B"]


def test_a_roster_that_was_stopped_half_way_goes_on_where_it_was(staffed: Sessions) -> None:
    with staffed.begin() as session:
        members.remember_all(session, TEAM, list(map(account, MANY)), at=MONDAY_NOON)
    import_id = keep(staffed, AS_BEN, {who: {"department": "A"} for who in MANY})
    stopped = apply(staffed, AS_BEN, import_id, steps=1)
    assert departments(staffed, MANY).count("A") == roster_imports.STEP

    with pytest.raises(BeingApplied), staffed.begin() as session:
        roster_imports.begin(session, AS_ZOE, import_id, at=MONDAY_NOON + MINUTE / 2)
    with staffed.begin() as session:
        assert roster_imports.stalled(session, AS_ZOE, at=MONDAY_NOON + MINUTE) == import_id
        roster_imports.begin(session, AS_ZOE, import_id, at=MONDAY_NOON + MINUTE)
        applying = roster_imports.load(session, TEAM, import_id)
    while not applying.is_done:
        with staffed.begin() as session:
            applying = roster_imports.step(session, applying, at=MONDAY_NOON + MINUTE)

    assert departments(staffed, MANY).count("A") == len(MANY)
    with pytest.raises(ImportGone), staffed.begin() as session:
        roster_imports.step(session, stopped, at=MONDAY_NOON + MINUTE)


def test_of_two_rosters_the_second_closes_no_circle_with_the_first(staffed: Sessions) -> None:
    first = keep(staffed, AS_BEN, {AMY: {"manager": RAY}})
    second = keep(staffed, AS_ZOE, {RAY: {"manager": AMY, "department": "A"}})
    apply(staffed, AS_BEN, first)

    assert apply(staffed, AS_ZOE, second).circles == 1

    with staffed.read() as session:
        known = profiles.of(session, TEAM, [AMY, RAY])
    assert (known[AMY].manager, known[RAY].manager, known[RAY].department) == (RAY, None, "A")


@on_postgresql_in_the_siege
def test_only_admins_of_the_workspace_touch_its_rosters(staffed: Sessions) -> None:
    import_id = keep(staffed, AS_BEN, {AMY: {"department": "A"}})

    with pytest.raises(NotAnAdmin):
        keep(staffed, AS_AMY, {})
    with pytest.raises(NotAnAdmin), staffed.begin() as session:
        roster_imports.begin(session, AS_AMY, import_id, at=MONDAY_NOON)
    with pytest.raises(NotAnAdmin), staffed.begin() as session:
        roster_imports.cancel(session, AS_AMY, import_id)
    with pytest.raises(ImportGone), staffed.begin() as session:
        roster_imports.begin(session, Actor(OTHER_TEAM, BEN), import_id, at=MONDAY_NOON)


def test_what_nobody_applies_is_forgotten_after_a_day_and_what_is_cancelled_at_once(
    staffed: Sessions,
) -> None:
    cancelled, old = (keep(staffed, AS_BEN, {AMY: {"department": "A"}}) for _ in range(2))

    with staffed.begin() as session:
        roster_imports.cancel(session, AS_ZOE, cancelled)
        assert session.scalar(select(func.count(RosterImport.id))) == 1
        roster_imports.forget_old(session, at=MONDAY_NOON + DAY + MINUTE)

    with pytest.raises(ImportGone), staffed.begin() as session:
        roster_imports.begin(session, AS_BEN, old, at=MONDAY_NOON)
