"""Whom a roster means, who would report to whom in a circle, and fifty thousand lines of it."""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import rosters
from bot.rosters import Account, Directory, Roster
from bot.rosters.circles import circles, untangle

AMY, BEN, CAT, DAN, GONE, APP = "UAMY", "UBEN", "UCAT", "UDAN", "UGONE", "UAPP"
STAFF = Directory(
    [
        Account(AMY, "Amy@x.org", ("amy", "Amy O."), is_person=True, is_deactivated=False),
        Account(BEN, "ben@x.org", ("ben", "Sam"), is_person=True, is_deactivated=False),
        Account(CAT, "cat@x.org", ("cat", "Sam"), is_person=True, is_deactivated=False),
        Account(DAN, "", ("dan", ""), is_person=True, is_deactivated=False),
        Account(GONE, "gone@x.org", ("gone", "Amy O."), is_person=True, is_deactivated=True),
        Account(APP, "", ("robot", "Robot"), is_person=False, is_deactivated=False),
    ]
)


def check(
    text: str, standing: Mapping[str, str | None] | None = None, own: frozenset[str] = frozenset()
) -> Roster:
    return rosters.check(rosters.read(text.encode()), STAFF, standing or {}, own=own)


@pytest.mark.parametrize(
    ("written", "who"),
    [
        ("amy@x.org", AMY),
        ("AMY@X.ORG", AMY),
        ("mailto:amy@x.org", AMY),
        ("UAMY", AMY),
        ("<@UAMY>", AMY),
        ("<@UAMY|amy>", AMY),
        ("@amy", AMY),
        ("amy o.", AMY),
        ("@Dan", DAN),
    ],
)
def test_people_go_by_address_id_or_name(written: str, who: str) -> None:
    roster = check(f'person,team\n"{written}",A\n')

    assert [entry.user_id for entry in roster.entries] == [who]


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("nobody@x.org", "I know nobody"),
        ("UNOBODY", "I know nobody"),
        ("<!channel>", "I know nobody"),
        ("@sam", "Several people"),
        ("gone@x.org", "no longer active"),
        ("robot", "an app"),
        ("dan", "Line 2 is about the same person"),
    ],
)
def test_a_line_about_nobody_is_wrong_by_itself_alone(written: str, says: str) -> None:
    roster = check(f"person,team\ndan,A\n{written},B\namy,C\n")

    assert [entry.user_id for entry in roster.entries] == [DAN, AMY]
    assert [(each.line, each.column, each.found) for each in roster.problems] == [(3, None, written)]
    assert says in roster.problems[0].says


def test_a_manager_who_is_not_there_is_left_out_and_the_rest_counts() -> None:
    roster = check("person,team,reports to\namy,A,nobody@x.org\nben,B,ben\ncat,C,-\n")

    assert [dict(entry.values) for entry in roster.entries] == [
        *({"department": "A"}, {"department": "B"}, {"department": "C", "manager": None})
    ]
    assert [(each.line, each.column) for each in roster.problems] == [(2, "reports to"), (3, "reports to")]
    assert "own manager" in roster.problems[1].says


def test_a_circle_of_reporting_lines_is_named_in_each_of_its_lines() -> None:
    roster = check("person,manager,team\namy,ben,A\nben,cat,B\ncat,amy,C\ndan,amy,D\n")

    assert [each.line for each in roster.problems] == [2, 3, 4]
    assert "Amy O. → Sam → Sam → Amy O." in roster.problems[0].says
    assert {entry.user_id: entry.values.get("manager") for entry in roster.entries} == {
        **dict.fromkeys((AMY, BEN, CAT)),
        DAN: AMY,
    }


def test_a_circle_may_be_closed_by_what_stands_already() -> None:
    roster = check("person,manager\namy,ben\n", {BEN: CAT, CAT: AMY})

    assert [each.line for each in roster.problems] == [2]
    assert roster.entries == ()


def test_a_manager_whom_people_named_themselves_stays_and_closes_no_circle() -> None:
    roster = check("person,manager\namy,ben\nben,amy\n", {AMY: CAT}, own=frozenset({AMY}))

    assert roster.problems == ()


def test_a_circle_that_a_roster_takes_apart_is_none() -> None:
    assert check("person,manager\namy,-\n", {AMY: BEN, BEN: AMY}).problems == ()


PEOPLE = st.integers(0, 8).map(lambda number: f"U{number}")
LINES = st.dictionaries(PEOPLE, st.none() | PEOPLE)


@given(LINES, LINES)
def test_new_managers_never_close_a_circle(
    standing: dict[str, str | None], wanted: dict[str, str | None]
) -> None:
    untangled = untangle(standing, wanted)

    after = {**standing, **untangled.managers}
    assert all(untangled.managers.get(who) is None for circle in circles(after) for who in circle)
    assert untangled.managers.keys() | untangled.refused.keys() == wanted.keys()
    assert untangled.managers.keys() & untangled.refused.keys() == set()
    if not circles({**standing, **wanted}):
        assert untangled.refused == {}


LINES_MANY = 50_000


@pytest.mark.siege
def test_fifty_thousand_lines_take_seconds_and_a_hundred_megabytes() -> None:
    header = "Email;Manager;Department;Location;Start date;Skills;Skills wanted;Languages\n"
    rows = (
        f"p{n}@x.org;p{n // 7}@x.org;Dept {n % 40};Zürich;{2000 + n % 20}-03-1{n % 9};SQL|Go {n % 50};Rust;de|en\n"
        for n in range(1, LINES_MANY + 1)
    )
    content = (header + "".join(rows) + "nobody@x.org;;A;;;;;\n").encode("cp1252")
    everybody = Directory(
        Account(f"U{n:07}", f"p{n}@x.org", (f"p{n}",), is_person=True, is_deactivated=False)
        for n in range(LINES_MANY + 1)
    )

    began = time.process_time()
    roster = rosters.check(rosters.read(content), everybody, {})
    took = time.process_time() - began

    assert len(roster.entries) == LINES_MANY
    assert roster.counts()["manager"] == LINES_MANY
    assert [each.line for each in roster.problems] == [LINES_MANY + 2]
    assert took < 15


def test_memory_grows_by_what_is_kept_of_a_line() -> None:
    content = ("email,team\n" + "a@x.org,Platform\n" * 2_000).encode()

    tracemalloc.start()
    try:
        rosters.read(content)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert most < 1000 * 2_000 + 500_000
