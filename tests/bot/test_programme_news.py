"""What a programme tells by itself, each time it happens: also when that is twice in one day."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from bot import programme_news, programme_posts, programmes
from bot.programme_news import HANDED_OVER, HELD, INVITATION, RELEASED, News
from bot.runtime.database import Sessions
from models.outbox import CANCELLED, FAILED, READY, SENT, Delivery
from tests.bot import rounds_stage as stage
from tests.bot.buddies_stage import actor, found, know, profile, running
from tests.bot.rounds_stage import quick as quick
from tests.people import HOUR, MONDAY_NOON


def send(sessions: Sessions, kind: str, state: str = SENT) -> None:
    """Let what waits of a kind have come, or come to something else."""
    with sessions.begin() as session:
        for each in session.scalars(select(Delivery).where(Delivery.kind == kind, Delivery.state == READY)):
            each.state = state


def states(sessions: Sessions, kind: str) -> list[str]:
    """Read what became of the messages of a kind, in the order of planning."""
    return [each.state for each in stage.deliveries(sessions, kind)]


def hold(sessions: Sessions, programme_id: int, hours: int) -> None:
    """Let a channel be archived, so many hours after noon."""
    with sessions.begin() as session:
        programme = found(session, programme_id)
        programme_news.hold(session, programme, programme_news.ARCHIVED, now=MONDAY_NOON + hours * HOUR)


def release(sessions: Sessions, programme_id: int, hours: int) -> None:
    """Let it be brought back, so many hours after noon."""
    with sessions.begin() as session:
        programme_news.release(session, found(session, programme_id), now=MONDAY_NOON + hours * HOUR)


def test_an_owner_hears_each_time_that_a_channel_is_archived_also_twice_a_day(quick: Sessions) -> None:
    programme_id = running(quick)

    for hours in (0, 2):
        hold(quick, programme_id, hours)
        send(quick, HELD)
        release(quick, programme_id, hours + 1)
        send(quick, RELEASED)

    assert states(quick, HELD) == [SENT, SENT]
    assert states(quick, RELEASED) == [SENT, SENT]


def test_what_was_taken_back_before_it_was_told_is_told_when_it_happens_again(quick: Sessions) -> None:
    programme_id = running(quick)

    hold(quick, programme_id, 0)
    release(quick, programme_id, 1)
    hold(quick, programme_id, 2)

    assert states(quick, HELD) == [CANCELLED, READY]


def test_a_programme_that_goes_to_and_fro_between_two_people_tells_each_of_them_each_time(
    quick: Sessions,
) -> None:
    programme_id = running(quick)
    with quick.begin() as session:
        know(session, profile("UHEIR"))

    for hours, (giver, heir) in enumerate([("UOWNER", "UHEIR"), ("UHEIR", "UOWNER")] * 2):
        with quick.begin() as session:
            programmes.hand_over(session, actor(giver), programme_id, heir, now=MONDAY_NOON + hours * HOUR)

    told = [each.receiver for each in stage.deliveries(quick, HANDED_OVER)]
    assert told == ["UHEIR", "UOWNER"] * 2


def test_an_invitation_that_is_refused_twice_a_day_is_written_anew_each_time(quick: Sessions) -> None:
    running(quick)

    for hours in (0, 1):
        send(quick, INVITATION, FAILED)
        latest = stage.deliveries(quick, INVITATION)[-1].id
        with quick.begin() as session:
            session.get_one(Delivery, latest).reason = "not_in_channel"
            programme_posts.given_up(session, latest, now=MONDAY_NOON + hours * HOUR)

    assert states(quick, INVITATION) == [FAILED, FAILED, READY]


@pytest.mark.parametrize("kind", [RELEASED, INVITATION])
def test_what_names_the_next_round_after_the_heads_up_names_the_announced_one(
    quick: Sessions, kind: str
) -> None:
    programme_id = stage.staffed(quick, 2)
    stage.step(quick, stage.HEADS_UP)
    with quick.begin() as session:
        programme = found(session, programme_id)
        programme_news.hold(session, programme, programme_news.ARCHIVED, now=stage.HEADS_UP)
    send(quick, HELD)
    with quick.begin() as session:
        programme_news.release(session, found(session, programme_id), now=stage.HEADS_UP + HOUR)

    rows = stage.deliveries(quick, kind)
    with quick.begin() as session:
        (news,) = programme_news.judge(session, rows, now=stage.HEADS_UP + HOUR).values()

    assert isinstance(news, News)
    assert news.next_at == stage.START
