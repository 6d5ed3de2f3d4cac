"""What a programme tells its channel, its owner and its people: invitations, a new owner, rounds that are not held."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from bot import outbox
from bot.absences import spare
from bot.members import hours_of, silent_until
from bot.outbox import Later, Never
from bot.programme_settings import settings_of
from bot.working_hours import WorkingHours
from models import round_work
from models.members import Member
from models.outbox import READY, Delivery
from models.programmes import MENTORING, Programme
from models.rounds import MATCHED, Round

INVITATION, HANDED_OVER = "buddies.invitation", "buddies.handed_over"
HELD, RELEASED = "buddies.held", "buddies.released"
CALLED_OFF = "buddies.called_off"
KINDS: Final = (INVITATION, HANDED_OVER, HELD, RELEASED, CALLED_OFF)
ANNOUNCEMENT, UNPOSTED = "buddies.announcement", "buddies.unposted"
"""What a channel reads about a round, and what its owner does about a post of which nobody knows that it is there."""
ARCHIVED, WITHOUT_BOT, UNSEEN = "archived", "without the bot", "unseen"
"""Why no round can be held: the channel is archived, the bot is not in it, or Slack knows none such any more."""

HINDRANCES: Final = {"is_archived": ARCHIVED, "not_in_channel": WITHOUT_BOT, "channel_not_found": UNSEEN}
"""What Slack calls these when it refuses a message."""

LASTS: Final = timedelta(days=14)
"""How long such news is of use."""
LOOK_AGAIN: Final = timedelta(days=1)
AWAY: Final = "paused or away"
"""Why a message waits until its receiver is back."""
NEWEST: Final = 3
"""Among so many rounds is the one under way: the next may be previewed and announced already."""
_ANNOUNCING: Final = ":announcing"
"""What ends the key of the news that rounds are held no more, if it came to light as one was announced."""


@dataclass(frozen=True)
class News:
    """What is to be told now."""

    kind: str
    programme: Programme
    receiver: str
    zone: str
    """The receiver's, or the programme's where that is a channel."""
    giver: str | None = None
    """Who handed the programme over."""
    is_unannounced: bool = False
    """Whether the channel has not read who was put together."""

    announced_at: datetime | None = None
    """When the round begins of which people have heard; None if there is none."""

    @property
    def next_at(self) -> datetime:
        """When the next round begins."""
        return self.announced_at or settings_of(self.programme).rhythm.starts_at(self.programme.next_on)


def invite(session: Session, programme: Programme, *, now: datetime) -> None:
    """Tell the channel how to take part, once for each way of doing so, as soon as the bot can post there."""
    _enqueue(session, programme, _invitation_key(programme), INVITATION, programme.channel, now)


def _invitation_key(programme: Programme) -> str:
    whom = "by role" if programme.mixing == MENTORING else "all"
    return f"{INVITATION}:{programme.id}:{programme.enrolment}:{whom}"


def is_current(programme: Programme, key: str) -> bool:
    """Whether the invitation with this key says how one takes part today."""
    return key.startswith(_invitation_key(programme))


def invite_anew(session: Session, programme: Programme, *, now: datetime) -> None:
    """Tell a channel that could not be told how to take part, once the bot can post there again."""
    key = f"{_invitation_key(programme)}:{now.isoformat()}"
    _enqueue(session, programme, key, INVITATION, programme.channel, now + LOOK_AGAIN)


def tell_new_owner(session: Session, programme: Programme, giver: str, *, now: datetime) -> None:
    """Tell somebody that they own the programme now."""
    key = f"{HANDED_OVER}:{programme.id}:{giver}:{programme.owner}:{now.isoformat()}"
    to_owner(session, programme, key, HANDED_OVER, now=now)
    pass_on(session, programme)


def pass_on(session: Session, programme: Programme) -> None:
    """Ask a new owner what the one before has not been asked yet, and not when that one would have been there."""
    workspaces, ids = [programme.workspace_id], [programme.id]
    for question in session.scalars(Delivery.ready_about(workspaces, [UNPOSTED], ids)):
        if (
            question.receiver not in question.key
        ):  # else somebody before was asked, who may be the owner again
            question.receiver, question.not_before = programme.owner, question.expire_at - LASTS


def hold(
    session: Session, programme: Programme, because: str, *, now: datetime, is_unannounced: bool = False
) -> None:
    """Hold no round for this reason, and tell the owner once; nothing if it was known."""
    if programme.held_because == because:
        return
    was_held = programme.held_because is not None
    programme.held_because = because
    if was_held:
        return
    # It may happen several times a day; that it is told once each time is held by the programme's row.
    key = f"{HELD}:{programme.id}:{because}:{now.isoformat()}{_ANNOUNCING if is_unannounced else ''}"
    to_owner(session, programme, key, HELD, now=now)


def release(session: Session, programme: Programme, *, now: datetime) -> None:
    """Hold rounds again; the owner hears of it if they heard that there were none."""
    if programme.held_because is None:
        return
    programme.held_because = None
    workspaces, ids = [programme.workspace_id], [programme.id]
    was_untold = session.execute(Delivery.waiting_about(workspaces, HELD, ids)).first()
    outbox.cancel(session, programme.workspace_id, [HELD], ids, reason="it runs again")
    if was_untold is None:
        key = f"{RELEASED}:{programme.id}:{now.isoformat()}"
        to_owner(session, programme, key, RELEASED, now=now)
    for waiting in session.scalars(Delivery.ready_about(workspaces, [INVITATION, UNPOSTED], ids)):
        at_work = WorkingHours(zone=programme.zone).next_working(now)
        waiting.not_before = min(waiting.not_before, at_work)
    _announce_after_all(session, programme, now)


def _announce_after_all(session: Session, programme: Programme, now: datetime) -> None:
    """Post what the channel was to read of the round under way, and the bot could not post there."""
    newest = session.scalars(Round.of_programme(programme.id).limit(NEWEST))
    under_way = [each.id for each in newest if each.state == MATCHED]
    for post in session.scalars(Delivery.failed_about(programme.workspace_id, ANNOUNCEMENT, under_way)):
        at_work = WorkingHours(zone=programme.zone).next_working(now)
        if post.reason in HINDRANCES and post.expire_at > at_work:
            post.state, post.reason, post.not_before = READY, "the channel is back", at_work


def to_owner(session: Session, programme: Programme, key: str, kind: str, *, now: datetime) -> None:
    """Write to the owner, in their working hours."""
    _enqueue(session, programme, key, kind, programme.owner, _at_work(session, programme, now))


def _enqueue(
    session: Session, programme: Programme, key: str, kind: str, receiver: str, not_before: datetime
) -> None:
    expire_at = not_before + LASTS
    message = outbox.Message(programme.workspace_id, key, kind, receiver, programme.id, not_before, expire_at)
    outbox.enqueue(session, [message])


def _at_work(session: Session, programme: Programme, now: datetime) -> datetime:
    owner = session.get_one(Member, (programme.workspace_id, programme.owner))
    return hours_of(owner).next_working(now)


def judge(
    session: Session, deliveries: Sequence[Delivery], *, now: datetime
) -> Mapping[int, News | Later | Never]:
    """Decide with today's data what becomes of each; three queries however many there are."""
    workspaces = {delivery.workspace_id for delivery in deliveries}
    chosen = Programme.among(workspaces, {delivery.subject_id for delivery in deliveries})
    known = {each.id: each for each in session.scalars(chosen)}
    people = session.scalars(Member.among(workspaces, {delivery.receiver for delivery in deliveries}))
    members = {(member.workspace_id, member.user_id): member for member in people}
    judged = {
        delivery.id: _judge_one(
            delivery,
            known.get(delivery.subject_id),
            members.get((delivery.workspace_id, delivery.receiver)),
            now,
        )
        for delivery in deliveries
    }
    announced = _announced(session, known, now)
    return {
        key: replace(each, announced_at=announced.get(each.programme.id)) if isinstance(each, News) else each
        for key, each in judged.items()
    }


def _announced(session: Session, known: Mapping[int, Programme], now: datetime) -> dict[int, datetime]:
    """Say when the rounds begin of which people have heard, by programme."""
    waiting = session.execute(round_work.starts_of(list(known), now))
    return {
        programme_id: at for programme_id, number, at in waiting if number < known[programme_id].next_number
    }


def _judge_one(
    delivery: Delivery, programme: Programme | None, receiver: Member | None, now: datetime
) -> News | Later | Never:
    if programme is None or (programme.ended_at is not None and delivery.kind != CALLED_OFF):
        return Never("the programme has ended")
    if delivery.kind == INVITATION:
        return _judge_invitation(delivery, programme, now)
    if receiver is None or receiver.is_deactivated:
        return Never("deactivated")
    if delivery.kind != CALLED_OFF and programme.owner != delivery.receiver:
        return Never("somebody else owns it now")
    if (delivery.kind, programme.held_because is None) in ((HELD, True), (RELEASED, False)):
        return Never("it is otherwise by now")
    later = not_now(receiver, now, delivery.expire_at)
    if later is not None:
        return later
    return News(
        delivery.kind,
        programme,
        delivery.receiver,
        receiver.zone,
        _giver(delivery),
        is_unannounced=delivery.key.endswith(_ANNOUNCING),
    )


def _judge_invitation(delivery: Delivery, programme: Programme, now: datetime) -> News | Later | Never:
    if programme.held_because is not None:
        return Later(now + LOOK_AGAIN, "the bot cannot post there")
    if not is_current(programme, delivery.key):
        return Never("people take part in another way by now")
    return News(INVITATION, programme, delivery.receiver, programme.zone)


def not_now(receiver: Member, now: datetime, useful_until: datetime) -> Later | None:
    """Put off what the bot writes by itself until the receiver is at work and wants to hear; None if that is now."""
    silent = silent_until(receiver, now)
    at_work = hours_of(receiver).next_working(min(silent or now, now + LASTS))
    if at_work <= now:
        return spare(receiver, now, useful_until)
    return Later(at_work, AWAY if silent else "outside working hours")


def _giver(delivery: Delivery) -> str | None:
    """Read from the key of the news who handed the programme over: no row says so."""
    return delivery.key.split(":")[2] if delivery.kind == HANDED_OVER else None
