"""The heads-up of a round for who comes after it was planned: once for each, and only where there is time for it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy.orm import Session

from bot import outbox
from bot import round_messages as messages
from bot.permissions import Actor
from bot.programme_looks import look_again
from models import round_work
from models.members import Member
from models.outbox import CANCELLED, DOUBTFUL, READY, Delivery
from models.pacts import Pact
from models.programmes import Programme
from models.rounds import Round


def expect(session: Session, programme: Programme, user_id: str, *, now: datetime) -> None:
    """Let somebody who is about to take part hear of the round that comes, as the others do or did.

    To be called first in the transaction in which they join or come back. One who heard already hears no more; what
    was taken back, as they took no part meanwhile, is told after all. Whether there is time, and no pact in its place,
    is judged when it is sent.
    """
    look_again(session, programme, now=now)
    member = session.get_one(Member, (programme.workspace_id, user_id))
    for waiting in session.scalars(Round.announced(programme.id)):
        if now < waiting.starts_at:
            _tell(session, programme, waiting, member, now)


def expect_partners(
    session: Session, programme: Programme, leaving: Collection[str], *, now: datetime
) -> None:
    """Let those hear of the round that comes who were kept out of it by a pact with somebody who leaves, or pauses.

    To be called like `expect`; whether a pact keeps them out of it all the same is judged when it is sent.
    """
    for pact in session.scalars(round_work.pacts_of(programme.id, leaving)).all():
        _expect_rest(session, programme, pact, leaving, now)


def expect_without(session: Session, workspace_id: str, gone: Collection[str], *, now: datetime) -> None:
    """Do so in all programmes, for the partners of those whose accounts are no longer in use; one query for most."""
    for pact in session.scalars(round_work.pacts_among(workspace_id, gone)).all() if gone else ():
        _expect_rest(session, session.get_one(Programme, pact.programme_id), pact, gone, now)


def _expect_rest(
    session: Session, programme: Programme, pact: Pact, gone: Collection[str], now: datetime
) -> None:
    rest = [each for each in pact.people if each not in gone]
    for each in rest if len(rest) < len(pact.people) else ():
        expect(session, programme, each, now=now)


def expect_apart(session: Session, actor: Actor, other: str, *, now: datetime) -> None:
    """Let all in a pact of these two hear of the round that comes, as one is about to keep away from the other."""
    for pact in session.scalars(round_work.pacts_among(actor.workspace_id, [actor.user_id])).all():
        if {actor.user_id, other}.issubset(pact.people):
            programme = session.get_one(Programme, pact.programme_id)
            for each in pact.people:
                expect(session, programme, each, now=now)


def _tell(session: Session, programme: Programme, waiting: Round, member: Member, now: datetime) -> None:
    message = messages.heads_up(waiting, member, now)
    planned = session.scalar(Delivery.keyed(message.workspace_id, message.key))
    if planned is not None and planned.state == CANCELLED:
        if planned.reason != messages.NO_PART:
            return  # an operator wanted it so
        # Slack may have it although it was taken back: then it is looked up there first.
        planned.state = READY if planned.doubt_since is None else DOUBTFUL
        planned.reason, planned.retry_at = None, None
        planned.not_before, planned.expire_at = message.not_before, message.expire_at
    elif planned is not None and planned.state == READY:
        planned.reason, planned.not_before = None, min(planned.not_before, message.not_before)
    elif planned is None and waiting.number < programme.next_number:  # else it is told with all others
        outbox.enqueue(session, [message])
