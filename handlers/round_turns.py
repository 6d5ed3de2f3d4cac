"""The steps of rounds as transactions: long to read, and short to write, so that nobody waits for the store meanwhile.

SQLite has one writer at a time, and a step may concern ten thousand people. So what is read and computed is read and
computed outside of what writes, and that is done in batches, each of which may be done again without anything coming
twice. The transaction that takes the step is the last one: until then it is due, and whoever takes it up goes on.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Final, TypeVar

from bot import outbox, round_due, round_matching, round_pacts, round_silence, round_steps, round_telling
from bot.matching import Result
from bot.outbox import Message
from bot.round_due import Step
from bot.round_jobs import Job, compute
from bot.round_matching import Lease, LeaseLost
from bot.runtime.database import Sessions

log = logging.getLogger(__name__)

BATCH: Final = 500
"""Messages, or people, a transaction: some 30 ms for which others wait."""
GROUPS: Final = 100
"""Groups a transaction: each has its partners, a question, and words on why."""
PROGRESS_SECONDS: Final = 1.0
T = TypeVar("T")


def announce(sessions: Sessions, programme_id: int, now: datetime) -> bool:
    """Write the round whose heads-up is due; the heads-up is its first step. False if there is none, or no more.

    Some days before, who would not hear of it in time is told earlier than others.
    """
    with sessions.read() as session:
        people = round_telling.hear_earlier(session, programme_id, now)
    for batch in _batches(people, BATCH):
        with sessions.begin() as session:
            outbox.enqueue(session, round_telling.tell_earlier(session, programme_id, batch, now))
    with sessions.begin() as session:
        return round_steps.announce(session, programme_id, now)


def take(sessions: Sessions, round_id: int, now: datetime) -> bool:
    """Take the step of a round that is due; False if there is none, or somebody else has."""
    with sessions.read() as session:
        step = round_due.due(session, round_id, now)
    if step is None:
        return False
    if step is Step.HEADS_UP:
        _make_ready(sessions, round_id, now)
    if step is Step.CLOSE:
        _settle(sessions, round_id, now)
    with sessions.read() as session:
        told = round_telling.to_tell(session, round_id, step, now)
    _tell(sessions, told)
    with sessions.begin() as session:
        return round_steps.take(session, round_id, step, now)


def _batches(values: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    return (values[first : first + size] for first in range(0, len(values), size))


def _tell(sessions: Sessions, told: Sequence[Message]) -> None:
    """Write messages; those whose keys stand already were written before."""
    for batch in _batches(told, BATCH):
        with sessions.begin() as session:
            outbox.enqueue(session, batch)


def _make_ready(sessions: Sessions, round_id: int, now: datetime) -> None:
    """Settle the rounds before one, and end what is over, before it is read who takes part."""
    with sessions.read() as session:
        unsettled = round_due.unsettled(session, round_id, now)
    for earlier in unsettled:
        _settle(sessions, earlier, now)
    with sessions.read() as session:
        over = round_steps.over(session, round_id, now)
    for pacts in _batches(over.pacts, BATCH):
        with sessions.begin() as session:
            round_pacts.end_parted(session, pacts, now)
    for people in _batches(over.pauses, BATCH):
        with sessions.begin() as session:
            round_steps.end_pauses(session, over.programme_id, people)


def _settle(sessions: Sessions, round_id: int, now: datetime) -> None:
    """Pause who said nothing of a round, and of others before, and count it once a round."""
    with sessions.read() as session:
        weary = round_silence.weary(session, round_id, now)
    for batch in _batches(weary, BATCH):
        with sessions.begin() as session:
            round_silence.pause(session, round_id, batch, now)
    with sessions.begin() as session:
        held = round_steps.hold(session, round_id)
        if held is not None:
            round_silence.settle(session, held[1], now)


def match(sessions: Sessions, round_id: int, worker: str, now: datetime) -> bool:
    """Match a round, or preview it, as this worker alone; write what came of it, and tell it.

    False if there is nothing to match, or another worker does.
    """
    with sessions.begin() as session:
        lease = round_matching.lease(session, round_id, worker, now)
    if lease is None:
        return False
    try:
        _carry_out(sessions, lease, now)
    except LeaseLost:
        log.warning("lease_lost", extra={"round": round_id})
        return False
    if not lease.is_preview:
        take(sessions, round_id, now)
    return True


def _carry_out(sessions: Sessions, lease: Lease, now: datetime) -> None:
    """Do all that a lease is for; raises LeaseLost."""
    with sessions.read() as session:
        reads_people = round_matching.reads_people(session, lease)
    if reads_people:
        _make_ready(sessions, lease.round_id, now)
    with sessions.read() as session:
        job = round_matching.gather(session, lease, now)
    if job.is_called_off:
        with sessions.read() as session:
            shut_out = round_telling.to_tell_shut_out(session, lease.round_id, now)
        _tell(sessions, shut_out)
        with sessions.begin() as session:
            round_matching.call_off(session, job, now)
        return
    _keep_input(sessions, job)
    result = compute(job, _progress(sessions, job))
    (_show if job.is_preview else _write)(sessions, job, result, now)


def _keep_input(sessions: Sessions, job: Job) -> None:
    if job.is_kept:
        return
    kept = round_matching.snapshot(job)
    with sessions.begin() as session:
        round_matching.keep_input(session, job, kept)


def _show(sessions: Sessions, job: Job, result: Result, now: datetime) -> None:
    shown = round_matching.written(job, result)
    with sessions.begin() as session:
        round_matching.show(session, job, shown, now)


def _write(sessions: Sessions, job: Job, result: Result, now: datetime) -> None:
    """Decide what comes of a round, then write it some groups at a time; nobody hears of it before it is whole."""
    if job.decided is None:
        kept = round_matching.written(job, result)
        with sessions.begin() as session:
            round_matching.decide(session, job, result, kept)
    with sessions.read() as session:
        groups = round_matching.unwritten(session, job, result)
    for batch in _batches(groups, GROUPS):
        with sessions.read() as session:
            planned = round_matching.plan(session, job, batch, now)
        with sessions.begin() as session:
            round_matching.write(session, job, planned, now)
    for over in _batches(result.left_over, BATCH):
        with sessions.begin() as session:
            round_matching.leave_over(session, job, over)
    shown = round_matching.shown(job)
    with sessions.begin() as session:
        round_matching.finish(session, job, result, shown, now)


def _progress(sessions: Sessions, job: Job) -> Callable[[int, int], None]:
    """Write how far a large matching is, once a second."""
    last = time.monotonic()

    def note(done: int, of: int) -> None:
        nonlocal last
        if time.monotonic() - last < PROGRESS_SECONDS:
            return
        with sessions.begin() as session:
            round_matching.note_progress(session, job, done, of)
        last = time.monotonic()

    return note
