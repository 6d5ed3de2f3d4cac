"""Enrolling a whole channel: who is in it takes part, who left it does not, who left the programme stays out."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy.orm import Session

from bot.enrolments import new_row
from models.buddies import EVERYONE, GONE, IN, Participant, Programme
from models.bulk import insert_missing, rows_of
from models.members import Member


def follow(session: Session, programme: Programme, present: Collection[str], *, now: datetime) -> None:
    """Let whoever is in the channel take part, where everyone does who did not leave; five statements at most.

    `present` are all in the channel; who of them is not known yet is left for the next time.
    """
    if programme.enrolment != EVERYONE:
        return
    here = set(present)
    states = dict(rows_of(session, Participant.states(programme.id)))
    _enrol(session, programme, here - states.keys(), now)
    gone = [user_id for user_id, state in states.items() if state == IN and user_id not in here]
    back = [user_id for user_id, state in states.items() if state == GONE and user_id in here]
    for user_ids, state in ((gone, GONE), (back, IN)):
        if user_ids:
            session.execute(Participant.move(programme.id, user_ids, state))


def _enrol(session: Session, programme: Programme, new: Collection[str], now: datetime) -> None:
    if not new:
        return
    kinds = session.execute(Member.kinds_among(programme.workspace_id, new))
    people = sorted(user_id for user_id, is_person in kinds if is_person)
    unnamed = set(session.scalars(Participant.unnamed_among(programme.workspace_id, people)))
    rows = [new_row(programme, each, is_unnamed=each in unnamed, now=now) for each in people]
    insert_missing(session, Participant, rows)
