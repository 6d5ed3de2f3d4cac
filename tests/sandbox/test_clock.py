"""People's time: moved forward only, and step by step while an app follows."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from slack_sdk import WebClient

from sandbox import moving
from sandbox.driver import Driver, Refused
from sandbox.identity import BOT_TOKEN
from sandbox.testing import Running

AMY = "UAMY0001"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SECOND = timedelta(seconds=1)


class Follower:
    """An app that follows the clock: it has something to do at given moments, and reports when it is done.

    What it does at some of them can be seen.
    """

    seen: tuple[datetime, ...] = ()
    beat_seconds = 0.01

    def __init__(self, url: str, moments: list[datetime]) -> None:
        self.url = url
        self.client = WebClient(token=BOT_TOKEN, base_url=f"{url}/api/", retry_handlers=[])
        self.moments = sorted(moments)
        self.done: list[datetime] = []
        self.stopped = threading.Event()

    def run(self) -> None:
        with httpx.Client(base_url=self.url, trust_env=False, verify=False) as http:
            while not self.stopped.is_set():
                self.turn(http)
                self.stopped.wait(self.beat_seconds)

    def turn(self, http: httpx.Client) -> None:
        clock = http.get("/clock").json()
        now = datetime.fromisoformat(clock["now"])
        while self.moments and self.moments[0] <= now:
            self.do(self.moments.pop(0))
        next_at = self.moments[0].isoformat() if self.moments else None
        report = {"at": clock["now"], "next_at": next_at, "generation": clock["generation"]}
        http.post("/clock/drained", json=report)

    def do(self, moment: datetime) -> None:
        self.done.append(moment)
        self.client.users_info(user=AMY)
        if moment in self.seen:
            self.client.chat_postMessage(channel=AMY, text="Something happened.")


@contextmanager
def following(
    workspace: Running,
    moments: list[datetime],
    kind: type[Follower] = Follower,
    *,
    seen: tuple[datetime, ...] = (),
) -> Iterator[Follower]:
    follower = kind(workspace.url, moments)
    follower.seen = seen
    thread = threading.Thread(target=follower.run, daemon=True)
    thread.start()
    workspace.driver.eventually(lambda: workspace.driver.state()["clock"]["next_at"])
    try:
        yield follower
    finally:
        follower.stopped.set()
        thread.join(5)


def report(workspace: Running, *, at: datetime, next_at: datetime | None = None) -> None:
    """Say once, as an app that then falls silent, that all is done."""
    told = {"at": at.isoformat(), "next_at": next_at.isoformat() if next_at else None, "generation": 0}
    httpx.post(f"{workspace.url}/clock/drained", json=told, trust_env=False, verify=False).raise_for_status()


def test_peoples_time_begins_at_the_wall_clock(driver: Driver) -> None:
    assert abs(driver.now() - datetime.now(UTC)) < 5 * SECOND  # noqa: TID251 (the wall clock is what is tested)


def test_without_a_follower_a_move_goes_straight_to_its_target(driver: Driver) -> None:
    target = driver.now() + 5 * HOUR

    moved = driver.move_clock(target)

    assert [datetime.fromisoformat(step) for step in moved["steps"]] == [target]
    assert moved["warning"] is None
    assert timedelta() <= driver.now() - target < 5 * SECOND
    assert driver.state()["clock"]["moving_to"] is None


def test_a_move_by_seconds_lasts(driver: Driver) -> None:
    before = driver.now()

    driver.move_clock(by_seconds=3600)

    assert HOUR <= driver.now() - before < HOUR + 10 * SECOND


def test_the_clock_never_runs_backwards(driver: Driver) -> None:
    with pytest.raises(Refused, match="never runs backwards"):
        driver.move_clock(driver.now() - HOUR)


@pytest.mark.parametrize("moment", ["tomorrow", "2027-03-31T10:00:00", None])
def test_a_target_is_a_moment_with_an_offset(driver: Driver, moment: str | None) -> None:
    answer = httpx.post(f"{driver.base_url}/clock/move", json={"to": moment}, trust_env=False, verify=False)

    assert answer.status_code == 400


def test_machine_time_stays_when_peoples_time_is_moved(driver: Driver) -> None:
    driver.move_clock(by_seconds=86_400)

    written = driver.write("UAMY0001", "now")

    assert float(written.ts) < driver.now().timestamp() - 80_000


def test_a_move_stops_at_every_moment_at_which_the_app_has_something_to_do(workspace: Running) -> None:
    start = workspace.driver.now()
    moments = [start + hours * HOUR for hours in (1, 2, 3, 30)]

    with following(workspace, list(moments)) as follower:
        moved = workspace.driver.move_clock(start + 24 * HOUR)

        assert follower.done == moments[:3]
    assert [datetime.fromisoformat(step) for step in moved["steps"]] == [*moments[:3], start + 24 * HOUR]
    assert moved["warning"] is None


def test_a_move_to_the_next_thing_goes_no_further(workspace: Running) -> None:
    start = workspace.driver.now()
    moments = [start + HOUR, start + 2 * HOUR]

    with following(workspace, list(moments), seen=tuple(moments)) as follower:
        moved = workspace.driver.move_clock(to_next=True)

        assert follower.done == moments[:1]
        assert workspace.driver.now() < moments[1]
    assert not moved["found_nothing"]


def test_a_move_to_the_next_thing_goes_on_until_somebody_can_see_something(workspace: Running) -> None:
    start = workspace.driver.now()
    moments = [start + days * DAY for days in (1, 2, 3, 4)]

    with following(workspace, list(moments), seen=(moments[2],)) as follower:
        moved = workspace.driver.move_clock(to_next=True)

        assert follower.done == moments[:3]
        assert moments[2] <= workspace.driver.now() < moments[3]
    assert (moved["warning"], moved["found_nothing"]) == (None, False)
    assert [message.text for message in workspace.driver.dms(AMY)] == ["Something happened."]


def test_what_the_app_got_to_do_since_its_last_report_is_not_passed_by(workspace: Running) -> None:
    start = workspace.driver.now()

    class Slow(Follower):
        beat_seconds = 0.3

    with following(workspace, [start + 2 * HOUR], Slow) as follower:
        follower.moments.insert(0, start + HOUR)
        moved = workspace.driver.move_clock(start + 3 * HOUR)

    assert datetime.fromisoformat(moved["steps"][0]) == start + HOUR


def test_what_a_person_does_meanwhile_is_not_taken_for_the_app(workspace: Running) -> None:
    start = workspace.driver.now()
    moments = [start + HOUR, start + 2 * HOUR]

    class Bystander(Follower):
        def do(self, moment: datetime) -> None:
            super().do(moment)
            workspace.driver.write(AMY, "Is anything happening?")

    with following(workspace, list(moments), Bystander) as follower:
        moved = workspace.driver.move_clock(to_next=True)

        assert follower.done == moments
    assert moved["found_nothing"]


def test_a_search_for_something_to_see_ends_after_a_fortnight(workspace: Running) -> None:
    start = workspace.driver.now()
    moments = [start + days * DAY for days in (20, 30, 34, 35)]

    with following(workspace, list(moments), seen=(moments[3],)) as follower:
        moved = workspace.driver.move_clock(to_next=True)

        assert follower.done == moments[:3]
    assert moved["found_nothing"]
    assert workspace.driver.now() < moments[3]


def test_a_search_for_something_to_see_ends_after_so_many_steps(
    workspace: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(moving, "SEARCH_STEPS", 3)
    start = workspace.driver.now()
    moments = [start + hours * HOUR for hours in range(1, 6)]

    with following(workspace, list(moments)) as follower:
        moved = workspace.driver.move_clock(to_next=True)

        assert follower.done == moments[:3]
    assert moved["found_nothing"]


def test_a_move_to_the_next_thing_needs_an_app_that_says_what_it_is(driver: Driver) -> None:
    with pytest.raises(Refused, match="No app says"):
        driver.move_clock(to_next=True)


def test_what_an_earlier_app_reported_does_not_let_a_new_one_follow(workspace: Running) -> None:
    driver = workspace.driver
    before_any = driver.is_followed_since(driver.now())
    report(workspace, at=driver.now())
    started_at = driver.now()
    before_its_own = driver.is_followed_since(started_at)

    report(workspace, at=driver.now())

    assert (before_any, before_its_own) == (False, False)
    assert driver.is_followed_since(started_at)


def test_one_move_at_a_time(workspace: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(moving, "PATIENCE_SECONDS", 0.5)
    monkeypatch.setattr(moving, "CATCH_UP_SECONDS", 0.1)
    driver = workspace.driver
    report(workspace, at=driver.now())
    order = {"by_seconds": 60, "wait": False}

    first = httpx.post(f"{workspace.url}/clock/move", json=order, trust_env=False, verify=False)
    second = httpx.post(f"{workspace.url}/clock/move", json=order, trust_env=False, verify=False)

    assert first.json()["moving_to"] is not None
    assert second.status_code == 409
    driver.eventually(lambda: driver.state()["clock"]["moving_to"] is None)


def test_a_follower_that_does_not_keep_up_is_named_and_the_clock_moves_all_the_same(
    workspace: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(moving, "PATIENCE_SECONDS", 0.1)
    monkeypatch.setattr(moving, "CATCH_UP_SECONDS", 0.1)
    start = workspace.driver.now()
    report(workspace, at=start, next_at=start + HOUR)

    moved = workspace.driver.move_clock(start + 2 * HOUR)

    assert "did not report" in moved["warning"]
    assert workspace.driver.now() >= start + 2 * HOUR


def test_a_follower_that_never_gets_done_does_not_hold_the_clock(workspace: Running) -> None:
    start = workspace.driver.now()

    class Stuck(Follower):
        def turn(self, http: httpx.Client) -> None:
            clock = http.get("/clock").json()
            report = {
                "at": clock["now"],
                "next_at": self.moments[0].isoformat(),
                "generation": clock["generation"],
            }
            http.post("/clock/drained", json=report)

    with following(workspace, [start + HOUR], Stuck):
        moved = workspace.driver.move_clock(start + 2 * HOUR)

    assert "goes on saying" in moved["warning"]
    assert workspace.driver.now() >= start + 2 * HOUR


def test_an_app_that_was_silent_for_long_is_not_waited_for(
    workspace: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = workspace.driver.now()
    report(workspace, at=start, next_at=start + HOUR)
    monkeypatch.setattr(moving, "FOLLOWING_SECONDS", 0.0)

    moved = workspace.driver.move_clock(start + 2 * HOUR)

    assert len(moved["steps"]) == 1
    assert moved["warning"] is None
