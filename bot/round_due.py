"""Which step of a round is due: the heads-up, the start, the introductions, looks, half-way, the closing, the end."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy.orm import Session

from bot import round_silence
from bot.recurrence import local_day, place
from bot.round_silence import closes_at
from bot.round_times import halfway_on
from models.programmes import Programme
from models.rounds import ANNOUNCED, MATCHED, PREVIEWED, Round


class Step(StrEnum):
    """What is due about a round."""

    WAIT = "wait"
    """Nothing but to say when the next step is."""
    HEADS_UP = "heads-up"
    CALL_OFF = "call off"
    BEGIN = "begin"
    INTRODUCE = "introduce"
    LOOK = "look"
    """Whether everybody's buddy is still there; each day until half-way, as then there is time for another one."""
    REMIND = "remind"
    ASK = "ask"
    CLOSE = "close"


def due(session: Session, round_id: int, now: datetime) -> Step | None:
    """Say which step of a round is due; None if there is none."""
    buddy_round = session.get_one(Round, round_id)
    return step_of(session.get_one(Programme, buddy_round.programme_id), buddy_round, now)


def unsettled(session: Session, round_id: int, now: datetime) -> list[int]:
    """Name the rounds before one of whose people it is to be counted who said nothing, before it is read who is in."""
    buddy_round = session.get_one(Round, round_id)
    programme = session.get_one(Programme, buddy_round.programme_id)
    return round_silence.earlier(session, programme, buddy_round.number, now)


def step_of(programme: Programme, buddy_round: Round, now: datetime) -> Step | None:
    """Say which step of a round is due; of several that an outage took, the last."""
    if buddy_round.next_fire_at > now:
        return None
    if buddy_round.state in (ANNOUNCED, PREVIEWED):
        return _step_before(programme, buddy_round, now)
    return _step_after(programme, buddy_round, now) if buddy_round.state == MATCHED else None


def _step_before(programme: Programme, buddy_round: Round, now: datetime) -> Step:
    if programme.ended_at is not None:
        return Step.CALL_OFF
    if buddy_round.number >= programme.next_number:
        # A preview was made of it, but nobody was told yet that it is near.
        return Step.WAIT
    if now < buddy_round.starts_at:
        return Step.WAIT if buddy_round.is_told else Step.HEADS_UP
    is_too_late = now > buddy_round.starts_at + (buddy_round.ends_at - buddy_round.starts_at) / 2
    return Step.CALL_OFF if programme.held_because is not None or is_too_late else Step.BEGIN


def _step_after(programme: Programme, buddy_round: Round, now: datetime) -> Step:
    halfway_at, closing_at = moments(programme, buddy_round)
    if now >= buddy_round.ends_at:
        return Step.CLOSE
    if not buddy_round.is_told:
        return Step.INTRODUCE
    if now >= closing_at:
        return Step.ASK
    if halfway_at is None:
        return Step.WAIT
    return Step.REMIND if now >= halfway_at else Step.LOOK


def moments(programme: Programme, buddy_round: Round) -> tuple[datetime | None, datetime]:
    """Say when those in a round are reminded, and when they are asked what became of it (UTC)."""
    ends_on = local_day(buddy_round.ends_at, programme.zone)
    half = halfway_on(buddy_round.on, ends_on)
    halfway = place(half, programme.at, programme.zone).starts_at if half else None
    return halfway, closes_at(programme, buddy_round)


def next_step(programme: Programme, buddy_round: Round, now: datetime) -> datetime:
    """Say when the next step of a matched round is to be taken."""
    halfway_at, closing_at = moments(programme, buddy_round)
    looks = [] if halfway_at is None else _looks(programme, now, until=halfway_at)
    planned = (*looks, halfway_at, closing_at)
    return min(
        (each for each in planned if each is not None and now < each <= buddy_round.ends_at),
        default=buddy_round.ends_at,
    )


def _looks(programme: Programme, now: datetime, *, until: datetime) -> list[datetime]:
    """Say when, today or tomorrow, it is the programme's hour, if that is before a moment."""
    today = local_day(now, programme.zone)
    days = (place(day, programme.at, programme.zone).starts_at for day in (today, today + timedelta(days=1)))
    return [each for each in days if each < until]
