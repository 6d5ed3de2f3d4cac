"""What the command, the forms and the buttons of 1-on-1s have in common: carrying a wish out and wording the answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, time, timedelta

from sqlalchemy.orm import Session

from bot import occurrences, one_on_ones
from bot.members import known
from bot.occurrences import Meeting
from bot.one_on_ones import NewOneOnOne
from bot.runtime.database import Sessions
from handlers.doors import Visit
from handlers.views import nudges as nudge_views
from handlers.views import one_on_one_forms as forms
from handlers.views import one_on_ones as views
from handlers.views.elements import Message, View
from handlers.views.one_on_one_forms import Draft
from handlers.views.one_on_ones import Standing
from models.one_on_ones import OneOnOne


def look(meeting: Meeting, visit: Visit) -> Standing:
    """See a meeting with the visitor's eyes."""
    return views.standing(meeting, visit.actor.user_id, visit.zone)


def standing_of(visit: Visit, sessions: Sessions) -> list[Standing]:
    """Read the visitor's standing 1-on-1s, the next one first."""
    with sessions.read() as session:
        return [look(each, visit) for each in one_on_ones.mine(session, visit.actor, now=visit.now)]


def register(session: Session, new: NewOneOnOne, visit: Visit) -> Message:
    """Register a 1-on-1."""
    meeting = one_on_ones.register(session, visit.actor, new, now=visit.now)
    return views.registered(look(meeting, visit))


def correct(session: Session, one_on_one_id: int, draft: Draft, visit: Visit) -> Message:
    """Change what the form says; a rhythm that was left as it stood keeps its time zone and what was planned."""
    one_on_one = one_on_ones.standing_by_id(session, visit.actor, one_on_one_id, to_change=True)
    offered = _offered(session, one_on_one, visit)
    if draft == replace(offered, role=draft.role):
        one_on_ones.take_role(session, visit.actor, one_on_one, draft.role, now=visit.now)
        return views.role_taken(look(one_on_ones.next_of(session, one_on_one, now=visit.now), visit))
    meeting = one_on_ones.correct(
        session,
        visit.actor,
        one_on_one_id,
        recurrence=draft.recurrence,
        at=draft.at,
        minutes=draft.minutes,
        first_on=draft.first_on,
        role=draft.role,
        now=visit.now,
    )
    return views.corrected(look(meeting, visit))


def _offered(session: Session, one_on_one: OneOnOne, visit: Visit) -> Draft:
    slot = occurrences.next_slot(session, one_on_one, now=visit.now)
    return forms.draft_of(slot, visit.actor.user_id, visit.zone)


def move(session: Session, one_on_one_id: int, on: date, at: time, visit: Visit) -> Message:
    """Move the next occurrence."""
    standing = one_on_ones.standing_by_id(session, visit.actor, one_on_one_id, to_change=True)
    meeting = one_on_ones.move(session, visit.actor, standing, on=on, at=at, zone=visit.zone, now=visit.now)
    return views.moved(look(meeting, visit))


def skip(session: Session, one_on_one_id: int, visit: Visit, *, also_the_one_after: bool) -> Message:
    """Leave the next occurrence out."""
    standing = one_on_ones.standing_by_id(session, visit.actor, one_on_one_id, to_change=True)
    skipped, following = one_on_ones.skip(
        session, visit.actor, standing, also_the_one_after=also_the_one_after, now=visit.now
    )
    other = standing.other(visit.actor.user_id)
    return views.skipped(other, skipped.starts_at, following.starts_at, visit.zone)


def end(session: Session, one_on_one_id: int, visit: Visit) -> Message:
    """End a 1-on-1."""
    one_on_one = one_on_ones.by_id(session, visit.actor, one_on_one_id, to_change=True)
    one_on_ones.end(session, visit.actor, one_on_one, now=visit.now)
    return views.ended(one_on_one.other(visit.actor.user_id))


def ask(session: Session, person: str, visit: Visit) -> Message:
    """Give the visitor a question for somebody."""
    put = one_on_ones.ask(session, visit.actor, person, now=visit.now)
    return nudge_views.asked_for(put, today=visit.today)


def correction(one_on_one_id: int, visit: Visit, sessions: Sessions) -> View:
    """Build the form that corrects a 1-on-1; raises NotYourMeeting and NoSuchOneOnOne."""
    with sessions.read() as session:
        one_on_one = one_on_ones.standing_by_id(session, visit.actor, one_on_one_id)
        return forms.correct_form(one_on_one_id, _offered(session, one_on_one, visit))


def which_form(verb: str, visit: Visit, sessions: Sessions, *, picked: int | None = None) -> View:
    """Ask which 1-on-1 is meant to `move`, `skip` or `end`; raises NoneYet if there is none to pick."""
    standing = standing_of(visit, sessions)
    if not standing:
        raise one_on_ones.NoneYet
    names, chosen = _names(standing, visit, sessions), picked or standing[0].id
    if verb == "move":
        return forms.move_form(standing, names, chosen, visit.today + timedelta(days=1))
    return forms.which_form(verb, standing, names, chosen)


def _names(standing: Sequence[Standing], visit: Visit, sessions: Sessions) -> dict[str, str]:
    """Name the others for a select, which shows no mentions."""
    with sessions.read() as session:
        others = known(session, visit.actor.workspace_id, [seen.other for seen in standing])
    return {user_id: member.name for user_id, member in others.items()}
