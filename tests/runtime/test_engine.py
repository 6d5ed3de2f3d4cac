"""The metronome: what is due is planned and delivered, at real, moved and followed times."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from http.client import IncompleteRead

import pytest
from slack_sdk.errors import SlackClientError
from sqlalchemy import Engine as Store
from sqlalchemy import update
from sqlalchemy.orm import Session

from bot.outbox import Message, enqueue
from bot.runtime.clock import Clock, FollowedClock, SystemClock, elapsed_seconds
from bot.runtime.database import Sessions, migrate
from bot.runtime.engine import (
    AGAIN_AFTER,
    DOUBTS_KEPT,
    GAP_SECONDS,
    BadTickTime,
    Engine,
    Work,
    prune,
    run_tick_once,
    tick_time,
)
from bot.runtime.readings import Readings
from bot.runtime.slack import open_group, post
from models.outbox import DOUBTFUL, EXPIRED, Delivery
from models.receipts import Receipt, take_receipt
from models.workspaces import Workspace
from sandbox.driver import Driver
from sandbox.identity import TEAM_ID
from sandbox.testing import Running
from tests.people import AMY, DAY, HOUR, MINUTE, MONDAY_NOON
from tests.runtime.stage import KIND, Office, client_of, note


@dataclass
class Meetings:
    """A feature as the engine knows one: notes to Amy at these moments, planned an hour ahead."""

    moments: list[datetime]
    asked: list[str] = field(default_factory=list)
    refusals: int = 0
    away: Exception = field(default_factory=lambda: SlackClientError("away"))

    def plan(self, sessions: Sessions, now: datetime) -> int:
        due = [moment for moment in self.moments if moment - HOUR <= now]
        self.moments = [moment for moment in self.moments if moment not in due]
        with sessions.begin() as session:
            enqueue(
                session,
                [Message(TEAM_ID, f"note:{at.isoformat()}", KIND, AMY, 1, at, at + HOUR) for at in due],
            )
        return len(due)

    def next_planned(self, session: Session) -> datetime | None:
        return min((moment - HOUR for moment in self.moments), default=None)

    def refresh_zones(self, sessions: Sessions) -> None:
        self.asked.append("zones")

    def daily(self, sessions: Sessions, clock: Clock) -> None:
        self.asked.append("daily")
        if self.refusals:
            self.refusals -= 1
            raise self.away

    def work(self, api_url: str) -> Work:
        return Work(
            prepare={KIND: note},
            post=partial(post, client_of(api_url)),
            look=Readings(client_of(api_url)).look,
            open_group=partial(open_group, client_of(api_url)),
            plan=self.plan,
            next_planned=self.next_planned,
            refresh_zones=self.refresh_zones,
            daily=self.daily,
        )


@contextmanager
def running(
    office: Office, clock: Clock, meetings: Meetings, *, elapsed: Callable[[], float] = elapsed_seconds
) -> Iterator[None]:
    """Run an engine for as long as the block lasts."""
    work = meetings.work(office.api_url)
    engine = Engine(office.sessions, clock, work, chance=random.Random(1), elapsed=elapsed)
    engine.start()
    try:
        yield
    finally:
        engine.stop()


def test_one_tick_plans_delivers_and_counts(office: Office, slack: Driver) -> None:
    meetings = Meetings([MONDAY_NOON, MONDAY_NOON + MINUTE, MONDAY_NOON + 2 * HOUR])

    counts = run_tick_once(
        office.sessions, office.clock, meetings.work(office.api_url), at=MONDAY_NOON, chance=random.Random(1)
    )

    assert counts == {"planned": 2, "sent": 1}
    assert len(slack.dms(AMY)) == 1


def test_a_second_tick_at_the_same_time_does_nothing(office: Office, slack: Driver) -> None:
    work = Meetings([MONDAY_NOON]).work(office.api_url)
    tick = partial(
        run_tick_once, office.sessions, office.clock, work, at=MONDAY_NOON, chance=random.Random(1)
    )

    tick()

    assert tick() == {"planned": 0}
    assert len(slack.dms(AMY)) == 1


def test_a_tick_waits_for_the_gap_slack_asked_for(store: Store, slack: Driver, workspace: Running) -> None:
    office = Office(Sessions(store), workspace.api_url)
    slack.fault("chat.postMessage", "status", status=429, retry_after=1)
    clock = FollowedClock(f"{workspace.url}/clock")
    work = Meetings([clock.people_now()]).work(office.api_url)

    counts = run_tick_once(office.sessions, clock, work, at=None, chance=random.Random(1))

    assert counts == {"planned": 1, "ready": 1, "sent": 1}
    assert len(slack.dms(AMY)) == 1


def test_a_tick_to_which_slack_answers_half_delivers_and_leaves_the_days_work_to_the_next(
    office: Office, slack: Driver
) -> None:
    meetings = Meetings([MONDAY_NOON], refusals=1, away=IncompleteRead(b"{"))
    work = meetings.work(office.api_url)
    tick = partial(
        run_tick_once, office.sessions, office.clock, work, at=MONDAY_NOON, chance=random.Random(1)
    )

    assert tick() == {"planned": 1, "sent": 1}
    tick()
    tick()

    assert meetings.asked.count("daily") == 2


NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)

GOOD_TIMES = [
    ("2026-11-22T12:00:00Z", NOW),
    ("2026-11-22T13:00+01:00", NOW),
    ("2020-01-01T00:00:00-05:00", datetime(2020, 1, 1, 5, tzinfo=UTC)),
]


@pytest.mark.parametrize(("text", "moment"), GOOD_TIMES)
def test_a_tick_takes_a_past_time_with_its_offset(text: str, moment: datetime) -> None:
    assert tick_time(text, machine_now=NOW, may_be_future=False) == moment


BAD_TIMES = [
    ("tomorrow", "is not a time"),
    ("2026-11-22T25:00:00Z", "is not a time"),
    ("2026-02-31T10:00:00Z", "is not a time"),
    ("", "is not a time"),
    ("2026-11-22T12:00:00", "has no offset"),
    ("2026-11-22", "has no offset"),
    ("2026-11-22T12:00:01Z", "lies in the future"),
    ("2026-11-22T12:00:00-01:00", "lies in the future"),
]


@pytest.mark.parametrize(("text", "fault"), BAD_TIMES)
def test_a_tick_refuses_a_time_it_may_not_use(text: str, fault: str) -> None:
    with pytest.raises(BadTickTime, match=fault):
        tick_time(text, machine_now=NOW, may_be_future=False)


def test_beside_a_local_slack_a_tick_may_look_ahead() -> None:
    assert tick_time("2027-01-01T00:00Z", machine_now=NOW, may_be_future=True).year == 2027


@pytest.fixture
def following(office: Office, workspace: Running, slack: Driver) -> Iterator[Meetings]:
    """Give an engine that follows the sandbox's clock, with meetings two and twenty-six hours ahead."""
    clock = FollowedClock(f"{workspace.url}/clock")
    now = clock.people_now()
    meetings = Meetings([now + 2 * HOUR, now + 26 * HOUR])
    with running(office, clock, meetings):
        slack.eventually(lambda: slack.state()["clock"]["next_at"])
        yield meetings


def test_every_move_of_a_followed_clock_stops_where_something_happens(
    following: Meetings, slack: Driver
) -> None:
    moved = slack.move_clock(by_seconds=DAY.total_seconds() * 2)

    assert moved["warning"] is None
    assert len(moved["steps"]) >= 4
    assert len(slack.dms(AMY)) == 2


def test_to_the_next_thing_goes_no_further(following: Meetings, slack: Driver) -> None:
    before = slack.now()

    slack.move_clock(to_next=True)

    assert slack.now() - before < timedelta(hours=2, minutes=1)
    assert len(slack.dms(AMY)) == 1


def test_the_days_work_is_done_at_the_start_and_old_receipts_go(office: Office, slack: Driver) -> None:
    office.clock.machine = SystemClock().machine_now()
    meetings = Meetings([])
    with office.sessions.begin() as session:
        take_receipt(session, TEAM_ID, "event:old", at=office.clock.machine - 8 * DAY)
        take_receipt(session, TEAM_ID, "event:new", at=office.clock.machine - 6 * DAY)

    with running(office, office.clock, meetings):
        slack.eventually(lambda: {"zones", "daily"} <= set(meetings.asked))

    with office.sessions.read() as session:
        assert [receipt.key for receipt in session.query(Receipt)] == ["event:new"]


def test_after_a_gap_in_which_events_may_have_been_lost_the_days_work_is_done_at_once(
    office: Office, slack: Driver
) -> None:
    meetings, passed = Meetings([]), [0.0]

    with running(office, SystemClock(), meetings, elapsed=lambda: passed[0]):
        slack.eventually(lambda: "daily" in meetings.asked)
        passed[0] += 2 * GAP_SECONDS
        slack.eventually(lambda: meetings.asked.count("daily") == 2)


def test_a_doubt_is_given_up_only_where_nobody_can_ask_any_more(
    office_anywhere: Office, caplog: pytest.LogCaptureFixture
) -> None:
    office = office_anywhere
    caplog.set_level("INFO")
    doubted = update(Delivery).values(state=DOUBTFUL)
    (long_over,) = office.write(AMY, expire_at=MONDAY_NOON - DOUBTS_KEPT - MINUTE)
    (just_over,) = office.write(AMY, expire_at=MONDAY_NOON - DOUBTS_KEPT + MINUTE)
    with office.sessions.begin() as session:
        session.execute(doubted)

    prune(office.sessions, office.clock)
    assert office.states() == [DOUBTFUL, DOUBTFUL], "the app is there"
    with office.sessions.begin() as session:
        session.execute(update(Workspace).values(stopped_because="account_inactive"))
    prune(office.sessions, office.clock)

    assert [office.row(number).state for number in (long_over, just_over)] == [EXPIRED, DOUBTFUL]
    told = [vars(record)["delivery"] for record in caplog.records if record.message == "message_expired"]
    assert told == [long_over]


@pytest.mark.parametrize("away", [SlackClientError("away"), IncompleteRead(b"{")], ids=["away", "cut short"])
def test_a_day_on_which_slack_was_away_does_not_end_the_engine(
    office: Office, slack: Driver, away: Exception
) -> None:
    office.clock.machine = SystemClock().machine_now() - AGAIN_AFTER
    meetings = Meetings([MONDAY_NOON], refusals=1, away=away)

    with running(office, office.clock, meetings):
        slack.eventually(lambda: meetings.asked.count("daily") >= 2)
        slack.eventually(lambda: slack.dms(AMY))


def test_an_engine_leaves_a_store_alone_until_no_migration_is_missing(
    office_anywhere: Office, slack: Driver, caplog: pytest.LogCaptureFixture
) -> None:
    office, meetings = office_anywhere, Meetings([MONDAY_NOON])
    office.clock.machine = SystemClock().machine_now()
    migrate(office.sessions.engine, to="0012")

    with running(office, office.clock, meetings):
        slack.eventually(lambda: "migrations_awaited" in caplog.messages)
        assert meetings.asked == []
        migrate(office.sessions.engine)
        slack.eventually(lambda: slack.dms(AMY))

    assert {"zones", "daily"} <= set(meetings.asked)
    assert not [each for each in caplog.records if each.levelno >= logging.ERROR]
