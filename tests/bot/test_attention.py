"""What reaches people of all that waits for them in a week, as messages stand in the store."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import select

from bot import attention, members, round_pacts
from bot.budgets import UNWANTED
from bot.members import Limits
from bot.outbox import Later, Message, Never, enqueue, group
from bot.pauses import RESUMED
from bot.round_messages import CLOSING, HALFWAY, HEADS_UP, INTRODUCTION, SILENCED
from bot.runtime.database import Sessions
from models.attention import Attention
from models.outbox import Delivery
from tests.bot import rounds_stage as stage
from tests.bot.buddies_stage import TEAM, actor, know, profile
from tests.bot.rounds_stage import quick as quick
from tests.people import DAY, HOUR
from tests.statements import counted
from tests.trellis import utc

ANN, BO, CY = "UANN", "UBO", "UCY"
"""All work from nine to five: Ann and Bo in Berlin, Cy in Los Angeles."""
TUESDAY = utc("2026-11-24 10:00")
MONDAYS = {ANN: utc("2026-11-30 08:00"), BO: utc("2026-11-30 08:00"), CY: utc("2026-11-30 17:00")}
"""When the next week's work begins."""
OVER_THREE = "over the 3 messages of this week"
Verdicts = Mapping[str, Later | Never | None]


@pytest.fixture
def people(sessions: Sessions) -> Sessions:
    """Let there be people, on each store."""
    return known(sessions)


@pytest.fixture
def some(quick: Sessions) -> Sessions:
    """Let there be people, on SQLite."""
    return known(quick)


def known(sessions: Sessions) -> Sessions:
    with sessions.begin() as session:
        know(session, profile(ANN), profile(BO), profile(CY, zone="America/Los_Angeles"))
    return sessions


def write(sessions: Sessions, *written: tuple[str, str, str], **said: Any) -> None:
    """Write messages, each of a key, a kind and a receiver; they are of use for ten days unless said otherwise."""
    opens, ends = said.get("opens", TUESDAY), said.get("ends", TUESDAY + 10 * DAY)
    subject = said.get("about", 1)
    with sessions.begin() as session:
        messages = [Message(TEAM, key, kind, to, subject, opens, ends) for key, kind, to in written]
        enqueue(session, messages)


def judge(sessions: Sessions, *keys: str, at: datetime = TUESDAY) -> Verdicts:
    """Judge these messages together; None is said of what may go."""
    with sessions.begin() as session:
        rows = session.scalars(Delivery.keyed_among([TEAM], keys)).all()
        held_up = attention.judge(session, rows, now=at)
        return {row.key: held_up.get(row.id) for row in rows}


def read(sessions: Sessions, who: str, number: int, *, at: datetime = TUESDAY) -> None:
    """Let somebody have had so many messages in the week."""
    keys = [f"read:{who}:{nth}" for nth in range(number)]
    write(sessions, *((key, HEADS_UP, who) for key in keys))
    judge(sessions, *keys, at=at)
    with sessions.begin() as session:
        for row in session.scalars(Delivery.keyed_among([TEAM], keys)):
            row.state = "sent"


def limited(sessions: Sessions, who: str, number: int, *less_of: str) -> None:
    with sessions.begin() as session:
        members.limit(session, actor(who), Limits(number, frozenset(less_of)))


def weeks(sessions: Sessions) -> list[tuple[str, str, str]]:
    """Read what was counted: person, week, key."""
    with sessions.read() as session:
        chosen = select(Attention.user_id, Attention.week, Delivery.key)
        rows = session.execute(chosen.join(Delivery, Delivery.id == Attention.delivery_id)).all()
        return sorted((who, f"{week}", key) for who, week, key in rows)


def test_in_one_batch_what_comes_first_takes_what_is_left_and_the_rest_waits_for_monday(
    people: Sessions,
) -> None:
    read(people, ANN, 2)
    both = group([ANN, BO])
    write(people, ("half-way", HALFWAY, both), ("did you meet", CLOSING, ANN), ("for bo", CLOSING, BO))

    verdicts = judge(people, "half-way", "did you meet", "for bo")

    assert verdicts == {"half-way": Later(MONDAYS[ANN], OVER_THREE), "did you meet": None, "for bo": None}


def test_introductions_count_and_are_never_held_up(people: Sessions) -> None:
    read(people, ANN, 3)
    write(people, ("introduction", INTRODUCTION, group([ANN, BO])), ("heads-up", HEADS_UP, ANN))

    assert judge(people, "introduction", "heads-up") == {"introduction": None, "heads-up": None}
    assert [key for who, _, key in weeks(people) if who == ANN][:2] == ["heads-up", "introduction"]
    assert (BO, "2026-11-23", "introduction") in weeks(people)


def test_the_last_one_is_kept_for_an_introduction_that_may_come_this_week(people: Sessions) -> None:
    read(people, ANN, 2)
    write(people, ("heads-up", HEADS_UP, ANN), opens=TUESDAY + 2 * DAY)
    write(people, ("did you meet", CLOSING, ANN), ("for bo", CLOSING, BO))

    assert judge(people, "did you meet") == {"did you meet": Later(MONDAYS[ANN], OVER_THREE)}
    assert judge(people, "for bo") == {"for bo": None}


def test_what_is_due_to_one_person_at_once_takes_one_place_and_holds_up_none_of_it(some: Sessions) -> None:
    read(some, ANN, 1)
    write(some, ("did you meet", CLOSING, ANN), ("another", CLOSING, ANN), ("offer", round_pacts.OFFER, ANN))
    write(some, ("half-way", HALFWAY, group([ANN, BO])))

    assert judge(some, "half-way") == {"half-way": None}
    assert judge(some, "offer") == {"offer": None}


def test_what_is_due_to_one_person_goes_before_what_others_read_too(some: Sessions) -> None:
    read(some, ANN, 2)
    write(some, ("did you meet", CLOSING, ANN), ("another", CLOSING, ANN))
    write(some, ("half-way", HALFWAY, group([ANN, BO])))

    assert judge(some, "half-way") == {"half-way": Later(MONDAYS[ANN], OVER_THREE)}
    assert judge(some, "another") == {"another": None}


def test_what_comes_first_next_week_keeps_nothing_of_this_one(some: Sessions) -> None:
    read(some, CY, 2)
    write(some, ("sunday", HEADS_UP, CY), opens=utc("2026-11-30 08:00"))
    write(some, ("did you meet", CLOSING, CY))

    assert judge(some, "did you meet") == {"did you meet": None}


def test_an_introduction_to_a_group_is_waited_for_by_each_of_them(sessions: Sessions) -> None:
    programme_id = stage.staffed(sessions, 2)
    stage.first_round(sessions)
    (introduction,) = stage.deliveries(sessions, INTRODUCTION)
    limited(sessions, "U002", 1)
    write(sessions, ("offer", round_pacts.OFFER, "U002"), about=programme_id, ends=stage.START + 30 * DAY)

    before = judge(sessions, "offer", at=stage.START)
    stage.introduced(sessions, introduction.subject_id)

    assert before == {"offer": Later(utc("2026-12-07 08:00"), "over the 1 message of this week")}
    assert judge(sessions, "offer", at=stage.START) == {"offer": None}


def test_among_equals_the_one_of_use_for_less_long_goes_first(some: Sessions) -> None:
    limited(some, ANN, 1)
    write(some, ("later", HALFWAY, ANN), ends=TUESDAY + 9 * DAY)
    write(some, ("sooner", round_pacts.OFFER, ANN), ends=TUESDAY + 8 * DAY)

    verdicts = judge(some, "later", "sooner")

    assert verdicts["sooner"] is None
    assert verdicts["later"] == Later(MONDAYS[ANN], "over the 1 message of this week")


def test_a_group_waits_for_the_last_of_them_to_begin_the_next_week(some: Sessions) -> None:
    read(some, ANN, 3)
    write(some, ("half-way", HALFWAY, group([ANN, CY])))

    assert judge(some, "half-way") == {"half-way": Later(MONDAYS[CY], OVER_THREE)}


def test_what_is_of_no_use_next_week_is_not_sent_at_all(some: Sessions) -> None:
    read(some, ANN, 3)
    write(some, ("did you meet", CLOSING, ANN), ends=MONDAYS[ANN])

    assert judge(some, "did you meet") == {"did you meet": Never(f"{OVER_THREE}, and of no use in the next")}
    assert judge(some, "did you meet", at=MONDAYS[ANN]) == {"did you meet": None}


def test_what_somebody_wants_none_of_takes_nothing_from_the_rest(some: Sessions) -> None:
    limited(some, ANN, 1, "check-ins")
    write(some, ("did you meet", CLOSING, ANN), ends=TUESDAY + DAY)
    write(some, ("half-way", HALFWAY, group([ANN, BO])))

    assert judge(some, "half-way") == {"half-way": None}
    assert judge(some, "did you meet") == {"did you meet": Never(UNWANTED)}
    limited(some, BO, 3, "offers")
    write(some, ("another", HALFWAY, group([ANN, BO])))
    assert judge(some, "another") == {"another": Never(UNWANTED)}


def test_who_wants_no_more_questions_hears_all_the_same_that_they_are_paused(some: Sessions) -> None:
    limited(some, ANN, 1, "check-ins", "offers")
    write(some, ("paused", SILENCED, ANN))

    assert judge(some, "paused") == {"paused": None}


def test_what_is_sent_again_after_a_doubt_counts_once_and_needs_no_room_anew(people: Sessions) -> None:
    limited(people, ANN, 1)
    write(people, ("did you meet", CLOSING, ANN))

    assert [judge(people, "did you meet") for _ in range(2)] == [{"did you meet": None}] * 2
    assert weeks(people) == [(ANN, "2026-11-23", "did you meet")]


def test_what_is_found_counts_once_in_the_week_in_which_it_came(some: Sessions) -> None:
    both = group([ANN, BO])
    write(some, ("on sunday", CLOSING, ANN), ("in a group", HALFWAY, both), ("asked for", RESUMED, ANN))
    write(some, ("together", CLOSING, BO), ("with another", CLOSING, BO), ("counted", CLOSING, CY))
    judge(some, "counted")
    came_at = {"on sunday": TUESDAY - 2 * DAY, "counted": TUESDAY + 7 * DAY}

    for _ in range(2):
        with some.begin() as session:
            keys = ("on sunday", "in a group", "asked for", "together", "with another", "counted")
            rows = session.scalars(Delivery.keyed_among([TEAM], keys)).all()
            for row in rows:
                row.state, row.ts = "sent", "0.5" if row.receiver == BO else f"{row.id}.0"
            session.flush()
            attention.count_found(session, [(row, came_at.get(row.key, TUESDAY)) for row in rows])

    assert weeks(some) == [
        (ANN, "2026-11-16", "on sunday"),
        (ANN, "2026-11-23", "in a group"),
        (BO, "2026-11-23", "in a group"),
        (BO, "2026-11-23", "together"),
        (CY, "2026-11-23", "counted"),
    ]


def test_weeks_that_are_over_everywhere_are_forgotten(some: Sessions) -> None:
    for week in range(3):
        read_at = TUESDAY + 7 * week * DAY
        write(some, (f"week {week}", HEADS_UP, ANN), opens=read_at, ends=read_at + DAY)
        judge(some, f"week {week}", at=read_at)

    with some.begin() as session:
        attention.forget_old(session, now=TUESDAY + 14 * DAY + HOUR)

    assert [week for _, week, _ in weeks(some)] == ["2026-11-30", "2026-12-07"]


def test_a_batch_asks_the_store_as_often_as_a_single_message(some: Sessions) -> None:
    write(some, ("one", CLOSING, ANN))
    write(some, *((f"many {nth}", CLOSING, who) for nth, who in enumerate((ANN, BO, CY) * 10)))

    with counted() as single:
        judge(some, "one")
    with counted() as many:
        judge(some, *(f"many {nth}" for nth in range(30)))

    assert len(many) == len(single) <= 6
