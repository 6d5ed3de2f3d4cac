"""The stage of tests about rounds: a programme with people, and its steps taken one by one without Slack."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from bot import enrolments, round_pacts
from bot import rounds as round_cases
from bot.round_facts import Preview
from bot.round_judging import judge
from bot.round_messages import INTRODUCTION, PREVIEWED
from bot.round_seen import SUBJECTS
from bot.round_standing import Standing, standing_in
from bot.runtime.database import Sessions
from handlers import round_turns
from models.outbox import SENT, Delivery
from models.pacts import Pact
from models.programmes import MENTEE, MENTOR, MENTORING, Participant, Programme
from models.rounds import LeftOver, Pairing, Round
from tests.bot.buddies_stage import TEAM, actor, found, running
from tests.people import DAY, HOUR, MONDAY_NOON
from tests.scenes import played
from tests.trellis import utc

HEADS_UP, START = utc("2026-11-30 09:00"), utc("2026-12-01 09:00")
"""Of the first round of a programme begun on `MONDAY_NOON`: Monday and Tuesday at ten in Berlin."""


@pytest.fixture
def quick(sqlite: Engine) -> Sessions:
    """Give transactions on SQLite alone, for what no store does differently."""
    return Sessions(sqlite)


def staffed(sessions: Sessions, count: int, **said: Any) -> int:
    """Start a programme with so many people who take part, and give its id."""
    return played(sessions, _staff, count, **said)


def _staff(sessions: Sessions, count: int, **said: Any) -> int:
    names = [f"U{number:03}" for number in range(1, count + 1)] or ["U001"]
    programme_id = running(sessions, names, **said)
    with sessions.begin() as session:
        for name in names[:count]:
            enrolments.join(session, actor(name), found(session, programme_id), now=MONDAY_NOON)
    return programme_id


def step(sessions: Sessions, now: datetime, *, worker: str = "one") -> None:
    """Take all steps that are due at a moment, as the door does."""
    with sessions.read() as session:
        due = session.scalars(Programme.due_ids(now)).all()
    for programme_id in due:
        round_turns.announce(sessions, programme_id, now)
    with sessions.read() as session:
        rounds = session.scalars(Round.due_ids(now)).all()
    for round_id in rounds:
        round_turns.take(sessions, round_id, now)
    match(sessions, now, worker=worker)
    with sessions.read() as session:
        pacts = session.scalars(Pact.due_ids(now)).all()
    for pact_id in pacts:
        with sessions.begin() as session:
            round_pacts.take(session, pact_id, now)


def match(sessions: Sessions, now: datetime, *, worker: str = "one") -> None:
    """Match every round that waits for it."""
    with sessions.read() as session:
        waiting = session.scalars(Round.to_match()).all()
    for round_id in waiting:
        round_turns.match(sessions, round_id, worker, now)


class Killed(Exception):
    """A process ended here."""


class Doomed(Sessions):
    """Transactions of a process that ends in one of them: nothing of that one is kept."""

    def __init__(self, sessions: Sessions, *, left: int) -> None:
        """Let so many be kept before that."""
        super().__init__(sessions.engine)
        self.left = left

    @contextmanager
    def begin(self) -> Iterator[Session]:
        """Open a transaction, which may be the last."""
        with super().begin() as session:
            yield session
            self.left -= 1
            if self.left < 0:
                raise Killed


def let_leases_end(sessions: Sessions, programme_id: int) -> None:
    """Let the time pass for which a worker that died holds a round."""
    with sessions.begin() as session:
        for leased in session.scalars(Round.of_programme(programme_id)):
            if leased.lease_until is not None:
                leased.lease_until -= HOUR


def first_round(sessions: Sessions) -> None:
    """Let the first round have been announced and matched."""
    played(sessions, _hold_first_round)


def _hold_first_round(sessions: Sessions) -> None:
    step(sessions, HEADS_UP)
    step(sessions, START)


def rounds_of(sessions: Sessions, programme_id: int) -> list[Round]:
    """Read a programme's rounds, the newest first."""
    with sessions.read() as session:
        return list(session.scalars(Round.of_programme(programme_id)))


def pairings(sessions: Sessions, programme_id: int) -> list[Standing]:
    """Read the pairings of the newest round that stand."""
    with sessions.read() as session:
        newest = session.scalars(Round.of_programme(programme_id)).first()
        return standing_in(session, [newest.id]) if newest else []


def groups(sessions: Sessions, programme_id: int) -> list[tuple[str, ...]]:
    """Read who is together in the newest round."""
    return [each.people for each in pairings(sessions, programme_id)]


def left_over(sessions: Sessions, round_id: int) -> list[str]:
    """Read who was left over."""
    with sessions.read() as session:
        return list(session.scalars(LeftOver.people_of(round_id)))


def part(sessions: Sessions, programme_id: int, user_id: str) -> Participant:
    """Read where somebody stands."""
    with sessions.read() as session:
        return session.scalars(Participant.one(programme_id, user_id)).one()


def deliveries(sessions: Sessions, kind: str) -> list[Delivery]:
    """Read the messages of a kind, in the order of planning."""
    with sessions.read() as session:
        return list(session.scalars(select(Delivery).where(Delivery.kind == kind).order_by(Delivery.id)))


def told(sessions: Sessions, kind: str, now: datetime) -> list[object]:
    """Judge the messages of a kind at a moment."""
    rows = deliveries(sessions, kind)
    with sessions.begin() as session:
        judges = judge if kind in SUBJECTS else round_pacts.judge
        judged = judges(session, rows, now=now)
    return [judged[row.id] for row in rows]


def pairing_of(sessions: Sessions, programme_id: int, user_id: str) -> Pairing:
    """Find somebody's pairing in the newest round."""
    return next(each.pairing for each in pairings(sessions, programme_id) if user_id in each.people)


def introduced(sessions: Sessions, pairing_id: int) -> None:
    """Let the people of a pairing have read of each other."""
    with sessions.begin() as session:
        for row in session.scalars(Delivery.ready_about([TEAM], [INTRODUCTION], [pairing_id])):
            row.state = SENT


def following(moment: datetime, rounds: int) -> datetime:
    """Say when the round so many rounds later begins, every two weeks and without a change of clocks."""
    return moment + rounds * 14 * DAY


def go_on(sessions: Sessions, programme_id: int) -> None:
    """Let nobody count as silent."""
    with sessions.begin() as session:
        for participant in session.scalars(Participant.of_programme(programme_id)):
            participant.silent_rounds = 0


def mentoring(sessions: Sessions) -> int:
    """Hold a round with one mentee and two mentors."""
    return played(sessions, _mentor)


def _mentor(sessions: Sessions) -> int:
    programme_id = running(sessions, ["U001", "U002", "U003"], mixing=MENTORING)
    with sessions.begin() as session:
        for who, role in (("U001", MENTEE), ("U002", MENTOR), ("U003", MENTOR)):
            enrolments.join(session, actor(who), found(session, programme_id), role=role, now=MONDAY_NOON)
    first_round(sessions)
    return programme_id


def previewed(sessions: Sessions, programme_id: int) -> Preview:
    """Ask for a preview and read it."""
    with sessions.begin() as session:
        round_cases.preview(session, actor("U001"), programme_id, START - HOUR)
    match(sessions, START - HOUR)
    shown = told(sessions, PREVIEWED, START - HOUR)[-1]
    assert isinstance(shown, Preview)
    return shown


Everyone = Sequence[tuple[str, ...]]
