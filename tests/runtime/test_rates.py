"""Slack's pace: as fast as it allows, shared by all processes, and no workspace waits for another."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as some
from sqlalchemy import select, update

from bot.outbox import Message, enqueue
from bot.runtime.rates import UNLIMITED, Pace, Rate
from bot.runtime.slack import Outcome, Outgoing, Sent
from models.bulk import insert_missing
from models.conversations import Conversation
from models.outbox import SENDING, SENT, Delivery
from models.workspaces import Workspace
from sandbox.identity import TEAM_ID
from tests.people import AMY, BEN, DAY, MONDAY_NOON
from tests.runtime.stage import KIND, Office, exhaust

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
FIVE_A_SECOND = Pace(workspace=Rate(SECOND / 5, 10), conversation=UNLIMITED)


class Slack:
    """Takes everything, and remembers what."""

    def __init__(self) -> None:
        self.took: list[Outgoing] = []

    def __call__(self, message: Outgoing) -> Outcome:
        self.took.append(message)
        return Sent("D1", f"{message.delivery_id}.0")


def people(number: int) -> list[str]:
    return [f"UPERSON{index:04}" for index in range(number)]


@given(
    some.integers(1, 50),
    some.integers(1, 2000),
    some.lists(some.tuples(some.integers(0, 3000), some.integers(0, 60)), min_size=1, max_size=40),
)
def test_no_stretch_of_time_sees_more_than_a_burst_and_what_the_rate_allows(
    burst: int, interval_ms: int, asked: list[tuple[int, int]]
) -> None:
    rate = Rate(timedelta(milliseconds=interval_ms), burst)
    now, tat, made = NOON, None, []
    for pause_ms, wanted in asked:
        now += timedelta(milliseconds=pause_ms)
        requests = min(wanted, rate.room(tat, now))
        assert (rate.room(tat, now) > 0) == (tat is None or tat <= now + rate.tolerance)
        tat = rate.after(tat, now, requests)
        made += [now] * requests

    for place, first in enumerate(made):
        for count, last in enumerate(made[place:], start=1):
            assert count <= burst + (last - first) / rate.interval


def test_room_comes_back_one_by_one() -> None:
    rate = Rate(SECOND, 3)
    tat = rate.after(None, NOON, 3)

    assert [rate.room(tat, NOON + place * SECOND) for place in range(5)] == [0, 1, 2, 3, 3]
    assert rate.opens_at(tat) == NOON + SECOND


def test_a_workspace_gets_a_burst_and_then_as_much_as_slack_takes(office: Office) -> None:
    slack = Slack()
    office.write(*people(30))
    one, other = (office.loop(send=slack, pace=FIVE_A_SECOND) for _ in range(2))

    took: list[int] = []
    for _ in range(6):
        exhaust(one)
        exhaust(other)
        took.append(len(slack.took))
        office.clock.pass_time(SECOND)

    assert took == [10, 15, 20, 25, 30, 30]


def test_a_conversation_gets_a_burst_and_then_one_a_second(office: Office) -> None:
    slack, pace = Slack(), Pace(workspace=UNLIMITED, conversation=Rate(SECOND, 2))
    office.write(*[AMY] * 5, BEN)
    loop = office.loop(send=slack, pace=pace)

    took = []
    for _ in range(5):
        exhaust(loop)
        took.append([sum(message.receiver == who for message in slack.took) for who in (AMY, BEN)])
        office.clock.pass_time(SECOND)

    assert took == [[2, 1], [3, 1], [4, 1], [5, 1], [5, 1]]


def test_the_pace_is_kept_in_the_store_for_whoever_comes_next(office_anywhere: Office) -> None:
    office, slack = office_anywhere, Slack()
    slow = Pace(workspace=Rate(60 * SECOND, 10), conversation=UNLIMITED)
    office.write(*people(12))
    exhaust(office.loop(send=slack, pace=slow))
    exhaust(office.loop(send=slack, pace=slow))

    assert len(slack.took) == 10
    with office.sessions.read() as session:
        assert session.scalars(select(Workspace)).one().posts_tat is not None
        assert len(session.scalars(select(Conversation)).all()) == len(slack.took)


def test_what_is_cancelled_costs_nothing_of_the_pace(office: Office) -> None:
    office.write(*people(30))
    with office.sessions.begin() as session:
        session.execute(update(Delivery).where(Delivery.id <= 20).values(kind="nobody's"))
    slack = Slack()

    exhaust(office.loop(send=slack, pace=FIVE_A_SECOND))

    assert len(slack.took) == 10


def test_a_workspace_with_a_long_queue_delays_another_by_one_turn_at_most(office: Office) -> None:
    slack = Slack()
    office.write(*people(500))
    urgent_last = Message("T2", "last", KIND, AMY, 1, MONDAY_NOON, MONDAY_NOON + 60 * DAY)
    with office.sessions.begin() as session:
        insert_missing(session, Workspace, [{"workspace_id": "T2"}])
        enqueue(session, [urgent_last])
    loop = office.loop(send=slack, pace=FIVE_A_SECOND)

    loop.turn()
    loop.turn()
    exhaust(loop)

    assert sum(message.workspace_id == "T2" for message in slack.took) == 1
    assert sum(message.workspace_id == TEAM_ID for message in slack.took) == 10


def test_one_turn_reaches_every_workspace_though_the_most_urgent_rows_are_all_of_one(
    office_anywhere: Office,
) -> None:
    office = office_anywhere
    office.write(*people(100))
    later = [
        Message(f"T{team}", f"{person}", KIND, person, 1, MONDAY_NOON, MONDAY_NOON + 31 * DAY)
        for team in range(2, 6)
        for person in people(100)
    ]
    with office.sessions.begin() as session:
        insert_missing(session, Workspace, [{"workspace_id": f"T{team}"} for team in range(2, 6)])
        enqueue(session, later)

    office.loop(send=Slack(), pace=FIVE_A_SECOND).turn()
    with office.sessions.read() as session:
        taken = session.scalars(select(Delivery.workspace_id).where(Delivery.state == SENDING)).all()

    assert Counter(taken) == {TEAM_ID: 10, "T2": 1, "T3": 1, "T4": 1, "T5": 1}


def test_a_blocked_workspace_delays_nobody(office: Office) -> None:
    slack = Slack()
    office.write(*people(500))
    with office.sessions.begin() as session:
        session.execute(update(Workspace).values(blocked_until=office.clock.machine + 3600 * SECOND))
        insert_missing(session, Workspace, [{"workspace_id": "T2"}])
        enqueue(session, [Message("T2", "other", KIND, AMY, 1, MONDAY_NOON, MONDAY_NOON + 60 * DAY)])

    office.loop(send=slack, pace=FIVE_A_SECOND).turn()
    office.close()

    assert [message.workspace_id for message in slack.took] == ["T2"]


def test_the_most_urgent_go_first_when_not_all_can(office: Office) -> None:
    slack = Slack()
    for place, who in enumerate(people(20)):
        office.write(who, expire_at=MONDAY_NOON + (20 - place) * DAY)

    exhaust(office.loop(send=slack, pace=FIVE_A_SECOND))

    assert {message.receiver for message in slack.took} == set(people(20)[-10:])
    assert sum(state == SENT for state in office.states()) == 10
