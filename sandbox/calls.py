"""The log of what the app called, and the faults that tests put into the next calls."""

from collections import Counter, deque
from dataclasses import asdict, dataclass, field
from typing import Literal

from sandbox.clock import machine_now
from sandbox.model import Json

FaultKind = Literal["status", "error", "html", "truncated", "hang", "drop", "delay"]
CALLS_KEPT = 20_000


@dataclass
class Fault:
    """What happens to the next calls of a method (`*`: of any).

    `status` answers with an HTTP status, `error` with a Slack error code, `html` with that status and a page, as what
    stands between an app and Slack does, `truncated` with half an answer, `hang` never answers, `drop` cuts the
    connection, `delay` lets so many seconds pass and then goes on, whether or not the caller still waits; `after` lets
    the call take effect first.
    """

    method: str
    kind: FaultKind
    times: int = 1
    status: int = 500
    error: str = "internal_error"
    retry_after: int = 1
    after: bool = False
    seconds: float = 0.0
    name: str = ""
    """What whoever asked for it calls it; its kind, if they say nothing."""


@dataclass
class Faults:
    """Faults that wait for a call, in the order they were asked for, and how many calls have met which."""

    waiting: list[Fault] = field(default_factory=list)
    met: Counter[str] = field(default_factory=Counter)

    def take(self, method: str) -> Fault | None:
        """Return the fault for this call, if there is one, and count it."""
        for fault in self.waiting:
            if fault.method in (method, "*"):
                fault.times -= 1
                self.met[fault.name or fault.kind] += 1
                self.waiting = [each for each in self.waiting if each.times > 0]
                return fault
        return None

    def start_over(self) -> None:
        """Forget those that wait and those that were met."""
        self.waiting.clear()
        self.met.clear()


@dataclass(frozen=True)
class Call:
    """One call of the Web API or of a response URL, as the app made it; `status` is HTTP's (0: no answer)."""

    at: str
    method: str
    arguments: Json
    status: int
    ok: bool
    error: str = ""

    def stored(self) -> Json:
        """Return the call as JSON."""
        return asdict(self)


@dataclass
class Calls:
    """The latest calls, oldest first."""

    entries: deque[Call] = field(default_factory=lambda: deque(maxlen=CALLS_KEPT))

    def record(self, method: str, arguments: Json, *, status: int, ok: bool, error: str = "") -> None:
        """Add a call with the machine time of its end."""
        self.entries.append(Call(machine_now().isoformat(), method, arguments, status, ok, error))

    def of(self, method: str | None) -> list[Call]:
        """Return the calls of one method, or all."""
        return [call for call in self.entries if method in (None, call.method)]
