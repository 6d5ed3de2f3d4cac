"""What counts of a person's week while workers die and Slack fails: each message that came once, and no other."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy.orm import Session

from bot.runtime.decisions import Decision, Defer, Prepare
from bot.runtime.desk import Desk
from bot.runtime.slack import InDoubt, NotSent, Outcome, Outgoing, Refused, Sent, Unseen, post
from models.outbox import FAILED, READY, SENDING, SENT, Delivery
from sandbox.driver import Driver
from tests.people import AMY, HOUR, MINUTE, MONDAY_NOON
from tests.runtime.attention_stage import NEXT_WEEK, allow, loop, outcome, room_left, settle_all, write
from tests.runtime.attention_stage import office as office
from tests.runtime.stage import PATIENCE_SECONDS, Office, client_of
from tests.stores import on_postgresql_in_the_siege

IN_DOUBT = InDoubt("the connection broke")
pytestmark = on_postgresql_in_the_siege

FOUR = 4
"""So many may reach Amy in these tests: two have, so that what counts not at all, once or twice makes a difference."""


@pytest.fixture
def four_a_week(office: Office) -> Office:
    allow(office, FOUR)
    return office


def takes(office: Office, outcome: Outcome) -> Callable[[Outgoing], Outcome]:
    """Let Slack take a message, and let us hear something else."""

    def send(message: Outgoing) -> Outcome:
        assert isinstance(post(client_of(office.api_url), message), Sent)
        return outcome

    return send


def refuses(outcome: Outcome) -> Callable[[Outgoing], Outcome]:
    """Let Slack have nothing, and say so, or not."""
    return lambda _: outcome


def tried(office: Office, send: Callable[[Outgoing], Outcome], **said: Any) -> int:
    """Write Amy a message, let a worker try to send it, and give its number."""
    number = write(office, "it")
    loop(office, send=send, **said).drain()
    return number


def abandoned(office: Office, send: Callable[[Outgoing], Outcome], *keys: str) -> list[int]:
    """Write Amy messages, let a worker have them in hand as it ends, and give their numbers."""
    numbers, ended = [write(office, key) for key in keys], threading.Event()

    def send_and_end(message: Outgoing) -> Outcome:
        outcome = send(message)
        ended.set()
        return outcome

    loop(office, send=send_and_end).turn()
    assert ended.wait(PATIENCE_SECONDS)
    assert [office.row(number).state for number in numbers] == [SENDING] * len(numbers)
    return numbers


@pytest.mark.parametrize("has_slack", [False, True], ids=["before it sent", "after it sent"])
def test_what_a_worker_had_in_hand_when_it_was_killed_counts_once(
    four_a_week: Office, slack: Driver, has_slack: bool
) -> None:
    office, before = four_a_week, len(slack.dms(AMY))
    send = takes(office, IN_DOUBT) if has_slack else refuses(IN_DOUBT)
    (number,) = abandoned(office, send, "it")

    settle_all(office)

    assert outcome(office, number) == (SENT, None)
    assert len(slack.dms(AMY)) == before + 1
    assert room_left(office) == 1


def test_what_comes_as_one_message_counts_once_when_it_is_found(four_a_week: Office, slack: Driver) -> None:
    office, before = four_a_week, len(slack.dms(AMY))
    numbers = abandoned(office, takes(office, IN_DOUBT), "one", "another")

    settle_all(office)

    assert [outcome(office, number) for number in numbers] == [(SENT, None)] * 2
    assert len(slack.dms(AMY)) == before + 1
    assert room_left(office) == 1


def test_what_was_in_hand_as_the_week_ended_counts_in_the_week_in_which_it_came(four_a_week: Office) -> None:
    office = four_a_week
    office.clock.people = NEXT_WEEK - 9 * HOUR - MINUTE  # still Sunday
    (number,) = abandoned(office, refuses(IN_DOUBT), "it")
    office.clock.people = NEXT_WEEK
    allow(office, 2)

    settle_all(office)

    assert outcome(office, number) == (SENT, None)
    assert room_left(office) == 1


def test_what_was_tried_alone_and_comes_along_with_another_takes_no_place_of_its_own(
    four_a_week: Office, slack: Driver
) -> None:
    office, before = four_a_week, len(slack.dms(AMY))
    number = tried(office, refuses(IN_DOUBT))
    office.settle()
    loop(office, prepare=put_off(MONDAY_NOON + HOUR)).drain()
    office.clock.people += HOUR

    sooner = write(office, "sooner", opens=MONDAY_NOON - HOUR)
    loop(office).drain()

    assert [outcome(office, each) for each in (number, sooner)] == [(SENT, None)] * 2
    assert len(slack.dms(AMY)) == before + 1
    assert room_left(office) == 1


def test_what_slack_refuses_for_good_leaves_its_place_to_others_and_needs_one_anew(
    four_a_week: Office,
) -> None:
    office = four_a_week
    number = tried(office, refuses(Refused("user_disabled")))
    assert outcome(office, number) == (FAILED, "user_disabled")
    assert room_left(office) == 2

    Desk(office.sessions, office.clock).retry(number)
    loop(office).drain()

    assert outcome(office, number) == (READY, "over the 4 messages of this week")
    assert office.row(number).not_before == NEXT_WEEK


@pytest.mark.parametrize(("said", "absent"), [(Refused("user_disabled"), False), (IN_DOUBT, True)])
def test_what_an_operator_puts_back_counts_once(four_a_week: Office, said: Outcome, absent: bool) -> None:
    office = four_a_week
    number = tried(office, refuses(said))

    Desk(office.sessions, office.clock).retry(number, absent=absent)
    loop(office).drain()

    assert outcome(office, number) == (SENT, None)
    assert room_left(office) == 1


def test_what_nobody_may_look_up_counts_and_so_it_does_when_an_operator_puts_it_back(
    four_a_week: Office, slack: Driver
) -> None:
    office, before = four_a_week, len(slack.dms(AMY))
    number = tried(office, takes(office, IN_DOUBT))
    office.settle()
    loop(office, seek=lambda _: Unseen("missing_scope", is_final=True)).drain()
    assert office.row(number).is_unresolved

    assert room_left(office) == 1
    Desk(office.sessions, office.clock).retry(number)
    settle_all(office)

    assert outcome(office, number) == (SENT, None)
    assert len(slack.dms(AMY)) == before + 2


@pytest.mark.parametrize(("said", "left"), [(NotSent("refused"), 2), (IN_DOUBT, 1)])
def test_what_an_operator_takes_back_counts_if_slack_may_have_it(
    four_a_week: Office, said: Outcome, left: int
) -> None:
    office = four_a_week
    number = tried(office, refuses(said))

    Desk(office.sessions, office.clock).cancel(number)

    assert room_left(office) == left


def put_off(until: datetime) -> Prepare:
    """Let its feature decide that a message is to come later."""

    def prepare(session: Session, rows: Sequence[Delivery], now: datetime) -> Mapping[int, Decision]:
        return {row.id: Defer(until, "away") for row in rows}

    return prepare


def looked_up_in_vain(office: Office, until: datetime) -> int:
    """Let a message of Amy's have been in doubt, and be put off now that Slack is known not to have it."""
    number = tried(office, refuses(IN_DOUBT))
    office.settle()
    loop(office, prepare=put_off(until)).drain()
    assert outcome(office, number) == (READY, "away")
    return number


def test_what_was_looked_up_in_vain_and_is_taken_back_leaves_its_place_to_others(four_a_week: Office) -> None:
    office = four_a_week
    number = looked_up_in_vain(office, office.clock.people + HOUR)

    Desk(office.sessions, office.clock).cancel(number)

    assert room_left(office) == 2


@pytest.mark.parametrize(("until", "left"), [(MONDAY_NOON + HOUR, 1), (NEXT_WEEK, 2)])
def test_what_was_looked_up_in_vain_is_waited_for_as_long_as_it_may_come_this_week(
    four_a_week: Office, until: datetime, left: int
) -> None:
    looked_up_in_vain(four_a_week, until)

    assert room_left(four_a_week) == left
