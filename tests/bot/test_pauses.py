"""Pauses in several programmes: what is told when they are over."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import Engine, select

from bot import channel_enrolments, enrolments, pauses, programmes
from bot.outbox import Never
from bot.pauses import RESUMED, Return
from bot.programme_settings import Settings
from bot.programmes import Channel
from bot.runtime.database import Sessions
from models.outbox import CANCELLED, READY, Delivery
from models.programmes import GONE, IN, PAUSED
from tests.bot import rounds_stage as stage
from tests.bot.buddies_stage import BERLIN, actor, found, running
from tests.bot.rounds_stage import quick as quick
from tests.people import DAY, MONDAY_NOON

AMY = "UAMY"
THURSDAY = MONDAY_NOON.date() + timedelta(days=3)


def everywhere(sessions: Sessions) -> list[int]:
    """Let Amy take part in three programmes, and give their ids."""
    ids = [running(sessions, [AMY])]
    for name in ("CSALES", "CTECH"):
        with sessions.begin() as session:
            started = programmes.start(session, actor(AMY), Channel(name), Settings(BERLIN), now=MONDAY_NOON)
            session.flush()
            ids.append(started.id)
    for each in ids:
        with sessions.begin() as session:
            enrolments.join(session, actor(AMY), found(session, each), now=MONDAY_NOON)
    return ids


def told(sessions: Sessions, days: int) -> list[object]:
    """Judge the news of pauses that are over, so many days later."""
    rows = stage.deliveries(sessions, RESUMED)
    with sessions.begin() as session:
        return list(pauses.judge(session, rows, now=MONDAY_NOON + days * DAY).values())


def test_one_message_tells_of_all_pauses_that_are_over_on_a_day(quick: Sessions) -> None:
    ids = everywhere(quick)
    with quick.begin() as session:
        pauses.pause(session, actor(AMY), ids, THURSDAY, now=MONDAY_NOON)

    (back,) = told(quick, 3)

    assert isinstance(back, Return)
    assert [each.channel for each in back.programmes] == ["CROOM", "CSALES", "CTECH"]
    assert [stage.part(quick, each, AMY).state for each in ids] == [IN] * 3


@pytest.mark.parametrize("is_ended", [False, True], ids=["another day", "ended"])
def test_it_leaves_out_where_one_pauses_longer_or_a_programme_has_ended(
    quick: Sessions, *, is_ended: bool
) -> None:
    ids = everywhere(quick)
    with quick.begin() as session:
        pauses.pause(session, actor(AMY), ids, THURSDAY, now=MONDAY_NOON)
        if is_ended:
            programmes.end(session, actor(AMY), ids[0], now=MONDAY_NOON)
        else:
            pauses.pause(session, actor(AMY), ids[:1], THURSDAY + timedelta(days=4), now=MONDAY_NOON)

    first, *later = told(quick, 3)

    assert isinstance(first, Return)
    assert [each.channel for each in first.programmes] == ["CSALES", "CTECH"]
    assert stage.part(quick, ids[0], AMY).state == PAUSED
    assert len(later) == (not is_ended)


def test_a_pause_that_is_ended_by_hand_everywhere_is_told_nowhere(quick: Sessions) -> None:
    ids = everywhere(quick)
    with quick.begin() as session:
        pauses.pause(session, actor(AMY), ids, THURSDAY, now=MONDAY_NOON)
        pauses.resume(session, actor(AMY), ids)

    (verdict,) = told(quick, 3)

    assert isinstance(verdict, Never)


def test_who_resumes_and_pauses_again_until_the_same_day_is_told_of_its_end(quick: Sessions) -> None:
    ids = everywhere(quick)
    with quick.begin() as session:
        pauses.pause(session, actor(AMY), ids[:1], THURSDAY, now=MONDAY_NOON)
        pauses.resume(session, actor(AMY), ids[:1])
    (taken_back,) = told(quick, 1)
    assert isinstance(taken_back, Never)
    with quick.begin() as session:
        (row,) = session.scalars(select(Delivery).where(Delivery.kind == RESUMED))
        row.state, row.reason = CANCELLED, taken_back.reason
        pauses.pause(session, actor(AMY), ids[1:2], THURSDAY, now=MONDAY_NOON + DAY)

    assert [each.state for each in stage.deliveries(quick, RESUMED)] == [READY]
    assert isinstance(told(quick, 3)[0], Return)


@pytest.mark.parametrize("is_seen", [True, False], ids=["seen in the channel", "told by Slack"])
def test_who_pauses_without_an_end_and_leaves_the_channel_is_gone_and_pauses_on_when_they_are_back(
    store: Engine, is_seen: bool
) -> None:
    sessions = Sessions(store)
    programme_id = stage.staffed(sessions, 2)
    with sessions.begin() as session:
        pauses.pause(session, actor("U001"), [programme_id], None, now=MONDAY_NOON)

    def stands_when(*present: str) -> tuple[str, date | None]:
        with sessions.begin() as session:
            programme, is_there = found(session, programme_id), "U001" in present
            if is_seen:
                channel_enrolments.follow(session, programme, present, now=MONDAY_NOON)
            else:
                channel_enrolments.move(
                    session, programme, user_id="U001", is_present=is_there, now=MONDAY_NOON
                )
        participant = stage.part(sessions, programme_id, "U001")
        return participant.state, participant.paused_until

    assert stands_when("U002")[0] == GONE
    assert stands_when("U001", "U002") == (PAUSED, None)
    assert stage.part(sessions, programme_id, "U002").state == IN
