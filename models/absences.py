"""Whom Slack is asked about: who gets a message soon, and of whom it told too long ago whether they are undisturbed."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from functools import cache
from typing import NamedTuple

from sqlalchemy import ColumnElement, Select, Update, bindparam, case, literal, null, or_, select, update
from sqlalchemy.sql.dml import ReturningUpdate

from models.base import UtcDateTime, from_now
from models.members import BELIEVED, Member
from models.outbox import READY, Delivery

ASKED_AGAIN = timedelta(minutes=10)
"""How old (machine time) Slack's word about somebody may be before it is asked again."""
ANSWERED = timedelta(seconds=30)
"""How long (machine time) whoever asks may take; then others ask."""
LOOKED_AT = 4
"""How many messages soon to be sent are looked at for each person who is asked about: some get several."""


class Times(NamedTuple):
    """From when until when Slack keeps somebody undisturbed (its clock)."""

    since: datetime
    until: datetime


def _is_unheard_of() -> ColumnElement[bool]:
    long_ago = Member.disturbance_read_at < from_now(-ASKED_AGAIN.total_seconds())
    return or_(Member.disturbance_read_at.is_(None), long_ago)


def _about(receiver: type[Delivery]) -> Select[str]:
    """Select whoever gets a message, if Slack is to be asked about them: a full member who is still there."""
    mine = select(Member.user_id).where(
        Member.workspace_id == receiver.workspace_id, Member.user_id == receiver.receiver
    )
    is_member = Member.is_person & ~Member.is_guest & ~Member.is_deactivated
    return mine.where(is_member, _is_unheard_of()).correlate(receiver)


def _soon(about: Select[str]) -> Select[str]:
    """Select who gets a message by the moment `soon` (people's time), a row a message."""
    is_ready = Delivery.state == literal(READY, literal_execute=True)
    is_soon = Delivery.not_before <= bindparam("soon", type_=UtcDateTime)
    # By workspace another index would be read, over all that is planned there, however far ahead.
    return select(Delivery.receiver).where(is_ready, is_soon, about.exists())


@cache
def is_anybody_due() -> Select[bool]:
    """Ask whether there is anybody to ask about, in any workspace; takes `soon` by name, as every beat asks it."""
    return select(_soon(_about(Delivery)).exists())


@cache
def is_anybody_due_in() -> Select[bool]:
    """Ask whether there is anybody to ask about in the workspace `ours`; takes it and `soon` by name."""
    return select(_soon(_of_workspace()).exists())


def _of_workspace() -> Select[str]:
    return _about(Delivery).where(Member.workspace_id == bindparam("ours"))


def take(mark: datetime, limit: int) -> ReturningUpdate[str]:
    """Take at most so many whom nobody else asks about, and give their ids; takes `ours` and `soon` by name.

    They bear a mark until Slack has answered (machine time). What it said so long ago that it is not believed any more
    is forgotten, lest the mark make it seem new.
    """
    some = _soon(_of_workspace()).order_by(Delivery.not_before).limit(LOOKED_AT * limit).subquery()
    first = select(some.c.receiver).distinct().limit(limit)
    is_believed = Member.disturbance_read_at > from_now(-BELIEVED.total_seconds())
    mine = update(Member).where(Member.workspace_id == bindparam("ours"), Member.user_id.in_(first))
    # Said once more, for whoever waited while another took the same people.
    taken = mine.where(_is_unheard_of()).values(
        disturbance_read_at=mark,
        undisturbed_until=case((is_believed, Member.undisturbed_until), else_=null()),
    )
    return taken.returning(Member.user_id).execution_options(synchronize_session=False)


def machine_now() -> Select[datetime]:
    """Select the moment by the clock all workers share."""
    return select(from_now(0))


def mark_of(at: datetime) -> datetime:
    """Give the mark of people who are taken at this moment of machine time: once it is old, others ask."""
    return at - ASKED_AGAIN + ANSWERED


def told(workspace_id: str, said: Mapping[str, Times | None], *, mark: datetime | None = None) -> Update:
    """Keep what Slack says of people, for all with one statement; of whom it has said more since the mark, nothing."""
    since = {user_id: times.since for user_id, times in said.items() if times is not None}
    until = {user_id: times.until for user_id, times in said.items() if times is not None}
    return _marked(workspace_id, said.keys(), mark).values(
        undisturbed_from=_each(since), undisturbed_until=_each(until), disturbance_read_at=from_now(0)
    )


def give_back(workspace_id: str, people: Collection[str], mark: datetime, *, seconds: float) -> Update:
    """Have people asked about again so many seconds from now, of whom Slack has not told.

    What it said before is forgotten: it would be believed anew with each time that Slack says nothing.
    """
    wait = min(seconds, ASKED_AGAIN.total_seconds()) - ASKED_AGAIN.total_seconds()
    unheard = _marked(workspace_id, people, mark)
    return unheard.values(disturbance_read_at=from_now(wait), undisturbed_until=None)


def _marked(workspace_id: str, people: Collection[str], mark: datetime | None) -> Update:
    theirs = update(Member).where(Member.workspace_id == workspace_id, Member.user_id.in_(sorted(people)))
    chosen = theirs if mark is None else theirs.where(Member.disturbance_read_at == mark)
    return chosen.execution_options(synchronize_session=False)


def _each(moments: Mapping[str, datetime]) -> ColumnElement[datetime | None]:
    if not moments:
        return literal(None, UtcDateTime)
    values = {user_id: literal(moment, UtcDateTime) for user_id, moment in moments.items()}
    return case(values, value=Member.user_id, else_=null())
