"""A conversation's history of many pages is read to its end whatever interrupts it, and each page of it once."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bot.runtime.rates import Rate
from models.outbox import DOUBTFUL, SENT, Delivery
from sandbox.driver import Driver
from tests.people import AMY, BEN
from tests.runtime.stage import UNHURRIED, Office, accepted_but_doubted, doubted, exhaust

HISTORY = "conversations.history"
PAGE, PAGES = 2, 8
WAIT = timedelta(seconds=30)
LATER = timedelta(minutes=2)
"""Longer than it takes until a look-up that failed is tried again."""


@pytest.fixture(autouse=True)
def _short_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.runtime.readings.PAGE", PAGE)


def let_pass(slack: Driver, pages: int, then: str, **how: object) -> None:
    """Give so many pages, and then meet a fault."""
    slack.fault(HISTORY, "delay", times=pages)
    slack.fault(HISTORY, then, **how)  # type: ignore[arg-type]


def talk(slack: Driver, messages: int) -> None:
    for place in range(messages):
        slack.write(AMY, f"An answer {place}")


def a_long_history(office: Office, slack: Driver, *, is_there: bool) -> int:
    """Leave a message in doubt that is, if anywhere, on the last page of many."""
    number = accepted_but_doubted(office) if is_there else doubted(office, AMY)[0]
    talk(slack, PAGE * PAGES - is_there)
    slack.clear_calls()
    return number


def asked_for(slack: Driver) -> Counter[tuple[str, str]]:
    """Count which pages Slack gave, each by where its stretch begins and its cursor."""
    given = [call["arguments"] for call in slack.calls(HISTORY) if call["ok"]]
    return Counter((each["oldest"], each.get("cursor", "")) for each in given)


@pytest.mark.parametrize("is_there", [True, False])
def test_a_reading_that_is_broken_off_goes_on_at_the_page_it_had_reached(
    is_there: bool, office: Office, slack: Driver
) -> None:
    number = a_long_history(office, slack, is_there=is_there)
    loop = office.loop()
    let_pass(slack, 3, "status", status=429, retry_after=30)
    let_pass(slack, 3, "hang")

    for _ in range(2):
        loop.drain()
        assert office.row(number).state == DOUBTFUL
        office.clock.pass_time(LATER)
    loop.drain()

    pages = asked_for(slack)
    assert set(pages.values()) == {1}
    assert len(pages) == PAGES + 1, "and one that looks for what came meanwhile"
    assert (office.row(number).state, office.row(number).attempt) == (SENT, 1 if is_there else 2)
    assert len([each for each in slack.dms(AMY) if each.text == "A note"]) == 1


def test_what_arrives_while_a_reading_rests_is_found_in_front_of_it(office: Office, slack: Driver) -> None:
    first = a_long_history(office, slack, is_there=False)
    loop = office.loop()
    let_pass(slack, 3, "status", status=429, retry_after=30)
    loop.drain()
    talk(slack, PAGE)
    second = accepted_but_doubted(office)
    talk(slack, PAGE)
    office.clock.pass_time(LATER)

    loop.drain()

    assert {office.row(number).state for number in (first, second)} == {SENT}
    assert (office.row(first).attempt, office.row(second).attempt) == (2, 1)
    assert len([each for each in slack.dms(AMY) if each.text == "A note"]) == 2


def test_a_reading_that_began_too_late_for_an_older_doubt_is_begun_again(
    office: Office, slack: Driver
) -> None:
    older = accepted_but_doubted(office)
    doubted_from(office, older, office.clock.machine - timedelta(days=1), look_at=office.clock.machine + WAIT)
    newer = a_long_history(office, slack, is_there=False)
    doubted_from(office, older, office.clock.machine - timedelta(days=1), look_at=office.clock.machine + WAIT)
    loop = office.loop()
    let_pass(slack, 3, "status", status=429, retry_after=30)
    loop.drain()
    office.clock.pass_time(LATER)

    loop.drain()

    begun = [oldest for oldest, cursor in asked_for(slack) if not cursor]
    assert len(begun) == 2
    assert begun[1] < begun[0]
    assert (office.row(older).attempt, office.row(newer).attempt) == (1, 2)
    assert set(office.states()) == {SENT}


def doubted_from(office: Office, number: int, since: datetime, *, look_at: datetime) -> None:
    with office.sessions.begin() as session:
        row = session.get_one(Delivery, number)
        row.doubt_since, row.retry_at = since, look_at


def test_a_cursor_that_has_expired_begins_the_reading_again(office: Office, slack: Driver) -> None:
    number = a_long_history(office, slack, is_there=True)
    loop = office.loop()
    let_pass(slack, 3, "error", error="invalid_cursor")

    loop.drain()
    assert office.row(number).state == DOUBTFUL
    office.clock.pass_time(LATER)
    loop.drain()

    assert sorted(asked_for(slack).values()) == [1] * (PAGES - 3) + [2] * 3
    assert office.row(number).state == SENT
    assert len([each for each in slack.dms(AMY) if each.text == "A note"]) == 1


def test_a_reading_that_takes_long_ends_before_its_lease_and_goes_on(
    office: Office, slack: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.runtime.readings.AT_ONCE_SECONDS", -1.0)
    number = a_long_history(office, slack, is_there=True)
    loop = office.loop()

    for _ in range(PAGES + 2):
        loop.drain()
        office.clock.pass_time(WAIT)

    assert set(asked_for(slack).values()) == {1}
    assert (office.row(number).state, office.row(number).attempt) == (SENT, 1)


def test_who_turned_many_pages_lets_every_worker_wait_until_slack_takes_more(
    office: Office, slack: Driver
) -> None:
    looks = Rate(timedelta(seconds=1.2), 10)
    pace = replace(UNHURRIED, looks=looks)
    accepted_but_doubted(office)
    talk(slack, PAGE * 12 - 1)
    office.loop(pace=pace).drain()
    other = accepted_but_doubted(office, BEN)
    slack.clear_calls()

    assert office.workspace().looks_tat == office.clock.machine + 12 * looks.interval
    another_worker = office.loop(pace=pace)
    office.clock.pass_time(3 * looks.interval - timedelta(milliseconds=1))
    exhaust(another_worker)
    assert (office.row(other).state, slack.calls(HISTORY)) == (DOUBTFUL, [])
    office.clock.pass_time(timedelta(milliseconds=1))
    exhaust(another_worker)
    assert office.states() == [SENT] * 2
