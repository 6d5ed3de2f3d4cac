"""Absences: until when Slack keeps somebody undisturbed, and what becomes then of messages nobody asked for."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from bot.members import find, hours_of
from bot.outbox import Later
from bot.permissions import Actor
from models.absences import Times, told
from models.members import Member

UNDISTURBED = "undisturbed in Slack"
STILL_OF_USE = timedelta(minutes=30)
"""How long a message that was put off has to be of use still."""
NO_TIMES = (None, None)


def spare(member: Member, now: datetime, useful_until: datetime) -> Later | None:
    """Put off what the member did not ask for while Slack keeps them undisturbed, into their working hours.

    None if it may go now. So may what would not be of use for half an hour any more then: Slack keeps quiet about it.
    """
    until = undisturbed(member, now)
    if until is None:
        return None
    at_work = hours_of(member).next_working(until)
    return Later(at_work, UNDISTURBED) if at_work + STILL_OF_USE <= useful_until else None


def undisturbed(member: Member, now: datetime) -> datetime | None:
    """Say until when Slack keeps the member undisturbed; None if it does not, or said so too long ago to be heeded."""
    since, until = member.undisturbed_from, member.undisturbed_until
    if not member.is_disturbance_believed or since is None or until is None:
        return None
    return until if since <= now < until else None


def is_news(session: Session, actor: Actor, times: Times | None) -> bool:
    """Whether a member is undisturbed at other times than we know; what is said of strangers is no news."""
    member = find(session, actor)
    return member is not None and (member.undisturbed_from, member.undisturbed_until) != (times or NO_TIMES)


def note(session: Session, actor: Actor, times: Times | None, *, now: datetime) -> bool:
    """Take over when Slack keeps a member undisturbed, and say whether they may be reached sooner than we thought."""
    believed = session.get_one(Member, (actor.workspace_id, actor.user_id)).undisturbed_until
    session.execute(told(actor.workspace_id, {actor.user_id: times}))
    if believed is None or believed <= now:
        return False
    return times is None or times.until < believed or now < times.since
