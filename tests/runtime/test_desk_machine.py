"""The state machine of a delivery while an operator takes back, puts back and doubts: still never twice, never lost."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import strategies as some
from hypothesis.stateful import precondition, rule

from bot.runtime.desk import Desk, NotDone
from tests.runtime.test_delivery_machine import LONG, QUICK, Deliveries


class Operated(Deliveries):
    """Two workers, and somebody with a command line."""

    def __init__(self) -> None:
        super().__init__()
        self.desk = Desk(self.sessions, self.clock, self.pace)

    @precondition(lambda self: self.written)
    @rule(which=some.integers(0, 9))
    def take_back(self, which: int) -> None:
        number = which % len(self.written) + 1
        with suppress(NotDone):
            self.desk.cancel(number)
            self.taken_back.add(number)

    @precondition(lambda self: self.written)
    @rule(which=some.integers(0, 9))
    def put_back(self, which: int) -> None:
        with suppress(NotDone):
            self.desk.retry(which % len(self.written) + 1)

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
