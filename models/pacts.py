"""Pacts: two who met agree to go on together for some weeks."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime

from sqlalchemy import JSON, ColumnElement, ForeignKey, Index, Select, select, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, RowId, SlackId, UtcDateTime
from models.bulk import one_of

OFFERED, REFUSED, STANDING, OVER = "offered", "refused", "standing", "over"
"""A pact is offered until all agreed, stands for its weeks, and is over; that one refused nobody else ever learns."""
STANDS = text("state = 'standing'")
OPEN = text("state IN ('offered', 'standing')")


class Pact(Base):
    """What those of one pairing agreed: so many weeks together, outside the rounds."""

    __tablename__ = "pact"
    __table_args__ = (
        Index("uq_pact_pairing", "pairing_id", unique=True),
        Index("ix_pact_programme", "programme_id", sqlite_where=OPEN, postgresql_where=OPEN),
        Index("ix_pact_due", "next_fire_at", sqlite_where=STANDS, postgresql_where=STANDS),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    workspace_id: Mapped[str] = mapped_column(SlackId)
    programme_id: Mapped[int] = mapped_column(ForeignKey("programme.id"))
    pairing_id: Mapped[int] = mapped_column(ForeignKey("pairing.id"))
    people: Mapped[list[str]] = mapped_column(JSON)
    agreed: Mapped[list[str]] = mapped_column(JSON)
    """Who said yes to what is offered now."""
    weeks: Mapped[int]
    state: Mapped[str] = mapped_column(default=OFFERED)
    term: Mapped[int] = mapped_column(default=1)
    """Counts the times it was agreed; an extension is the next."""
    begins_on: Mapped[date | None]
    ends_on: Mapped[date | None]
    """Days in the programme's zone; the last is the first one after it."""
    next_fire_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """People's time of its next prompt, or of its end."""

    @classmethod
    def locked(cls, pact_id: int) -> Select[Pact]:
        """Select one to change it; whoever else wants to waits."""
        return select(cls).where(cls.id == pact_id).with_for_update()

    @classmethod
    def among(cls, ids: Collection[int]) -> Select[Pact]:
        """Select these."""
        return select(cls).where(one_of(cls.id, ids))

    @classmethod
    def of_pairing(cls, pairing_id: int) -> Select[Pact]:
        """Select the one of a pairing."""
        return select(cls).where(cls.pairing_id == pairing_id)

    @classmethod
    def standing_in(cls, programme_id: int) -> Select[Pact]:
        """Select a programme's pacts that stand."""
        return select(cls).where(STANDS, cls.programme_id == programme_id)

    @classmethod
    def due_ids(cls, moment: datetime | ColumnElement[datetime]) -> Select[int]:
        """Select the ids of those with a step to take by the moment; nothing is locked."""
        return select(cls.id).where(STANDS, cls.next_fire_at <= moment).order_by(cls.next_fire_at, cls.id)

    @classmethod
    def next_moment(cls) -> Select[datetime | None]:
        """Select the earliest moment at which a step is to be taken."""
        return select(cls.next_fire_at).where(STANDS).order_by(cls.next_fire_at).limit(1)
