"""What becomes of a row by what Slack said: the outcome table, for a message that was sent and for one looked up."""

from __future__ import annotations

import logging
import random
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from functools import cache, partial
from typing import cast

from sqlalchemy import Table, Update, bindparam, event, inspect, or_, update
from sqlalchemy.orm import InstrumentedAttribute, Session, object_session

from bot.runtime import metrics
from bot.runtime.database import after_commit
from bot.runtime.rates import Pace
from bot.runtime.slack import (
    Doubt,
    InDoubt,
    Look,
    NotSent,
    Outcome,
    Outgoing,
    Part,
    Refused,
    Seen,
    Sent,
    Unseen,
)
from models.conversations import Conversation
from models.outbox import (
    ALONE,
    CANCELLED,
    DOUBTFUL,
    FAILED,
    GROUP,
    READY,
    SENDING,
    SENT,
    UNRESOLVED,
    Delivery,
)
from models.workspaces import Workspace

log = logging.getLogger(__name__)

FIRST_BACK_OFF_SECONDS, LONGEST_BACK_OFF_SECONDS = 0.5, 60
LOOK_UP_IS_LATER = 6
"""A look-up that failed waits as a message does that failed so many times more: histories are few, and nobody reads
them."""
CHANNEL_UNKNOWN, MOST_REOPENINGS = "channel_not_found", 10
"""Slack's word for a conversation it does not know, and the attempt after which that is believed of a group."""

Values = dict[str, object]


def record(
    session: Session,
    message: Outgoing,
    outcome: Outcome,
    machine_now: datetime,
    *,
    pace: Pace,
    chance: random.Random,
) -> Iterator[tuple[int, str]]:
    """Write what became of a message, and say its rows and their new states; none if the claim holds it no more."""
    if isinstance(outcome, Sent):
        yield from ((number, SENT) for number in record_sent(session, [(message, outcome)], machine_now))
        return
    _hold_up(session, message.workspace_id, outcome, machine_now)
    # Slack never takes a message of ours that it calls invalid: that is a bug, and an alarm.
    is_alarm = isinstance(outcome, Refused) and outcome.is_our_bug
    if isinstance(outcome, Refused) and _may_be_elsewhere(message, outcome):
        _forget_channel(session, message)
        outcome = NotSent(outcome.reason)
    if message.along and is_alarm:
        outcome = NotSent(
            f"{ALONE}{outcome.reason}"
        )  # whichever it is, the others are not to be lost with it
    values, state = _values(message, outcome, machine_now, pace, chance)
    for part in message.parts:
        held = Delivery.held(part.delivery_id, message.owner, part.attempt)
        changed = held.values(state=state, lease_until=None, **values).returning(Delivery.id)
        if session.scalar(changed) is not None:
            tell(session, part.delivery_id, state, outcome.reason, is_alarm=is_alarm)
            yield part.delivery_id, state


def record_sent(
    session: Session, said: Sequence[tuple[Outgoing, Sent]], machine_now: datetime
) -> Sequence[int]:
    """Write what Slack took, which is nearly all, in three statements for a whole turn, and say which they were.

    Others were looked up meanwhile, or this was written before and nobody heard that it stood.
    """
    parts = [(message, part, outcome) for message, outcome in said for part in message.parts]
    claims = Delivery.claims_on([part.delivery_id for _, part, _ in parts])
    held = {tuple(claim) for claim in session.execute(claims)} if said else ()
    sent = [each for each in parts if _claim(each[0], each[1]) in held]
    rows = [
        {
            "its_id": part.delivery_id,
            "its_owner": message.owner,
            "its_attempt": part.attempt,
            "channel": outcome.channel,
            "ts": outcome.ts,
            "sent_at": machine_now,
        }
        for message, part, outcome in sent
    ]
    if rows:
        session.connection().execute(_sent(), rows)
    opened = {message.delivery_id: (message, took.channel) for message, _, took in sent}
    _keep_channels(session, [each for each in opened.values() if each[0].channel != each[1]])
    numbers = [part.delivery_id for _, part, _ in sent]
    for number in numbers:
        tell(session, number, SENT)
    return numbers


def _claim(message: Outgoing, part: Part) -> tuple[int, str, int]:
    return part.delivery_id, message.owner, part.attempt


@cache
def _sent() -> Update:
    row = Delivery.__table__.c
    held = (row.id == bindparam("its_id")) & (row.owner == bindparam("its_owner"))
    # Not as a list of states: that would be written anew for each row.
    is_open = or_(row.state == SENDING, row.state == DOUBTFUL)
    mine = update(cast("Table", Delivery.__table__)).where(
        held, row.attempt == bindparam("its_attempt"), is_open
    )
    return mine.values(
        state=SENT,
        lease_until=None,
        reason=None,
        channel=bindparam("channel"),
        ts=bindparam("ts"),
        sent_at=bindparam("sent_at"),
    )


def _keep_channels(session: Session, opened: Sequence[tuple[Outgoing | Doubt, str]]) -> None:
    """Keep where receivers are reached, as Slack has just told."""
    told = [
        {"its_workspace": about.workspace_id, "its_receiver": about.receiver, "channel": channel}
        for about, channel in opened
    ]
    if told:
        session.connection().execute(_opened(), told)


@cache
def _opened() -> Update:
    place = Conversation.__table__.c
    mine = (place.workspace_id == bindparam("its_workspace")) & (place.receiver == bindparam("its_receiver"))
    return update(cast("Table", Conversation.__table__)).where(mine).values(channel=bindparam("channel"))


def _may_be_elsewhere(message: Outgoing, refusal: Refused) -> bool:
    """Whether a conversation we know is one that Slack does not, as after a reinstallation with another bot.

    Opened anew, that with a person is tried by the person's id, which ends it; a group's is opened as it was.
    """
    is_known = message.channel != message.receiver
    is_tried = message.receiver.startswith(GROUP) and message.attempt >= MOST_REOPENINGS
    return refusal.reason == CHANNEL_UNKNOWN and is_known and not is_tried


def _forget_channel(session: Session, message: Outgoing) -> None:
    """Forget where a receiver was reached, unless something is in doubt there: elsewhere it would not be found."""
    mine = update(Conversation).where(
        Conversation.workspace_id == message.workspace_id,
        Conversation.receiver == message.receiver,
        Conversation.channel == message.channel,
    )
    doubted = Delivery.in_doubt_about(message.workspace_id, message.receiver)
    unknown = None if message.receiver.startswith(GROUP) else message.receiver
    session.execute(mine.where(~doubted.exists()).values(channel=unknown))


def _values(
    message: Outgoing,
    outcome: NotSent | InDoubt | Refused,
    machine_now: datetime,
    pace: Pace,
    chance: random.Random,
) -> tuple[Values, str]:
    match outcome:
        case NotSent(reason, retry_after):
            seconds = retry_after if retry_after is not None else _back_off(message.attempt, chance)
            return {"reason": reason, "retry_at": machine_now + timedelta(seconds=seconds)}, READY
        case InDoubt(reason):
            first = Delivery.first_doubt(machine_now)
            return {"reason": reason, "doubt_since": first, "retry_at": machine_now + pace.settling}, DOUBTFUL
        case Refused(reason, True):
            return {"reason": reason}, READY
        case Refused(reason):
            return {"reason": reason}, FAILED


def _back_off(attempt: int, chance: random.Random) -> float:
    """Wait between half and all of 0.5 s × 2ⁿ after try n + 1: who failed together does not return together."""
    doublings = min(max(attempt - 1, 0), 10)
    wait: float = min(LONGEST_BACK_OFF_SECONDS, FIRST_BACK_OFF_SECONDS * 2**doublings)
    return wait * (1 + chance.random()) / 2


def _hold_up(session: Session, workspace_id: str, outcome: Outcome, machine_now: datetime) -> None:
    """Stop posting to a workspace that said to wait, or that took its token away."""
    if isinstance(outcome, NotSent) and outcome.retry_after is not None:
        until = machine_now + timedelta(seconds=outcome.retry_after)
        hold_up(session, workspace_id, Workspace.blocked_until, until)
    if isinstance(outcome, Refused) and outcome.is_token_gone:
        stop(session, workspace_id, outcome.reason)


def hold_up(
    session: Session, workspace_id: str, moment: InstrumentedAttribute[datetime | None], until: datetime
) -> None:
    """Move one of a workspace's moments (machine time): answers arrive in any order, and the longest wait stands."""
    mine = update(Workspace).where(Workspace.workspace_id == workspace_id)
    session.execute(mine.where(or_(moment.is_(None), moment < until)).values({moment: until}))


def stop(session: Session, workspace_id: str, because: str) -> None:
    """Ask nothing more of a workspace that took our token away, until the app is installed again."""
    mine = update(Workspace).where(Workspace.workspace_id == workspace_id)
    session.execute(mine.values(stopped_because=because))


def record_look(
    session: Session, doubt: Doubt, seen: Look, machine_now: datetime, *, pace: Pace, chance: random.Random
) -> Iterator[tuple[int, str]]:
    """Write what a look-up found about each row that is still in doubt, and say the rows and their new states."""
    for delivery_id, attempt in doubt.attempts.items():
        values, state = _looked(delivery_id, attempt, seen, machine_now, chance)
        doubted = Delivery.doubted(delivery_id, attempt).values(state=state, lease_until=None, **values)
        if session.scalar(doubted.returning(Delivery.id)) is not None:
            said = seen.reason if isinstance(seen, Unseen) else None
            tell(session, delivery_id, state, f"{UNRESOLVED}{said}" if state == FAILED else said)
            yield delivery_id, state
    if isinstance(seen, Seen) and doubt.channel != seen.channel:
        _keep_channels(session, [(doubt, seen.channel)])
    _spend_pages(session, doubt.workspace_id, seen.pages, machine_now, pace)
    if isinstance(seen, Unseen) and seen.retry_after is not None:
        until = pace.looks.held_up(machine_now + timedelta(seconds=seen.retry_after))
        hold_up(session, doubt.workspace_id, Workspace.looks_tat, until)
    if isinstance(seen, Unseen) and seen.is_token_gone:
        stop(session, doubt.workspace_id, seen.reason)


def _spend_pages(session: Session, workspace_id: str, pages: int, machine_now: datetime, pace: Pace) -> None:
    """Move the arrival time of the workspace's readings by the pages beyond the first, for which the claim paid.

    From where it is, and not from now on: the pages were turned since the claim.
    """
    if pages <= 1:
        return
    workspace = session.get(Workspace, workspace_id, with_for_update=True)
    if workspace:
        workspace.looks_tat = (workspace.looks_tat or machine_now) + pace.looks.interval * (pages - 1)


def _looked(
    delivery_id: int, attempt: int, seen: Look, machine_now: datetime, chance: random.Random
) -> tuple[Values, str]:
    match seen:
        case Seen(channel, found) if delivery_id in found:
            about = {"channel": channel, "ts": found[delivery_id], "sent_at": machine_now, "reason": None}
            return about, SENT
        case Seen():
            return {"reason": "looked up: not there", "retry_at": None}, READY
        case Unseen(reason, _, True):
            return {"reason": f"{UNRESOLVED}{reason}"}, FAILED
        case Unseen(reason, retry_after):
            seconds = (
                retry_after if retry_after is not None else _back_off(attempt + LOOK_UP_IS_LATER, chance)
            )
            return {
                "reason": f"look-up: {reason}",
                "retry_at": machine_now + timedelta(seconds=seconds),
            }, DOUBTFUL


def tell(
    session: Session, delivery_id: int, state: str, reason: str | None = None, *, is_alarm: bool = False
) -> None:
    """Count and log what became of a message, by its id alone, once it stands in the store."""
    after_commit(session, partial(_told, delivery_id, state, reason, is_alarm=is_alarm))


@event.listens_for(Delivery, "before_update")
def _tell_of_decision(_mapper: object, _connection: object, row: Delivery) -> None:
    """Tell what somebody has decided about a message: features do, and may not call the runtime."""
    session = object_session(row)
    is_new = inspect(row).attrs.state.history.has_changes()
    if session is not None and is_new and row.state in (CANCELLED, SENT):
        tell(session, row.id, row.state, row.reason)


def _told(delivery_id: int, state: str, reason: str | None, *, is_alarm: bool) -> None:
    metrics.OUTCOMES.labels(state).inc()
    if state == FAILED and reason:
        metrics.count_failure(reason, is_our_bug=is_alarm)
    about = {"delivery": delivery_id} | ({"reason": reason} if reason else {})
    log.log(logging.ERROR if is_alarm else logging.INFO, "message_" + state, extra=about)
