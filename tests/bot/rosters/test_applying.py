"""A roster of fifty thousand lines from its preview to its last step, on both stores."""

from __future__ import annotations

import time

import pytest
from sqlalchemy import Engine

from bot import profiles, roster_imports, rosters
from bot.rosters import Account, Directory
from bot.runtime.database import Sessions
from handlers.views import rosters as views
from sandbox.block_kit.surfaces import check_view
from tests.bot.buddies_stage import TEAM, actor, know, profile
from tests.people import MONDAY_NOON

pytestmark = pytest.mark.siege

LINES = 50_000
LONGEST_STEP_SECONDS = 2.0
"""After so long somebody else who writes to SQLite gives up."""
PAGE = 1_000
"""So many people Slack tells of at once."""
PEOPLE = [f"U{number:07}" for number in range(1, LINES + 1)]


def test_fifty_thousand_lines_are_shown_kept_and_applied_in_short_steps(store: Engine) -> None:
    sessions = Sessions(store)
    for first in range(0, LINES, PAGE):
        with sessions.begin() as session:
            know(session, profile("UADMIN", is_admin=True), *map(profile, PEOPLE[first : first + PAGE]))
    rows = (
        f"{who};{PEOPLE[nth // 7]};Dept {nth % 40};Zürich;SQL|Go {nth % 50}" for nth, who in enumerate(PEOPLE)
    )
    content = "\n".join(["Person;Manager;Department;Location;Skills", *rows, "UNOBODY;;A;;"])
    everybody = Directory(Account(who, "", (), is_person=True, is_deactivated=False) for who in PEOPLE)

    sheet = rosters.read(content.encode())
    with sessions.read() as session:
        roster = roster_imports.compare(session, actor("UADMIN"), sheet, everybody)
    packed = roster_imports.pack(roster)
    with sessions.begin() as session:
        number = roster_imports.keep(session, actor("UADMIN"), packed, at=MONDAY_NOON)
    shown = views.preview(number, "roster.csv", sheet, roster, has_file=True)
    with sessions.begin() as session:
        roster_imports.begin(session, actor("UADMIN"), number, at=MONDAY_NOON)
    with sessions.read() as session:
        applying = roster_imports.load(session, TEAM, number)
    steps = []
    while not applying.is_done:
        began = time.monotonic()
        with sessions.begin() as session:
            applying = roster_imports.step(session, applying, at=MONDAY_NOON)
        steps.append(time.monotonic() - began)

    assert check_view(shown) is None
    assert f"says something of {LINES} people" in str(shown).replace(",", "")
    # The first of all is their own manager, and the last line is about nobody.
    assert [each.line for each in roster.problems] == [2, LINES + 2]
    assert len(steps) == LINES // roster_imports.STEP
    assert max(steps) < LONGEST_STEP_SECONDS
    with sessions.read() as session:
        known = profiles.of(session, TEAM, PEOPLE)
        managers, _ = profiles.managers(session, TEAM)
    assert {each.location for each in known.values()} == {"Zürich"}
    assert {each.department for each in known.values()} == {f"Dept {nth}" for nth in range(40)}
    assert managers[PEOPLE[-1]] == PEOPLE[(LINES - 1) // 7]
