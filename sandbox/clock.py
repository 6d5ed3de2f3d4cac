"""The sandbox's only reader of the wall clock, and people's time, which can be moved.

Machine time stamps messages and signatures and never moves. People's time is machine time plus a lasting offset; an
app under test may follow it.
"""

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta


def machine_now() -> datetime:
    """Read the wall clock (UTC)."""
    return datetime.now(UTC)  # noqa: TID251 (the sandbox is a program of its own, and this is its one reader)


@dataclass
class PeopleClock:
    """People's time: what the calendar on the wall says in this workspace.

    `generation` counts the moves, `moving_to` is the target while a move is under way.
    """

    offset: timedelta = timedelta()
    moves: list[tuple[datetime, timedelta]] = field(default_factory=list)
    """When (machine time) which offset came into force; the first holds for all that was before it."""
    moving_to: datetime | None = None
    generation: int = 0
    machine: Callable[[], datetime] = machine_now

    def now(self) -> datetime:
        """Return people's time (UTC)."""
        return self.machine() + self.offset

    def jump(self, moment: datetime) -> None:
        """Set people's time to the moment, never backwards, and begin a new generation."""
        now = self.machine()
        self.moves = self.moves or [(now, self.offset)]
        self.offset = max(self.offset, moment - now)
        self.moves.append((now, self.offset))
        self.generation += 1

    def at(self, ts: str) -> datetime:
        """Return the people's time (UTC) at which something with this `ts`, which is machine time, was said."""
        seconds, _, micros = ts.partition(".")
        said = datetime.fromtimestamp(int(seconds), UTC) + timedelta(microseconds=int(micros or 0))
        place = bisect_right(self.moves, said, key=lambda move: move[0])
        return said + (self.moves[max(place - 1, 0)][1] if self.moves else self.offset)


@dataclass
class Timestamps:
    """Slack's `ts`: machine time in seconds with six digits, unique and rising in this workspace."""

    machine: Callable[[], datetime] = machine_now
    last: int = field(default=0)

    def next(self) -> str:
        """Return a `ts` greater than every one before it."""
        micros = int(self.machine().timestamp() * 1_000_000)
        self.last = max(micros, self.last + 1)
        return f"{self.last // 1_000_000}.{self.last % 1_000_000:06d}"


def whole_seconds() -> int:
    """Return machine time as Slack writes most moments: whole seconds since 1970."""
    return int(machine_now().timestamp())
