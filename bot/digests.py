"""Digests: of what waits for one person and nobody asked for, all that is due comes in one message."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from bot import members
from bot.attention import COUNTED
from bot.budgets import TOPICS
from models.members import Member
from models.outbox import GROUP, Delivery

MOST: Final = 6
"""Messages in one, which Slack takes and somebody may still read."""


def beside(session: Session, due: Sequence[Delivery], *, now: datetime) -> Mapping[int, Sequence[Delivery]]:
    """Hold what is due to the same person as each of these, by its number, what matters most first.

    What is to several people, or was refused together with others, goes by itself; of what somebody wants none,
    nothing goes along. One statement if there is nothing, and three if there is.
    """
    carriers = {
        (each.workspace_id, each.receiver): each
        for each in due
        if not each.receiver.startswith(GROUP) and not each.goes_alone
    }
    if not carriers:
        return {}
    workspaces, people = {key[0] for key in carriers}, {key[1] for key in carriers}
    waiting = session.execute(Delivery.beside(workspaces, COUNTED, people, due_by=now)).all()
    own = {each.id for each in due}
    ids = [number for number, *place, _, _ in waiting if number not in own and tuple(place) in carriers]
    rows = session.scalars(Delivery.taken_along(ids, now)).all() if ids else ()
    unwanted = _unwanted(session, carriers) if rows else {}
    found: dict[int, list[Delivery]] = {}
    for row in sorted(rows, key=lambda row: (TOPICS.index(COUNTED[row.kind]), row.expire_at, row.id)):
        key = row.workspace_id, row.receiver
        along = found.setdefault(carriers[key].id, [])
        if COUNTED[row.kind] not in unwanted[key] and len(along) < MOST - 1:
            along.append(row)
    return found


def _unwanted(
    session: Session, people: Mapping[tuple[str, str], Delivery]
) -> dict[tuple[str, str], frozenset[str]]:
    """Read of which topics these people want none."""
    chosen = Member.among({key[0] for key in people}, {key[1] for key in people})
    limits = {(each.workspace_id, each.user_id): members.limits_of(each) for each in session.scalars(chosen)}
    return {key: limits[key].less_of if key in limits else frozenset() for key in people}
