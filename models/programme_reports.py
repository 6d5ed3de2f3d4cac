"""What the store is asked so that an owner sees how a programme goes: counts where it can count, rows of columns else.

A group counts that stands, or that met before it was dissolved: so everybody is seen where they are in the end.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, Subquery, and_, case, distinct, exists, func, or_, select
from sqlalchemy.orm import aliased

from models.buddies import (
    CANCELLED,
    CLOSED,
    IN,
    MATCHED,
    MET,
    PAUSED,
    STANDING,
    SWAP,
    LeftOver,
    Pairing,
    Participant,
    Partner,
    Round,
)
from models.bulk import one_of
from models.members import Member
from models.profiles import Profile

SILENT_CODE, NOT_YET_CODE, SWAP_CODE, MET_CODE = range(4)
"""What became of a round for somebody, as a number: of several the highest counts."""
HELD: Final = (MATCHED, CLOSED)


def rounds_held(programme_id: int) -> Select[int, int, date, str]:
    """Select a programme's rounds that were matched, or called off with a record, the newest first.

    Rows are id, number, day and state.
    """
    was_held = or_(Round.state.in_(HELD), and_(Round.state == CANCELLED, Round.record.is_not(None)))
    columns = select(Round.id, Round.number, Round.on, Round.state)
    return columns.where(Round.programme_id == programme_id, was_held).order_by(Round.number.desc())


def taking_part(programme_id: int) -> Select[int]:
    """Count who takes part in a programme; who pauses is among them, which nobody else is to know."""
    mine = select(func.count()).select_from(Participant).where(Participant.programme_id == programme_id)
    return mine.where(Participant.state.in_((IN, PAUSED)))


def outcomes(programme_id: int, number: int | None = None) -> Select[int, int, int]:
    """Count what became of a programme's rounds, or of one, for how many people: rows of number, code, count."""
    people = _people(programme_id, number)
    counted = select(people.c.number, people.c.code, func.count())
    return counted.group_by(people.c.number, people.c.code)


def _people(programme_id: int, number: int | None) -> Subquery:
    """Select, a row for each person and round, what became of it for them."""
    met = Partner.pairing_id.in_(_met(programme_id))
    said = ((met, MET_CODE), (Partner.answer == SWAP, SWAP_CODE), (Partner.answer.is_not(None), NOT_YET_CODE))
    counts = case((or_(Pairing.state == STANDING, met), 1), else_=0)
    found = select(Partner.number, func.max(case(*said, else_=SILENT_CODE)).label("code"))
    found = found.join(Pairing, Pairing.id == Partner.pairing_id).where(Partner.programme_id == programme_id)
    if number is not None:
        found = found.where(Partner.number == number)
    return found.group_by(Partner.number, Partner.user_id).having(func.max(counts) == 1).subquery()


def _met(programme_id: int) -> Select[int]:
    """Select the pairings of a programme of which somebody said that they met."""
    return select(Partner.pairing_id).where(Partner.programme_id == programme_id, Partner.answer == MET)


def left_over_counts(programme_id: int) -> Select[int, int]:
    """Count who was left over in the rounds of a programme: rows of number and count."""
    counted = select(Round.number, func.count()).join(LeftOver, LeftOver.round_id == Round.id)
    return counted.where(Round.programme_id == programme_id).group_by(Round.number)


def groups(round_id: int, *, skip: int, limit: int) -> Select[int]:
    """Select some of a round's groups, by place: their ids."""
    found = select(Pairing.id).where(Pairing.round_id == round_id, _counts())
    return found.order_by(Pairing.place).offset(skip).limit(limit)


def count_groups(round_id: int) -> Select[int]:
    """Count a round's groups."""
    return select(func.count()).select_from(Pairing).where(Pairing.round_id == round_id, _counts())


def _counts() -> ColumnElement[bool]:
    met = exists().where(Partner.pairing_id == Pairing.id, Partner.answer == MET)
    return or_(Pairing.state == STANDING, met)


def partners(pairings: Collection[int]) -> Select[int, str, str | None]:
    """Select who is in these groups: rows of group, person and what they said."""
    found = select(Partner.pairing_id, Partner.user_id, Partner.answer)
    return found.where(one_of(Partner.pairing_id, pairings)).order_by(Partner.pairing_id, Partner.user_id)


def first_partners(round_id: int, last_place: int) -> Select[int, str]:
    """Select who was put together when a round began, up to a place: rows of group and person."""
    found = select(Partner.pairing_id, Partner.user_id).join(Pairing, Pairing.id == Partner.pairing_id)
    return found.where(Pairing.round_id == round_id, Pairing.place <= last_place)


def left_over(round_id: int, limit: int) -> Select[str, str]:
    """Select who is left over in a round, and why: rows of person and reason, by person."""
    found = select(LeftOver.user_id, LeftOver.reason).where(LeftOver.round_id == round_id)
    return found.order_by(LeftOver.user_id).limit(limit)


def meetings(programme_id: int) -> Select[*tuple[Any, ...]]:
    """Count, for each round and two departments, how often two people of them met.

    Rows are number, department, department and count; departments as they are written today, in either order.
    """
    other, one_profile, other_profile = aliased(Partner), aliased(Profile), aliased(Profile)
    together = and_(other.pairing_id == Partner.pairing_id, other.user_id > Partner.user_id)
    columns = Partner.number, one_profile.department, other_profile.department
    counted = select(*columns, func.count()).join(other, together)
    counted = counted.join(one_profile, _of(one_profile, Partner)).join(
        other_profile, _of(other_profile, other)
    )
    known = one_profile.department.is_not(None), other_profile.department.is_not(None)
    mine = Partner.programme_id == programme_id, Partner.pairing_id.in_(_met(programme_id))
    return counted.where(*mine, *known).group_by(*columns)


def departments(programme_id: int) -> Select[str, int]:
    """Count the people of each department who were ever in a group of a programme: rows of department and count."""
    counted = select(Profile.department, func.count(distinct(Partner.user_id)))
    counted = counted.join(Partner, _of(Profile, Partner)).where(Partner.programme_id == programme_id)
    return counted.where(Profile.department.is_not(None)).group_by(Profile.department)  # type: ignore[return-value]


def _of(profile: Any, partner: Any) -> ColumnElement[bool]:
    return and_(profile.workspace_id == partner.workspace_id, profile.user_id == partner.user_id)


def everybody(programme_id: int) -> Select[*tuple[Any, ...]]:
    """Select everybody of every group of a programme's rounds, the oldest first.

    Rows are number, day, place of the group, id and name of the person, and whether the group met.
    """
    met = Partner.pairing_id.in_(_met(programme_id))
    columns = Round.number, Round.on, Pairing.place, Partner.user_id, Member.name, met.label("has_met")
    found = select(*columns).join(Pairing, Pairing.round_id == Round.id)
    found = found.join(Partner, Partner.pairing_id == Pairing.id).join(Member, _of(Member, Partner))
    found = found.where(Round.programme_id == programme_id, or_(Pairing.state == STANDING, met))
    return found.order_by(Round.number, Pairing.place, Partner.user_id)


def all_left_over(programme_id: int) -> Select[*tuple[Any, ...]]:
    """Select everybody who was left over in a programme's rounds, the oldest first.

    Rows are number, day, id and name of the person, and the reason.
    """
    columns = Round.number, Round.on, LeftOver.user_id, Member.name, LeftOver.reason
    found = select(*columns).join(LeftOver, LeftOver.round_id == Round.id).join(Member, _of(Member, LeftOver))
    return found.where(Round.programme_id == programme_id).order_by(Round.number, LeftOver.user_id)
