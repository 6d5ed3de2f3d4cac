"""A machine whose clock is put ahead: what this process began, or doubts, takes the time it takes all the same."""

from __future__ import annotations

import threading
from datetime import timedelta

from bot.runtime.rates import Pace
from bot.runtime.slack import Doubt, InDoubt, Look, Outcome, Outgoing, Seen, Sent, post
from models.outbox import DOUBTFUL, SENDING, SENT
from sandbox.driver import Driver
from tests.people import AMY, HOUR
from tests.runtime.stage import PATIENCE_SECONDS, Office, client_of, exhaust, turn_until_recorded

HISTORY = "conversations.history"
MOMENT = timedelta(seconds=1)
LATE = Pace().settling - MOMENT
"""Slack may still accept a message by then."""


def test_a_doubt_settles_for_a_minute_however_far_ahead_the_clock_is_put(
    office: Office, slack: Driver
) -> None:
    client, posted = client_of(office.api_url), list[Outgoing]()

    def send(message: Outgoing) -> Outcome:
        posted.append(message)
        return InDoubt("the connection broke")

    (number,) = office.write(AMY)
    loop = office.loop(send=send)
    exhaust(loop)
    office.clock.machine += HOUR
    exhaust(loop)
    office.clock.pass_time(LATE)
    exhaust(loop)
    assert slack.calls(HISTORY) == []

    assert isinstance(post(client, posted[0]), Sent)
    office.clock.pass_time(MOMENT)
    exhaust(loop)

    assert (office.row(number).state, office.row(number).attempt) == (SENT, 1)
    assert len(slack.dms(AMY)) == len(posted) == 1


def test_what_is_on_its_way_is_not_doubted_because_the_clock_is_put_ahead(
    office: Office, slack: Driver
) -> None:
    client, may_post = client_of(office.api_url), threading.Event()

    def send(message: Outgoing) -> Outcome:
        assert may_post.wait(PATIENCE_SECONDS)
        return post(client, message)

    (number,) = office.write(AMY)
    loop = office.loop(send=send)
    loop.turn()
    office.clock.machine += HOUR
    loop.turn()
    on_its_way = office.row(number).state
    may_post.set()
    turn_until_recorded(loop)

    assert on_its_way == SENDING
    assert (office.row(number).state, office.row(number).doubt_since) == (SENT, None)
    assert len(slack.dms(AMY)) == 1


def test_who_hangs_for_longer_than_its_lease_holds_nothing_any_more(office: Office) -> None:
    may_end = threading.Event()

    def send(message: Outgoing) -> Outcome:
        assert may_end.wait(PATIENCE_SECONDS)
        return InDoubt("too late")

    (number,) = office.write(AMY)
    loop = office.loop(send=send)
    loop.turn()
    office.clock.pass_time(Pace().lease)
    loop.turn()
    state = office.row(number).state
    may_end.set()

    assert state == DOUBTFUL


def test_what_another_process_left_settles_from_when_its_lease_seems_to_be_over(office: Office) -> None:
    asked: list[Doubt] = []

    def seek(doubt: Doubt) -> Look:
        asked.append(doubt)
        return Seen("D1", {number: "1.0"})

    (number,) = office.write(AMY)
    never = threading.Event()
    dead = office.loop(send=lambda _: InDoubt(str(never.wait(PATIENCE_SECONDS))))
    dead.turn()
    loop = office.loop(seek=seek)
    office.clock.machine += HOUR
    exhaust(loop)
    assert office.row(number).state == DOUBTFUL
    office.clock.machine += HOUR
    exhaust(loop)
    assert asked == []
    office.clock.pass_time(Pace().settling)
    exhaust(loop)
    never.set()

    assert len(asked) == 1
    assert office.row(number).state == SENT


def test_one_history_is_not_read_twice_at_once_because_the_clock_is_put_ahead(office: Office) -> None:
    asked, may_end = list[Doubt](), threading.Event()

    def seek(doubt: Doubt) -> Look:
        asked.append(doubt)
        assert may_end.wait(PATIENCE_SECONDS)
        return Seen("D1", {number: "1.0"})

    (number,) = office.write(AMY)
    loop = office.loop(send=lambda _: InDoubt("500"), seek=seek)
    exhaust(loop)
    office.settle()
    loop.turn()
    office.clock.machine += HOUR
    loop.turn()
    may_end.set()
    turn_until_recorded(loop)

    assert len(asked) == 1
    assert office.row(number).state == SENT
