"""A working day in one message: what prepares the meetings of somebody's day comes when the first is due."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from bot import nudges
from bot.nudges import Nudge
from bot.outbox import Later, Never
from bot.planning import PREP
from bot.recurrence import local_day
from models.outbox import Delivery

MOST: Final = 8
"""Meetings a message, which Slack takes and somebody may still read; those of a longer day come in another."""


@dataclass(frozen=True)
class Day:
    """What prepares a day with several meetings, in the order in which they begin."""

    nudges: tuple[tuple[Delivery, Nudge], ...]


def judge(
    session: Session, deliveries: Sequence[Delivery], *, now: datetime
) -> Mapping[int, Nudge | Day | Later | Never]:
    """Decide as nudges do, and have what prepares the same day of the same person go along with what is due."""
    judged = nudges.judge(session, deliveries, now=now)
    due = {
        (each.workspace_id, each.receiver): each
        for each in deliveries
        if each.kind == PREP and isinstance(judged[each.id], Nudge) and not each.goes_alone
    }
    along = _of_the_same_day(session, due, judged, now) if due else {}
    return {key: _day(key, verdict, deliveries, along) for key, verdict in judged.items()}


def _day(
    key: int,
    verdict: Nudge | Later | Never,
    deliveries: Sequence[Delivery],
    along: Mapping[int, Sequence[tuple[Delivery, Nudge]]],
) -> Nudge | Day | Later | Never:
    others = along.get(key)
    if not isinstance(verdict, Nudge) or not others:
        return verdict
    own = next(each for each in deliveries if each.id == key)
    return Day(tuple(sorted([(own, verdict), *others], key=lambda each: (each[1].starts_at, each[0].id))))


def _of_the_same_day(
    session: Session,
    due: Mapping[tuple[str, str], Delivery],
    judged: Mapping[int, Nudge | Later | Never],
    now: datetime,
) -> dict[int, list[tuple[Delivery, Nudge]]]:
    """Hold what goes along with each of what is due, and read what it says; what may not be sent is left alone."""
    carriers = _carriers(session, due, judged, now)
    rows = session.scalars(Delivery.taken_along(carriers, now)).all() if carriers else ()
    said = nudges.judge(session, rows, now=now) if rows else {}
    along: dict[int, list[tuple[Delivery, Nudge]]] = {}
    for row in sorted(rows, key=lambda row: (row.expire_at, row.id)):
        nudge, others = said[row.id], along.setdefault(carriers[row.id], [])
        if isinstance(nudge, Nudge) and len(others) < MOST - 1:
            others.append((row, nudge))
    return along


def _carriers(
    session: Session,
    due: Mapping[tuple[str, str], Delivery],
    judged: Mapping[int, Nudge | Later | Never],
    now: datetime,
) -> dict[int, int]:
    """Say what is to go along with which of what is due, by their numbers."""
    workspaces, receivers = {key[0] for key in due}, {key[1] for key in due}
    carriers = {}
    waiting = session.execute(Delivery.beside(workspaces, [PREP], receivers))
    for number, workspace_id, receiver, opens, begins in waiting:
        carrier = due.get((workspace_id, receiver))
        nudge = judged[carrier.id] if carrier else None
        if carrier is None or not carrier.may_take(number, opens, now) or not isinstance(nudge, Nudge):
            continue
        if local_day(begins, nudge.zone) == local_day(nudge.starts_at, nudge.zone):
            carriers[number] = carrier.id
    return carriers
