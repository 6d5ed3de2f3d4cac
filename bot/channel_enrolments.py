"""Enrolling a whole channel: who is in it takes part, who left it does not, who left the programme stays out."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy.orm import Session

from bot import programme_news
from bot.enrolments import new_row
from models.buddies import EVERYONE, GONE, IN, Participant, Programme
from models.bulk import insert_missing, rows_of
from models.members import Member


def note(
    session: Session,
    programme: Programme,
    held_because: str | None,
    present: Collection[str] | None,
    *,
    now: datetime,
) -> None:
    """Write what a look at a programme's channel has shown: what keeps it from running, or who is there.

    `present` is None where nobody looked who is there; by now its owner may have wanted everybody to take part.
    """
    current = session.scalars(Programme.locked(programme.workspace_id, programme.id)).one()
    if current.ended_at is not None:
        return
    if held_because is not None:
        programme_news.hold(session, current, held_because, now=now)
        return
    programme_news.release(session, current, now=now)
    if present is not None:
        follow(session, current, present, now=now)


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


def unknown(session: Session, workspace_id: str, present: Collection[str]) -> set[str]:
    """Say of whom in a channel nothing is known."""
    return set(present) - {
        user_id for user_id, _ in rows_of(session, Member.kinds_among(workspace_id, present))
    }


def move(session: Session, programme: Programme, *, user_id: str, is_present: bool) -> None:
    """Follow one person who left the channel or came back; nothing for who left the programme, or is new."""
    if programme.enrolment != EVERYONE:
        return
    participant = session.scalars(Participant.one(programme.id, user_id)).first()
    before, after = (GONE, IN) if is_present else (IN, GONE)
    if participant is not None and participant.state == before:
        participant.state = after
