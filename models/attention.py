"""What has come to people in a week that they had not asked for, a row a message and person, and what is to come.

The row is written as the message is taken to be sent, and stays whatever becomes of it: it counts for as long as Slack
has the message or may have it, which is what the outbox knows.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Delete,
    Index,
    ScalarSelect,
    Select,
    and_,
    delete,
    literal,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, RowId, SlackId
from models.bulk import one_of
from models.outbox import DOUBTFUL, GROUP, READY, SENDING, SENT, Delivery
from models.rounds import Partner


class Attention(Base):
    """One message that takes some of a person's attention; sent again after a doubt it takes no more."""

    __tablename__ = "attention"
    __table_args__ = (Index("ix_attention_week", "week"),)

    workspace_id: Mapped[str] = mapped_column(SlackId, primary_key=True)
    user_id: Mapped[str] = mapped_column(SlackId, primary_key=True)
    week: Mapped[date] = mapped_column(primary_key=True)
    """The Monday with which it began where the person is."""
    delivery_id: Mapped[int] = mapped_column(RowId, primary_key=True)

    @classmethod
    def taken(
        cls, workspace_ids: Collection[str], user_ids: Collection[str], weeks: Collection[date]
    ) -> Select[str, str, date, int, bool]:
        """Select what was taken to be sent to these people in these weeks.

        Rows are workspace, person, week and message, and whether Slack has it, or may have it.
        """
        rows = select(cls.workspace_id, cls.user_id, cls.week, cls.delivery_id, cls._is_there())
        theirs = rows.where(one_of(cls.workspace_id, workspace_ids), one_of(cls.user_id, user_ids))
        return theirs.where(cls.week.in_(weeks))

    @classmethod
    def known(
        cls, workspace_ids: Collection[str], user_ids: Collection[str]
    ) -> Select[str, str, int, str | None]:
        """Select what was taken to be sent to these people: rows of workspace, person, message, and its timestamp."""
        ts = select(Delivery.ts).where(Delivery.id == cls.delivery_id).correlate(cls).scalar_subquery()
        rows = select(cls.workspace_id, cls.user_id, cls.delivery_id, ts)
        return rows.where(one_of(cls.workspace_id, workspace_ids), one_of(cls.user_id, user_ids))

    @classmethod
    def _is_there(cls) -> ScalarSelect[bool]:
        """Say whether Slack has a message, or may have it: what is ready it has not.

        What was given up in doubt still has the time of its next look-up; one in vain takes that away.
        """
        is_in_doubt = and_(
            Delivery.state != READY, Delivery.doubt_since.is_not(None), Delivery.retry_at.is_not(None)
        )
        is_there = or_(Delivery.state.in_((SENDING, SENT, DOUBTFUL)), is_in_doubt)
        # Not joined: a store that has not counted its rows yet would read the whole outbox.
        return select(is_there).where(Delivery.id == cls.delivery_id).correlate(cls).scalar_subquery()

    @classmethod
    def forgotten(
        cls, workspace_ids: Collection[str], user_ids: Collection[str], numbers: Collection[int]
    ) -> Delete:
        """Forget that these messages took a place of these people's weeks."""
        theirs = delete(cls).where(one_of(cls.workspace_id, workspace_ids), one_of(cls.user_id, user_ids))
        return theirs.where(one_of(cls.delivery_id, numbers))

    @classmethod
    def before(cls, week: date) -> Delete:
        """Forget the weeks that began before a day."""
        return delete(cls).where(cls.week < week)


def waiting_for(
    workspace_ids: Collection[str], user_ids: Collection[str], kinds: Collection[str]
) -> CompoundSelect[str, str, int, str, datetime, datetime, str]:
    """Select what of these kinds waits for each of these people alone, also what is too late.

    Rows are workspace, receiver, message, its kind, from when to when it is of use, and its state: asked for those of
    use now, SQLite would look through all that waits in a workspace. What is in doubt and was never tried is among
    them, also what is to several, and of other workspaces: before a store was put back from a copy, it may have been
    sent.
    """
    window = Delivery.not_before, Delivery.expire_at
    rows = select(
        *(Delivery.workspace_id, Delivery.receiver, Delivery.id, Delivery.kind, *window, Delivery.state)
    )
    theirs = rows.where(one_of(Delivery.workspace_id, workspace_ids), one_of(Delivery.receiver, user_ids))
    to_some = or_(one_of(Delivery.receiver, user_ids), Delivery.receiver.startswith(GROUP, autoescape=True))
    is_doubted = Delivery.state == literal(DOUBTFUL, literal_execute=True), Delivery.attempt == 0
    # Asked for those of some workspaces, SQLite would look through all that these were ever sent.
    doubted = rows.where(*is_doubted, Delivery.kind.in_(kinds), to_some)
    return union_all(theirs.where(_is_ready(), Delivery.kind.in_(kinds)), doubted)


def waiting_about(
    pairing_ids: Collection[int], kinds: Collection[str]
) -> Select[int, int, str, datetime, datetime]:
    """Select what of these kinds waits for all of these pairings, as above; rows begin with the pairing."""
    window = Delivery.not_before, Delivery.expire_at
    waiting = select(Delivery.subject_id, Delivery.id, Delivery.kind, *window)
    return waiting.where(one_of(Delivery.subject_id, pairing_ids), _is_ready(), Delivery.kind.in_(kinds))


def pairings_of(workspace_ids: Collection[str], user_ids: Collection[str]) -> Select[int, str, str]:
    """Select in which pairings these people ever were: rows of pairing, workspace and person.

    Of thousands of groups that wait, no index tells who is in them; and a store that has not counted its rows yet
    takes a minute for joining the two questions.
    """
    found = select(Partner.pairing_id, Partner.workspace_id, Partner.user_id)
    return found.where(one_of(Partner.workspace_id, workspace_ids), one_of(Partner.user_id, user_ids))


def _is_ready() -> ColumnElement[bool]:
    """Write the state out, so that a store knows that the index over such rows is enough."""
    return Delivery.state == literal(READY, literal_execute=True)
