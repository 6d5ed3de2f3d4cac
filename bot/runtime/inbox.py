"""What this process has put off and has written down meanwhile, and what was left by another one that is gone."""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass

from sqlalchemy.exc import SQLAlchemyError

from bot.runtime import patience
from bot.runtime.notebook import LEASE_SECONDS, Notebook, Sheet
from bot.runtime.patience import OutOfTime, somebody_waits

log = logging.getLogger(__name__)

TURN_SECONDS, REST_SECONDS = 5.0, 1.0
"""How often leases are lengthened and what others left is looked for; the rest after a turn that failed."""
END_SECONDS = 4.0
"""How long the last turn may take."""
SEEN_SECONDS = 0.5
"""How long an answer may wait until what it is about is written down."""
WORDS_SECONDS = 60.0
"""How long it may take to tell what came of it. Who has not by then has failed, and it is found again."""


@dataclass
class _Held:
    sheet: Sheet
    kept_until: float
    """By the monotonic clock, as the other one."""
    ours_until: float = math.inf
    """For ever while nobody can find it, as it was never written; never again once somebody else has had it."""
    is_written: bool = False

    @classmethod
    def of(cls, sheet: Sheet) -> _Held:
        """Hold a sheet from now on."""
        return cls(sheet, max(sheet.ends_at, time.monotonic()) + WORDS_SECONDS)


class Inbox:
    """Holds sheets, has them written down on a thread of its own, and takes up those of others."""

    def __init__(
        self, notebook: Notebook, take_up: Callable[[Sheet], object], room: Callable[[], int]
    ) -> None:
        """Hand what others left, no more of it than there is room for, to `take_up`."""
        self._notebook, self._take_up, self._room = notebook, take_up, room
        self._changed = threading.Condition()
        self._held: dict[str, _Held] = {}
        self._done: set[str] = set()
        """What is to be deleted, or may have been written."""
        self._thread: threading.Thread | None = None
        self._is_woken = self._looks = self._leaves = self._has_ended = False
        self._is_well = True
        """Whether the last turn was."""

    def begin(self) -> None:
        """Look for what others left, now and from now on."""
        with self._changed:
            self._looks = True
            self._wake()

    def hold(self, sheet: Sheet) -> None:
        """Have it written down as soon as the store takes it."""
        with self._changed:
            self._held[sheet.id] = _Held.of(sheet)
            self._wake()

    def see_written(self, sheet_id: str, until: float) -> None:
        """Wait until it is written down, a moment and no longer than until then (monotonic), if there is hope."""
        with self._changed:
            left = min(until - time.monotonic(), SEEN_SECONDS)
            self._changed.wait_for(lambda: self._is_seen(sheet_id) or not self._is_well, max(0.0, left))

    def _is_seen(self, sheet_id: str) -> bool:
        held = self._held.get(sheet_id)
        return held is None or held.is_written

    def done(self, sheet_id: str) -> None:
        """Have it forgotten: nobody has to do it any more."""
        with self._changed:
            held = self._held.pop(sheet_id, None)
            if held is None or held.ours_until < math.inf:
                self._done.add(sheet_id)
            self._wake()

    def let_go(self, sheet_id: str) -> None:
        """Leave it to whoever has it or finds it."""
        with self._changed:
            self._held.pop(sheet_id, None)
            self._changed.notify_all()

    def is_ours(self, sheet_id: str) -> bool:
        """Whether certainly nobody else has it."""
        with self._changed:
            held = self._held.get(sheet_id)
            return held is not None and time.monotonic() < held.ours_until

    def is_lost(self, sheet_id: str) -> bool:
        """Whether somebody else certainly has it, or had it."""
        with self._changed:
            held = self._held.get(sheet_id)
            return held is None or held.ours_until == -math.inf

    def may_leave(self, sheet_id: str) -> bool:
        """Whether this process ends, and another finds it."""
        with self._changed:
            held = self._held.get(sheet_id)
            return self._leaves and held is not None and held.is_written

    def settle(self, seconds: float) -> bool:
        """Wait until nothing is held or to be deleted; False if something is."""
        with self._changed:
            return self._changed.wait_for(lambda: not (self._held or self._done), seconds)

    def leave(self) -> None:
        """Take up nothing more: the process is about to end."""
        with self._changed:
            self._leaves = True

    def end(self) -> None:
        """Let others have what is left."""
        with self._changed:
            self._leaves = self._has_ended = True
            self._changed.notify_all()
            thread = self._thread
        if thread:
            thread.join(END_SECONDS)

    def _wake(self) -> None:
        """Have a turn taken; called by who has the condition."""
        self._is_woken = True
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="inbox", daemon=True)
            self._thread.start()
        self._changed.notify_all()

    def _work(self) -> None:
        while self._waits():
            self._try(self._turn)
        self._try(self._last_turn)

    def _waits(self) -> bool:
        """Wait for the next turn; False if there is none."""
        with self._changed:
            if not self._is_well:
                self._changed.wait_for(lambda: self._has_ended, REST_SECONDS)
            elif self._held or self._looks:
                self._changed.wait_for(lambda: self._has_ended or self._is_woken, TURN_SECONDS)
            else:
                self._changed.wait_for(lambda: self._has_ended or self._is_woken)
            self._is_woken = False
            return not self._has_ended

    def _try(self, turn: Callable[[], None]) -> None:
        is_well, was_well = False, self._is_well
        try:
            with somebody_waits():
                turn()
            is_well = True
        except (SQLAlchemyError, OutOfTime) as failure:
            if was_well:
                about = {"held": len(self._held), "error": type(failure).__name__}
                log.warning("late_requests_unwritten", extra=about)
        except Exception:  # the thread's one door for bugs: what is held must go on being held
            if was_well:
                log.exception("late_requests_failed")
        with self._changed:
            self._is_well = is_well
            self._changed.notify_all()

    def _turn(self) -> None:
        self._write()  # first: it tells by whether a commit was asked for in this turn
        self._delete()
        if self._looks and not self._leaves and (room := self._room()) > 0:
            until = time.monotonic() + LEASE_SECONDS
            for sheet in self._notebook.take(room):
                self._go_on_with(sheet, until)

    def _go_on_with(self, sheet: Sheet, until: float) -> None:
        held = _Held.of(sheet)
        held.ours_until, held.is_written = until, True
        with self._changed:
            if sheet.id in self._held:
                return  # it was lost while this process stood still, and what is under way here ends by itself
            self._held[sheet.id] = held
        try:
            self._take_up(sheet)
        except Exception:  # one that another version wrote must not keep the others from being done
            log.exception("late_request_not_taken_up", extra={"request": sheet.id})
            # That version may know what to do with it, as long as there is time.
            (self.let_go if time.monotonic() < sheet.ends_at else self.done)(sheet.id)

    def _delete(self) -> None:
        with self._changed:
            done = frozenset(self._done)
        if not done:
            return
        self._notebook.delete(done)
        with self._changed:
            self._done -= done
            self._changed.notify_all()

    def _write(self) -> None:
        """Write down what is new, and hold the rest for longer."""
        now = time.monotonic()
        until = now + LEASE_SECONDS
        with self._changed:
            self._held = {key: each for key, each in self._held.items() if now < each.kept_until}
            held = [each for each in self._held.values() if each.ours_until > -math.inf]
            new = [each for each in held if not each.is_written]
            unwritten = [each for each in new if each.ours_until == math.inf]
            for each in unwritten:
                each.ours_until = until  # however long it takes to hear of the commit
        if not held:
            return
        try:
            ours = self._notebook.write([each.sheet for each in new], [each.sheet.id for each in held])
        finally:
            if not patience.may_have_kept():
                self._have_alone(unwritten)
        with self._changed:
            for each in held:
                each.is_written = True
                each.ours_until = until if each.sheet.id in ours else -math.inf
            self._changed.notify_all()

    def _have_alone(self, unwritten: Collection[_Held]) -> None:
        """Note that nobody else can find these after all: no commit was asked for."""
        with self._changed:
            for each in unwritten:
                each.ours_until = math.inf

    def _last_turn(self) -> None:
        self._delete()
        with self._changed:
            left = [each.sheet.id for each in self._held.values() if each.is_written]
        if left:
            self._notebook.give_back(left)
