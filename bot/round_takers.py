"""Who takes part in a round: who can be matched at a moment, who may be back by then, and why everybody else is out."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from sqlalchemy.orm import Session

from bot.recurrence import local_day
from models.members import Member
from models.programmes import GONE, LEFT, MENTEE, MENTOR, MENTORING, PAUSED, Participant, Programme


class Out(StrEnum):
    """Why somebody is not to be matched now; for no eyes but the matching's, as it is theirs alone."""

    LEFT = "left"
    GONE = "not in the channel any more"
    PAUSED = "paused"
    SITS_OUT = "sits this round out"
    SILENT = "wants no messages"
    AWAY = "away"
    DEACTIVATED = "deactivated"
    GUEST = "guest"
    NO_PERSON = "app"
    NO_ROLE = "neither mentor nor mentee"


@dataclass(frozen=True)
class Taker:
    """Somebody who can be matched: where they stand in the programme, and what is known of them."""

    participant: Participant
    member: Member


@dataclass(frozen=True)
class Takers:
    """All who ever took part: who can be matched now, by id, and why everybody else cannot."""

    present: Sequence[Taker]
    out: Mapping[str, Out]


def takers(
    session: Session,
    programme: Programme,
    round_number: int,
    now: datetime,
    *,
    among: Collection[str] | None = None,
) -> Takers:
    """Say who can be matched for a round at this moment, or who of some, and why the others cannot; one query."""
    present, out = [], {}
    for participant, member in session.execute(Participant.with_members(programme.id, among)):
        reason = _hindrance(programme, participant, member, round_number, now)
        if reason is None:
            present.append(Taker(participant, member))
        else:
            out[member.user_id] = reason
    return Takers(present, out)


def expected(session: Session, programme: Programme, round_number: int, starts_at: datetime) -> list[Member]:
    """Give who may be matched for a round once it begins, as far as is known: who is silent or away may be back."""
    may_be_back = (None, Out.SILENT, Out.AWAY)
    return [
        member
        for participant, member in session.execute(Participant.with_members(programme.id))
        if _hindrance(programme, participant, member, round_number, starts_at) in may_be_back
    ]


def shut_out(programme: Programme, participant: Participant, member: Member) -> Out | None:
    """Say how a programme's settings keep somebody out whatever their part in it; None if they do not."""
    if member.is_guest and not programme.takes_guests:
        return Out.GUEST
    return Out.NO_ROLE if lacks_role(programme, participant) else None


def _hindrance(
    programme: Programme, participant: Participant, member: Member, round_number: int, now: datetime
) -> Out | None:
    """Find the first thing that keeps somebody out of a round."""
    state = participant.state_on(local_day(now, member.zone))
    hindrances = (
        (state in _OUT_BY_STATE, _OUT_BY_STATE.get(state)),
        (participant.skips == round_number, Out.SITS_OUT),
        (member.is_deactivated, Out.DEACTIVATED),
        (not member.is_person, Out.NO_PERSON),
        (member.is_guest and not programme.takes_guests, Out.GUEST),
        (member.is_pausing(now), Out.SILENT),
        (member.is_absent(now), Out.AWAY),
        (lacks_role(programme, participant), Out.NO_ROLE),
    )
    return next((reason for holds, reason in hindrances if holds), None)


def lacks_role(programme: Programme, participant: Participant) -> bool:
    """Whether somebody has still to say that they are a mentor, or a mentee."""
    return programme.mixing == MENTORING and participant.role not in (MENTOR, MENTEE)


_OUT_BY_STATE: Final = {LEFT: Out.LEFT, GONE: Out.GONE, PAUSED: Out.PAUSED}
