"""The outbox: every message the bot starts is a row here before Slack hears of it.

States: ready → sending (under a lease) → sent · doubtful · failed · expired · cancelled. A doubtful row is looked up
in Slack before anything else happens to it: there, it is sent; not there, it is ready again.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Float,
    Index,
    Select,
    Update,
    and_,
    case,
    cast,
    extract,
    func,
    literal,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.orm import Mapped, aliased, mapped_column

from models.base import Base, Receiver, RowId, SlackId, UtcDateTime
from models.bulk import one_of
from models.workspaces import Workspace

READY, SENDING, SENT = "ready", "sending", "sent"
DOUBTFUL, FAILED, EXPIRED, CANCELLED = "doubtful", "failed", "expired", "cancelled"
ENDED = frozenset({FAILED, EXPIRED, CANCELLED})
GROUP = "+"
"""What begins a receiver that is several people; no id of Slack's does."""
HAS_ENDED = "state IN ('failed', 'expired', 'cancelled')"
"""These are few beside what was sent; a store finds their index where it reads these very words."""
UNOPENED = "opening: "
"""What begins the reason of a message whose receivers' conversation Slack has not opened yet."""
RESTORED = "restored"
"""The reason of what is in doubt because the store was put back from a copy."""
ALONE = "to be sent alone: "
"""What begins the reason of a message that Slack refused together with others, so that it is tried by itself."""
MOST_TOGETHER = 3
"""So often a message in doubt is tried together with others: one of them may be what Slack fails at."""
UNRESOLVED = "in doubt, and cannot be looked up: "
"""What begins the reason of a failed message that Slack may have, where it never lets us look."""


def _update(table: type[Base]) -> Update:
    """Begin an update that leaves alone what a session has read: none reads a row before it is changed this way."""
    return update(table).execution_options(synchronize_session=False)


def _where(condition: str) -> dict[str, Any]:
    return {"sqlite_where": text(condition), "postgresql_where": text(condition)}


class Delivery(Base):
    """One message to one receiver, with the window in which it is of use."""

    __tablename__ = "delivery"
    __table_args__ = (
        Index("uq_delivery_key", "workspace_id", "key", unique=True),
        Index("ix_delivery_ready", "expire_at", **_where("state = 'ready'")),
        Index("ix_delivery_not_before", "not_before", "expire_at", **_where("state = 'ready'")),
        Index("ix_delivery_sending", "workspace_id", "receiver", **_where("state = 'sending'")),
        Index("ix_delivery_doubtful", "retry_at", **_where("state = 'doubtful'")),
        Index("ix_delivery_receiver", "workspace_id", "receiver", **_where("state = 'ready'")),
        Index("ix_delivery_workspace", "workspace_id", "expire_at", **_where("state = 'ready'")),
        Index("ix_delivery_subject", "subject_id", **_where("state = 'ready'")),
        Index("ix_delivery_group", "expire_at", **_where("state = 'ready' AND receiver LIKE '+%'")),
        Index("ix_delivery_ended", "state", "id", **_where(HAS_ENDED)),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    workspace_id: Mapped[str] = mapped_column(SlackId)
    key: Mapped[str]
    """What the message is about, so that planning twice plans once; local dates, never instants."""
    kind: Mapped[str]
    """`feature.message`: says which door renders it."""
    receiver: Mapped[str] = mapped_column(Receiver)
    """A person's or a channel's id, or several people as `bot.outbox.group` names them."""
    subject_id: Mapped[int] = mapped_column(RowId)
    """The row the message is about."""
    nonce: Mapped[str | None]
    """What it is known by in Slack, and the same for the same key: a store put back gives ids out again."""
    not_before: Mapped[datetime] = mapped_column(UtcDateTime)
    expire_at: Mapped[datetime] = mapped_column(UtcDateTime)
    """`not_before` and `expire_at` are people's time; the other moments are machine time."""
    state: Mapped[str] = mapped_column(default=READY)
    reason: Mapped[str | None]
    """Why it was deferred, cancelled, doubted or failed, or why its conversation is not open yet (UNOPENED)."""
    owner: Mapped[str | None]
    """The claim that holds it."""
    attempt: Mapped[int] = mapped_column(default=0)
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    retry_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When a ready row is sent again, and a doubtful one looked up."""
    doubt_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """Since when Slack may have it: the first time, should it have been doubted more than once."""
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    channel: Mapped[str | None] = mapped_column(SlackId)
    ts: Mapped[str | None]
    """Channel and timestamp under which Slack keeps the message."""

    @property
    def is_unresolved(self) -> bool:
        """Whether Slack may have it, and somebody has to look: we never may."""
        return self.state == FAILED and (self.reason or "").startswith(UNRESOLVED)

    def may_take(self, number: int, not_before: datetime, now: datetime) -> bool:
        """Whether another message, of this number and due from that moment on, may go along with this one.

        Before it is due only if it was written later: a store that is put back from a copy, and knows it, knows then
        what it may have gone along with, and looks in Slack for both.
        """
        return number != self.id and (not_before <= now or number > self.id)

    @property
    def goes_alone(self) -> bool:
        """Whether Slack refused it together with others, or said so often neither yes nor no."""
        is_weary = self.doubt_since is not None and self.attempt >= MOST_TOGETHER
        return is_weary or (self.reason or "").startswith(ALONE)

    @classmethod
    def doubted(cls, delivery_id: int, attempt: int) -> Update:
        """Change a row only while it is in doubt about this attempt."""
        mine = _update(cls).where(cls.id == delivery_id, cls.attempt == attempt)
        return mine.where(cls.state == DOUBTFUL)

    @classmethod
    def held(cls, delivery_id: int, owner: str, attempt: int) -> Update:
        """Change a row only while this very claim holds it, or has been the last to."""
        mine = _update(cls).where(cls.id == delivery_id, cls.owner == owner, cls.attempt == attempt)
        return mine.where(cls.state.in_((SENDING, DOUBTFUL)))

    @classmethod
    def claims_on(cls, ids: Collection[int]) -> Select[int, str | None, int]:
        """Select which claims hold these messages, or have been the last to: id, owner, attempt; locked."""
        chosen = select(cls.id, cls.owner, cls.attempt).where(one_of(cls.id, ids))
        return chosen.where(cls.state.in_((SENDING, DOUBTFUL))).order_by(cls.id).with_for_update()

    @classmethod
    def ready_for(cls, workspace_id: str, receiver: str) -> Select[Delivery]:
        """Select all unsent messages to one receiver, locked against a claim."""
        chosen = select(cls).where(cls.workspace_id == workspace_id, cls.receiver == receiver)
        return chosen.where(cls.state == READY).with_for_update()

    @classmethod
    def ready_about(
        cls, workspace_ids: Collection[str], kinds: Collection[str], subjects: Collection[int]
    ) -> Select[Delivery]:
        """Select the unsent messages of these kinds about these rows, locked against a claim."""
        chosen = select(cls).where(cls.workspace_id.in_(workspace_ids), cls.kind.in_(kinds))
        return chosen.where(cls.subject_id.in_(subjects), cls.state == READY).with_for_update()

    @classmethod
    def beside(
        cls,
        workspace_ids: Collection[str],
        kinds: Collection[str],
        receivers: Collection[str],
        *,
        due_by: datetime | None = None,
    ) -> Select[int, str, str, datetime, datetime]:
        """Select what of these kinds these receivers have not got yet and may get together with something else.

        Rows are id, workspace, receiver, and from when until when it is of use; nothing is locked. It may have to be
        due.
        """
        chosen = select(cls.id, cls.workspace_id, cls.receiver, cls.not_before, cls.expire_at)
        mine = chosen.where(cls.workspace_id.in_(workspace_ids), cls.receiver.in_(receivers))
        waiting = mine.where(cls.kind.in_(kinds), *cls._may_go_along())
        return waiting if due_by is None else waiting.where(cls.not_before <= due_by)

    @classmethod
    def taken_along(cls, ids: Collection[int], now: datetime) -> Select[Delivery]:
        """Select what is still unsent of these, locked; what another transaction holds is left out (people's time)."""
        chosen = select(cls).where(cls.id.in_(ids), cls.expire_at > now, *cls._may_go_along())
        return chosen.order_by(cls.id).with_for_update(skip_locked=True)

    @classmethod
    def _may_go_along(cls) -> tuple[ColumnElement[bool], ...]:
        is_free = or_(cls.reason.is_(None), ~cls.reason.startswith(ALONE, autoescape=True))
        is_fresh = or_(cls.doubt_since.is_(None), cls.attempt < MOST_TOGETHER)
        return cls.state == literal(READY, literal_execute=True), is_free, is_fresh

    @classmethod
    def keyed(cls, workspace_id: str, key: str) -> Select[Delivery]:
        """Select the message with this key to change it, locked against a claim."""
        return select(cls).where(cls.workspace_id == workspace_id, cls.key == key).with_for_update()

    @classmethod
    def keyed_among(cls, workspace_ids: Collection[str], keys: Collection[str]) -> Select[Delivery]:
        """Select the messages with these keys; nothing is locked."""
        return select(cls).where(cls.workspace_id.in_(workspace_ids), one_of(cls.key, keys))

    @classmethod
    def failed_about(cls, workspace_id: str, kind: str, subjects: Collection[int]) -> Select[Delivery]:
        """Select the messages of a kind about these rows that failed, in the order of planning, to change them."""
        failed = select(cls).where(text(HAS_ENDED), cls.state == FAILED, cls.workspace_id == workspace_id)
        mine = failed.where(cls.kind == kind, cls.subject_id.in_(subjects))
        return mine.order_by(cls.id).with_for_update()

    @classmethod
    def who_got(cls, workspace_id: str, keys: Collection[str]) -> Select[str]:
        """Select the receivers of those of these messages that were sent."""
        sent = select(cls.receiver).where(cls.workspace_id == workspace_id, cls.state == SENT)
        return sent.where(one_of(cls.key, keys)).order_by(cls.receiver)

    @classmethod
    def outcomes(cls, workspace_id: str, keys: Collection[str]) -> Select[str, str, str | None]:
        """Select what became of these messages so far: rows of receiver, state and reason."""
        written = select(cls.receiver, cls.state, cls.reason).where(cls.workspace_id == workspace_id)
        return written.where(one_of(cls.key, keys))

    @classmethod
    def waiting_about(
        cls, workspace_ids: Collection[str], kind: str, subjects: Collection[int]
    ) -> Select[int, str]:
        """Select which of these rows have an unsent message of the kind, and for whom; nothing is locked."""
        waiting = select(cls.subject_id, cls.receiver).where(cls.workspace_id.in_(workspace_ids))
        return waiting.where(cls.kind == kind, cls.subject_id.in_(subjects), cls.state == READY)

    @classmethod
    def next_moment(cls, people_now: datetime) -> Select[datetime | None]:
        """Select the next moment of people's time at which a message may leave."""
        return select(func.min(cls.not_before)).where(cls.state == READY, cls.not_before > people_now)

    @classmethod
    def first_doubt(cls, machine_now: datetime) -> ColumnElement[datetime]:
        """Give the moment since which Slack may have a row that is doubted now.

        While nothing ran, or the store was away, time passed in which nobody could doubt: the lease tells the time of
        the request.
        """
        noticed = case((cls.lease_until < machine_now, cls.lease_until), else_=machine_now)
        return func.coalesce(cls.doubt_since, noticed, type_=UtcDateTime)

    @classmethod
    def counts(cls) -> Select[str, int]:
        """Count the rows by state, over all workspaces, for the operator."""
        return select(cls.state, func.count()).group_by(cls.state)

    @classmethod
    def listed(cls, states: Collection[str], *, workspace_id: str | None, limit: int) -> Select[Delivery]:
        """Select rows in these states for the operator, of all workspaces unless one is named.

        The most urgent come first; where nothing is urgent any more, the newest.
        """
        chosen = select(cls).where(cls.state.in_(states))
        if ENDED.issuperset(states):
            chosen = chosen.where(text(HAS_ENDED))
        if workspace_id is not None:
            chosen = chosen.where(cls.workspace_id == workspace_id)
        is_urgent = not {READY, SENDING, DOUBTFUL}.isdisjoint(states)
        return chosen.order_by(*((cls.expire_at, cls.id) if is_urgent else (cls.id.desc(),))).limit(limit)

    @classmethod
    def in_flight_to(cls, workspace_id: str, receiver: str) -> Select[int]:
        """Select the ids of the messages on their way to one receiver: no other begins before they arrive."""
        flying = select(cls.id).where(cls.workspace_id == workspace_id, cls.receiver == receiver)
        return flying.where(cls.state == SENDING).order_by(cls.id)

    @classmethod
    def in_doubt_about(cls, workspace_id: str, receiver: str) -> Select[int]:
        """Select the ids of the messages to one receiver that Slack may have."""
        doubted = select(cls.id).where(cls.workspace_id == workspace_id, cls.receiver == receiver)
        return doubted.where(cls.state == DOUBTFUL)

    @classmethod
    def last_number(cls) -> Select[int | None]:
        """Select the number of the message written last, in all workspaces."""
        return select(func.max(cls.id))

    @classmethod
    def last_number_sent(cls, before: datetime, workspace_id: str | None) -> Select[int | None]:
        """Select the greatest number of what was sent by then (machine time); this reads every row."""
        latest = select(func.max(cls.id)).where(cls.sent_at <= before)
        return latest.where(cls.workspace_id == workspace_id) if workspace_id else latest

    @classmethod
    def last_sent(cls, workspace_id: str | None) -> Select[datetime | None]:
        """Select when the last message was sent (machine time), in a workspace or in all; this reads every row."""
        latest = select(func.max(cls.sent_at))
        return latest.where(cls.workspace_id == workspace_id) if workspace_id else latest

    @classmethod
    def doubt_restored(
        cls,
        before: datetime,
        *,
        since: datetime,
        look_at: datetime,
        workspace_id: str | None,
        ids: Collection[int] | None = None,
    ) -> Update:
        """Doubt, in a store put back from a copy, what may have been sent since the copy was made, or else these.

        That is what was on its way, what had been tried or put off, as it may have been sent sooner after all, and
        what was due before (people's time). It is looked for in what was posted since its workspace's copy was made,
        or `since` if there is no such workspace, and not before `look_at` (all machine time).
        """
        tried = or_(cls.not_before <= before, cls.attempt > 0, cls.reason.is_not(None))
        is_stale = or_(cls.state == SENDING, and_(cls.state == READY, tried))
        stale = _update(cls).where(is_stale if ids is None else one_of(cls.id, ids))
        if workspace_id:
            stale = stale.where(cls.workspace_id == workspace_id)
        copied_at = select(Workspace.copied_at).where(Workspace.workspace_id == cls.workspace_id)
        return stale.values(
            state=DOUBTFUL,
            doubt_since=func.coalesce(copied_at.scalar_subquery(), since, type_=UtcDateTime),
            retry_at=look_at,
            lease_until=None,
            reason=RESTORED,
        )

    @classmethod
    def beside_restored(
        cls, after: datetime, workspace_id: str | None
    ) -> Select[int | None, datetime | None, datetime]:
        """Select what is to be sent after a moment of people's time and may have gone along with what is doubted.

        Rows are the id of the one, when it expires, and when the other does; of the one None where there is none. An
        inner join, a store without statistics would begin with all that is planned.
        """
        other = aliased(cls)
        is_mate = and_(
            *(other.workspace_id == cls.workspace_id, other.receiver == cls.receiver, other.kind == cls.kind),
            *(cls.state == literal(READY, literal_execute=True), cls.not_before > after),
        )
        is_doubted = and_(other.state == literal(DOUBTFUL, literal_execute=True), other.reason == RESTORED)
        pairs = select(cls.id, cls.expire_at, other.expire_at).select_from(other).outerjoin(cls, is_mate)
        chosen = pairs.where(is_doubted)
        return chosen.where(other.workspace_id == workspace_id) if workspace_id else chosen

    @classmethod
    def beyond_asking(cls, ended_by: datetime) -> Update:
        """Give up what was in doubt and of use until then (people's time) where Slack took our token away."""
        stopped = select(Workspace.workspace_id).where(Workspace.stopped_because.is_not(None))
        doubts = _update(cls).where(cls.state == literal(DOUBTFUL, literal_execute=True))
        mine = doubts.where(cls.expire_at <= ended_by, cls.workspace_id.in_(stopped))
        return mine.values(state=EXPIRED, lease_until=None, reason="in doubt, and the app was removed")

    @classmethod
    def unfinished(cls, state: str, *, at_most: int) -> Select[int, datetime | None]:
        """Count the rows in a state that does not last, up to `at_most`, and say since when the oldest is in doubt.

        A doubt in a workspace that took our token away counts, but nobody can settle it. The state is written out, so
        that a store finds its partial index whatever it knows of the values.
        """
        found = select(cls.workspace_id, cls.doubt_since)
        rows = found.where(cls.state == literal(state, literal_execute=True)).limit(at_most).subquery()
        stopped = select(Workspace.workspace_id).where(Workspace.stopped_because.is_not(None))
        oldest = func.min(rows.c.doubt_since).filter(rows.c.workspace_id.not_in(stopped))
        return select(func.count(), oldest)

    @classmethod
    def backlog(
        cls, people_now: datetime, *, a_second: float, at_most: int
    ) -> Select[str, int, datetime, float, int]:
        """Weigh what waits in each workspace that may be posted to against the rate Slack allows one.

        Gives the workspace, how many rows are due, since when the oldest is, the last moment at which posting could
        begin and meet every deadline (seconds since 1970; earliest deadline first), and how many rows expire before
        their turn comes. Beyond `at_most` rows the younger ones are left out.
        """
        stopped = select(Workspace.workspace_id).where(Workspace.stopped_because.is_not(None))
        due = select(cls.id, cls.workspace_id, cls.not_before, cls.expire_at).where(
            cls.state == literal(READY, literal_execute=True),
            cls.not_before <= people_now,
            cls.expire_at > people_now,
            cls.workspace_id.not_in(stopped),
        )
        rows = due.order_by(cls.not_before).limit(at_most).subquery()
        turn = func.row_number().over(
            partition_by=rows.c.workspace_id, order_by=(rows.c.expire_at, rows.c.id)
        )
        latest = cast(extract("epoch", rows.c.expire_at), Float) - turn / a_second
        each = select(rows.c.workspace_id, rows.c.not_before, latest.label("latest_start")).subquery()
        is_hopeless = each.c.latest_start < people_now.timestamp()
        return select(
            each.c.workspace_id,
            func.count(),
            func.min(each.c.not_before),
            func.min(each.c.latest_start),
            func.count().filter(is_hopeless),
        ).group_by(each.c.workspace_id)
