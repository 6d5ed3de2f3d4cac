"""Moving people's time: step by step through the moments at which an attached app has something to do.

An app under test may follow this clock and report when it has nothing left to do and when it will next have something.
Between two reports every move stops at those moments, so that nothing is skipped.
"""

import asyncio
import time
from dataclasses import dataclass, field
from datetime import datetime

from sandbox.changes import Changes
from sandbox.clock import PeopleClock
from sandbox.errors import NotPossible

FOLLOWING_SECONDS = 10.0
"""An app that reported so recently is taken to follow the clock."""
PATIENCE_SECONDS = 15.0
"""How long one step waits for the app's report."""
REPEATS_LIMIT = 3
"""How often an app may name the same moment again, having done something and found more."""
CONFLICT = 409


@dataclass(frozen=True)
class Drained:
    """The app's word that at `at` it had nothing left to do, and will have at `next_at` (people's time)."""

    at: datetime
    next_at: datetime | None
    generation: int


@dataclass(frozen=True)
class Move:
    """What a move did: the moments it stopped at, and a warning if the app did not keep up."""

    steps: list[datetime]
    warning: str | None = None


@dataclass
class ClockMover:
    """Moves the clock, one move at a time."""

    clock: PeopleClock
    changes: Changes
    report: Drained | None = None
    _reported_at: float = 0.0
    _arrived: asyncio.Event = field(default_factory=asyncio.Event)
    _task: "asyncio.Task[Move] | None" = None

    @property
    def next_at(self) -> datetime | None:
        """The next moment at which the app says something will happen, if an app follows."""
        return self.report.next_at if self.report and self._is_followed() else None

    def drained(self, report: Drained) -> None:
        """Take a report of the app."""
        changed = self.report is None or self.report.next_at != report.next_at
        self.report = report
        self._reported_at = time.monotonic()
        self._arrived.set()
        if changed:
            self.changes.bump()

    def start(self, target: datetime) -> "asyncio.Task[Move]":
        """Begin to move people's time to the target; refused while another move runs, or backwards."""
        if self.clock.moving_to is not None:
            raise NotPossible("The clock is being moved already.", status=CONFLICT)
        if target < self.clock.now():
            raise NotPossible("The clock never runs backwards.")
        self.clock.moving_to = target
        self.changes.bump()
        self._task = asyncio.get_running_loop().create_task(self._move(target))
        return self._task

    def start_to_next(self) -> "asyncio.Task[Move]":
        """Begin to move to the next thing that the app says will happen."""
        if self.next_at is None:
            raise NotPossible("No app says that something will happen.")
        return self.start(max(self.next_at, self.clock.now()))

    async def _move(self, target: datetime) -> Move:
        steps: list[datetime] = []
        try:
            if warning := await self._step_through(target, steps):
                self.clock.jump(target)
                return Move(steps, warning)
            return Move(steps, await self._step(target, steps))
        finally:
            self.clock.moving_to = None
            self.changes.bump()

    async def _step_through(self, target: datetime, steps: list[datetime]) -> str | None:
        """Stop at every moment reported up to the target; return a warning when the app does not keep up."""
        while (moment := self.next_at) is not None and moment <= target:
            if steps[-REPEATS_LIMIT:] == [moment] * REPEATS_LIMIT:
                return f"The app goes on saying that it has something to do at {moment.isoformat()}."
            if warning := await self._step(moment, steps):
                return warning
        return None

    async def _step(self, moment: datetime, steps: list[datetime]) -> str | None:
        """Set the clock and, if an app follows it, wait until that app has nothing left to do."""
        followed = self._is_followed()
        self.clock.jump(moment)
        steps.append(moment)
        self.changes.bump()
        if followed and not await self._drained_at(moment):
            return f"The app did not report within {PATIENCE_SECONDS:.0f} s that it was done at {moment.isoformat()}."
        return None

    async def _drained_at(self, moment: datetime) -> bool:
        generation, deadline = self.clock.generation, time.monotonic() + PATIENCE_SECONDS
        while not (self.report and self.report.generation == generation and self.report.at >= moment):
            self._arrived.clear()
            try:
                await asyncio.wait_for(self._arrived.wait(), deadline - time.monotonic())
            except TimeoutError:
                return False
        return True

    def _is_followed(self) -> bool:
        return self.report is not None and time.monotonic() - self._reported_at < FOLLOWING_SECONDS
