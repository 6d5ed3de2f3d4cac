"""Who is undisturbed in Slack gets what nobody asked for afterwards, if it is of use then."""

from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy import update

from bot.planning import PREP
from handlers import wiring
from models.base import from_now
from models.members import Member
from tests.handlers.one_on_ones_stage import live_until, messages, states
from tests.handlers.test_nudges_moment import MEETING, OVER, PLANNED, QUESTION, counts, plan
from tests.people import AMY, BEN, HOUR, MINUTE
from tests.scenes import begin_with
from tests.trellis import Trellis, settings_for

LUNCH_ENDS = QUESTION + 2 * HOUR


@pytest.fixture
def planned(trellis: Trellis) -> Trellis:
    """Give an app that asks ahead who is undisturbed, and in which Amy's and Ben's Thursday is planned."""
    begin_with(trellis, plan)
    client = wiring.slack_client(settings_for(trellis.hosted.api_url))
    trellis.chores = wiring.chores(client)
    return trellis


def undisturbed_until(trellis: Trellis, who: str) -> datetime | None:
    with trellis.sessions.read() as session:
        return session.get_one(Member, (trellis.workspace, who)).undisturbed_until


def snooze(trellis: Trellis, who: str, until: datetime | None) -> None:
    """Let somebody pause their notifications, and wait until the bot has heard of it."""
    trellis.slack.pause_notifications(who, until, since=PLANNED)
    trellis.slack.eventually(lambda: undisturbed_until(trellis, who) == until)


def test_the_question_waits_for_the_end_and_comes_then(planned: Trellis) -> None:
    snooze(planned, AMY, LUNCH_ENDS)

    live_until(planned, LUNCH_ENDS - MINUTE)
    before, reason = counts(planned)[:2], states(planned, PREP)[0][2]
    live_until(planned, LUNCH_ENDS)

    assert (before, reason) == ([0, 1], "undisturbed in Slack")
    assert counts(planned)[:2] == [1, 1]


def test_who_ends_it_sooner_gets_the_question_then(planned: Trellis) -> None:
    snooze(planned, AMY, LUNCH_ENDS)
    live_until(planned, QUESTION + HOUR)

    snooze(planned, AMY, None)
    live_until(planned, QUESTION + HOUR + MINUTE)

    assert counts(planned)[:2] == [1, 1]


def test_undisturbed_beyond_the_meeting_the_question_comes_as_ever_and_so_does_its_end(
    planned: Trellis,
) -> None:
    snooze(planned, AMY, OVER + HOUR)

    live_until(planned, QUESTION)
    at_first = counts(planned)
    live_until(planned, OVER)

    assert at_first == [1, 1, 0, 0]
    assert counts(planned) == [1, 1, 1, 1]


def test_undisturbed_only_at_its_end_the_meeting_is_closed_all_the_same(planned: Trellis) -> None:
    live_until(planned, MEETING)
    planned.slack.pause_notifications(AMY, OVER + HOUR, since=MEETING)
    planned.slack.eventually(lambda: undisturbed_until(planned, AMY) == OVER + HOUR)

    live_until(planned, OVER)

    assert counts(planned) == [1, 1, 1, 1]


def test_what_slack_told_no_event_of_is_asked_before_the_question_is_due(planned: Trellis) -> None:
    planned.slack.change_person(AMY, dnd_start_ts=int(PLANNED.timestamp()), dnd_end_ts=int(OVER.timestamp()))
    planned.slack.change_person(
        BEN, dnd_start_ts=int(PLANNED.timestamp()), dnd_end_ts=int(LUNCH_ENDS.timestamp())
    )

    live_until(planned, QUESTION)
    at_first = counts(planned)[:2]
    live_until(planned, LUNCH_ENDS)

    assert (at_first, counts(planned)[:2]) == ([1, 0], [1, 1])
    (call,) = planned.slack.calls("dnd.teamInfo")
    assert sorted(call["arguments"]["users"].split(",")) == [AMY, BEN]


def test_what_was_said_too_long_ago_keeps_nothing_back(planned: Trellis) -> None:
    snooze(planned, AMY, LUNCH_ENDS)
    planned.slack.fault("dnd.teamInfo", "error", error="missing_scope", times=9)
    with planned.sessions.begin() as session:
        session.execute(update(Member).values(disturbance_read_at=from_now(-16 * 60)))

    live_until(planned, QUESTION)

    assert counts(planned)[:2] == [1, 1]


def test_the_news_of_a_registration_waits_too(planned: Trellis) -> None:
    snooze(planned, BEN, LUNCH_ENDS)
    planned.clock.move(QUESTION)
    planned.slack.command(AMY, "/1on1 end @ben")
    planned.slack.command(AMY, "/1on1 add @ben every friday 10:00")
    before = len(messages(planned, BEN, "Decline"))

    live_until(planned, LUNCH_ENDS - MINUTE)
    meanwhile = len(messages(planned, BEN, "Decline"))
    live_until(planned, LUNCH_ENDS)

    assert meanwhile == before
    assert len(messages(planned, BEN, "Decline")) == before + 1


def test_the_news_of_a_meeting_soon_does_not_wait_beyond_it_and_keeps_no_question_back(
    planned: Trellis,
) -> None:
    snooze(planned, BEN, OVER + HOUR)
    planned.clock.move(QUESTION)
    planned.slack.command(AMY, "/1on1 end @ben")
    planned.slack.command(AMY, "/1on1 add @ben every wednesday 11:00")

    live_until(planned, QUESTION + 5 * MINUTE)

    assert ["Decline" in message.buttons for message in planned.slack.dms(BEN)][-2:] == [True, False]
