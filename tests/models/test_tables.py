"""What the tables hold by themselves, on SQLite and PostgreSQL: moments, receipts, one standing 1-on-1 a pair."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import date, datetime, time, timedelta, timezone

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError, StatementError

from bot.runtime.database import Sessions
from models.base import hold_alone
from models.bulk import change_each, insert_missing, insert_new, one_of, update_each
from models.members import Member
from models.one_on_ones import PLANNED, Occurrence, OneOnOne, pair_of
from models.receipts import Receipt, take_receipt
from tests.people import AMY, BEN, DAY, HOUR, MONDAY_NOON, RAY
from tests.stores import Postgres

TEAM, OTHER_TEAM = "TSANDBOX", "TOTHER"


def member(workspace_id: str, user_id: str) -> Member:
    return Member(
        workspace_id=workspace_id,
        user_id=user_id,
        name=user_id,
        zone="UTC",
        is_person=True,
        is_guest=False,
        is_deactivated=False,
        is_admin=False,
        refreshed_at=MONDAY_NOON,
    )


def one_on_one(organiser: str, partner: str, workspace_id: str = TEAM, **facts: object) -> OneOnOne:
    settled = {"rule": "FREQ=WEEKLY;INTERVAL=1;BYDAY=TU", "at": time(10), "zone": "UTC", "minutes": 30}
    moments = {"next_on": date(2026, 11, 24), "next_fire_at": MONDAY_NOON, "registered_at": MONDAY_NOON}
    people = {"organiser": organiser, "partner": partner, "pair": pair_of(organiser, partner)}
    return OneOnOne(**{"workspace_id": workspace_id, **people, **settled, **moments, **facts})


@pytest.fixture
def staffed(sessions: Sessions) -> Sessions:
    """Give a store with the same three people in two workspaces."""
    with sessions.begin() as session:
        session.add_all(member(team, who) for team in (TEAM, OTHER_TEAM) for who in (AMY, BEN, RAY))
    return sessions


def test_a_moment_comes_back_in_utc_whatever_zone_it_was_given_in(staffed: Sessions) -> None:
    in_kolkata = MONDAY_NOON.astimezone(timezone(timedelta(hours=5, minutes=30)))
    with staffed.begin() as session:
        session.get_one(Member, (TEAM, AMY)).away_until = in_kolkata

    with staffed.read() as session:
        read = session.get_one(Member, (TEAM, AMY)).away_until

    assert read == MONDAY_NOON
    assert read is not None
    assert read.utcoffset() == timedelta()


def test_a_moment_without_a_zone_is_a_bug(staffed: Sessions) -> None:
    with pytest.raises(StatementError, match="a moment needs a time zone"), staffed.begin() as session:
        session.get_one(Member, (TEAM, AMY)).away_until = datetime(2026, 11, 23, 12)  # noqa: DTZ001


def test_a_receipt_is_taken_once(sessions: Sessions) -> None:
    with sessions.begin() as session:
        taken = [take_receipt(session, TEAM, "event:Ev1", at=MONDAY_NOON) for _ in range(2)]
        elsewhere = take_receipt(session, OTHER_TEAM, "event:Ev1", at=MONDAY_NOON)

    assert taken == [True, False]
    assert elsewhere


def test_a_receipt_of_what_failed_can_be_taken_again(sessions: Sessions) -> None:
    with suppress(RuntimeError), sessions.begin() as session:
        take_receipt(session, TEAM, "view:V1", at=MONDAY_NOON)
        raise RuntimeError

    with sessions.begin() as session:
        assert take_receipt(session, TEAM, "view:V1", at=MONDAY_NOON)


def test_of_eight_hands_one_takes_the_receipt(sessions: Sessions) -> None:
    def take(_: int) -> bool:
        with sessions.begin() as session:
            return take_receipt(session, TEAM, "view:V1", at=MONDAY_NOON)

    with ThreadPoolExecutor(8) as hands:
        assert sorted(hands.map(take, range(8))) == [False] * 7 + [True]


def test_old_receipts_are_pruned(sessions: Sessions) -> None:
    with sessions.begin() as session:
        take_receipt(session, TEAM, "event:old", at=MONDAY_NOON - 8 * DAY)
        take_receipt(session, TEAM, "event:new", at=MONDAY_NOON)
        session.execute(Receipt.older_than(MONDAY_NOON - 7 * DAY))

    with sessions.begin() as session:
        assert take_receipt(session, TEAM, "event:old", at=MONDAY_NOON)
        assert not take_receipt(session, TEAM, "event:new", at=MONDAY_NOON)


def test_inserting_nothing_is_nothing(sessions: Sessions) -> None:
    with sessions.begin() as session:
        assert insert_missing(session, Receipt, []) == 0


ODD_TEXTS = [
    "",
    "NULL",
    "null",
    'a "quoted" one',
    "back\\slash",
    "{a,b}",
    "two\nlines\tand a tab",
    "Zoë’s 50 %",
]


def test_texts_that_mean_something_to_a_store_are_kept_as_they_are(sessions: Sessions) -> None:
    rows = [{"workspace_id": TEAM, "key": text, "taken_at": MONDAY_NOON} for text in ODD_TEXTS]
    with sessions.begin() as session:
        assert insert_missing(session, Receipt, rows[:3]) == 3
        assert insert_missing(session, Receipt, rows) == len(ODD_TEXTS) - 3

    with sessions.read() as session:
        assert {each.key for each in session.query(Receipt)} == set(ODD_TEXTS)


def test_a_row_that_is_there_against_expectation_is_left_as_it_is(sessions: Sessions) -> None:
    rows = [{"workspace_id": TEAM, "key": key, "taken_at": MONDAY_NOON} for key in ("one", "two", "three")]
    with sessions.begin() as session:
        assert insert_missing(session, Receipt, rows[:1], are_likely_new=True) == 1
        assert insert_missing(session, Receipt, rows, are_likely_new=True) == 2

    with sessions.read() as session:
        assert {each.key for each in session.query(Receipt)} == {"one", "two", "three"}


def meeting(one_on_one_id: int, day: int) -> dict[str, object]:
    return {
        "workspace_id": TEAM,
        "one_on_one_id": one_on_one_id,
        "original_on": date(2026, 11, day),
        "on": date(2026, 11, day),
        "at": time(10),
        "starts_at": MONDAY_NOON + day * DAY,
        "minutes": 30,
        "state": PLANNED,
    }


@pytest.fixture
def two_pairs(staffed: Sessions) -> Sessions:
    """Give a store with two standing 1-on-1s, 1 and 2."""
    with staffed.begin() as session:
        session.add(one_on_one(AMY, BEN, id=1, carried_question="ask-amy"))
        session.add(one_on_one(AMY, RAY, id=2))
    return staffed


def test_new_rows_come_back_with_their_ids(two_pairs: Sessions) -> None:
    with two_pairs.begin() as session:
        rows = insert_new(
            session, Occurrence, [meeting(1, 24), meeting(2, 25)], returning=["id", "one_on_one_id"]
        )
        assert insert_new(session, Occurrence, [], returning=["id"]) == []

    with two_pairs.read() as session:
        stored = {each.one_on_one_id: each for each in session.query(Occurrence)}
    assert {(row.one_on_one_id, row.id) for row in rows} == {(1, stored[1].id), (2, stored[2].id)}
    assert stored[2].on == date(2026, 11, 25)
    assert stored[2].at == time(10)
    assert stored[2].starts_at == MONDAY_NOON + 25 * DAY


def test_of_new_rows_none_is_inserted_if_one_stands_already(two_pairs: Sessions) -> None:
    with two_pairs.begin() as session:
        insert_new(session, Occurrence, [meeting(1, 24)], returning=["id"])

    with pytest.raises(IntegrityError), two_pairs.begin() as session:
        insert_new(session, Occurrence, [meeting(2, 24), meeting(1, 24)], returning=["id"])

    with two_pairs.read() as session:
        assert [each.one_on_one_id for each in session.query(Occurrence)] == [1]


def test_many_rows_change_at_once_each_in_its_own_way(two_pairs: Sessions) -> None:
    with two_pairs.begin() as session:
        first, second = session.scalars(select(OneOnOne).order_by(OneOnOne.id)).all()
        first.minutes = 45
        change_each(
            session,
            [
                (
                    first,
                    {"next_on": date(2026, 12, 1), "next_fire_at": MONDAY_NOON, "carried_question": None},
                ),
                (
                    second,
                    {
                        "next_on": date(2026, 12, 8),
                        "next_fire_at": MONDAY_NOON + DAY,
                        "carried_question": "x",
                    },
                ),
            ],
        )
        assert (first.next_on, first.carried_question) == (date(2026, 12, 1), None)
        assert not session.dirty
        change_each(session, [])

    with two_pairs.read() as session:
        stored = session.scalars(select(OneOnOne).order_by(OneOnOne.id)).all()
    assert [(each.next_on, each.next_fire_at, each.carried_question, each.minutes) for each in stored] == [
        (date(2026, 12, 1), MONDAY_NOON, None, 45),
        (date(2026, 12, 8), MONDAY_NOON + DAY, "x", 30),
    ]


def test_a_moment_without_a_zone_is_a_bug_in_many_rows_too(two_pairs: Sessions) -> None:
    naive = {**meeting(1, 24), "starts_at": datetime(2026, 11, 24, 10)}  # noqa: DTZ001

    with pytest.raises((ValueError, StatementError), match="needs a time zone"), two_pairs.begin() as session:
        insert_new(session, Occurrence, [naive], returning=["id"])


def test_a_name_is_held_by_one_transaction_until_it_ends(postgres: Postgres) -> None:
    with postgres.reused() as engine:
        sessions = Sessions(engine)
        with sessions.begin() as one, sessions.begin() as other:
            assert hold_alone(one, "zones:T1")
            assert not hold_alone(other, "zones:T1")
            assert hold_alone(other, "zones:T2")
        with sessions.begin() as later:
            assert hold_alone(later, "zones:T1")


def test_a_pair_has_one_standing_1on1_whoever_is_named_first(staffed: Sessions) -> None:
    with staffed.begin() as session:
        session.add(one_on_one(AMY, BEN))

    with pytest.raises(IntegrityError), staffed.begin() as session:
        session.add(one_on_one(BEN, AMY))


def test_ended_ones_and_other_workspaces_do_not_count(staffed: Sessions) -> None:
    with staffed.begin() as session:
        session.add_all([one_on_one(AMY, BEN, ended_at=MONDAY_NOON) for _ in range(2)])
        session.add_all([one_on_one(AMY, BEN), one_on_one(AMY, BEN, OTHER_TEAM), one_on_one(AMY, RAY)])

    with staffed.read() as session:
        assert len(session.scalars(OneOnOne.of_pair(TEAM, pair_of(BEN, AMY))).all()) == 3
        assert len(session.scalars(OneOnOne.standing_of(TEAM, AMY)).all()) == 2
        assert len(session.scalars(OneOnOne.standing_of(OTHER_TEAM, AMY)).all()) == 1


def test_due_are_the_standing_ones_whose_moment_has_come_the_oldest_first(staffed: Sessions) -> None:
    with staffed.begin() as session:
        session.add(one_on_one(AMY, BEN, next_fire_at=MONDAY_NOON + HOUR))
        session.add(one_on_one(AMY, RAY, next_fire_at=MONDAY_NOON))
        session.add(one_on_one(BEN, RAY, next_fire_at=MONDAY_NOON - HOUR))
        session.add(one_on_one(BEN, RAY, OTHER_TEAM, next_fire_at=MONDAY_NOON, ended_at=MONDAY_NOON))

    with staffed.begin() as session:
        due = [each.pair for each in session.execute(OneOnOne.due(MONDAY_NOON, 10))]
        first = [each.pair for each in session.execute(OneOnOne.due(MONDAY_NOON, 1))]

    assert due == [pair_of(BEN, RAY), pair_of(AMY, RAY)]
    assert first == due[:1]


def test_a_person_who_is_not_known_meets_nobody(staffed: Sessions) -> None:
    with pytest.raises(IntegrityError), staffed.begin() as session:
        session.add(one_on_one(AMY, "UNOBODY99"))


def test_rows_are_asked_for_by_many_values_whatever_is_in_them(sessions: Sessions) -> None:
    rows = [{"key": text} for text in ODD_TEXTS]
    with sessions.begin() as session:
        alike = {"workspace_id": TEAM, "taken_at": MONDAY_NOON}
        assert insert_missing(session, Receipt, rows, alike=alike) == len(ODD_TEXTS)

    with sessions.read() as session:
        for some in ([], ODD_TEXTS[:1], ODD_TEXTS[1:], [*ODD_TEXTS, "none of them"]):
            found = session.scalars(select(Receipt.key).where(one_of(Receipt.key, some))).all()
            assert set(found) == set(some) & set(ODD_TEXTS)


def test_what_rows_get_in_common_is_said_once(two_pairs: Sessions) -> None:
    with two_pairs.begin() as session:
        lasting = [{"id": 1, "minutes": 45}, {"id": 2, "minutes": 60}]
        update_each(session, OneOnOne, lasting, alike={"carried_question": None})
        update_each(session, OneOnOne, [])

    with two_pairs.read() as session:
        stored = session.scalars(select(OneOnOne).where(one_of(OneOnOne.id, [1, 2])).order_by(OneOnOne.id))
        assert [(each.minutes, each.carried_question) for each in stored] == [(45, None), (60, None)]
