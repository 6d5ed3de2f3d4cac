"""What a change of settings between a heads-up and its round does to who heard that they are in."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import update

from bot import enrolments, programmes
from bot.outbox import Never
from bot.programme_settings import settings_of
from bot.round_facts import LeftOut, TooFew
from bot.round_messages import HEADS_UP, LEFT_OUT, TOO_FEW
from bot.runtime.database import Sessions
from models.outbox import SENT, Delivery
from models.programmes import MENTEE, MENTOR, MENTORING
from models.rounds import CLOSED
from tests.bot import rounds_stage as stage
from tests.bot.buddies_stage import actor, found, know, profile
from tests.bot.rounds_stage import quick as quick
from tests.people import DAY, HOUR


def change(sessions: Sessions, programme_id: int, **said: Any) -> None:
    """Let the owner set something else an hour after the heads-up."""
    with sessions.begin() as session:
        settings = settings_of(found(session, programme_id)).changed(said)
        programmes.change(session, actor("U001"), programme_id, settings, now=stage.HEADS_UP + HOUR)


def announced(sessions: Sessions, count: int, **said: Any) -> int:
    """Start a programme and let all but the last hear of its first round."""
    programme_id = stage.staffed(sessions, count, **said)
    with sessions.begin() as session:
        know(session, profile(f"U{count:03}", is_guest=True))
    stage.step(sessions, stage.HEADS_UP)
    return programme_id


def hear(sessions: Sessions, *but: str) -> None:
    """Let the heads-up have come to all but these."""
    with sessions.begin() as session:
        heard = update(Delivery).where(Delivery.kind == HEADS_UP, Delivery.receiver.not_in(but))
        session.execute(heard.values(state=SENT))


def left_out(sessions: Sessions) -> list[str]:
    """Name who reads that they are not in the round after all."""
    return [each.receiver for each in stage.deliveries(sessions, LEFT_OUT)]


def test_who_heard_and_lacks_a_role_by_then_is_told_beside_a_round_for_others(quick: Sessions) -> None:
    programme_id = announced(quick, 4, takes_guests=True)
    hear(quick, "U004")
    change(quick, programme_id, mixing=MENTORING)
    with quick.begin() as session:
        for who, role in (("U001", MENTOR), ("U002", MENTEE)):
            enrolments.join(session, actor(who), found(session, programme_id), role=role, now=stage.HEADS_UP)

    stage.step(quick, stage.START)

    assert stage.groups(quick, programme_id) == [("U001", "U002")]
    assert left_out(quick) == ["U003"]  # the fourth had not heard
    (told,) = stage.told(quick, LEFT_OUT, stage.START)
    assert isinstance(told, LeftOut)
    assert told.lacks_role


def test_a_round_that_other_settings_leave_without_anybody_tells_all_who_heard_and_the_owner_what_to_do(
    quick: Sessions,
) -> None:
    programme_id = announced(quick, 3, takes_guests=True)
    hear(quick)
    change(quick, programme_id, mixing=MENTORING)

    stage.step(quick, stage.START)

    assert left_out(quick) == ["U001", "U002", "U003"]
    (told,) = stage.told(quick, TOO_FEW, stage.START)
    assert isinstance(told, TooFew)
    assert (told.count, told.is_mentoring) == (0, True)


@pytest.mark.parametrize("is_taken_back", [False, True])
def test_a_guest_who_heard_is_told_that_guests_are_out_unless_they_are_in_again(
    quick: Sessions, *, is_taken_back: bool
) -> None:
    programme_id = announced(quick, 3, takes_guests=True)
    hear(quick)
    change(quick, programme_id, takes_guests=False)
    stage.step(quick, stage.START)
    change(quick, programme_id, takes_guests=is_taken_back)

    (told,) = stage.told(quick, LEFT_OUT, stage.START)

    assert left_out(quick) == ["U003"]
    assert isinstance(told, Never if is_taken_back else LeftOut)


def test_a_heads_up_that_waits_says_to_nobody_that_they_are_in_whom_the_settings_keep_out(
    quick: Sessions,
) -> None:
    programme_id = announced(quick, 2, takes_guests=True)
    change(quick, programme_id, takes_guests=False)

    member, guest = stage.told(quick, HEADS_UP, stage.HEADS_UP + HOUR)

    assert not isinstance(member, Never)
    assert isinstance(guest, Never)


def test_a_round_people_have_heard_of_ends_where_the_next_of_another_rhythm_begins(quick: Sessions) -> None:
    programme_id = announced(quick, 4, every_weeks=12, takes_guests=True)
    change(quick, programme_id, every_weeks=1)

    stage.step(quick, stage.START)
    stage.step(quick, stage.START + 7 * DAY)

    first = stage.rounds_of(quick, programme_id)[-1]
    assert (first.ends_at, first.state) == (stage.START + 7 * DAY, CLOSED)


def test_the_round_a_change_counts_from_is_the_announced_one_for_who_meets_whom(quick: Sessions) -> None:
    programme_id = announced(quick, 6, takes_guests=True)
    change(quick, programme_id, group_size=3)

    with quick.read() as session:
        _, next_at = enrolments.next_round(session, found(session, programme_id))
    stage.step(quick, stage.START)

    assert next_at == stage.START
    assert [len(each) for each in stage.groups(quick, programme_id)] == [3, 3]


def test_whom_other_settings_let_in_hears_of_the_announced_round_and_is_in_it(quick: Sessions) -> None:
    programme_id = announced(quick, 4, takes_guests=False)
    hear(quick)
    change(quick, programme_id, takes_guests=True)

    stage.step(quick, stage.HEADS_UP + HOUR)
    heard = [each.receiver for each in stage.deliveries(quick, HEADS_UP)]
    stage.step(quick, stage.START)

    assert sorted(heard) == ["U001", "U002", "U003", "U004"]
    assert sorted(who for group in stage.groups(quick, programme_id) for who in group) == sorted(heard)
