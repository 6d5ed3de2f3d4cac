"""Do not disturb: what a person sets on the page or a test sets for them, what an app is told of it, and when."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from sandbox.driver import Driver, Refused
from sandbox.page.acts import _end_of_pause
from sandbox.testing import Grounds
from sandbox.world import World
from tests.sandbox.conftest import Attached
from tests.sandbox.test_page_routes import Browser, dm_of

AMY, BEN = "UAMY0001", "UBEN0001"
HOUR = timedelta(hours=1)
EVENING = datetime(2026, 11, 23, 18, 30, tzinfo=UTC)


def said_of(client: WebClient, *users: str) -> dict[str, dict[str, object]]:
    found: dict[str, dict[str, object]] = client.dnd_teamInfo(users=list(users))["users"]
    return found


def test_paused_notifications_are_told_by_their_times_alone(client: WebClient, driver: Driver) -> None:
    driver.pause_notifications(AMY, EVENING + HOUR, since=EVENING)

    said = said_of(client, AMY, BEN)

    since, until = int(EVENING.timestamp()), int((EVENING + HOUR).timestamp())
    assert said[AMY] == {"dnd_enabled": True, "next_dnd_start_ts": since, "next_dnd_end_ts": until}
    assert said[BEN] == {"dnd_enabled": False, "next_dnd_start_ts": 1, "next_dnd_end_ts": 1}


def test_the_app_is_told_of_a_pause_and_of_its_end(attached: Attached) -> None:
    driver = attached.driver
    driver.pause_notifications(AMY, driver.now() + HOUR)
    driver.eventually(lambda: attached.tiny.told("dnd_updated_user"))
    driver.pause_notifications(AMY)

    driver.eventually(lambda: len(attached.tiny.told("dnd_updated_user")) == 2)
    events = [body["event"] for body in attached.tiny.told("dnd_updated_user")]
    assert {event["user"] for event in events} == {AMY}
    assert [event["dnd_status"]["dnd_enabled"] for event in events] == [True, False]


def test_notifications_are_not_paused_until_a_time_gone_by(driver: Driver) -> None:
    with pytest.raises(Refused, match="a time to come"):
        driver.pause_notifications(AMY, driver.now() - HOUR)


@pytest.mark.parametrize(("people", "error"), [(0, "no_users_provided"), (51, "too_many_users")])
def test_fifty_people_can_be_asked_about_at_once_and_nobody_cannot(
    client: WebClient, people: int, error: str
) -> None:
    with pytest.raises(SlackApiError) as refusal:
        client.dnd_teamInfo(users=[f"U{number}" for number in range(people)])

    assert refusal.value.response["error"] == error


def test_it_is_asked_twenty_times_a_minute_and_no_more(grounds: Grounds) -> None:
    with grounds.workspace() as sandbox:
        sandbox.driver.rates(enabled=True)
        client = WebClient(token="xoxb-sandbox", base_url=sandbox.api_url, retry_handlers=[])
        for _ in range(20):
            said_of(client, AMY)

        with pytest.raises(SlackApiError) as refusal:
            said_of(client, AMY)

    assert refusal.value.response.status_code == 429


@pytest.mark.parametrize(
    ("choice", "end"),
    [
        ("half", EVENING + HOUR / 2),
        ("hour", EVENING + HOUR),
        ("morning", datetime(2026, 11, 24, 9, tzinfo=UTC)),
        ("end", None),
    ],
)
def test_the_page_offers_half_an_hour_an_hour_and_the_morning(choice: str, end: datetime | None) -> None:
    assert _end_of_pause(choice, EVENING) == end


@pytest.fixture
def world() -> World:
    return World(rates=False)


@pytest.fixture
def browser(world: World) -> Iterator[Browser]:
    opened = Browser(world)
    yield opened
    opened.close()


def test_on_the_page_one_is_undisturbed_and_disturbed_again(browser: Browser, world: World) -> None:
    here = dm_of(world, AMY)

    paused = browser.post(f"{here}/notifications", data={"pause": "hour"}).text
    is_undisturbed = world.person(AMY).is_undisturbed(world.clock.now())
    resumed = browser.post(f"{here}/notifications", data={"pause": "end"}).text

    assert is_undisturbed
    assert "Undisturbed until" in paused
    assert "Pause notifications" in resumed
    assert not world.person(AMY).is_undisturbed(world.clock.now())
