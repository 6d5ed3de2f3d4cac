"""Answers people noted about questions."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, Select, UniqueConstraint, select, union_all
from sqlalchemy.orm import Mapped, joinedload, mapped_column, relationship

from models.base import Base, RowId, SlackId, UtcDateTime
from models.prompts import Prompt


class Answer(Base):
    """What a person noted about a question; theirs alone until they share it with the other of the pair."""

    __tablename__ = "answer"
    __table_args__ = (
        UniqueConstraint("prompt_id", "author"),
        Index("ix_answer_author", "workspace_id", "author", "id"),
        Index("ix_answer_reader", "workspace_id", "reader", "id"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    workspace_id: Mapped[str] = mapped_column(SlackId)
    prompt_id: Mapped[int] = mapped_column(ForeignKey("prompt.id"))
    author: Mapped[str] = mapped_column(SlackId)
    reader: Mapped[str] = mapped_column(SlackId)
    """The other of the pair, who may read it once it is shared."""
    text: Mapped[str]
    noted_at: Mapped[datetime] = mapped_column(UtcDateTime)
    shared_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    prompt: Mapped[Prompt] = relationship(lazy="raise_on_sql")

    @classmethod
    def readable_by(cls, workspace_id: str, viewer: str) -> Select[Answer]:
        """Select what the viewer wrote and what was shared with them, newest first.

        Two arms, each on an index of its own: with an OR, PostgreSQL reads everybody's answers from the end.
        """
        in_workspace = select(cls.id).where(cls.workspace_id == workspace_id)
        written = in_workspace.where(cls.author == viewer)
        shared = in_workspace.where(cls.reader == viewer, cls.shared_at.is_not(None))
        chosen = select(cls).where(cls.workspace_id == workspace_id, cls.id.in_(union_all(written, shared)))
        return chosen.options(joinedload(cls.prompt)).order_by(cls.id.desc())

    @classmethod
    def to_prompt(cls, workspace_id: str, author: str, prompt_id: int) -> Select[Answer]:
        """Select the author's answer to a question put to them."""
        chosen = select(cls).where(cls.workspace_id == workspace_id, cls.author == author)
        return chosen.where(cls.prompt_id == prompt_id).options(joinedload(cls.prompt))

    @classmethod
    def own(cls, workspace_id: str, author: str, answer_id: int) -> Select[Answer]:
        """Select one of the author's answers."""
        chosen = select(cls).where(cls.workspace_id == workspace_id, cls.author == author)
        return chosen.where(cls.id == answer_id).options(joinedload(cls.prompt))
