"""Looking again who has to hear of a round earlier than others, after somebody came or has other hours."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy.orm import Session

from bot.programme_settings import settings_of
from models.programmes import Programme


def look_again(session: Session, programme: Programme, *, now: datetime) -> None:
    """Have it seen once more who does not work between the heads-up of the round to come and its start.

    Only in the days in which that was seen before: earlier it still will be, and with the heads-up all are told.
    To be called before anything else of the programme is changed, as whoever takes a step of it holds it first.
    """
    rhythm, on = settings_of(programme).rhythm, programme.next_on
    if rhythm.looks_ahead_at(on) <= now < rhythm.heads_up_at(on):
        session.execute(Programme.look_at(programme.id, on, now))


def look_again_for(session: Session, workspace_id: str, user_ids: Collection[str], *, now: datetime) -> None:
    """Do so in all programmes of people whose hours are others now, in the order of ids however many they are."""
    for programme in session.scalars(Programme.taken_part_in(workspace_id, user_ids)):
        look_again(session, programme, now=now)
