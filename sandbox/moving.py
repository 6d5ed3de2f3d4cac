"""Moving people's time: step by step through the moments at which an attached app has something to do.

An app under test may follow this clock and report when it has nothing left to do and when it will next have something.
Between two reports every move stops at those moments, so that nothing is skipped. A move "to the next thing" goes on
through moments at which the app did something for itself alone, until there is something to see.
"""

import asyncio
import time
from collections.abc import Coroutine
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sandbox.changes import Changes
from sandbox.clock import PeopleClock
from sandbox.errors import NotPossible

FOLLOWING_SECONDS = 10.0
"""An app that reported so recently is taken to follow the clock."""
PATIENCE_SECONDS = 15.0
"""How long one step waits for the app's report."""
CATCH_UP_SECONDS = 2.0
"""How long a move waits before its first step for an app that is still busy, or gone."""
REPEATS_LIMIT = 3
"""How often an app may name the same moment again, having done something and found more."""
SEARCH_STEPS = 30
SEARCH_TIME = timedelta(days=14)
"""How far a move to the next thing goes beyond its first step while there is nothing to see."""
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
    found_nothing: bool = False
    """Whether it looked for something to see and gave up."""


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
        if target < self.clock.now():
            raise NotPossible("The clock never runs backwards.")
        return self._start(target, self._move(target))

    def start_to_next(self) -> "asyncio.Task[Move]":
        """Begin to move to the next thing that the app will let somebody see."""
        if not self._is_followed():
            raise NotPossible("No app says that something will happen.")
        now = self.clock.now()
        return self._start(max(self.next_at or now, now), self._move_to_something())

    def _start(self, target: datetime, moving: Coroutine[None, None, Move]) -> "asyncio.Task[Move]":
        if self.clock.moving_to is not None:
            moving.close()
            raise NotPossible("The clock is being moved already.", status=CONFLICT)
        self.clock.moving_to = target
        self.changes.bump()
        self._task = asyncio.get_running_loop().create_task(self._to_the_end(moving))
        return self._task

    async def _to_the_end(self, moving: Coroutine[None, None, Move]) -> Move:
        try:
            return await moving
        finally:
            self.clock.moving_to = None
            self.changes.bump()

    async def _move(self, target: datetime) -> Move:
        steps: list[datetime] = []
        await self._catch_up()
        if warning := await self._step_through(target, steps):
            self.clock.jump(target)
            return Move(steps, warning)
        return Move(steps, await self._step(target, steps))

    async def _move_to_something(self) -> Move:
        """Step from moment to moment until the app has shown somebody something, or it has been long enough."""
        steps: list[datetime] = []
        shown, warning = self.changes.shown_by_app, None
        await self._catch_up()
        while not warning and self.next_at is not None and self._may_go_on(steps, self.next_at):
            self.clock.moving_to = max(self.next_at, self.clock.now())
            warning = await self._step_through(self.clock.moving_to, steps)
            if self.changes.shown_by_app > shown:
                return Move(steps, warning)
        return Move(steps, warning, found_nothing=not warning)

    @staticmethod
    def _may_go_on(steps: list[datetime], to: datetime) -> bool:
        return not steps or (len(steps) < SEARCH_STEPS and to <= steps[0] + SEARCH_TIME)

    async def _catch_up(self) -> None:
        """Let the app look once more where the clock stands: what somebody just did may have given it more to do."""
        if self._is_followed():
            now = self.clock.now()
            self.clock.jump(now)
            await self._drained_at(now, seconds=CATCH_UP_SECONDS)

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
        if followed and not await self._drained_at(moment, seconds=PATIENCE_SECONDS):
            return f"The app did not report within {PATIENCE_SECONDS:.0f} s that it was done at {moment.isoformat()}."
        return None

    async def _drained_at(self, moment: datetime, *, seconds: float) -> bool:
        generation, deadline = self.clock.generation, time.monotonic() + seconds
        while not (self.report and self.report.generation == generation and self.report.at >= moment):
            self._arrived.clear()
            try:
                await asyncio.wait_for(self._arrived.wait(), deadline - time.monotonic())
            except TimeoutError:
                return False
        return True

    def _is_followed(self) -> bool:
        return self.report is not None and time.monotonic() - self._reported_at < FOLLOWING_SECONDS
