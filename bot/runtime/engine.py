"""The metronome: asks the store every few seconds what is due, and keeps the delivery loop beside it.

APScheduler only beats; what is due stands in the store. Nothing here knows a feature: wiring hands everything in.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from apscheduler.schedulers.background import BackgroundScheduler  # type: ignore[import-untyped]
from sqlalchemy import text
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm import Session

from bot.runtime import metrics
from bot.runtime.clock import Clock, FollowedClock, MovedClock, elapsed_seconds
from bot.runtime.database import Sessions, missing_migrations
from bot.runtime.decisions import Attend, Consequence, Discover, Prepare
from bot.runtime.delivery import DeliveryLoop
from bot.runtime.faults import WrongUse
from bot.runtime.outcomes import tell
from bot.runtime.rates import Pace
from bot.runtime.slack import UNANSWERED, Doubt, Group, Look, NotOpened, Opened, Outcome, Outgoing
from models.outbox import EXPIRED, Delivery
from models.receipts import Receipt, take_receipt
from models.workspaces import Workspace

log = logging.getLogger(__name__)

BEAT_SECONDS = 2.0
FOLLOWING_BEAT_SECONDS = 0.3
"""Somebody waits before the page for the clock to arrive."""
SETTLING_PATIENCE_SECONDS = 12.0
"""The sandbox waits 15 s for word that everything due was done."""
RECEIPTS_KEPT = timedelta(days=7)
DOUBTS_KEPT = timedelta(days=30)
"""So long after its time an app that was removed may be put back, and what it had in doubt is looked up."""
EVERY_WORKSPACE = "*"
DAILY_JITTER_SECONDS = 3600
"""Many processes that were deployed together do not all ask Slack for its members at once."""
GAP_SECONDS = 900.0
"""After so long without a beat that did its work, what Slack told meanwhile may have reached nobody."""
BEGINNING = "beginning"
AGAIN_AFTER = timedelta(minutes=10)
RETURN_SECONDS, LOOK_AGAIN_SECONDS = 15.0, 0.5
"""How long a process that ends waits for a store that is away, so that what Slack said is recorded there."""
AWAY = (OperationalError, InterfaceError, PoolTimeoutError, *UNANSWERED)
"""What says that the store or Slack is away, which passes by itself."""


@dataclass(frozen=True)
class Work:
    """What the features do when it is time; the engine calls it and knows no more."""

    prepare: Mapping[str, Prepare]
    post: Callable[[Outgoing], Outcome]
    look: Callable[[Doubt], Look] | None
    open_group: Callable[[Group], Opened | NotOpened]
    plan: Callable[[Sessions, datetime], int]
    """Plan everything due at this moment of people's time, in batches, and say how much it was."""
    next_planned: Callable[[Session], datetime | None]
    """Say when (people's time) something is to be planned next."""
    refresh_zones: Callable[[Sessions], None]
    """Compute anew what was computed with other time zone data."""
    daily: Callable[[Sessions, Clock], None]
    """What one day needs: asking Slack who is still there."""
    greet: Callable[[Sessions], None] = lambda _: None
    """Ask Slack whether our token works: a workspace that was stopped is then served again."""
    consequences: Mapping[str, Consequence] = field(default_factory=dict)
    """Per kind of message, what a feature does when Slack refuses one for good."""
    attend: Attend | None = None
    """Decides anew on what features would send, for the sake of those who read it all."""
    heed: Discover | None = None
    """Counts for those who read it all what was found in Slack."""
    chores: Callable[[Sessions, datetime], int] = lambda _sessions, _now: 0
    """Take the steps that are due and take their time, or ask Slack something, and say how many there were."""
    pace: Pace = field(default_factory=Pace)

    def loop(self, sessions: Sessions, clock: Clock, chance: random.Random) -> DeliveryLoop:
        """Make the loop that delivers."""
        return DeliveryLoop(
            sessions,
            clock,
            prepare=self.prepare,
            post=self.post,
            look=self.look,
            chance=chance,
            pace=self.pace,
            open_group=self.open_group,
            consequences=self.consequences,
            attend=self.attend,
            heed=self.heed,
        )


class Engine:
    """Plans and delivers in the background of a process; any number of these may share one store."""

    def __init__(
        self,
        sessions: Sessions,
        clock: Clock,
        work: Work,
        *,
        chance: random.Random,
        elapsed: Callable[[], float] = elapsed_seconds,
    ) -> None:
        self._sessions, self._clock, self._work = sessions, clock, work
        self._elapsed, self._beaten_at = elapsed, 0.0
        self.loop = work.loop(sessions, clock, chance)
        self._beginning = threading.Lock()
        """Held while all that works is started: who is told to end meanwhile ends all of it."""
        self._stopping = threading.Event()
        self._scheduler = BackgroundScheduler(
            timezone=UTC,
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )

    def start(self) -> None:
        """Begin to beat and to deliver as soon as no migration is missing; returns at once."""
        self._scheduler.add_job(
            self._begin_migrated,
            "interval",
            id=BEGINNING,
            seconds=BEAT_SECONDS,
            next_run_time=self._clock.machine_now(),
        )
        self._scheduler.start()

    def _begin_migrated(self) -> None:
        """Leave tables alone that are not there yet, or not as this version reads them: a migration will come."""
        try:
            missing = missing_migrations(self._sessions.engine)
        except AWAY as away:
            log.warning("store_awaited", extra={"error": type(away).__name__})
            return
        if missing:
            log.warning(
                "migrations_awaited", extra={"missing": missing, "advice": "run `python app.py migrate`"}
            )
            return
        with self._beginning:
            if not self._stopping.is_set():
                self._scheduler.remove_job(BEGINNING)
                self._begin()

    def _begin(self) -> None:
        following = isinstance(self._clock, FollowedClock)
        now, self._beaten_at = self._clock.machine_now(), self._elapsed()
        beat = FOLLOWING_BEAT_SECONDS if following else BEAT_SECONDS
        self._once("greeting", self._greet, at=now)
        again = ["greeting again", self._greet_stopped]
        self._scheduler.add_job(self._do, "interval", again, seconds=AGAIN_AFTER.total_seconds())
        self._once("zones", self._refresh_zones, at=now)
        self._scheduler.add_job(self._beat, "interval", seconds=beat, next_run_time=now)
        if not following:
            # A followed clock waits until all is done, so there the beat does the chores itself.
            self._scheduler.add_job(self._do_chores, "interval", seconds=beat, next_run_time=now)
        daily = ["daily", self._prune_and_reconcile]
        self._scheduler.add_job(
            self._do, "interval", daily, hours=24, jitter=DAILY_JITTER_SECONDS, next_run_time=now
        )
        self.loop.start()
        log.info("engine_started", extra={"following": following})

    def stop(self) -> None:
        """Take nothing more, let what is on its way arrive, record it; some ten seconds if the store is there."""
        deadline = time.monotonic() + RETURN_SECONDS
        with self._beginning:
            self._stopping.set()
        if self._scheduler.running:
            # A beat that is being handed out ends before the scheduler is shut down, and no other begins: in between
            # it would look for its own job among those that are still to be added.
            self._scheduler.pause()
            self._scheduler.get_jobs()
            self._scheduler.shutdown(wait=False)
        self.loop.stop()
        self._wait_for_store(deadline)
        self.loop.stop()  # records what could not be recorded the first time
        log.info("engine_stopped")

    def _wait_for_store(self, deadline: float) -> None:
        """Wait until the store takes what is written; what it never learns is in doubt when its lease ends."""
        again = threading.Event()
        while time.monotonic() < deadline:
            try:
                with self._sessions.begin() as session:
                    session.execute(text("SELECT 1"))
            except AWAY as away:
                log.warning("store_awaited", extra={"error": type(away).__name__})
                again.wait(LOOK_AGAIN_SECONDS)
                continue
            return

    def tick(self) -> None:
        """Plan what is due and wake the delivery; under a followed clock, see it through and say so."""
        if isinstance(self._clock, FollowedClock):
            self._tick_and_report(self._clock)
            return
        self._plan(self._clock.people_now())
        self.loop.wake()

    def _beat(self) -> None:
        try:
            self.tick()
            self._catch_up()
        except AWAY as away:
            log.warning("tick_failed", extra={"error": type(away).__name__})
        except Exception:  # the metronome's one door for bugs: the next beat comes all the same
            log.exception("tick_broken")

    def _catch_up(self) -> None:
        """Ask Slack at once who is still there, or on vacation, if the machine slept or the store was away for long."""
        gap, self._beaten_at = self._elapsed() - self._beaten_at, self._elapsed()
        if gap > GAP_SECONDS:
            log.warning("gap_noticed", extra={"seconds": round(gap)})
            self._once("catching up", self._prune_and_reconcile, at=self._clock.machine_now())

    def _do_chores(self) -> None:
        try:
            if self._work.chores(self._sessions, self._clock.people_now()):
                self.loop.wake()
        except AWAY as away:
            log.warning("chores_failed", extra={"error": type(away).__name__})
        except Exception:  # as above: the next beat comes all the same
            log.exception("chores_broken")

    def _plan(self, now: datetime) -> None:
        planned = self._work.plan(self._sessions, now)
        metrics.PLANNED.inc(planned)
        if planned:
            log.info("meetings_planned", extra={"count": planned})

    def _tick_and_report(self, clock: FollowedClock) -> None:
        now, generation = clock.reading()
        self._plan(now)
        self._work.chores(self._sessions, now)
        self.loop.wake()
        if not self._settles(now):
            log.warning("tick_unsettled", extra={"generation": generation})
            return
        clock.report_drained(at=now, generation=generation, next_at=self._next_moment(now))

    def _settles(self, now: datetime) -> bool:
        """Wait until nothing due at the moment is left; a row that waits for its own retry does not count."""
        deadline = time.monotonic() + SETTLING_PATIENCE_SECONDS
        while not self.loop.is_settled(now):
            if time.monotonic() > deadline or self._stopping.wait(0.02):
                return False
        return True

    def _next_moment(self, now: datetime) -> datetime | None:
        with self._sessions.read() as session:
            moments = (self._work.next_planned(session), session.scalars(Delivery.next_moment(now)).one())
        return min((moment for moment in moments if moment and moment > now), default=None)

    def _do(self, name: str, job: Callable[[], None]) -> None:
        """Do a rare job; when the store or Slack is away do it again soon, not with the next regular turn."""
        try:
            job()
        except AWAY as away:
            log.warning("job_postponed", extra={"job": name, "error": type(away).__name__})
            self._once(name, job, at=self._clock.machine_now() + AGAIN_AFTER)

    def _once(self, name: str, job: Callable[[], None], *, at: datetime) -> None:
        if not self._stopping.is_set():
            self._scheduler.add_job(
                self._do, "date", [name, job], run_date=at, id=f"{name}-once", replace_existing=True
            )

    def _greet(self) -> None:
        self._work.greet(self._sessions)

    def _greet_stopped(self) -> None:
        """Ask again whether our token works, if Slack has said that it does not: the app may have been put back."""
        with self._sessions.read() as session:
            is_stopped = session.scalars(Workspace.is_any_stopped()).one()
        if is_stopped:
            self._greet()

    def _refresh_zones(self) -> None:
        self._work.refresh_zones(self._sessions)

    def _prune_and_reconcile(self) -> None:
        prune(self._sessions, self._clock)
        self._work.daily(self._sessions, self._clock)


class BadTickTime(WrongUse):
    """The time given to `tick --at` is not one at which a tick may run."""


def tick_time(text: str, *, machine_now: datetime, may_be_future: bool) -> datetime:
    """Read the time of `tick --at`: ISO 8601 with an offset, in the future only beside a Slack on this machine."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise BadTickTime(f"{text!r} is not a time such as 2027-03-02T10:00+01:00") from None
    if moment.tzinfo is None:
        raise BadTickTime(f"{text!r} has no offset: write 2027-03-02T10:00+01:00, or Z at the end for UTC")
    if moment > machine_now and not may_be_future:
        raise BadTickTime(f"{text} lies in the future: people would be written to too early")
    return moment.astimezone(UTC)


def run_tick_once(
    sessions: Sessions, clock: Clock, work: Work, *, at: datetime | None, chance: random.Random
) -> dict[str, int]:
    """Plan everything due, deliver until nothing is ready at that instant, and count what happened."""
    standing = MovedClock(at or clock.people_now())
    loop = work.loop(sessions, standing, chance)
    try:
        _once_a_day(sessions, clock, work)
        work.refresh_zones(sessions)
        planned = work.plan(sessions, standing.at)
        work.chores(sessions, standing.at)
        return {"planned": planned, **loop.drain()}
    finally:
        loop.stop()


def _once_a_day(sessions: Sessions, clock: Clock, work: Work) -> None:
    """Do what a running engine does at its start and daily; Slack being away does not stop the tick."""
    try:
        work.greet(sessions)
        _do_the_days_work(sessions, clock, work)
    except UNANSWERED as away:
        log.warning("daily_failed", extra={"error": type(away).__name__})


def _do_the_days_work(sessions: Sessions, clock: Clock, work: Work) -> None:
    """Do it if no tick has done it today; one that Slack broke off leaves it to the next."""
    now = clock.machine_now()
    key = f"daily:{now.date().isoformat()}"
    with sessions.begin() as session:
        if not take_receipt(session, EVERY_WORKSPACE, key, at=now):
            return
    try:
        prune(sessions, clock)
        work.daily(sessions, clock)
    except UNANSWERED:
        with sessions.begin() as session:
            session.execute(Receipt.given_back(EVERY_WORKSPACE, key))
        raise


def prune(sessions: Sessions, clock: Clock) -> None:
    """Forget receipts nobody can ask for again, and give up doubts that nobody can settle."""
    with sessions.begin() as session:
        session.execute(Receipt.older_than(clock.machine_now() - RECEIPTS_KEPT))
        over = Delivery.beyond_asking(clock.people_now() - DOUBTS_KEPT)
        for delivery_id, reason in session.execute(over.returning(Delivery.id, Delivery.reason)):
            tell(session, delivery_id, EXPIRED, reason)
