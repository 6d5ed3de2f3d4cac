"""Forms about goals that nobody was shown: forged numbers, choices and meetings change nothing."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.block_kit.filling import initial_state
from sandbox.seen import View
from tests.handlers import forging
from tests.handlers.goals_stage import goals_of, kept, stock
from tests.people import AMY, BEN, RAY
from tests.trellis import Trellis, utc

UNKNOWN = "I do not know a goal of yours with that number. /goal lists yours."
NOT_YOURS = "I do not know a standing 1-on-1 of yours behind that. /1on1 lists yours."


def opened(trellis: Trellis, text: str, user: str = AMY) -> View:
    view = trellis.slack.command(user, f"/goal {text}").view
    assert view is not None
    return view


def filled(view: View, **given: dict[str, object]) -> dict[str, Any]:
    """Fill a form's fields in Slack's shape, the others as they stand."""
    values: dict[str, Any] = initial_state(view.blocks)
    for field, state in given.items():
        values[field] = {field: state}
    return values


@pytest.mark.parametrize("text", ["edit 1", "progress", "share", "done", "drop"])
def test_a_form_about_a_goal_that_is_not_theirs_is_refused(trellis: Trellis, text: str) -> None:
    stock(trellis, AMY, 1)
    stock(trellis, BEN, 2)
    form = opened(trellis, text)
    values = filled(form, percent={"value": "50"}, title={"value": "Mine now"})
    before = kept(trellis)
    for number in ("2", "0", "-1", "x", "1 OR 1=1", "9" * 40):
        if "goal" in values:
            values["goal"] = {"goal": forging.option(number)}
        answer = forging.submission(trellis, AMY, form, values, private_metadata=number)
        assert list(answer["errors"].values()) == [UNKNOWN], number
    assert kept(trellis) == before


@pytest.mark.parametrize("picker", ["edit", "show"])
def test_a_picker_opens_nobody_elses_goal(trellis: Trellis, picker: str) -> None:
    stock(trellis, AMY, 1)
    stock(trellis, BEN, 2, audience="everyone")
    form = opened(trellis, picker)
    answer = forging.submission(trellis, AMY, form, filled(form, goal=forging.option("2")))
    assert answer == {"response_action": "errors", "errors": {"goal": UNKNOWN}}


@pytest.mark.parametrize(
    ("field", "state", "words"),
    [
        ("kind", forging.option("conquest"), "I do not know that kind of goal."),
        ("audience", {"selected_options": [{"value": "the press"}]}, "A goal can be for me,"),
        ("title", {"value": "x" * 5000}, "That is 5000 characters, and 300 fit."),
        ("measure", {"value": "x" * 301}, "That is 301 characters, and 300 fit."),
    ],
)
def test_a_value_that_no_form_offers_is_refused_at_its_field(
    trellis: Trellis, field: str, state: dict[str, object], words: str
) -> None:
    form = opened(trellis, "add")
    given: dict[str, dict[str, object]] = {"title": {"value": "Open two demos"}, field: state}
    answer = forging.submission(trellis, AMY, form, filled(form, **given))
    assert list(answer["errors"]) == [field]
    assert answer["errors"][field].startswith(words)
    assert goals_of(trellis, AMY) == []


def test_a_percentage_that_is_none_is_refused_at_its_field(trellis: Trellis) -> None:
    stock(trellis, AMY, 1)
    form = opened(trellis, "progress")
    before = kept(trellis)
    for percent in ("101", "-5", "half", "", "9" * 40):
        values = filled(form, goal=forging.option("1"), percent={"value": percent})
        answer = forging.submission(trellis, AMY, form, values)
        assert answer["errors"] == {"percent": "Progress is a whole number from 0 to 100."}, percent
    assert kept(trellis) == before


@pytest.fixture
def proposal_form(trellis: Trellis) -> View:
    """The form that Ben fills after his meeting with Amy."""
    for person in (AMY, RAY):
        trellis.slack.command(person, "/goal")
    trellis.slack.command(BEN, "/1on1 add @amy every tuesday 10:00 as manager")
    trellis.tick(utc("2026-11-23 15:00"))
    trellis.tick(utc("2026-11-24 15:15"))
    closing = next(one for one in reversed(trellis.slack.dms(BEN)) if "Make it a goal" in one.buttons)
    form = trellis.slack.press(BEN, closing, "Make it a goal").view
    assert form is not None
    return form


def test_nobody_proposes_out_of_a_meeting_of_others(trellis: Trellis, proposal_form: View) -> None:
    values = filled(proposal_form, title={"value": "Do this"})

    for sender, carried in ((RAY, None), (BEN, "999999"), (BEN, "x"), (BEN, "9" * 40)):
        answer = forging.submission(trellis, sender, proposal_form, values, private_metadata=carried)
        assert list(answer["errors"].values()) == [NOT_YOURS], carried
        assert kept(trellis) == [], carried


def test_nobody_accepts_what_was_proposed_to_somebody_else(trellis: Trellis, proposal_form: View) -> None:
    trellis.slack.submit(BEN, {"title": "Open two demos"}, view=proposal_form)
    home = trellis.slack.open_home(AMY)
    assert home is not None
    form = trellis.slack.press(AMY, home, "Change first").view
    assert form is not None
    before = kept(trellis)

    for sender, carried in ((RAY, None), (AMY, "999999"), (AMY, "x")):
        answer = forging.submission(trellis, sender, form, filled(form), private_metadata=carried)
        errors = next(iter(answer["errors"].values()))
        assert "I do not know a goal proposed to you behind that." in errors, carried
        assert kept(trellis) == before, carried
