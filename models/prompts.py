"""Questions put to a pair: the memory that choosing looks back on."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    ColumnElement,
    Date,
    ForeignKey,
    Index,
    Select,
    SQLColumnExpression,
    Text,
    cast,
    func,
    select,
    text,
    true,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, RowId, SlackId, UtcDateTime
from models.bulk import one_of, table_of

SEPARATOR = ","
"""It is in no id of a question or a theme."""
REPLACES = text("replaces IS NOT NULL")


class Prompt(Base):
    """A question of the bank put to a pair, for an occurrence or because one of them asked for it."""

    __tablename__ = "prompt"
    __table_args__ = (
        Index("ix_prompt_pair", "workspace_id", "pair", "id"),
        Index("ix_prompt_occurrence_id", "occurrence_id"),
        Index("ix_prompt_replaces", "replaces", sqlite_where=REPLACES, postgresql_where=REPLACES),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    workspace_id: Mapped[str] = mapped_column(SlackId)
    pair: Mapped[str]
    occurrence_id: Mapped[int | None] = mapped_column(ForeignKey("occurrence.id"))
    shown_to: Mapped[str | None] = mapped_column(SlackId)
    """One of the two who wanted another question; None for both."""
    question_id: Mapped[str]
    theme: Mapped[str]
    replaces: Mapped[int | None] = mapped_column(ForeignKey("prompt.id"))
    """The question somebody wanted another one for."""
    why: Mapped[dict[str, Any]] = mapped_column(JSON)
    """Why this one, as `bot.prompts` writes and reads it."""
    put_at: Mapped[datetime] = mapped_column(UtcDateTime)
    is_not_useful: Mapped[bool] = mapped_column(default=False)

    @classmethod
    def history_of(
        cls, workspace_ids: Collection[str], pairs: Collection[str]
    ) -> Select[str, str, str, str, datetime, bool]:
        """Select what these pairs have been asked, pair by pair, oldest first.

        Rows are workspace, pair, question, theme, when, and whether it was found not useful.
        """
        columns = cls.workspace_id, cls.pair, cls.question_id, cls.theme, cls.put_at, cls.is_not_useful
        asked = select(*columns).where(one_of(cls.workspace_id, workspace_ids), one_of(cls.pair, pairs))
        return asked.order_by(cls.workspace_id, cls.pair, cls.id)

    @classmethod
    def gathered(cls, keys: Sequence[tuple[str, str]]) -> Select[str, str, str, str, str, str | None]:
        """Select on PostgreSQL what each of these pairs, known by workspace and pair, has been asked, if anything.

        Rows are workspace, pair, and joined by SEPARATOR, oldest first: questions, themes, days in UTC, and the
        questions found not useful. A row for each pair takes half the time of one for each question, and each pair is
        looked up by itself: the server would rather read the whole table for some hundreds.
        """

        def joined(column: SQLColumnExpression[Any]) -> ColumnElement[str]:
            return func.string_agg(column, aggregate_order_by(text(f"'{SEPARATOR}'"), cls.id))

        pairs = table_of(workspace_id=[key[0] for key in keys], pair=[key[1] for key in keys])
        day = cast(cast(func.timezone("UTC", cls.put_at), Date), Text)
        unwanted = joined(cls.question_id).filter(cls.is_not_useful)
        asked = select(joined(cls.question_id), joined(cls.theme), joined(day), unwanted)
        mine = asked.where(cls.workspace_id == pairs.c.workspace_id, cls.pair == pairs.c.pair)
        each = mine.group_by(cls.workspace_id, cls.pair).lateral()
        return select(*pairs.c, *each.c).select_from(pairs.join(each, true()))

    @classmethod
    def of_occurrences(cls, workspace_ids: Collection[str], ids: Collection[int]) -> Select[Prompt]:
        """Select the questions of these occurrences, oldest first."""
        chosen = select(cls).where(cls.workspace_id.in_(workspace_ids), cls.occurrence_id.in_(ids))
        return chosen.order_by(cls.id)

    @classmethod
    def by_id(cls, workspace_id: str, prompt_id: int) -> Select[Prompt]:
        """Select one."""
        return select(cls).where(cls.workspace_id == workspace_id, cls.id == prompt_id)

    @classmethod
    def replacing(cls, workspace_id: str, prompt_id: int) -> Select[Prompt]:
        """Select the questions that took this one's place."""
        return select(cls).where(cls.workspace_id == workspace_id, cls.replaces == prompt_id)
