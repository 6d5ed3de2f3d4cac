"""The export holds every goal with its whole log, and nothing in it runs in a spreadsheet."""

from __future__ import annotations

import csv
import io

import pytest
from sqlalchemy import Engine

from bot import goal_changes, goal_exports, goals
from bot.goal_drafts import NewGoal
from bot.goal_exports import Export
from tests.bot.goals_stage import AMY, BEN, MONDAY_NOON, NEXT_SPRING, TODAY, Stage, set_stage
from tests.statements import counted


@pytest.fixture
def stage(sqlite: Engine) -> Stage:
    return set_stage(sqlite)


def export(stage: Stage) -> Export:
    with stage.sessions.read() as session:
        return goal_exports.export(session, AMY)


def rows(exported: Export) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(exported.csv, newline="")))


def test_every_line_of_every_log_is_a_row_closed_goals_too(stage: Stage) -> None:
    stage.log("Open two demos", measure="Two demos", due_on=NEXT_SPRING)
    stage.log("Write one page a month")
    stage.log("Ben's", BEN)
    with stage.sessions.begin() as session:
        goal_changes.progress(session, AMY, 1, 60, "It went well", now=MONDAY_NOON)
        goal_changes.drop(session, AMY, 2, "No time", now=MONDAY_NOON)

    found = rows(export(stage))

    assert [(row["goal"], row["what"], row["note"]) for row in found] == [
        ("1", "logged", ""),
        ("1", "progress", "It went well"),
        ("2", "logged", ""),
        ("2", "dropped", "No time"),
    ]
    assert found[1]["title"] == "Open two demos"
    assert found[1]["due_on"] == "2027-03-31"
    assert (found[1]["at"], found[1]["by"]) == ("2026-09-07 12:00 UTC", "Amy")
    assert found[1]["changes"] == "percent: 0 → 60"
    assert (found[2]["state"], found[2]["audience"]) == ("dropped", "manager")


@pytest.mark.parametrize(
    "text",
    ['=HYPERLINK("http://x","y")', "+1", "-2+3", "@SUM(A1)", "\uff1d1+1", "  =1+1"],
)
def test_no_cell_is_taken_for_a_formula(stage: Stage, text: str) -> None:
    stage.log(text, measure=text, why=f"\t{text}")
    with stage.sessions.begin() as session:
        goal_changes.progress(session, AMY, 1, 10, text, now=MONDAY_NOON)

    for row in rows(export(stage)):
        for cell in row.values():
            assert not cell.lstrip(" \t\r\n").startswith(("=", "+", "-", "@", "\uff1d"))
    assert rows(export(stage))[1]["note"] == f"'{text.strip()}"


def test_what_was_written_stays_text_in_markdown(stage: Stage) -> None:
    stage.log("# <b>Loud</b> *title* [x](http://y)", why="line one\n# line two")
    exported = export(stage)
    assert r"## 1. \# \<b\>Loud\</b\> \*title\* \[x\](http://y)" in exported.markdown
    assert r"- Why: line one \# line two" in exported.markdown


def test_markdown_tells_each_goal_with_its_log(stage: Stage) -> None:
    stage.log("Open two demos", due_on=NEXT_SPRING)
    with stage.sessions.begin() as session:
        goal_changes.complete(session, AMY, 1, "Both done", now=MONDAY_NOON)
    assert export(stage).markdown == (
        "# My goals\n\n"
        "## 1. Open two demos\n\n"
        "- State: done, 0%\n- Due: 2027-03-31\n- Seen by: manager\n\n"
        "### Log\n\n"
        "- 2026-09-07 12:00 UTC, Amy: logged "
        "(title: none → Open two demos; due\\_on: none → 2027-03-31; audience: none → manager)\n"
        "- 2026-09-07 12:00 UTC, Amy: done (state: open → done) “Both done”\n"
    )


def test_a_proposer_is_named(stage: Stage) -> None:
    with stage.sessions.begin() as session:
        goals.log(session, AMY, NewGoal("Open two demos"), now=MONDAY_NOON, today=TODAY, proposer="UBEN")
    assert "proposed by Ben" in rows(export(stage))[0]["changes"]
    assert "proposed by Ben" in export(stage).markdown


def test_no_goals_is_an_empty_table_and_a_sentence(stage: Stage) -> None:
    exported = export(stage)
    assert (rows(exported), exported.goals) == ([], 0)
    assert exported.csv.startswith("goal,title,state")
    assert exported.markdown == "# My goals\n\nNo goals yet.\n"


def test_the_export_costs_three_queries_for_a_hundred_goals(stage: Stage) -> None:
    for count in range(100):
        stage.log(f"Goal {count}")
    with counted() as statements:
        assert export(stage).goals == 100
    assert len(statements) == 3
