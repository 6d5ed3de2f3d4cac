"""What the delivery loop asks of the outbox, several times a second: is there work, what is free, what is in doubt.

What every turn asks is built once and takes its moments by name. States are written out and not bound: only then does
a store know, whatever the value, that an index over the rows of that state is enough.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Integer,
    ScalarSelect,
    Select,
    Update,
    and_,
    bindparam,
    case,
    func,
    literal_column,
    not_,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Session, aliased
from sqlalchemy.sql.dml import ReturningUpdate

from models.base import UtcDateTime
from models.conversations import Conversation
from models.outbox import DOUBTFUL, EXPIRED, READY, SENDING, Delivery
from models.workspaces import Workspace


@dataclass(frozen=True)
class Moments:
    """The moments on which it depends what is sent now."""

    people_now: datetime
    machine_now: datetime
    workspace_room: datetime
    conversation_room: datetime
    opening_room: datetime
    look_room: datetime
    """The latest arrival time at which there is room for one more: message of a workspace, message of a conversation,
    opening of a group, reading of a history (machine time)."""


class Work(NamedTuple):
    """What there is to do.

    Rows to be sent, to expire, to be doubted, to be looked up; doubts nobody gave a time; groups to be opened.
    """

    sendable: bool = False
    late: bool = False
    lapsed: bool = False
    in_doubt: bool = False
    stray: bool = False
    unopened: bool = False


def _in(state: str, row: type[Delivery] = Delivery) -> ColumnElement[bool]:
    return row.state == literal_column(f"'{state}'")


def _bound(name: str) -> BindParameter[datetime]:
    assert name in {field.name for field in fields(Moments)}
    return bindparam(name, type_=UtcDateTime)


@cache
def work() -> Select[*tuple[bool, ...]]:
    """Select what there is to do, as Work has it; takes the Moments by name."""
    sendable = select(Delivery.id).where(*_is_free())
    late = select(Delivery.id).where(_in(READY), Delivery.expire_at <= _bound("people_now"))
    lapsed = select(Delivery.id).where(_in(SENDING), Delivery.lease_until <= _bound("machine_now"))
    looked_up = select(Delivery.id).where(*_is_to_be_looked_up())
    strays = select(Delivery.id).where(_in(DOUBTFUL), Delivery.retry_at.is_(None))
    unopened = select(Delivery.id).where(*_is_unopened(), *_may_be_opened())
    kinds = sendable, late, lapsed, looked_up, strays, unopened
    return select(*(kind.exists() for kind in kinds))


@cache
def activity() -> Select[*tuple[bool, ...]]:
    """Select what there is to do and whether anything is on its way, of one moment; takes the Moments by name.

    Asked one after the other, a row that is claimed in between would be seen by neither.
    """
    return work().add_columns(select(Delivery.id).where(_in(SENDING)).exists())


@cache
def promising() -> Select[str]:
    """Select the workspaces of what may be sent now, a row each; takes the Moments and a `limit` by name."""
    return _most_urgent(select(Delivery.workspace_id))


@cache
def has_room_besides() -> Select[bool]:
    """Ask whether any workspace but those that `passed` has room for a message; takes the Moments by name."""
    others = select(Workspace.workspace_id).where(Workspace.workspace_id.not_in(_named("passed")))
    return select(others.where(Workspace.workspace_id.not_in(_held_up())).exists())


@cache
def promising_besides() -> Select[str]:
    """Select the workspaces with something to be sent now, but those that `passed`; takes Moments and `limit` by name.

    Each is asked for its own most urgent message, so that nothing of the others' is read; there need be no order among
    them, for each has room.
    """
    others = select(Workspace.workspace_id).where(Workspace.workspace_id.not_in(_named("passed")))
    with_room = others.where(Workspace.workspace_id.not_in(_held_up()), _most_urgent_of_it().is_not(None))
    return with_room.limit(bindparam("limit", type_=Integer))


@cache
def claimable() -> Select[Delivery]:
    """Select what may be sent now, earliest deadline first; takes Moments, `limit` and `workspace_ids` by name.

    The workspaces are held by then: only so is every row seen that another worker has taken in the meantime, and
    none passed over that it has looked at. Left out are workspaces that wait, have no room or lost their token, and
    receivers that have a message in flight or had as many as Slack takes.
    """
    free = _most_urgent(select(Delivery).where(Delivery.workspace_id.in_(_named("workspace_ids"))))
    return free.with_for_update(skip_locked=True, of=Delivery)


@cache
def claimable_of_each() -> Select[Delivery]:
    """Select, as `claimable` does, only what is most urgent in each of the workspaces."""
    first = select(_most_urgent_of_it()).where(Workspace.workspace_id.in_(_named("workspace_ids")))
    in_turn = select(Delivery).where(Delivery.id.in_(first)).order_by(Delivery.expire_at, Delivery.id)
    return in_turn.limit(bindparam("limit", type_=Integer)).with_for_update(skip_locked=True, of=Delivery)


def _most_urgent_of_it() -> ScalarSelect[int]:
    """Give the message of a workspace that is to be sent first, if any may be sent now."""
    own = select(Delivery.id).where(Delivery.workspace_id == Workspace.workspace_id, *_is_free_in_itself())
    return own.order_by(Delivery.expire_at, Delivery.id).limit(1).correlate(Workspace).scalar_subquery()


def _named(name: str) -> BindParameter[str]:
    """Take workspaces by a name."""
    return bindparam(name, expanding=True, type_=Delivery.workspace_id.type)


def _most_urgent(chosen: Select[Any]) -> Select[Any]:
    free = chosen.where(*_is_free()).order_by(Delivery.expire_at, Delivery.id)
    return free.limit(bindparam("limit", type_=Integer))


def _is_free() -> tuple[ColumnElement[bool], ...]:
    return (*_is_free_in_itself(), Delivery.workspace_id.not_in(_held_up()))


def _is_free_in_itself() -> tuple[ColumnElement[bool], ...]:
    """Say that a message may be sent, if its workspace has room."""
    return (
        _in(READY),
        Delivery.not_before <= _bound("people_now"),
        Delivery.expire_at > _bound("people_now"),
        Delivery.expire_at <= _latest_deadline(),
        or_(Delivery.retry_at.is_(None), Delivery.retry_at <= _bound("machine_now")),
        ~_flying().exists(),
        ~_full().exists(),
        or_(~_IS_GROUP, _place().where(Conversation.channel.is_not(None)).exists()),
    )


_IS_GROUP = Delivery.receiver.like(literal_column("'+%'"))


@cache
def unopened() -> Select[str, str]:
    """Select the groups to be opened, by workspace and receiver; takes the Moments and a `limit` by name."""
    groups = select(Delivery.workspace_id, Delivery.receiver).where(*_is_unopened(), *_may_be_opened())
    by_deadline = groups.group_by(Delivery.workspace_id, Delivery.receiver)
    return by_deadline.order_by(func.min(Delivery.expire_at)).limit(bindparam("limit", type_=Integer))


def _is_unopened() -> tuple[ColumnElement[bool], ...]:
    return (
        _in(READY),
        _IS_GROUP,
        Delivery.not_before <= _bound("people_now"),
        Delivery.expire_at > _bound("people_now"),
        ~_place().where(Conversation.channel.is_not(None)).exists(),
    )


def _may_be_opened() -> tuple[ColumnElement[bool], ...]:
    out_of_reach = select(Workspace.workspace_id).where(
        or_(Workspace.opens_tat > _bound("opening_room"), Workspace.stopped_because.is_not(None))
    )
    is_opened_now = _place().where(Conversation.opening_until > _bound("machine_now"))
    return Delivery.workspace_id.not_in(out_of_reach), ~is_opened_now.exists()


def _place() -> Select[str]:
    return (
        select(Conversation.receiver)
        .where(Conversation.workspace_id == Delivery.workspace_id, Conversation.receiver == Delivery.receiver)
        .correlate(Delivery)
    )


def _latest_deadline() -> Any:
    """Give the last deadline of what is due, which ends the search: most of what is planned for later is beyond."""
    planned = aliased(Delivery)
    is_due = planned.not_before <= _bound("people_now")
    # With the filter a store looks for what is due; without it, for the greatest deadline of all that is planned.
    latest = func.max(planned.expire_at, type_=UtcDateTime).filter(is_due)
    return select(latest).where(_in(READY, planned), is_due).scalar_subquery()


def _held_up() -> Select[str]:
    return select(Workspace.workspace_id).where(
        or_(
            Workspace.blocked_until > _bound("machine_now"),
            Workspace.posts_tat > _bound("workspace_room"),
            Workspace.stopped_because.is_not(None),
        )
    )


def _flying() -> Select[int]:
    flying = aliased(Delivery)
    return select(flying.id).where(
        _in(SENDING, flying),
        flying.workspace_id == Delivery.workspace_id,
        flying.receiver == Delivery.receiver,
    )


def _full() -> Select[str]:
    return _place().where(Conversation.posts_tat > _bound("conversation_room"))


def _is_to_be_looked_up() -> tuple[ColumnElement[bool], ...]:
    now = _bound("machine_now")
    nobody_looks = or_(Delivery.lease_until.is_(None), Delivery.lease_until <= now)
    out_of_reach = select(Workspace.workspace_id).where(
        or_(Workspace.looks_tat > _bound("look_room"), Workspace.stopped_because.is_not(None))
    )
    return _in(DOUBTFUL), Delivery.retry_at <= now, nobody_looks, Delivery.workspace_id.not_in(out_of_reach)


@cache
def in_doubt() -> Select[Delivery]:
    """Select what is to be looked up now, the oldest doubt first; takes the Moments and a `limit` by name.

    Other workers skip the rows we get. Left out are workspaces whose histories may not be read now.
    """
    settled = select(Delivery).where(*_is_to_be_looked_up())
    oldest_first = settled.order_by(Delivery.retry_at, Delivery.id).limit(bindparam("limit", type_=Integer))
    return oldest_first.with_for_update(skip_locked=True)


TURN, NEXT_TRY, OPENING = "turn", "next try", "opening"
"""What a due message waits for: that its turn comes, a moment some time after the last try, or Slack to be asked again
for the conversation of its group."""


@cache
def due() -> Select[str, str, int, datetime, datetime | None]:
    """Count what is due by workspace and by what it waits for; takes the Moments by name.

    Rows end with since when the oldest waits (people's time) and when the first is tried again (machine time).
    """
    is_opened_later = and_(*_is_unopened(), not_(and_(*_may_be_opened())))
    waits_for = case(
        (Delivery.retry_at > _bound("machine_now"), literal_column(f"'{NEXT_TRY}'")),
        (is_opened_later, literal_column(f"'{OPENING}'")),
        else_=literal_column(f"'{TURN}'"),
    )
    chosen = select(
        Delivery.workspace_id, waits_for.label("waits_for"), Delivery.not_before, Delivery.retry_at
    )
    row = chosen.where(_in(READY), Delivery.not_before <= _bound("people_now")).subquery().c
    counted = select(
        row.workspace_id, row.waits_for, func.count(), func.min(row.not_before), func.min(row.retry_at)
    )
    return counted.group_by(row.workspace_id, row.waits_for)


@cache
def waiting_workspaces() -> Select[datetime | None, datetime | None]:
    """Select until when (machine time) Slack told workspaces with due rows to wait, and their arrival time.

    Takes `people_now` by name, as the next one does.
    """
    waiting = select(Delivery.workspace_id).where(_in(READY), Delivery.not_before <= _bound("people_now"))
    held_up = select(Workspace.blocked_until, Workspace.posts_tat).where(Workspace.stopped_because.is_(None))
    return held_up.where(Workspace.workspace_id.in_(waiting))


@cache
def waiting_conversations() -> Select[datetime | None]:
    """Select the arrival times (machine time) of conversations with due rows."""
    due = select(Delivery.id).where(
        _in(READY),
        Delivery.not_before <= _bound("people_now"),
        Delivery.workspace_id == Conversation.workspace_id,
        Delivery.receiver == Conversation.receiver,
    )
    return select(Conversation.posts_tat).where(Conversation.posts_tat.is_not(None), due.exists())


@cache
def waiting_openings() -> Select[datetime | None, datetime | None]:
    """Select the arrival times (machine time) of workspaces with groups to be opened, and until when each waits."""
    mine = Workspace.workspace_id == Delivery.workspace_id
    place = (Conversation.workspace_id == Delivery.workspace_id) & (
        Conversation.receiver == Delivery.receiver
    )
    asked = select(Workspace.opens_tat, Conversation.opening_until).select_from(Delivery)
    waiting = asked.join(Workspace, mine).outerjoin(Conversation, place)
    unopened = (
        _IS_GROUP,
        _in(READY),
        Delivery.not_before <= _bound("people_now"),
        Conversation.channel.is_(None),
    )
    return waiting.where(*unopened).distinct()


def held(session: Session, workspace_ids: Iterable[str]) -> dict[str, Workspace]:
    """Hold those of these workspaces that no other worker holds, and read them."""
    ids = set(workspace_ids)
    locked = session.scalars(Workspace.locked(), {"workspace_ids": list(ids)}) if ids else ()
    return {each.workspace_id: each for each in locked}


def _update() -> Update:
    """Begin an update that leaves alone what a session has read: none reads a row before it is changed this way."""
    return update(Delivery).execution_options(synchronize_session=False)


def expire(people_now: datetime, limit: int) -> ReturningUpdate[int]:
    """Give up what is too late to be of use, and give the ids of at most so many; it stays countable.

    After a long outage there may be more than one transaction can change in the time it has.
    """
    late = select(Delivery.id).where(_in(READY), Delivery.expire_at <= people_now)
    some = late.order_by(Delivery.expire_at).limit(limit).with_for_update(skip_locked=True)
    closed = (
        _update()
        .where(Delivery.id.in_(some))
        .values(state=EXPIRED, reason=func.coalesce(Delivery.reason, "too late to be of use"))
    )
    return closed.returning(Delivery.id)


def doubt_lapsed(
    machine_now: datetime, *, look_at: datetime, but: Collection[int] = ()
) -> ReturningUpdate[int]:
    """Doubt what a worker took and never reported: Slack may have it, so it is looked up before all else.

    Left out is what whoever asks knows to be on its way.
    """
    lapsed = _update().where(_in(SENDING), Delivery.lease_until <= machine_now, Delivery.id.not_in(but))
    return lapsed.values(
        state=DOUBTFUL,
        doubt_since=Delivery.first_doubt(machine_now),
        retry_at=look_at,
        lease_until=None,
        reason="lease ran out",
    ).returning(Delivery.id)


def adopt_doubts(machine_now: datetime, *, settling: timedelta) -> Update:
    """Give a time to be looked up to what an earlier version doubted: it knew of none."""
    is_settled = Delivery.doubt_since <= machine_now - settling
    strays = _update().where(_in(DOUBTFUL), Delivery.retry_at.is_(None))
    return strays.values(retry_at=case((is_settled, machine_now), else_=machine_now + settling))
