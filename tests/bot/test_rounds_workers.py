"""Workers on one round: killed in any transaction, at the same step at once, and how much each transaction takes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import datetime
from itertools import count

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot import (
    enrolments,
    round_matching,
    round_steps,
    rounds,
)
from bot.round_jobs import Job, compute
from bot.round_messages import (
    ANNOUNCEMENT,
    CLOSING,
    HEADS_UP,
    INTRODUCTION,
)
from bot.runtime.database import Sessions
from handlers import round_turns
from models.outbox import Delivery
from models.programmes import Programme
from models.rounds import MATCHED, Pairing
from tests.bot import rounds_stage as stage
from tests.bot.buddies_stage import actor, found, know, profile
from tests.bot.rounds_stage import quick as quick
from tests.people import DAY
from tests.statements import counted


@pytest.mark.parametrize("every", [3, pytest.param(1, marks=pytest.mark.siege)])
def test_a_worker_killed_in_any_transaction_is_followed_by_one_that_does_the_rest_and_nothing_twice(
    quick: Sessions, monkeypatch: pytest.MonkeyPatch, every: int
) -> None:
    monkeypatch.setattr(round_turns, "BATCH", 2)
    monkeypatch.setattr(round_turns, "GROUPS", 1)
    programme_id = stage.staffed(quick, 4, every_weeks=1, repeat_window=1)

    for nth in count():
        doomed = stage.Doomed(quick, left=nth * every)
        for now in (stage.HEADS_UP + nth * 7 * DAY, stage.START + nth * 7 * DAY):
            with suppress(stage.Killed):
                stage.step(doomed, now)
            stage.let_leases_end(quick, programme_id)
            stage.step(quick, now)
        assert newest(quick, programme_id) == (nth + 1, MATCHED)
        assert stage.groups(quick, programme_id) == replayed(quick, programme_id)
        assert told_of(quick, programme_id) == {HEADS_UP: 4, INTRODUCTION: 2, ANNOUNCEMENT: 1}
        if doomed.left >= 0:
            break
        stage.go_on(quick, programme_id)

    assert nth * every > 15


def newest(sessions: Sessions, programme_id: int) -> tuple[int, str]:
    (newest, *_) = stage.rounds_of(sessions, programme_id)
    return newest.number, newest.state


def told_of(sessions: Sessions, programme_id: int) -> dict[str, int]:
    """Count what is told of the newest round, by kind."""
    (newest, *_) = stage.rounds_of(sessions, programme_id)
    kinds = (HEADS_UP, INTRODUCTION, ANNOUNCEMENT)
    keys = [(kind, each.key) for kind in kinds for each in stage.deliveries(sessions, kind)]
    return dict(
        Counter(kind for kind, key in keys if key.startswith(f"round:{programme_id}:{newest.number}:"))
    )


def replayed(sessions: Sessions, programme_id: int) -> list[tuple[str, ...]]:
    """Match the newest round once more from what was kept of it."""
    (newest, *_) = stage.rounds_of(sessions, programme_id)
    with sessions.read() as session:
        result = round_matching.replayed(session, newest.id)
    return [tuple(sorted(group.members)) for group in result.groups]


class Watched(Sessions):
    """Transactions of which it is noted how much each writes, and in how many statements."""

    def __init__(self, sessions: Sessions) -> None:
        """Begin with none."""
        super().__init__(sessions.engine)
        self.written: list[int] = []
        self.asked: list[int] = []

    @contextmanager
    def begin(self) -> Iterator[Session]:
        """Open a transaction, and look at it before it ends."""
        with super().begin() as session:
            before = _rows(session)
            with counted() as statements:
                yield session
                session.flush()
            self.written.append(_rows(session) - before)
            self.asked.append(len(statements))


def _rows(session: Session) -> int:
    counts = [session.scalar(select(func.count()).select_from(table)) for table in (Delivery, Pairing)]
    return sum(each or 0 for each in counts)


def test_no_transaction_of_a_round_grows_with_its_people(
    quick: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(round_turns, "BATCH", 10)
    monkeypatch.setattr(round_turns, "GROUPS", 5)
    programme_id = stage.staffed(quick, 20)
    few, many = Watched(quick), Watched(quick)

    live(few, until=stage.following(stage.HEADS_UP, 2))
    join_all(quick, programme_id, [f"UNEW{number}" for number in range(60)])
    stage.go_on(quick, programme_id)
    live(many, until=stage.following(stage.HEADS_UP, 3))

    assert max(few.written) == max(many.written) == 10
    assert max(few.asked) == max(many.asked)
    assert sum(many.written) > 3 * sum(few.written) / 2
    assert len(stage.deliveries(quick, CLOSING)) == 20 + 20 + 80


def live(sessions: Sessions, *, until: datetime) -> None:
    """Let time pass from one thing that is due to the next, before a moment."""
    while (now := _next_moment(sessions)) < until:
        stage.step(sessions, now)


def _next_moment(sessions: Sessions) -> datetime:
    with sessions.read() as session:
        now = rounds.next_moment(session)
    assert now is not None
    return now


def join_all(sessions: Sessions, programme_id: int, names: list[str]) -> None:
    with sessions.begin() as session:
        know(session, *[profile(name) for name in names])
        for name in names:
            enrolments.join(session, actor(name), found(session, programme_id), now=stage.HEADS_UP)


def begun(sessions: Sessions, programme_id: int) -> int:
    """Let the first round begin without matching it, and give its id."""
    stage.step(sessions, stage.HEADS_UP)
    (waiting,) = stage.rounds_of(sessions, programme_id)
    round_turns.take(sessions, waiting.id, stage.START)
    return waiting.id


def leased(sessions: Sessions, round_id: int, worker: str) -> Job | None:
    """Take a round to match it, and read what goes in."""
    with sessions.begin() as session:
        lease = round_matching.lease(session, round_id, worker, stage.START)
    if lease is None:
        return None
    with sessions.read() as session:
        return round_matching.gather(session, lease, stage.START)


def test_how_far_a_matching_is_can_be_read_while_it_lasts(quick: Sessions) -> None:
    programme_id = stage.staffed(quick, 4)
    job = leased(quick, begun(quick, programme_id), "one")
    assert job is not None
    with quick.begin() as session:
        round_matching.note_progress(session, job, 3, 4)

    assert progress(quick, programme_id) == (3, 4)
    stage.let_leases_end(quick, programme_id)
    stage.match(quick, stage.START)
    assert progress(quick, programme_id) is None


def progress(sessions: Sessions, programme_id: int) -> tuple[int, int] | None:
    with sessions.read() as session:
        return round_steps.progress(session, session.get_one(Programme, programme_id))


def test_workers_that_take_the_same_steps_at_once_take_each_once(sessions: Sessions) -> None:
    programme_id = stage.staffed(sessions, 4)

    for now in (stage.HEADS_UP, stage.START):
        with ThreadPoolExecutor(3) as pool:
            list(pool.map(lambda name, now=now: stage.step(sessions, now, worker=name), "abc"))
        stage.match(sessions, now)

    assert len(stage.rounds_of(sessions, programme_id)) == 1
    assert len(stage.deliveries(sessions, HEADS_UP)) == 4
    assert len(stage.deliveries(sessions, INTRODUCTION)) == len(stage.groups(sessions, programme_id)) == 2


def test_of_two_workers_one_matches_and_the_other_writes_nothing(sessions: Sessions) -> None:
    programme_id = stage.staffed(sessions, 4)
    round_id = begun(sessions, programme_id)
    slow = leased(sessions, round_id, "slow")
    assert slow is not None
    assert leased(sessions, round_id, "quick") is None

    stage.let_leases_end(sessions, programme_id)
    stage.match(sessions, stage.START, worker="quick")

    job, result = slow, compute(slow, lambda _done, _of: None)
    late: list[Callable[[Session], object]] = [
        lambda session: round_matching.note_progress(session, job, 1, 2),
        lambda session: round_matching.keep_input(session, job, b""),
        lambda session: round_matching.decide(session, job, result, b""),
        lambda session: round_matching.write(session, job, {}, stage.START),
        lambda session: round_matching.finish(session, job, result, None, stage.START),
    ]
    for act in late:
        with pytest.raises(round_matching.LeaseLost), sessions.begin() as session:
            act(session)
    assert len(stage.groups(sessions, programme_id)) == 2
