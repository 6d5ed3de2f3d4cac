"""Changes to what is planned: a meeting, a rhythm, a role or the hours in which somebody is reached are others now."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from bot import members, outbox, programme_looks
from bot.members import Profile
from bot.planning.messages import NUDGES, Meeting, messages_of, window
from bot.planning.moments import fire_at, people_of
from models.bulk import change_each
from models.members import Member
from models.one_on_ones import Occurrence, OneOnOne
from models.outbox import Delivery


def schedule(session: Session, one_on_ones: Sequence[OneOnOne]) -> None:
    """Say of each when its next occurrence is to be planned; two statements however many there are."""
    moments = _misplaced(session, one_on_ones)
    change_each(session, [(each, {"next_fire_at": at}) for each, at in moments])


def misplaced(session: Session, one_on_ones: Sequence[OneOnOne]) -> set[int]:
    """Name those whose next occurrence is to be planned at another moment than they say."""
    return {each.id for each, _ in _misplaced(session, one_on_ones)}


def _misplaced(session: Session, one_on_ones: Sequence[OneOnOne]) -> list[tuple[OneOnOne, datetime]]:
    people = people_of(session, one_on_ones)
    moments = [(each, fire_at(each, each.next_on, people)) for each in one_on_ones]
    return [(each, at) for each, at in moments if at != each.next_fire_at]


def reopen_windows(session: Session, occurrences: Sequence[Occurrence]) -> None:
    """Compute the windows of unsent nudges anew after a meeting, a lead time or a zone has changed."""
    if not occurrences:
        return
    people = people_of(session, [each.one_on_one for each in occurrences])
    by_id = {each.id: each for each in occurrences}
    workspaces = {each.workspace_id for each in occurrences}
    changes = []
    for nudge in session.scalars(Delivery.ready_about(workspaces, NUDGES, by_id.keys())):
        reach = people[nudge.workspace_id, nudge.receiver]
        opens, closes = window(nudge.kind, by_id[nudge.subject_id], reach)
        if (nudge.not_before, nudge.expire_at) != (opens, closes):
            changes.append((nudge, {"not_before": opens, "expire_at": closes}))
    change_each(session, changes)


def reach_again(session: Session, workspace_id: str, user_id: str, *, now: datetime) -> None:
    """Look anew at all that waits for a member, after their hours, their zone or their absence changed.

    Nudges get their windows computed anew; everything else that was put off is judged again at once.
    """
    _reach_each(session, workspace_id, [user_id], now)


def _reach_each(session: Session, workspace_id: str, user_ids: Sequence[str], now: datetime) -> None:
    """Do so for each in the order of ids, so that of two who do it at once one waits for the other and no more."""
    # First, as whoever takes a step of a programme holds it before anybody's messages.
    programme_looks.look_again_for(session, workspace_id, user_ids, now=now)
    for user_id in sorted(user_ids):
        _reach(session, workspace_id, user_id, now)


def _reach(session: Session, workspace_id: str, user_id: str, now: datetime) -> None:
    standing = session.scalars(OneOnOne.standing_of(workspace_id, user_id)).all()
    schedule(session, standing)
    ids = [one_on_one.id for one_on_one in standing]
    reopen_windows(session, session.scalars(Occurrence.to_come(workspace_id, ids, now)).all())
    for delivery in session.scalars(Delivery.ready_for(workspace_id, user_id)):
        if delivery.kind not in NUDGES:
            delivery.not_before = min(delivery.not_before, now)


def take_over(
    session: Session, workspace_id: str, profiles: Sequence[Profile], *, at: datetime, now: datetime
) -> dict[str, Member]:
    """Believe what Slack says of accounts (`at` is machine time), and reach those anew whose day it changes."""
    changed = members.differently_reached(session, workspace_id, profiles)
    known = members.remember_all(session, workspace_id, profiles, at=at)
    if changed:
        _reach_each(session, workspace_id, changed, now)
    return known


def add_missing_nudges(session: Session, one_on_one: OneOnOne, *, now: datetime) -> None:
    """Plan the nudges that a change of role made due; those of a role given up are dropped when their time comes."""
    coming = session.scalars(Occurrence.to_come(one_on_one.workspace_id, [one_on_one.id], now)).all()
    people, turn = people_of(session, [one_on_one]), one_on_one.turn
    messages = [message for each in coming for message in messages_of(turn, Meeting.of(each), people)]
    outbox.enqueue(session, messages)
