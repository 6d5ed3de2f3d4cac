"""The thread that answers Slack: it goes on as soon as there is an answer, not when the work is done."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Event

import pytest
from slack_bolt import BoltContext, BoltResponse

from handlers.doors import LastingAck, PromptExecutor, offer

PATIENCE_SECONDS = 10


@pytest.fixture
def executor() -> Iterator[PromptExecutor]:
    with PromptExecutor(max_workers=2) as pool:
        yield pool


def asked() -> LastingAck:
    context = BoltContext()
    offer()(context=context, next_=lambda: BoltResponse(status=200))
    ack = context["ack"]
    assert isinstance(ack, LastingAck)
    return ack


def test_an_answer_is_waited_for_and_what_follows_it_is_not(executor: PromptExecutor) -> None:
    ack, may_end = asked(), Event()

    def listener() -> bool:
        ack("hello")
        return may_end.wait(PATIENCE_SECONDS)

    working = executor.submit(listener)

    assert ack.response is not None
    assert not working.done()
    may_end.set()
    assert working.result(PATIENCE_SECONDS)


def test_work_that_no_request_waits_for_is_only_started(executor: PromptExecutor) -> None:
    ack, may_end = asked(), Event()
    executor.submit(ack)

    working = executor.submit(may_end.wait, PATIENCE_SECONDS)

    assert not working.done()
    may_end.set()


def test_an_answer_that_is_taken_back_stays() -> None:
    ack = asked()
    ack("hello")

    ack.response = None

    assert ack.response is not None
