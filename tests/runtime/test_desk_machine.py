"""The state machine of a delivery while an operator takes back, puts back and doubts: still never twice, never lost."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import strategies as some
from hypothesis.stateful import precondition, rule

from bot.runtime.desk import GIVEN_UP, Desk, NotDone
from models.outbox import DOUBTFUL, READY
from tests.runtime.test_delivery_machine import LONG, QUICK, Deliveries


class Operated(Deliveries):
    """Two workers, and somebody with a command line."""

    def __init__(self) -> None:
        super().__init__()
        self.desk = Desk(self.sessions, self.clock, self.pace)

    @precondition(lambda self: self._numbers(READY, DOUBTFUL))
    @rule(which=some.integers(0, 9), is_sorry=some.booleans())
    def take_back(self, which: int, is_sorry: bool) -> None:
        waiting = self._numbers(DOUBTFUL) or self._numbers(READY)
        number = waiting[which % len(waiting)]
        self.desk.cancel(number)
        self.taken_back.add(number)
        if is_sorry:
            self._retry(number)

    @precondition(lambda self: self._numbers(*GIVEN_UP))
    @rule(which=some.integers(0, 9))
    def put_back(self, which: int) -> None:
        given_up = self._numbers(*GIVEN_UP)
        self._retry(given_up[which % len(given_up)])

    def _retry(self, number: int) -> None:
        with suppress(NotDone):  # its time may be over
            self.desk.retry(number)

    def _numbers(self, *states: str) -> list[int]:
        return [row.id for row in self._rows() if row.state in states]

    @rule()
    def doubt(self) -> None:
        """Believe that the store was put back."""
        self.desk.doubt(self.clock.people)


class TestOperated(Operated.TestCase):  # type: ignore[valid-type, misc]
    """A look at it with every change."""

    settings = QUICK


@pytest.mark.siege
class TestOperatedAtLength(Operated.TestCase):  # type: ignore[valid-type, misc]
    """A long one."""

    settings = LONG
