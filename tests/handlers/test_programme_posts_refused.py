"""An announcement Slack refuses for good: its programme's owner hears of it at once, and once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

import pytest
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from bot.programme_news import HELD, INVITATION, UNPOSTED
from bot.runtime.decisions import Failed
from handlers import channels, wiring
from handlers import programme_posts as doors
from models.outbox import FAILED, SENDING, SENT
from models.programmes import Programme
from tests.handlers import posts_stage as posts
from tests.handlers.buddies_stage import GROWTH, programme_of
from tests.handlers.posts_stage import BEGUN, OWNER
from tests.people import DAY, HOUR, MINUTE
from tests.stores import on_postgresql_in_the_siege
from tests.trellis import Trellis, settings_for, utc

AT = utc("2026-11-24 13:00")


def lose_the_channel(trellis: Trellis, lose: Callable[[Trellis], None]) -> Programme:
    """Begin the round, let the channel be lost before it hears of it and Slack tell nobody, then announce."""
    posts.come_near(trellis)
    address = trellis.slack.state()["event_url"]
    trellis.clock.move(AT)
    trellis.chores(trellis.sessions, AT)
    trellis.slack.event_url(None)
    lose(trellis)
    trellis.loop.drain()
    trellis.slack.event_url(address)
    programme = programme_of(trellis)
    assert programme is not None
    return programme


def archive(trellis: Trellis) -> None:
    trellis.slack.archive(GROWTH)


def put_out(trellis: Trellis) -> None:
    trellis.slack.put_out(GROWTH)


def delete(trellis: Trellis) -> None:
    trellis.slack.delete_channel(GROWTH)


def survey(trellis: Trellis, programme: Programme) -> str | None:
    """Ask Slack for the channel's facts, as each day, and give what keeps rounds from being held there."""
    client = wiring.slack_client(settings_for(trellis.slack.base_url + "/api/"))
    channels.survey(client, trellis.sessions, trellis.clock.people_now(), programme)
    current = programme_of(trellis)
    assert current is not None
    return current.held_because


def told_of_the_channel(trellis: Trellis) -> list[str]:
    """Read what the owner was told of the channel."""
    texts = [each.text for each in trellis.slack.dms(OWNER)]
    return [each for each in texts if "rounds there for now" in each or "No buddies are matched" in each]


@pytest.mark.parametrize(
    ("lose", "reason", "because"),
    [
        (archive, "is_archived", "archived"),
        (put_out, "not_in_channel", "without the bot"),
        (delete, "channel_not_found", "unseen"),
    ],
    ids=["archived", "put out", "deleted"],
)
def test_the_owner_hears_of_a_channel_that_takes_no_announcement_at_once_and_once(
    trellis: Trellis, lose: Callable[[Trellis], None], reason: str, because: str
) -> None:
    programme = lose_the_channel(trellis, lose)
    at_once = told_of_the_channel(trellis)

    surveyed = survey(trellis, programme)
    trellis.tick(AT + HOUR)
    trellis.tick(AT + DAY)

    (row,) = posts.rows(trellis)
    assert (row.state, row.reason, surveyed) == (FAILED, reason, because)
    assert len(at_once) == 1
    assert "could not post this round's pairs" in at_once[0]
    assert told_of_the_channel(trellis) == at_once
    assert posts.rows(trellis, UNPOSTED) == []


def test_what_the_survey_told_is_not_told_again_by_the_refusal(trellis: Trellis) -> None:
    posts.come_near(trellis)
    trellis.clock.move(AT)
    trellis.chores(trellis.sessions, AT)
    trellis.slack.archive(GROWTH)
    trellis.slack.eventually(lambda: _is_held(trellis))

    trellis.loop.drain()

    assert [each.state for each in posts.rows(trellis)] == [FAILED]
    assert len(told_of_the_channel(trellis)) == 1
    assert len(posts.rows(trellis, HELD)) == 1


def _is_held(trellis: Trellis) -> bool:
    programme = programme_of(trellis)
    return programme is not None and programme.held_because is not None


@on_postgresql_in_the_siege
def test_a_channel_that_is_back_in_time_reads_the_announcement_and_once(trellis_anywhere: Trellis) -> None:
    trellis = trellis_anywhere
    programme = lose_the_channel(trellis, put_out)
    trellis.slack.bring_in(GROWTH)

    held = [survey(trellis, programme), survey(trellis, programme)]
    trellis.tick(AT + HOUR)
    trellis.tick(AT + 2 * HOUR)

    assert held == [None, None]
    assert posts.outcome(trellis) == ([SENT], 1, 0)


def test_a_channel_that_is_back_too_late_does_not(trellis: Trellis) -> None:
    programme = lose_the_channel(trellis, put_out)
    trellis.clock.move(AT + 3 * DAY)
    trellis.slack.bring_in(GROWTH)

    survey(trellis, programme)
    trellis.loop.drain()

    assert posts.outcome(trellis) == ([FAILED], 0, 0)


def test_refusal_and_news_stand_in_one_transaction(trellis_anywhere: Trellis) -> None:
    trellis, seen = trellis_anywhere, list[str]()

    def die(session: Session, failed: Sequence[Failed], now: datetime) -> None:
        doors.give_up(session, failed, now)
        seen.extend(each.reason for each in failed)
        raise OperationalError("COMMIT", None, ConnectionError())

    with posts.looking(trellis, {INVITATION: die}), pytest.raises(OperationalError):
        posts.invite(trellis, kind="error", error="is_archived")

    assert set(seen) == {"is_archived"}
    assert [each.state for each in posts.rows(trellis, INVITATION)] == [SENDING]
    assert posts.rows(trellis, HELD) == []
    assert not _is_held(trellis)


def test_what_slack_refuses_for_another_reason_the_owner_can_have_posted_once_that_is_mended(
    trellis: Trellis,
) -> None:
    posts.begin(trellis, kind="error", error="restricted_action")
    (question,) = posts.questions(trellis)

    trellis.slack.fault(posts.POST, "error", error="restricted_action")
    trellis.slack.press(OWNER, question, "Post again")
    trellis.tick(BEGUN + MINUTE)
    (again,) = posts.questions(trellis)
    trellis.slack.press(OWNER, again, "Post again")
    trellis.tick(BEGUN + 2 * MINUTE)

    assert question.buttons == ["Post again"]
    assert "restricted_action" in question.text
    assert not _is_held(trellis)
    assert posts.outcome(trellis) == ([SENT], 1, 2)


def test_while_the_channel_is_lost_nothing_is_posted_again_and_nobody_is_asked(trellis: Trellis) -> None:
    with posts.looking(trellis):
        posts.begin(trellis, kind="status", status=503)
        (question,) = posts.questions(trellis)
        trellis.slack.put_out(GROWTH)
        trellis.slack.eventually(lambda: _is_held(trellis))
        refused = trellis.slack.press(OWNER, question, "Post again").text
        state = posts.outcome(trellis)[0]
        trellis.slack.bring_in(GROWTH)
        trellis.slack.eventually(lambda: not _is_held(trellis))

        trellis.slack.press(OWNER, question, "Post again")
        trellis.tick(BEGUN + HOUR)

    assert "cannot post in <#CGROWTH01> now" in refused
    assert state == [FAILED]
    assert posts.outcome(trellis) == ([SENT], 1, 1)
