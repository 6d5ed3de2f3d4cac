"""When Slack is away, or brings what nobody here knows: a word in time, and it works again afterwards."""

from __future__ import annotations

import time

import pytest

from sandbox.seen import Message
from tests.handlers import forging
from tests.handlers.one_on_ones_stage import chosen, home_of, home_shows, opened, stored
from tests.people import AMY, BEN, JONAS
from tests.trellis import Trellis

EVERY_THURSDAY = "/1on1 add @ben every thursday 10:00"
UNHEARD = "Slack did not take my answer"
IN_TIME = 3.0
"""Seconds after which Slack gives up on an app."""


@pytest.mark.parametrize("kind", ["error", "drop"])
def test_a_form_slack_does_not_open_is_spoken_of(trellis: Trellis, kind: str) -> None:
    _fail(trellis, "views.open", kind)

    answer = trellis.slack.command(AMY, "/1on1 add")

    assert answer.error is None
    assert UNHEARD in answer.text
    assert stored(trellis) == []
    assert trellis.slack.command(AMY, "/1on1 add").view is not None


@pytest.mark.parametrize("kind", ["error", "drop"])
def test_a_form_slack_does_not_open_from_home_breaks_nothing(trellis: Trellis, kind: str) -> None:
    trellis.slack.command(AMY, EVERY_THURSDAY)
    home, before = home_of(trellis, AMY), stored(trellis)
    _fail(trellis, "views.open", kind)

    answer = trellis.slack.press(AMY, home, "one_on_ones.menu", "Move the next one")

    assert answer.error is None
    assert stored(trellis) == before
    assert "Move the next 1-on-1" in chosen(trellis, AMY, "Move the next one").title


def test_a_dialog_slack_does_not_change_is_not_called_unchanged(trellis: Trellis) -> None:
    opened(trellis, AMY, "/1on1 ask")
    dialog = trellis.slack.submit(AMY, {"For whom": JONAS}).view
    assert dialog is not None
    _fail(trellis, "views.update", "error")

    answer = trellis.slack.press(AMY, dialog, "Another question")

    assert answer.error is None
    assert answer.view is not None
    assert UNHEARD in answer.view.words
    assert "nothing was changed" not in answer.view.words


@pytest.mark.parametrize("kind", ["error", "drop"])
def test_an_actor_slack_does_not_name_is_asked_to_try_again(trellis: Trellis, kind: str) -> None:
    _fail(trellis, "users.info", kind)

    answer = trellis.slack.command(AMY, "/1on1")

    assert "Slack did not tell me who that is" in answer.text
    assert "no standing 1-on-1 here yet" in trellis.slack.command(AMY, "/1on1").text


@pytest.mark.parametrize("kind", ["error", "drop"])
def test_a_partner_slack_does_not_name_is_not_called_unknown(trellis: Trellis, kind: str) -> None:
    trellis.slack.command(AMY, "/1on1")
    _fail(trellis, "users.info", kind)

    answer = trellis.slack.command(AMY, EVERY_THURSDAY)

    assert "Slack did not tell me who that is" in answer.text
    assert stored(trellis) == []
    assert "Registered" in trellis.slack.command(AMY, EVERY_THURSDAY).text


def test_a_slack_that_hangs_costs_no_more_than_the_time_it_gives_us(trellis: Trellis) -> None:
    trellis.slack.command(AMY, "/1on1")
    trellis.slack.fault("users.info", "hang")

    begun = time.monotonic()
    answer = trellis.slack.command(AMY, EVERY_THURSDAY)

    assert "Slack did not tell me who that is" in answer.text
    assert time.monotonic() - begun < IN_TIME
    trellis.slack.clear_faults()


def test_home_that_slack_does_not_take_breaks_nothing(trellis: Trellis) -> None:
    _fail(trellis, "views.publish", "error")
    opened(trellis, AMY, "/1on1 add @ben")

    result = trellis.slack.submit(AMY, {"Next on": "2026-11-26"})

    assert result.view is not None
    assert "Registered" in result.view.words
    assert BEN in home_of(trellis, AMY).words
    home_shows(trellis, AMY, BEN)


def test_a_button_of_an_earlier_version_says_so(trellis: Trellis) -> None:
    message = _answer_with_buttons(trellis)

    answer = trellis.slack.press(
        AMY, forging.button(message, "Not useful", "1", action_id="nudges.long_gone"), "Not useful"
    )

    assert "That button is from another time" in answer.text
    assert answer.error is None


def test_a_form_of_an_earlier_version_stays_open_and_says_so(trellis: Trellis) -> None:
    form = opened(trellis, AMY, "/1on1 add")
    gone = forging.with_callback(form, "one_on_ones.long_gone")

    answer = forging.submission(trellis, AMY, gone, forging.changed(form))

    assert "That form is from another time" in str(answer["errors"])


@pytest.mark.parametrize("number", ["x", "", "1e5", str(10**30)])
def test_a_forged_page_is_refused(trellis: Trellis, number: str) -> None:
    message = _answer_with_buttons(trellis)

    for action in ("one_on_ones.list", "answers.list"):
        forged = forging.button(message, "Not useful", number, action_id=action)
        assert "That button is from another time" in trellis.slack.press(AMY, forged, "Not useful").text


def test_a_page_beyond_the_end_shows_what_there_is(trellis: Trellis) -> None:
    message = _answer_with_buttons(trellis)

    for action in ("one_on_ones.list", "answers.list"):
        forged = forging.button(message, "Not useful", "9" * 9, action_id=action)
        assert trellis.slack.press(AMY, forged, "Not useful").view is not None


def _answer_with_buttons(trellis: Trellis) -> Message:
    return trellis.slack.command(AMY, "/1on1 ask @jonas").message


def _fail(trellis: Trellis, method: str, kind: str) -> None:
    if kind == "error":
        trellis.slack.fault(method, "error", error="internal_error")
        return
    trellis.slack.fault(method, "drop")
