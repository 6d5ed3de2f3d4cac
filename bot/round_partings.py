"""Pacts that come to nothing: one of the two takes no part any more, pauses for long, or wants no more of the other."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from bot.recurrence import local_day
from models.members import Member
from models.pacts import Pact
from models.programmes import IN, PAUSED, Exclusion, Participant

LONG: Final = timedelta(days=14)
"""Whoever pauses for longer does not come back to a pact."""


def parted(session: Session, pacts: Sequence[Pact], now: datetime) -> Mapping[int, frozenset[str]]:
    """Say which of these pacts cannot go on, and who of their people still takes part; three queries, or four."""
    if not pacts:
        return {}
    people = {who for each in pacts for who in each.people}
    staying = _staying(session, pacts, people, now)
    unwanted = {
        (who, other)
        for workspace_id in {each.workspace_id for each in pacts}
        for who, other in session.execute(Exclusion.of_people(workspace_id, people))
    }
    there = {
        each.id: frozenset(who for who in each.people if (each.programme_id, who) in staying)
        for each in pacts
    }
    return {
        each.id: there[each.id]
        for each in pacts
        if len(there[each.id]) < len(each.people) or _is_unwanted(each, unwanted)
    }


def _is_unwanted(pact: Pact, unwanted: Collection[tuple[str, str]]) -> bool:
    return any((one, other) in unwanted for one in pact.people for other in pact.people)


def _staying(
    session: Session, pacts: Sequence[Pact], people: Collection[str], now: datetime
) -> set[tuple[int, str]]:
    """Find who takes part in which programme, or will soon."""
    workspaces = {each.workspace_id for each in pacts}
    members = {
        (each.workspace_id, each.user_id): each for each in session.scalars(Member.among(workspaces, people))
    }
    parts = session.scalars(Participant.among({each.programme_id for each in pacts}, people))
    return {
        (each.programme_id, each.user_id)
        for each in parts
        if _stays(each, members[each.workspace_id, each.user_id], now)
    }


def _stays(participant: Participant, member: Member, now: datetime) -> bool:
    if member.is_deactivated:
        return False
    soon = participant.paused_until is not None and participant.paused_until <= local_day(
        now + LONG, member.zone
    )
    return participant.state == IN or (participant.state == PAUSED and soon)
