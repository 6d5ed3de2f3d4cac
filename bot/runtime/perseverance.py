"""What is tried again where nobody waits, until it is done or its time is over: for everybody in the order it came.

It is held in memory: `inbox` has it written down for the case that the process is killed. Two processes know nothing of
each other's order.
"""

from __future__ import annotations

import heapq
import logging
import math
import threading
import time
from collections import deque
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from itertools import count
from typing import Protocol

log = logging.getLogger(__name__)

MOST, THREADS = 64, 4
"""How many are held at once, and how many of them are tried at once: the store is in trouble as it is."""
FIRST_SECONDS, LONGEST_SECONDS = 1.0, 15.0
"""How long after a failure the same is tried again: the first time, and at most; each time it is twice as long.

The first time comes after the interim word, which is given meanwhile.
"""
ATTEMPT_SECONDS = 8.0
"""How long one attempt may take: a server that stands still must not keep a thread, and a process has to end."""
LAST_WORDS_SECONDS = 10.0
"""How long the end of the process waits for the attempts under way, and for those who are told that they failed."""


class Task(Protocol):
    """Something that is to be done once."""

    def attempt(self, seconds: float) -> bool:
        """Try it for at most so long; False if it left no trace and may be tried again."""

    def give_up(self) -> None:
        """Note that it was not done and is not tried here any more."""

    def tell(self) -> None:
        """Tell whoever waits for it what came of it, which may take its time."""


@dataclass
class _Held:
    task: Task
    ends_at: float
    """By the monotonic clock."""
    rest: float = field(default_factory=lambda: FIRST_SECONDS)
    is_over: bool = False


class Perseverance:
    """Holds tasks, and tries each until it is done: several at once, but of one owner one after the other."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._lines: dict[Hashable, deque[_Held]] = {}
        self._due: list[tuple[float, int, Hashable]] = []
        """Owners by when they are next; the number keeps them from being compared."""
        self._numbers = count()
        self._threads = 0
        self._ends_at = math.inf

    def take(
        self, owner: Hashable, task: Task, ends_at: float, *, first: Callable[[], object] = bool
    ) -> bool:
        """Hold a task and try it soon, and until a moment of the monotonic clock; `first` comes before all that.

        False if there is no room, or the process is about to end.
        """
        with self._changed:
            if self._ends_at < math.inf or self.room() <= 0:
                return False
            first()
            line = self._lines.setdefault(owner, deque())
            line.append(_Held(task, ends_at))
            if len(line) == 1:
                self._line_up(owner, FIRST_SECONDS)
            return True

    def room(self) -> int:
        """Say how much more can be held."""
        with self._changed:
            return MOST - sum(map(len, self._lines.values()))

    def holds_of(self, owner: Hashable) -> bool:
        """Whether something of theirs is still to be done; what they are only to be told of is not."""
        with self._changed:
            return any(not held.is_over for held in self._lines.get(owner, ()))

    def settle(self, seconds: float) -> bool:
        """Wait until nothing is held; False if something still is."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._lines, seconds)

    def end(self, seconds: float) -> None:
        """Take no more, try what is held for so long, give the rest up, and return when all have heard of it."""
        with self._changed:
            self._ends_at = time.monotonic() + seconds
            self._due = [(0.0, number, owner) for _, number, owner in self._due]
            heapq.heapify(self._due)
            self._changed.notify_all()
        if not self.settle(seconds + LAST_WORDS_SECONDS):
            log.warning("late_requests_left")

    def _line_up(self, owner: Hashable, rest: float) -> None:
        """Let an owner be next after so many seconds; called by who has the condition."""
        heapq.heappush(self._due, (time.monotonic() + rest, next(self._numbers), owner))
        if self._threads < THREADS:
            self._threads += 1
            threading.Thread(target=self._work, name="perseverance", daemon=True).start()
        self._changed.notify_all()

    def _work(self) -> None:
        """Serve owners as long as there are any."""
        while line := self._next():
            owner, held = line
            rest = self._serve(held)
            with self._changed:
                self._note(owner, rest)

    def _next(self) -> tuple[Hashable, _Held] | None:
        with self._changed:
            while self._due:
                left = self._due[0][0] - time.monotonic()
                if left <= 0:
                    owner = heapq.heappop(self._due)[-1]
                    return owner, self._lines[owner][0]
                self._changed.wait(left)
            self._threads -= 1
            return None

    def _serve(self, held: _Held) -> float | None:
        """Try a task, and tell of it if that is its end; else say after how many seconds it is to be tried again."""
        try:
            rest = self._try(held)
            if rest is None:
                held.is_over = True
                held.task.tell()
        except (
            Exception
        ):  # the thread's one door for bugs: one bad task must not keep the others from being done
            log.exception("late_request_failed")
            return None
        return rest

    def _try(self, held: _Held) -> float | None:
        if self._left(held) > 0 and held.task.attempt(min(ATTEMPT_SECONDS, self._left(held))):
            return None
        rest = held.rest if self._ends_at == math.inf else FIRST_SECONDS
        held.rest = min(2 * held.rest, LONGEST_SECONDS)
        if self._left(held) > rest:
            return rest
        held.task.give_up()
        return None

    def _left(self, held: _Held) -> float:
        return min(held.ends_at, self._ends_at) - time.monotonic()

    def _note(self, owner: Hashable, rest: float | None) -> None:
        """Have the same tried again after a rest, or the owner's next, if there is one."""
        if rest is not None:
            self._line_up(owner, rest)
            return
        self._lines[owner].popleft()
        if self._lines[owner]:
            self._line_up(owner, 0)
            return
        del self._lines[owner]
        self._changed.notify_all()
