"""What is tried again is done in the order it came, each once, until its time or the process is over."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

import pytest

from bot.runtime import perseverance
from bot.runtime.perseverance import Perseverance

AMY, BEN = "amy", "ben"
MOMENT, LONG = 0.02, 5.0
"""Seconds."""


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(perseverance, "FIRST_SECONDS", MOMENT)


@dataclass
class Tries:
    """A task that succeeds with its last attempt of so many; 0 stands for never."""

    name: str
    log: list[str]
    needs: int = 1
    before: Callable[[], object] = bool
    after: Callable[[], object] = bool
    made: int = field(default=0, init=False)
    came: str = field(default="never tried", init=False)

    def attempt(self, seconds: float) -> bool:
        assert 0 < seconds <= perseverance.ATTEMPT_SECONDS
        self.before()
        self.made += 1
        self.came = "" if self.made == self.needs else "not yet"
        return not self.came

    def give_up(self) -> None:
        assert self.came != ""
        self.came = "given up"

    def tell(self) -> None:
        self.log.append(f"{self.name} {self.came}".strip())
        self.after()


def take(
    kept: Perseverance, who: str, task: Tries, *, seconds: float = LONG, first: Callable[[], object] = bool
) -> bool:
    """Have it tried for so long."""
    return kept.take(who, task, time.monotonic() + seconds, first=first)


def test_each_is_tried_until_it_is_done_and_nobodys_next_comes_before() -> None:
    kept, log = Perseverance(), list[str]()

    for task in (Tries("first", log, needs=3), Tries("second", log), Tries("third", log, needs=2)):
        assert take(kept, AMY, task)
    assert kept.holds_of(AMY)
    assert kept.settle(LONG)

    assert log == ["first", "second", "third"]
    assert not kept.holds_of(AMY)


def test_nobody_waits_for_anothers() -> None:
    kept, log, ben_is_done = Perseverance(), list[str](), threading.Event()

    take(kept, AMY, Tries("amy's", log, before=lambda: ben_is_done.wait(LONG)))
    take(kept, BEN, Tries("ben's", log, before=ben_is_done.set))
    assert kept.settle(LONG)

    assert sorted(log) == ["amy's", "ben's"]


def test_what_is_only_told_of_keeps_nobody_from_the_next() -> None:
    kept, log = Perseverance(), list[str]()
    held = list[bool]()

    take(kept, AMY, Tries("slowly told", log, after=lambda: held.append(kept.holds_of(AMY))))
    assert kept.settle(LONG)

    assert held == [False]


def test_a_full_house_takes_no_more_until_there_is_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(perseverance, "MOST", 2)
    kept, log, free, noted = Perseverance(), list[str](), threading.Event(), list[str]()

    def held() -> Tries:
        return Tries("held", log, before=lambda: free.wait(LONG))

    taken = [take(kept, who, held(), first=partial(noted.append, who)) for who in (AMY, AMY, BEN)]
    free.set()
    assert kept.settle(LONG)

    assert (taken, noted) == ([True, True, False], [AMY, AMY])
    assert take(kept, BEN, held())
    assert kept.settle(LONG)


def test_a_bug_in_one_keeps_no_other_from_being_done(caplog: pytest.LogCaptureFixture) -> None:
    kept, log = Perseverance(), list[str]()

    def break_down() -> None:
        raise LookupError

    take(kept, AMY, Tries("broken", log, before=break_down))
    take(kept, AMY, Tries("whole", log))
    assert kept.settle(LONG)

    assert log == ["whole"]
    assert [record.message for record in caplog.records] == ["late_request_failed"]


def test_what_is_never_taken_is_given_up_when_its_time_is_over() -> None:
    kept, log = Perseverance(), list[str]()

    take(kept, AMY, Tries("never", log, needs=0), seconds=5 * MOMENT)
    assert kept.settle(LONG)

    assert log == ["never given up"]


def test_who_ends_tells_all_that_could_not_be_done_and_takes_nothing_new() -> None:
    kept, log = Perseverance(), list[str]()
    never, soon = Tries("never", log, needs=0), Tries("soon", log, needs=2)
    take(kept, AMY, never)
    take(kept, AMY, Tries("behind", log))
    take(kept, BEN, soon)
    begun = time.monotonic()

    kept.end(10 * MOMENT)

    assert time.monotonic() - begun < LONG
    assert "never given up" in log
    assert {"soon", "soon given up"} & set(log)
    assert {"behind", "behind given up"} & set(log)
    assert kept.settle(0)
    assert not take(kept, BEN, soon)
