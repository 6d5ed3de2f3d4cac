"""The steps of a round: heads-up, start, introductions, half-way, closing, end.

Each is first read: what is due, and what is to be told. That is written some messages at a time, each under a key of
its own, and only then is the step taken, in a short transaction that takes effect once. Whoever takes it holds the
programme first and then the round, so that two workers wait for each other and no more; after a crash in between the
step is still due, and what was written stays.
"""

from __future__ import annotations

import random
import zlib
from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from sqlalchemy.orm import Session

from bot import programmes, round_pacts, round_silence, round_takers
from bot.programme_rhythms import Coming
from bot.round_due import Step, next_step, step_of
from bot.round_takers import Taker, takers
from models import round_work
from models.members import Member
from models.pacts import Pact
from models.programmes import PAUSED, Programme
from models.rounds import (
    ANNOUNCED,
    CANCELLED,
    CLOSED,
    MATCHED,
    MATCHING,
    PREVIEW,
    PREVIEWED,
    TOLD,
    Round,
)

NEWEST = 3
"""Among so many rounds is the one that is matched now."""


def announce(session: Session, programme_id: int, now: datetime) -> bool:
    """Write the round whose heads-up is due, of which people are then told; False if there is none, or no more."""
    programme = session.scalar(Programme.due_one(programme_id, now))
    if programme is None:
        return False
    due = programmes.step(programme, now)
    if due is not None:
        # Until all have been told that is its next step.
        written(session, programme, due).next_fire_at = now
    return True


def put_off_heads_up(session: Session, programme_id: int, until: datetime) -> bool:
    """Take the step of a programme later, as nobody knows who is in its channel; False, as none was taken."""
    for programme in session.scalars(Programme.due_one(programme_id, until)):
        programme.next_fire_at = until
    return False


def put_off(session: Session, round_id: int, until: datetime, *, now: datetime) -> bool:
    """Take the step of a round later; False, as none was taken.

    A heads-up is tried again before the round begins, and more often towards the end: it begins at its hour.
    """
    held = hold(session, round_id)
    if held is None or held[1].state not in (ANNOUNCED, PREVIEWED, MATCHED):
        return False
    buddy_round = held[1]
    if buddy_round.state != MATCHED and now < buddy_round.starts_at:
        until = min(until, now + (buddy_round.starts_at - now) / 2)
    buddy_round.next_fire_at = until
    return False


def written(session: Session, programme: Programme, coming: Coming) -> Round:
    """Give the row of a round to come: the one a preview was made of, if there is one, else a new one."""
    buddy_round = session.scalar(Round.numbered(programme.id, coming.number).with_for_update())
    if buddy_round is None:
        buddy_round = Round(
            workspace_id=programme.workspace_id, programme_id=programme.id, number=coming.number, seed=0
        )
        _place(buddy_round, programme, coming)
        session.add(buddy_round)
        session.flush()
        draw(buddy_round)
    _place(buddy_round, programme, coming)
    return buddy_round


def _place(buddy_round: Round, programme: Programme, coming: Coming) -> None:
    buddy_round.at, buddy_round.zone = programme.at, programme.zone
    buddy_round.on, buddy_round.starts_at, buddy_round.ends_at = coming.on, coming.starts_at, coming.ends_at
    buddy_round.next_fire_at = coming.starts_at


def draw(buddy_round: Round) -> None:
    """Give a round its seed, or the next one if it has had one: a row's id and a count, so anybody draws the same."""
    chance = random.Random(buddy_round.id)
    for _ in range(1 + (buddy_round.drawn or 0)):
        buddy_round.seed = chance.getrandbits(62)
    buddy_round.drawn = 1 + (buddy_round.drawn or 0)


def hold(session: Session, round_id: int) -> tuple[Programme, Round] | None:
    """Hold a round's programme and then the round, against every other step of theirs."""
    seen = session.get(Round, round_id)
    if seen is None:
        return None
    programme = session.scalars(Programme.locked(seen.workspace_id, seen.programme_id)).one()
    locked = Round.locked(round_id).execution_options(populate_existing=True)
    return programme, session.scalars(locked).one()


def take(session: Session, round_id: int, step: Step, now: datetime) -> bool:
    """Take this step of a round, of which all has been told; False if somebody else has, or another is due by now."""
    held = hold(session, round_id)
    if held is None or step_of(*held, now) is not step:
        return False
    programme, buddy_round = held
    match step:
        case Step.HEADS_UP:
            buddy_round.next_fire_at = buddy_round.starts_at
        case Step.BEGIN:
            _begin(buddy_round)
        case Step.CALL_OFF:
            buddy_round.state, buddy_round.wanted = CANCELLED, None
        case Step.LOOK | Step.REMIND:
            session.execute(round_work.break_lost(buddy_round.id))
            _go_on(programme, buddy_round, now)
        case Step.CLOSE:
            round_silence.settle(session, buddy_round, now)
            buddy_round.state = CLOSED
        case _:
            _go_on(programme, buddy_round, now)
    return True


def _begin(buddy_round: Round) -> None:
    """Let a round be matched: from here on nobody sits it out any more, and whoever matches it reads who is there."""
    buddy_round.state, buddy_round.wanted, buddy_round.record = MATCHING, None, None
    buddy_round.worker, buddy_round.lease_until = None, None
    if buddy_round.result is None:
        buddy_round.snapshot = None


def _go_on(programme: Programme, buddy_round: Round, now: datetime) -> None:
    if buddy_round.state != MATCHED:
        announced_at = programmes.coming(programme).starts_at
        is_near = buddy_round.number < programme.next_number
        buddy_round.next_fire_at = buddy_round.starts_at if is_near else announced_at
        return
    if not buddy_round.is_told:
        buddy_round.record = {key: value for key, value in (buddy_round.record or {}).items() if key != TOLD}
    buddy_round.next_fire_at = next_step(programme, buddy_round, now)


def progress(session: Session, programme: Programme) -> tuple[int, int] | None:
    """Say how far the matching of a programme's round has come, or that of a preview: done, of how much."""
    newest = session.scalars(Round.of_programme(programme.id).limit(NEWEST)).all()
    matched_now = (each for each in newest if each.state == MATCHING or each.wanted == PREVIEW)
    return next(((each.done, each.of) for each in matched_now if each.of), None)


def packed(text: str) -> bytes:
    """Keep a long text short."""
    return zlib.compress(text.encode())


def unpacked(kept: bytes) -> str:
    """Read what was kept short."""
    return zlib.decompress(kept).decode()


def free_takers(
    session: Session,
    programme: Programme,
    number: int,
    now: datetime,
    *,
    among: Collection[str] | None = None,
) -> list[Taker]:
    """Give those, or who of some, can be matched now: who takes part, but for those who agreed to stay together.

    Whose partner in a pact does not take part any more is free again.
    """
    together = _together(session, programme, number, now, among)
    present = takers(session, programme, number, now, among=among).present
    return [each for each in present if each.member.user_id not in together]


def expected(session: Session, programme: Programme, buddy_round: Round, now: datetime) -> list[Member]:
    """Give who is to hear of a round: who can be matched now, or may be back, or out of a pact, before it begins."""
    found = round_takers.expected(session, programme, buddy_round.number, buddy_round.starts_at)
    bound = _bound(session, programme, buddy_round, now)
    return [each for each in found if each.user_id not in bound]


def bound_in(
    session: Session, rounds: Collection[Round], user_ids: Collection[str], now: datetime
) -> dict[int, set[str]]:
    """Name, by round, who is in a pact instead as it begins, as far as is known; one query where there is none."""
    concerned = set(session.scalars(round_work.with_pacts({each.programme_id for each in rounds}, user_ids)))
    return {
        each.id: _bound(session, session.get_one(Programme, each.programme_id), each, now, user_ids)
        for each in rounds
        if each.programme_id in concerned
    }


def _bound(
    session: Session,
    programme: Programme,
    buddy_round: Round,
    now: datetime,
    among: Collection[str] | None = None,
) -> set[str]:
    begins = buddy_round.starts_at
    pacts = round_pacts.lasting_until(session, programme, begins, now, among=among)
    return _complete(session, programme, pacts, buddy_round.number, begins)


def _together(
    session: Session, programme: Programme, number: int, now: datetime, among: Collection[str] | None
) -> set[str]:
    """Name who of these stays together by a pact."""
    pacts = round_pacts.standing_in(session, programme, now, among=among)
    return _complete(session, programme, pacts, number, now)


def _complete(
    session: Session, programme: Programme, pacts: Collection[Pact], number: int, at: datetime
) -> set[str]:
    """Name who is in those of these pacts all of whose people could be matched for a round at a moment."""
    people = {who for each in pacts for who in each.people}
    there = takers(session, programme, number, at, among=people).present if people else []
    ids = {each.member.user_id for each in there}
    return {who for each in pacts if ids.issuperset(each.people) for who in each.people}


class Over(NamedTuple):
    """What is over in a programme without anybody having written so: pacts that cannot go on, and whose pauses."""

    programme_id: int
    pacts: list[int]
    pauses: list[str]


def over(session: Session, round_id: int, now: datetime) -> Over:
    """Say what is over in the programme of a round."""
    buddy_round = session.get_one(Round, round_id)
    programme = session.get_one(Programme, buddy_round.programme_id)
    present = takers(session, programme, buddy_round.number, now).present
    back = [each.member.user_id for each in present if each.participant.state == PAUSED]
    return Over(programme.id, round_pacts.parted_in(session, programme, now), back)


def end_pauses(session: Session, programme_id: int, user_ids: Collection[str]) -> None:
    """Write that the pauses of these are over; the day stays, by which its end is told."""
    session.execute(round_work.end_pauses(programme_id, user_ids))
