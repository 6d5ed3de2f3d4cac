"""Goals, their append-only log, and goals somebody proposed to somebody else."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from functools import cache
from operator import attrgetter
from typing import Any, Final, NamedTuple, cast

from sqlalchemy import (
    JSON,
    Connection,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Select,
    UniqueConstraint,
    bindparam,
    func,
    or_,
    select,
)
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, RowId, SlackId, UtcDateTime
from models.one_on_ones import OneOnOne

OPEN, DONE, DROPPED = "open", "done", "dropped"
_STATES: Final = (OPEN, DONE, DROPPED)
WAITING, ACCEPTED, DECLINED = "waiting", "accepted", "declined"


class GoalLine(NamedTuple):
    """What one line of a list says of an open goal."""

    number: int
    title: str
    percent: int
    due_on: date | None

    @property
    def is_open(self) -> bool:
        """True: a page lists open goals."""
        return True


class Goal(Base):
    """Something a person wants to reach; theirs, and seen by others only where they said so."""

    __tablename__ = "goal"
    __table_args__ = (
        UniqueConstraint("workspace_id", "owner", "number"),
        ForeignKeyConstraint(["workspace_id", "owner"], ["member.workspace_id", "member.user_id"]),
        Index("ix_goal_owner_state", "workspace_id", "owner", "state", "number"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    workspace_id: Mapped[str] = mapped_column(SlackId)
    owner: Mapped[str] = mapped_column(SlackId)
    number: Mapped[int]
    """As its owner sees it: 1, 2, 3 …, never used again."""
    title: Mapped[str]
    why: Mapped[str | None]
    measure: Mapped[str | None]
    """How one will notice, in the owner's words."""
    kind: Mapped[str | None]
    due_on: Mapped[date | None]
    percent: Mapped[int] = mapped_column(default=0)
    state: Mapped[str] = mapped_column(default=OPEN)
    for_manager: Mapped[bool] = mapped_column(default=True)
    for_buddy: Mapped[bool] = mapped_column(default=False)
    for_everyone: Mapped[bool] = mapped_column(default=False)
    logged_at: Mapped[datetime] = mapped_column(UtcDateTime)

    @property
    def is_open(self) -> bool:
        """Neither done nor dropped."""
        return self.state == OPEN

    @property
    def audience(self) -> frozenset[str]:
        """Who else may see it, in the words of `/goal share`; `me` alone when nobody."""
        named = {"manager": self.for_manager, "buddy": self.for_buddy, "everyone": self.for_everyone}
        return frozenset(word for word, is_in in named.items() if is_in) or frozenset({"me"})

    @classmethod
    def of(cls, workspace_id: str, owner: str) -> Select[Goal]:
        """Select all goals of a person by number."""
        return select(cls).where(cls.workspace_id == workspace_id, cls.owner == owner).order_by(cls.number)

    @classmethod
    def newest_open_of(cls, workspace_id: str, owner: str) -> Select[Goal]:
        """Select the open goals of a person, the highest number first."""
        mine = select(cls).where(cls.workspace_id == workspace_id, cls.owner == owner)
        return mine.where(cls.state == OPEN).order_by(cls.number.desc())

    @classmethod
    def page_of(
        cls, connection: Connection, workspace_id: str, owner: str, *, after: int, limit: int
    ) -> tuple[list[GoalLine], dict[str, int]]:
        """Read a person's open goals that follow a number, and state to number of all their goals."""
        asked = {"workspace_id": workspace_id, "owner": owner, "after": after, "limit": limit}
        *counted, listed = connection.execute(_page(connection.dialect.name), asked).one()
        lines = [
            GoalLine(number, title, percent, date.fromisoformat(due) if due else None)
            for number, title, percent, due in listed or ()
        ]
        counts = zip(_STATES, counted, strict=True)
        return sorted(lines, key=attrgetter("number")), {state: count for state, count in counts if count}

    @classmethod
    def numbered(cls, workspace_id: str, owner: str, number: int) -> Select[Goal]:
        """Select the goal a person means by a number."""
        chosen = select(cls).where(cls.workspace_id == workspace_id, cls.owner == owner)
        return chosen.where(cls.number == number)

    @classmethod
    def numbered_for_change(cls, workspace_id: str, owner: str, number: int) -> Select[Goal]:
        """Select the goal a person means by a number, locked, so that two changes follow one another."""
        return cls.numbered(workspace_id, owner, number).with_for_update()

    @classmethod
    def shared_by(cls, workspace_id: str, owner: str, *, viewer: str, after: int = 0) -> Select[Goal]:
        """Select what a person shows the viewer and has not dropped, by number, those after a number."""
        theirs = cls.visible_to(workspace_id, viewer).where(cls.owner == owner)
        return theirs.where(cls.state != DROPPED, cls.number > after)

    @classmethod
    def visible_to(cls, workspace_id: str, viewer: str) -> Select[Goal]:
        """Select what the viewer may see; the query form of `bot.permissions.may_see_goal`."""
        # That a manager is one of the two says the index where to look.
        takes_part = or_(OneOnOne.organiser == viewer, OneOnOne.partner == viewer)
        reports = select(_report_of(viewer)).where(
            OneOnOne.workspace_id == workspace_id,
            takes_part,
            OneOnOne.manager == viewer,
            OneOnOne.is_manager_confirmed,
            OneOnOne.ended_at.is_(None),
        )
        as_manager = cls.for_manager & cls.owner.in_(reports)
        seen = or_(cls.owner == viewer, cls.for_everyone, as_manager)
        return select(cls).where(cls.workspace_id == workspace_id, seen).order_by(cls.owner, cls.number)


@cache
def _page(dialect_name: str) -> Select[Any]:
    """Write what is asked most often, once: writing it takes longer than reading the answer.

    One row with the lines as JSON, because SQLite hands the interpreter to another thread at each row, and a
    server that has sixteen of them waits for its turn each time.
    """
    goal = Base.metadata.tables["goal"]
    is_server = dialect_name == "postgresql"
    gather, array = (
        (func.json_agg, func.json_build_array) if is_server else (func.json_group_array, func.json_array)
    )
    mine = (goal.c.workspace_id == bindparam("workspace_id")) & (goal.c.owner == bindparam("owner"))
    open_ones = select(goal).where(mine, goal.c.state == OPEN, goal.c.number > bindparam("after"))
    some = open_ones.order_by(goal.c.number).limit(bindparam("limit")).subquery("some")
    line = array(some.c.number, some.c.title, some.c.percent, some.c.due_on)
    lines = select(gather(line, type_=JSON)).scalar_subquery()
    counts = [func.count().filter(goal.c.state == state) for state in _STATES]
    return cast("Select[Any]", select(*counts, lines.label("lines")).where(mine))


def _report_of(manager: str) -> Any:
    """Name the column's value: the one of the two who is not the manager."""
    return func.coalesce(func.nullif(OneOnOne.organiser, manager), OneOnOne.partner)


class GoalEntry(Base):
    """One line of a goal's log; the database itself refuses to change or delete one."""

    __tablename__ = "goal_entry"
    __table_args__ = (Index("ix_goal_entry_goal_id", "goal_id", "id"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    workspace_id: Mapped[str] = mapped_column(SlackId)
    goal_id: Mapped[int] = mapped_column(ForeignKey("goal.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    by: Mapped[str] = mapped_column(SlackId)
    what: Mapped[str]
    """logged, progress, edited, done, dropped, shared or reopened."""
    note: Mapped[str | None]
    changes: Mapped[dict[str, list[Any]]] = mapped_column(JSON)
    """Field to [before, after]."""

    @classmethod
    def latest_of(cls, workspace_id: str, goal_id: int, limit: int) -> Select[GoalEntry]:
        """Select the newest lines of a goal's log, the last one first."""
        log = select(cls).where(cls.workspace_id == workspace_id, cls.goal_id == goal_id)
        return log.order_by(cls.id.desc()).limit(limit)

    @classmethod
    def of_owner(cls, workspace_id: str, owner: str) -> Select[GoalEntry]:
        """Select the logs of all goals of a person, oldest first."""
        goals = select(Goal.id).where(Goal.workspace_id == workspace_id, Goal.owner == owner)
        return select(cls).where(cls.workspace_id == workspace_id, cls.goal_id.in_(goals)).order_by(cls.id)


class GoalProposal(Base):
    """A goal one of a pair suggested to the other, who alone can make it one."""

    __tablename__ = "goal_proposal"
    __table_args__ = (Index("ix_goal_proposal_owner", "workspace_id", "owner", "state"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    workspace_id: Mapped[str] = mapped_column(SlackId)
    owner: Mapped[str] = mapped_column(SlackId)
    """Whose goal it would be."""
    proposer: Mapped[str] = mapped_column(SlackId)
    title: Mapped[str]
    measure: Mapped[str | None]
    due_on: Mapped[date | None]
    proposed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    state: Mapped[str] = mapped_column(default=WAITING)
    goal_number: Mapped[int | None]
    """What the owner calls it since they accepted it."""

    @classmethod
    def to(cls, workspace_id: str, owner: str, proposal_id: int) -> Select[GoalProposal]:
        """Select a proposal made to this person."""
        chosen = select(cls).where(cls.workspace_id == workspace_id, cls.owner == owner)
        return chosen.where(cls.id == proposal_id)

    @classmethod
    def waiting_for(cls, workspace_id: str, owner: str) -> Select[GoalProposal]:
        """Select the proposals a person has not decided yet, oldest first."""
        chosen = select(cls).where(cls.workspace_id == workspace_id, cls.owner == owner)
        return chosen.where(cls.state == WAITING).order_by(cls.id)

    @classmethod
    def among(cls, workspace_ids: Collection[str], ids: Collection[int]) -> Select[GoalProposal]:
        """Select these proposals."""
        return select(cls).where(cls.workspace_id.in_(workspace_ids), cls.id.in_(ids))
