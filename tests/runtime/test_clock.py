"""The followed clock: people's time comes from elsewhere, machine time never."""

from __future__ import annotations

from datetime import timedelta

from bot.runtime.clock import FollowedClock, SystemClock
from sandbox.driver import Driver
from sandbox.testing import Running, running
from tests.people import DAY, HOUR


def test_people_follow_the_other_clock_and_the_machine_does_not(workspace: Running, slack: Driver) -> None:
    clock = FollowedClock(f"{workspace.url}/clock")
    before = clock.people_now()

    slack.move_clock(by_seconds=DAY.total_seconds())

    assert timedelta() <= clock.people_now() - before - DAY < HOUR
    assert abs(clock.machine_now() - SystemClock().machine_now()) < HOUR


def test_a_reading_says_which_move_it_belongs_to(workspace: Running, slack: Driver) -> None:
    clock = FollowedClock(f"{workspace.url}/clock")
    _, before = clock.reading()

    slack.move_clock(by_seconds=60)

    assert clock.reading()[1] > before


def test_when_the_other_clock_is_away_the_last_offset_stands() -> None:
    with running() as other:
        clock = FollowedClock(f"{other.url}/clock")
        other.driver.move_clock(by_seconds=DAY.total_seconds())
        there = clock.people_now()

    assert timedelta() <= clock.people_now() - there < HOUR
    clock.report_drained(at=there, generation=1, next_at=None)
