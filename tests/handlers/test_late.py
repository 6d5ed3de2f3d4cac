"""What the store does not take while Slack listens: an interim word, then the answer, and the effect once."""

from __future__ import annotations

import logging
from datetime import timedelta

import pytest
from sqlalchemy import Connection, event
from sqlalchemy.exc import OperationalError

from handlers import late_places
from handlers.views import members as member_views
from handlers.views.late import DONE, INTERIM, TOO_LATE_TO_OPEN
from sandbox.seen import Message, View
from tests.handlers.goals_stage import goal_of, goals_of, kept
from tests.handlers.one_on_ones_stage import home_of, home_shows, opened
from tests.handlers.slow_store import refusing
from tests.people import AMY, BEN, MONDAY_NOON
from tests.trellis import Trellis

WHAT, WHEN = "What would you like to reach?", "By when?"
GOAL = "Open two demos"
UNSEEN = "`/growth` shows what stands; if it lacks something, try again."
SLOW = "The database behind me is slow just now, so I gave up and changed nothing."
TRYING = "perseverance"
"""What the threads are called on which it is tried again."""
SHOWING = "ThreadPoolExecutor"
"""What those are called on which is shown what a click led to."""
RESPONSE_URL_SECONDS = 31 * 60
"""Longer than Slack takes answers to a command."""
TRIGGER_SECONDS = 5
"""Longer than Slack lets a dialog be opened after a click."""


def said(trellis: Trellis, who: str, words: str) -> list[Message]:
    """Read the messages to somebody that say so."""
    return [message for message in trellis.slack.messages(who) if words in message.everything]


def hear(trellis: Trellis, who: str, words: str) -> Message:
    """Wait until somebody is told."""
    return trellis.slack.eventually(lambda: said(trellis, who, words))[-1]


def dialog_says(trellis: Trellis, who: str, words: str) -> View:
    """Wait until the dialog in front of somebody says so."""

    def shown() -> View | None:
        view = trellis.slack.view(who)
        return view if view is not None and words in view.words else None

    found = trellis.slack.eventually(shown)
    assert found is not None
    return found


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.runtime.perseverance.FIRST_SECONDS", 0.1)


@pytest.fixture
def trellis(trellis: Trellis) -> Trellis:
    """Give a bot that knows Amy."""
    trellis.slack.command(AMY, "/goal")
    return trellis


def test_a_command_is_answered_late_and_once(trellis: Trellis) -> None:
    with refusing(trellis.sessions) as tried:
        interim = trellis.slack.command(AMY, f"/goal add {GOAL}")
        trellis.slack.eventually(lambda: len(tried) > 2)
        assert goals_of(trellis, AMY) == []

    assert (interim.text, interim.visible_to) == (INTERIM, AMY)
    assert hear(trellis, AMY, "Logged as goal 1").visible_to == AMY
    assert goal_of(trellis, AMY).title == GOAL
    assert len(said(trellis, AMY, "Logged as goal")) == 1


def test_an_answer_that_slack_does_not_take_any_more_is_logged(
    trellis: Trellis, caplog: pytest.LogCaptureFixture
) -> None:
    with refusing(trellis.sessions), caplog.at_level(logging.WARNING):
        trellis.slack.command(AMY, f"/goal add {GOAL}")
        trellis.slack.age("response_urls", seconds=RESPONSE_URL_SECONDS)

    assert trellis.late.settle(seconds=5)
    assert "answer_unsaid" in [record.msg for record in caplog.records]
    assert goal_of(trellis, AMY).title == GOAL


def test_a_form_turns_to_an_interim_word_and_to_what_came_of_it(trellis: Trellis) -> None:
    opened(trellis, AMY, "/goal add")
    with refusing(trellis.sessions):
        interim = trellis.slack.submit(AMY, {WHAT: GOAL}).view
        trellis.slack.resubmit()

    assert interim is not None
    assert INTERIM in interim.words
    assert dialog_says(trellis, AMY, "Logged as goal 1").id == interim.id
    assert trellis.late.settle(seconds=5)
    assert goal_of(trellis, AMY).title == GOAL
    dialog_says(trellis, AMY, "Logged as goal 1")
    home_shows(trellis, AMY, GOAL)


def test_a_button_in_a_message_is_answered_below_it_and_then_in_its_place(trellis: Trellis) -> None:
    trellis.slack.command(AMY, f"/goal add {GOAL}")
    story = trellis.slack.command(AMY, "/goal show 1").message
    with refusing(trellis.sessions):
        interim = trellis.slack.press(AMY, story, "Mark as done")

    assert (interim.text, interim.visible_to) == (INTERIM, AMY)
    assert hear(trellis, AMY, "Done: goal 1").ts == story.ts
    assert goal_of(trellis, AMY).state == "done"


def test_a_button_in_a_dialog_turns_it_to_the_interim_word(trellis: Trellis) -> None:
    opened(trellis, AMY, "/goal add")
    remarked = trellis.slack.submit(AMY, {WHAT: "Improve my communication"}).view
    assert remarked is not None
    with refusing(trellis.sessions, looking=True):
        trellis.slack.press(AMY, remarked, "Keep as it is")
        interim = dialog_says(trellis, AMY, INTERIM)

    assert interim.id == remarked.id
    assert dialog_says(trellis, AMY, "Kept as it is, goal 1").id == remarked.id


def test_a_button_on_home_opens_a_dialog_that_tells_when_it_is_done(trellis: Trellis) -> None:
    home = home_of(trellis, AMY)
    with refusing(trellis.sessions):
        trellis.slack.press(AMY, home, member_views.PAUSE)
        interim = dialog_says(trellis, AMY, INTERIM)

    assert dialog_says(trellis, AMY, DONE).id == interim.id
    home_shows(trellis, AMY, "Resume")


def test_a_dialog_that_was_closed_long_ago_is_looked_for_once(
    trellis: Trellis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(late_places, "IS_THERE_SECONDS", 0.0)
    opened(trellis, AMY, "/goal add")
    with refusing(trellis.sessions):
        interim = trellis.slack.submit(AMY, {WHAT: GOAL}).view
        trellis.slack.close_view(AMY, interim)

    assert trellis.late.settle(seconds=5)
    assert len(trellis.slack.calls("views.update")) == 1
    assert goal_of(trellis, AMY).title == GOAL


def test_what_slack_lets_nobody_open_any_more_is_to_be_asked_for_again(trellis: Trellis) -> None:
    trellis.slack.command(AMY, f"/goal add {GOAL}")
    with refusing(trellis.sessions, looking=True):
        trellis.slack.command(AMY, "/goal edit 1")
        trellis.slack.age("triggers", seconds=TRIGGER_SECONDS)

    assert hear(trellis, AMY, TOO_LATE_TO_OPEN).visible_to == AMY
    assert trellis.slack.command(AMY, "/goal edit 1").view is not None


def test_a_form_that_is_refused_late_comes_back_with_what_was_typed(trellis: Trellis) -> None:
    trellis.slack.command(AMY, f"/goal add {GOAL}")
    form = opened(trellis, AMY, "/goal progress")
    trellis.slack.command(AMY, "/goal drop 1")
    with refusing(trellis.sessions):
        trellis.slack.submit(AMY, {"goal": "1", "percent": "40", "note": "Half of *it* & more"}, view=form)

    again = dialog_says(trellis, AMY, "Goal 1 is dropped already.")
    assert again.callback_id == form.callback_id
    assert [again.element(name).raw["initial_value"] for name in ("percent", "note")] == [
        "40",
        "Half of *it* & more",
    ]


def test_what_may_have_been_kept_is_not_tried_again(trellis: Trellis) -> None:
    asked: list[Connection] = []

    def go(connection: Connection) -> None:
        asked.append(connection)
        raise OperationalError("COMMIT", None, Exception("the server is gone"))

    event.listen(trellis.sessions.engine, "commit", go)
    at_once = trellis.slack.command(AMY, f"/goal add {GOAL}").text
    with refusing(trellis.sessions):
        trellis.slack.command(AMY, f"/goal add {GOAL}")
    late = trellis.slack.eventually(lambda: said(trellis, AMY, UNSEEN)[1:])[0].text
    event.remove(trellis.sessions.engine, "commit", go)

    assert [UNSEEN in at_once, "nothing was changed" in late] == [True, False]
    assert trellis.late.settle(seconds=5)
    assert len(asked) == 2


def test_whom_there_is_no_room_for_is_told_so(trellis: Trellis, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.runtime.perseverance.MOST", 1)
    trellis.slack.command(BEN, "/goal")

    with refusing(trellis.sessions):
        first = trellis.slack.command(AMY, f"/goal add {GOAL}").text
        second = trellis.slack.command(BEN, f"/goal add {GOAL}").text

    assert (first, second.startswith(SLOW)) == (INTERIM, True)
    hear(trellis, AMY, "Logged as goal 1")
    assert goals_of(trellis, BEN) == []


def test_nobody_writes_before_what_they_asked_for_earlier_and_all_may_look(trellis: Trellis) -> None:
    trellis.slack.command(AMY, f"/goal add {GOAL}")
    with refusing(trellis.sessions):
        trellis.slack.command(AMY, "/goal progress 1 80%")
    with refusing(trellis.sessions, threads=TRYING):
        looked = trellis.slack.command(AMY, "/goal show 1").text
        later = trellis.slack.command(AMY, "/goal progress 1 20%").text
        other = trellis.slack.command(BEN, f"/goal add {GOAL}").text

    assert (later, GOAL in looked, "Logged as goal 1" in other) == (INTERIM, True, True)
    hear(trellis, AMY, "20%")
    noted = [message.text for message in trellis.slack.messages(AMY) if "%" in message.text]
    assert ["80%" in noted[-2], "20%" in noted[-1]] == [True, True]
    assert goal_of(trellis, AMY).percent == 20


def test_after_its_time_it_is_given_up_and_a_form_comes_back(
    trellis: Trellis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("handlers.late.LASTS_SECONDS", 0.2)
    opened(trellis, AMY, "/goal add")
    with refusing(trellis.sessions):
        trellis.slack.submit(AMY, {WHAT: "Open <two> demos", WHEN: "2027-03-31"})
        form = dialog_says(trellis, AMY, SLOW)
        trellis.slack.command(AMY, f"/goal add {GOAL}")
        hear(trellis, AMY, SLOW)

    assert kept(trellis) == []
    result = trellis.slack.submit(AMY, view=form).view
    assert result is not None
    assert (goal_of(trellis, AMY).title, str(goal_of(trellis, AMY).due_on)) == (
        "Open <two> demos",
        "2027-03-31",
    )


def test_a_day_is_the_one_on_which_it_was_typed(trellis: Trellis) -> None:
    with refusing(trellis.sessions):
        trellis.slack.command(AMY, f"/goal add {GOAL} by tomorrow")
        trellis.clock.move(MONDAY_NOON + timedelta(days=1))

    hear(trellis, AMY, "Logged as goal 1")
    assert goal_of(trellis, AMY).due_on == (MONDAY_NOON + timedelta(days=1)).date()


def test_what_was_done_and_cannot_be_shown_is_not_put_down_to_slack(trellis: Trellis) -> None:
    home = home_of(trellis, AMY)
    with refusing(trellis.sessions, threads=SHOWING, looking=True):
        trellis.slack.press(AMY, home, member_views.PAUSE)
        told = dialog_says(trellis, AMY, UNSEEN)

    assert "Slack did not take" not in told.words
    assert "Resume" in home_of(trellis, AMY).buttons
