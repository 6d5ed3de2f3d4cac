"""Pausing one's part in buddy programmes: until a day, on which one is told, or until one resumes."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Final

from sqlalchemy.orm import Session

from bot import outbox
from bot.enrolments import come_back, end_pause, part_of
from bot.errors import Refusal
from bot.members import hours_of
from bot.outbox import Later, Never
from bot.permissions import Actor
from bot.programme_news import LASTS, not_now
from bot.recurrence import local_day, place
from models.members import Member
from models.outbox import CANCELLED, READY, Delivery
from models.programmes import PAUSED, Participant, Programme

RESUMED: Final = "buddies.resumed"
NO_PAUSE: Final = "resumed, or paused anew, or the programme has ended"


class PauseInThePast(Refusal):
    """That day has come already. Pick a later one."""


def pause(
    session: Session, actor: Actor, programme_ids: Collection[int], until: date | None, *, now: datetime
) -> None:
    """Take the actor out of rounds until a day in their zone, on which they are told; or until they resume.

    Raises PauseInThePast, and TakesNoPart if that is so in one of the programmes.
    """
    member = session.get_one(Member, (actor.workspace_id, actor.user_id))
    if until is not None and until <= local_day(now, member.zone):
        raise PauseInThePast(field="buddies.until")
    for programme_id in programme_ids:
        programme, participant = part_of(session, actor, programme_id)
        participant.state, participant.paused_until, participant.paused_because = PAUSED, until, None
        if until is not None:
            _announce_return(session, programme, member, until)


def _announce_return(session: Session, programme: Programme, member: Member, until: date) -> None:
    at_work = _back_at_work(member, until)
    key = _return_key(member.user_id, until)
    message = outbox.Message(
        member.workspace_id, key, RESUMED, member.user_id, programme.id, at_work, at_work + LASTS
    )
    if outbox.enqueue(session, [message]):
        return
    planned = session.scalars(Delivery.keyed(member.workspace_id, key)).one()
    if planned.state == CANCELLED and planned.reason == NO_PAUSE and planned.doubt_since is None:
        # Taken back when they resumed, and wanted once more.
        planned.state, planned.reason = READY, None
        planned.not_before, planned.expire_at = message.not_before, message.expire_at


def back_at(participant: Participant, member: Member) -> datetime | None:
    """Say when somebody who paused until a day is next at work; None if they do not pause, or without an end."""
    if participant.state != PAUSED or participant.paused_until is None:
        return None
    return _back_at_work(member, participant.paused_until)


def _back_at_work(member: Member, until: date) -> datetime:
    """Find the first working moment from a day on."""
    return hours_of(member).next_working(place(until, time(), member.zone).starts_at)


def _return_key(user_id: str, until: date | None) -> str:
    """Write the key by person and day: who pauses in several programmes until a day is told so once."""
    return f"{RESUMED}:{user_id}:{until}"


def resume(session: Session, actor: Actor, programme_ids: Collection[int]) -> None:
    """End the actor's pause, also one that silence brought about; raises TakesNoPart."""
    for programme_id in programme_ids:
        come_back(part_of(session, actor, programme_id)[1])


@dataclass(frozen=True)
class Return:
    """Somebody's pause that is over, in one programme or more: they are told."""

    programmes: tuple[Programme, ...]
    zone: str


def judge(
    session: Session, deliveries: Sequence[Delivery], *, now: datetime
) -> Mapping[int, Return | Later | Never]:
    """Decide with today's data whether each pause is over; two queries however many there are."""
    workspaces = {delivery.workspace_id for delivery in deliveries}
    people = {each.receiver for each in deliveries}
    rows = session.execute(Participant.paused_among(workspaces, people)).all()
    chosen = session.scalars(Member.among(workspaces, people))
    members = {(member.workspace_id, member.user_id): member for member in chosen}
    return {
        each.id: _judge_one(
            each,
            [(part, programme) for part, programme in rows if _is_told_of(each, part)],
            members[each.workspace_id, each.receiver],
            now,
        )
        for each in deliveries
    }


def _is_told_of(delivery: Delivery, participant: Participant) -> bool:
    """Whether a message is about the end of this pause; an earlier version wrote one for each programme."""
    if (participant.workspace_id, participant.user_id) != (delivery.workspace_id, delivery.receiver):
        return False
    of_one = f"{RESUMED}:{participant.programme_id}:{participant.user_id}:{participant.paused_until}"
    return delivery.key in (_return_key(participant.user_id, participant.paused_until), of_one)


def _judge_one(
    delivery: Delivery, paused: Sequence[tuple[Participant, Programme]], member: Member, now: datetime
) -> Return | Later | Never:
    if member.is_deactivated:
        return Never("deactivated")
    until = next((participant.paused_until for participant, _ in paused), None)
    if until is None:
        return Never(NO_PAUSE)
    if until > local_day(now, member.zone):
        return Later(_back_at_work(member, until), "paused, in another zone")
    for participant, _ in paused:
        end_pause(participant)
    return not_now(member, now, delivery.expire_at) or Return(
        tuple(programme for _, programme in paused), member.zone
    )
