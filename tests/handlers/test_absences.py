"""Asking Slack ahead, for many people at once, whom it keeps undisturbed; and keeping up with what it says itself."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import chain
from typing import Any

import pytest
from sqlalchemy import Engine, event, select, update
from sqlalchemy.exc import OperationalError

from bot.members import Profile, remember_all
from bot.runtime.database import READING, Sessions
from handlers import absences
from handlers.absences import LOOKED_EVERY, Disturbances
from models import absences as asked
from models.base import from_now
from models.members import Member
from models.receipts import Receipt
from sandbox.driver import Driver
from sandbox.identity import TEAM_ID
from sandbox.testing import Hosted
from tests.people import AMY, BEN, HOUR, MINUTE, MONDAY_NOON
from tests.runtime.stage import Office, client_of
from tests.statements import counted

SOON = MONDAY_NOON + 10 * MINUTE
CROWD = [f"U{number:04}" for number in range(120)]
ENDS = MONDAY_NOON + HOUR


@dataclass
class Bureau:
    """A store with people who get messages, and processes that ask Slack about them at Monday noon."""

    office: Office
    slack: Driver
    elapsed: float = 0.0
    now: datetime = MONDAY_NOON
    workers: list[Disturbances] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.worker()

    def worker(self) -> Disturbances:
        """Start one more process."""
        client = client_of(self.office.api_url)
        self.workers.append(Disturbances(client, elapsed=lambda: self.elapsed))
        return self.workers[-1]

    def read(self) -> int:
        """Let the first process ask."""
        return self.workers[0].read(self.office.sessions, self.now)

    def expect(self, *people: str, **facts: Any) -> None:
        """Let people be known, and get a message soon."""
        usual = Profile(
            user_id=AMY,
            name="Amy",
            zone="Europe/Berlin",
            is_person=True,
            is_guest=False,
            is_deactivated=False,
            is_admin=False,
        )
        profiles = [replace(usual, user_id=each, **facts) for each in people]
        with self.office.sessions.begin() as session:
            remember_all(session, TEAM_ID, profiles, at=MONDAY_NOON)
        self.office.write(*people, not_before=SOON)

    def age(self, by: timedelta) -> None:
        """Let what Slack said have been said so long ago, and let somebody look again."""
        self.now += LOOKED_EVERY
        with self.office.sessions.begin() as session:
            session.execute(update(Member).values(disturbance_read_at=from_now(-by.total_seconds())))

    def of(self, who: str) -> Member:
        with self.office.sessions.read() as session:
            return session.get_one(Member, (TEAM_ID, who))

    @property
    def people_asked(self) -> list[list[str]]:
        """Whom Slack was asked about, a list a call."""
        return [call["arguments"]["users"].split(",") for call in self.slack.calls("dnd.teamInfo")]


@pytest.fixture
def bureau(sqlite: Engine, slack: Driver, workspace: Hosted) -> Bureau:
    return Bureau(Office(Sessions(sqlite), workspace.api_url), slack)


@pytest.fixture
def bureau_anywhere(sessions: Sessions, slack: Driver, workspace: Hosted) -> Bureau:
    """Give one on each store."""
    return Bureau(Office(sessions, workspace.api_url), slack)


def test_a_crowd_is_asked_about_in_three_calls_and_nobody_again_within_ten_minutes(
    bureau_anywhere: Bureau,
) -> None:
    bureau_anywhere.expect(*CROWD)

    calls, again = bureau_anywhere.read(), bureau_anywhere.read()
    bureau_anywhere.age(9 * MINUTE)
    at_nine = bureau_anywhere.read()
    bureau_anywhere.age(11 * MINUTE)
    at_eleven = bureau_anywhere.read()

    assert (calls, again, at_nine, at_eleven) == (3, 0, 0, 3)
    assert sorted(len(people) for people in bureau_anywhere.people_asked[:3]) == [20, 50, 50]
    assert sorted(chain(*bureau_anywhere.people_asked[:3])) == CROWD


def test_what_slack_says_is_kept_and_believed_for_a_quarter_of_an_hour(bureau_anywhere: Bureau) -> None:
    bureau_anywhere.expect(AMY, BEN)
    bureau_anywhere.slack.pause_notifications(AMY, ENDS, since=MONDAY_NOON)

    bureau_anywhere.read()

    assert (bureau_anywhere.of(AMY).undisturbed_from, bureau_anywhere.of(AMY).undisturbed_until) == (
        MONDAY_NOON,
        ENDS,
    )
    assert bureau_anywhere.of(BEN).undisturbed_until is None
    assert bureau_anywhere.of(AMY).is_disturbance_believed
    bureau_anywhere.age(16 * MINUTE)
    assert bureau_anywhere.of(AMY).is_disturbance_believed is False


def test_nobody_is_asked_about_who_gets_nothing_soon_or_is_no_member(bureau: Bureau) -> None:
    bureau.expect("UGUEST", is_guest=True)
    bureau.expect("UGONE", is_deactivated=True)
    bureau.expect("UAPP", is_person=False)
    bureau.office.write("USTRANGER", "+UA,UB", "C0CHANNEL", not_before=SOON)
    bureau.expect(AMY)
    bureau.office.write(AMY, not_before=MONDAY_NOON + HOUR)

    assert bureau.read() == 1
    assert bureau.people_asked == [[AMY]]


def test_an_idle_beat_asks_the_store_one_question_and_slack_none(bureau_anywhere: Bureau) -> None:
    bureau_anywhere.expect(AMY)
    bureau_anywhere.office.write(BEN, not_before=MONDAY_NOON + HOUR)
    bureau_anywhere.read()

    with counted() as statements:
        calls = bureau_anywhere.read()

    assert (calls, len(statements)) == (0, 1)
    assert len(bureau_anywhere.slack.calls("dnd.teamInfo")) == 1


def test_told_to_wait_it_waits_and_asks_about_the_same_people_then(bureau: Bureau) -> None:
    bureau.expect(AMY)
    bureau.slack.fault("dnd.teamInfo", "status", status=429, retry_after=7)

    assert bureau.read() == 0
    bureau.age(asked.ASKED_AGAIN + MINUTE)  # another process may take them up, but not this one
    bureau.elapsed = 6.9
    assert bureau.read() == 0
    bureau.elapsed = 7.0
    assert bureau.read() == 1
    assert [call["status"] for call in bureau.slack.calls("dnd.teamInfo")] == [429, 200]


def test_of_a_missing_scope_the_log_says_once_and_slack_is_not_asked_for_an_hour(
    bureau: Bureau, caplog: pytest.LogCaptureFixture
) -> None:
    bureau.expect(AMY)
    bureau.slack.fault("dnd.teamInfo", "error", error="missing_scope")

    with caplog.at_level(logging.WARNING):
        for bureau.elapsed in (0.0, 2.0, 3599.0):
            bureau.read()
            bureau.age(HOUR)
    asked_within_the_hour = len(bureau.people_asked)
    bureau.elapsed = 3600.0
    bureau.read()

    assert [record.msg for record in caplog.records] == ["disturbances_unheard"]
    assert asked_within_the_hour == 1
    assert len(bureau.people_asked) == 2


def test_one_whom_slack_does_not_show_keeps_it_from_telling_of_nobody_else(bureau: Bureau) -> None:
    bureau.expect(*CROWD[:4])
    bureau.slack.fault("dnd.teamInfo", "error", error="user_not_visible", times=3)

    for _ in range(4):  # what is given back may be taken a millisecond later
        bureau.read()

    assert [len(people) for people in bureau.people_asked] == [4, 2, 1, 1, 2]
    assert set(chain(*bureau.people_asked[2:])) == set(CROWD[:4])
    assert all(bureau.of(each).is_disturbance_believed for each in CROWD[:4])


@pytest.mark.parametrize("minutes", [14, 20], ids=["still believed", "not believed any more"])
def test_what_slack_said_is_believed_no_longer_for_its_being_away(
    bureau_anywhere: Bureau, minutes: int
) -> None:
    bureau_anywhere.expect(AMY)
    bureau_anywhere.slack.pause_notifications(AMY, ENDS, since=MONDAY_NOON)
    bureau_anywhere.read()
    bureau_anywhere.age(minutes * MINUTE)
    bureau_anywhere.slack.fault("dnd.teamInfo", "drop")

    assert bureau_anywhere.read() == 0
    assert bureau_anywhere.of(AMY).undisturbed_until is None


def test_a_question_that_the_store_breaks_off_is_not_asked_again_with_the_next_beat(bureau: Bureau) -> None:
    def break_off(*_statement: object) -> None:
        bureau.elapsed += 2
        raise OperationalError("SELECT", None, Exception("canceling statement due to statement timeout"))

    bureau.expect(AMY)
    reading = bureau.office.sessions.engine.get_execution_options()[READING]
    event.listen(reading, "before_cursor_execute", break_off)
    with pytest.raises(OperationalError):
        bureau.read()
    event.remove(reading, "before_cursor_execute", break_off)
    asked_at_once = bureau.read()
    bureau.elapsed += 100

    assert (asked_at_once, bureau.read()) == (0, 1)


def test_two_workers_ask_about_everybody_once(bureau_anywhere: Bureau) -> None:
    bureau_anywhere.expect(*CROWD)
    workers = [bureau_anywhere.workers[0], bureau_anywhere.worker()]

    with ThreadPoolExecutor(2) as pool:
        for _ in range(3):  # who finds the other at it leaves the rest to the next beat
            list(pool.map(lambda each: each.read(bureau_anywhere.office.sessions, MONDAY_NOON), workers))

    assert sorted(chain(*bureau_anywhere.people_asked)) == CROWD


def test_all_processes_together_ask_eighteen_times_a_minute(
    bureau: Bureau, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(absences, "PEOPLE_A_CALL", 1)
    bureau.expect(*CROWD[:30])
    workers = [bureau.workers[0], bureau.worker()]

    for _ in range(3):
        for each in workers:
            each.read(bureau.office.sessions, MONDAY_NOON)

    with bureau.office.sessions.read() as session:
        minutes = {key.rpartition(":")[0] for key in session.scalars(select(Receipt.key))}
    assert len(bureau.people_asked) <= absences.CALLS_A_MINUTE * len(minutes)
    assert len(set(map(tuple, bureau.people_asked))) == len(bureau.people_asked)


def test_what_slack_says_itself_while_it_is_asked_is_newer_than_its_answer(bureau_anywhere: Bureau) -> None:
    bureau_anywhere.expect(AMY)
    times = asked.Times(MONDAY_NOON, ENDS)
    with bureau_anywhere.office.sessions.begin() as session:
        at = session.execute(asked.machine_now()).scalar_one()
        mark = asked.mark_of(at)
        assert session.scalars(asked.take(mark, 1), {"ours": TEAM_ID, "soon": SOON}).all() == [AMY]

    with bureau_anywhere.office.sessions.begin() as session:
        session.execute(asked.told(TEAM_ID, {AMY: times}))
        session.execute(asked.told(TEAM_ID, {AMY: None}, mark=mark))

    assert bureau_anywhere.of(AMY).undisturbed_until == ENDS


def test_where_there_is_nobody_to_ask_about_it_is_looked_for_twice_a_minute(bureau: Bureau) -> None:
    with counted() as statements:
        for _ in range(30):
            bureau.read()
            bureau.now += timedelta(seconds=2)

    assert len(statements) == 2
