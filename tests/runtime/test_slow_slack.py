"""Slack is slow with one thing: nothing else waits for it, neither in the middle of the day nor at the end."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from bot.runtime.delivery import SENDERS
from bot.runtime.slack import Doubt, Look, Outcome, Outgoing, Sent, Unseen
from models.outbox import DOUBTFUL, SENDING, SENT
from tests.people import AMY, BEN
from tests.runtime.stage import PATIENCE_SECONDS, Office, doubted, turn_until_recorded

FOREVER_SECONDS = 60.0


def at_once(message: Outgoing) -> Outcome:
    return Sent("D1", f"{message.delivery_id}.0")


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.01)


def test_what_is_to_be_sent_does_not_wait_for_histories_that_do_not_come(office: Office) -> None:
    came, opened = threading.Event(), threading.Event()

    def hang(_doubt: Doubt) -> Look:
        came.set()
        opened.wait(FOREVER_SECONDS)
        return Unseen("slow")

    doubted(office, *(f"U{number:03}" for number in range(2 * SENDERS)))
    loop = office.loop(seek=hang, send=at_once)
    loop.turn()
    assert came.wait(PATIENCE_SECONDS)

    (number,) = office.write(AMY)
    turn_until_recorded(loop)

    assert office.row(number).state == SENT
    assert office.states().count(DOUBTFUL) == 2 * SENDERS
    opened.set()


def test_what_is_known_at_the_end_is_recorded_before_the_slowest_answer_is_there(office: Office) -> None:
    came, opened = threading.Event(), threading.Event()

    def hang_for_ben(message: Outgoing) -> Outcome:
        if message.receiver == BEN:
            came.set()
            opened.wait(FOREVER_SECONDS)
        return at_once(message)

    to_amy, to_ben = office.write(AMY, BEN)
    loop = office.loop(send=hang_for_ben)
    loop.turn()
    assert came.wait(PATIENCE_SECONDS)

    stopping = threading.Thread(target=loop.stop)
    stopping.start()
    until(lambda: office.row(to_amy).state == SENT)

    assert office.row(to_ben).state == SENDING
    opened.set()
    stopping.join(PATIENCE_SECONDS)
    assert office.row(to_ben).state == SENT
