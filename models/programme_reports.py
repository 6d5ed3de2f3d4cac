"""What the store is asked so that an owner sees how a programme goes: columns, not rows, as they may be many."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, func, not_, or_, select, true

from models.bulk import one_of
from models.members import Member
from models.profiles import Profile
from models.programmes import IN, PAUSED, Participant, Programme
from models.rounds import CANCELLED, CLOSED, MATCHED, LeftOver, Pairing, Partner, Round

HELD: Final = (MATCHED, CLOSED)


def rounds_held(programme_id: int) -> Select[int, int, date, str]:
    """Select a programme's rounds that were matched, or called off with a record, the newest first.

    Rows are id, number, day and state.
    """
    was_held = or_(Round.state.in_(HELD), and_(Round.state == CANCELLED, Round.record.is_not(None)))
    columns = select(Round.id, Round.number, Round.on, Round.state)
    return columns.where(Round.programme_id == programme_id, was_held).order_by(Round.number.desc())


def taking_part(programme: Programme) -> Select[int]:
    """Count who takes part in a programme."""
    return select(func.count()).select_from(Participant).join(Member, _MEMBER).where(*_takes_part(programme))


def participants(programme: Programme, skip: int = 0, limit: int | None = None) -> Select[str, str]:
    """Select who takes part in a programme, or some of them: rows of id and name, by name."""
    found = select(Participant.user_id, Member.name).join(Member, _MEMBER).where(*_takes_part(programme))
    return found.order_by(func.lower(Member.name), Participant.user_id).offset(skip).limit(limit)


_MEMBER: Final = and_(Member.workspace_id == Participant.workspace_id, Member.user_id == Participant.user_id)


def _takes_part(programme: Programme) -> tuple[ColumnElement[bool], ...]:
    """Say who takes part: who pauses is among them like everybody, as nobody else is to know of that."""
    states = Participant.state.in_((IN, PAUSED))
    may = true() if programme.takes_guests else not_(Member.is_guest)
    return Participant.programme_id == programme.id, states, not_(Member.is_deactivated), may


def ever_taking_part(programme_id: int) -> Select[*tuple[Any, ...]]:
    """Select everybody who ever took part in a programme: rows of id, name, and department or None."""
    profile = and_(Profile.workspace_id == Participant.workspace_id, Profile.user_id == Participant.user_id)
    found = select(Participant.user_id, Member.name, Profile.department).join(Member, _MEMBER)
    return found.outerjoin(Profile, profile).where(Participant.programme_id == programme_id)


def answers(round_ids: Collection[int]) -> Select[*tuple[Any, ...]]:
    """Select everybody of every group of some rounds, by round and group.

    Rows are the round's number, group, its place and state, person, and what they said.
    """
    columns = Partner.number, Pairing.id, Pairing.place, Pairing.state, Partner.user_id, Partner.answer
    found = select(*columns).join(Partner, Partner.pairing_id == Pairing.id)
    found = found.where(one_of(Pairing.round_id, round_ids))
    return found.order_by(Partner.number, Pairing.id, Partner.user_id)


def first_partners(round_id: int, last_place: int) -> Select[int, str]:
    """Select who was put together when a round began, up to a place: rows of group and person."""
    found = select(Partner.pairing_id, Partner.user_id).join(Pairing, Pairing.id == Partner.pairing_id)
    return found.where(Pairing.round_id == round_id, Pairing.place <= last_place)


def left_over_counts(programme_id: int) -> Select[int, int]:
    """Count who was left over in the rounds of a programme: rows of number and count."""
    counted = select(Round.number, func.count()).join(LeftOver, LeftOver.round_id == Round.id)
    return counted.where(Round.programme_id == programme_id).group_by(Round.number)


def left_over(round_id: int, limit: int) -> Select[str, str]:
    """Select who is left over in a round, and why: rows of person and reason, by person."""
    found = select(LeftOver.user_id, LeftOver.reason).where(LeftOver.round_id == round_id)
    return found.order_by(LeftOver.user_id).limit(limit)


def all_left_over(programme_id: int) -> Select[int, str, str]:
    """Select everybody who was left over in a programme's rounds, the oldest first: number, person, reason."""
    found = select(Round.number, LeftOver.user_id, LeftOver.reason).join(
        LeftOver, LeftOver.round_id == Round.id
    )
    return found.where(Round.programme_id == programme_id).order_by(Round.number, LeftOver.user_id)
