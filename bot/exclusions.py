"""Private exclusions: with whom a person is never to be put together. Nobody else ever learns of one."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy.orm import Session

from bot.members import NobodyThere, Yourself
from bot.permissions import Actor
from models.bulk import insert_missing
from models.members import Member
from models.programmes import Exclusion
from models.rounds import MET, Partner


def mine(session: Session, actor: Actor) -> list[str]:
    """List the ids of those the actor does not want to meet."""
    return [each.other for each in session.scalars(Exclusion.of_person(actor.workspace_id, actor.user_id))]


def among(session: Session, workspace_id: str, people: Collection[str]) -> set[frozenset[str]]:
    """Find which two of these people are not to be put together, whoever of them said so."""
    found = session.execute(Exclusion.of_people(workspace_id, people))
    return {frozenset((who, other)) for who, other in found if other in people}


def exclude(session: Session, actor: Actor, other: str, *, now: datetime) -> bool:
    """Never put the actor together with somebody; False if that was so. Raises Yourself and NobodyThere."""
    if other == actor.user_id:
        raise Yourself(field="buddies.person")
    if session.get(Member, (actor.workspace_id, other)) is None:
        raise NobodyThere(field="buddies.person")
    row = {"workspace_id": actor.workspace_id, "user_id": actor.user_id, "other": other, "since": now}
    return insert_missing(session, Exclusion, [row]) == 1


def are_together(session: Session, actor: Actor, other: str) -> bool:
    """Whether the actor is together with somebody they have not met yet; an exclusion does not end that."""
    rows = session.execute(Partner.buddies_of(actor.workspace_id, actor.user_id))
    return any(row.user_id == other and row.answer != MET for row in rows)


def allow(session: Session, actor: Actor, other: str) -> None:
    """Let the actor be put together with somebody again; nothing if they may be."""
    session.execute(Exclusion.forget(actor.workspace_id, actor.user_id, other))
