"""Goals: logging them and reading them, one's own and what others share; a page costs the same for one as for 100."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Connection
from sqlalchemy.orm import Session

from bot.errors import Refusal
from bot.goal_drafts import NOTE_LENGTH, NewGoal, checked, columns_of, tidy, wording_of
from bot.permissions import Actor
from models.goals import DONE, DROPPED, OPEN, Goal, GoalEntry, GoalLine, GoalProposal
from models.members import Member

PAGE: Final = 20
"""Goals in one message; more than that is a wall of text."""
PICKABLE: Final = 100
"""Slack's limit for the choices of a menu."""
HOME_GOALS: Final = 10
HOME_PROPOSALS: Final = 5
STORY: Final = 10
"""Lines of a goal's log that are shown; the export has them all."""
LARGEST_NUMBER: Final = 2**31 - 1
"""What the column holds; a larger number was never given out."""

Listed = GoalLine | Goal
"""A goal as a list shows it."""


class UnknownGoal(Refusal):
    """I do not know a goal of yours with that number. `/goal` lists yours."""


@dataclass(frozen=True)
class GoalPage:
    """Some of a person's open goals in the order of their numbers, and how many there are in all."""

    goals: tuple[Listed, ...]
    counts: Mapping[str, int]
    """State to number of goals; a state without any is missing."""
    after: int
    """The page begins after this goal number."""
    has_more: bool

    @property
    def open(self) -> int:
        """How many goals are open, on this page or not."""
        return self.counts.get(OPEN, 0)

    @property
    def done(self) -> int:
        """How many goals were reached."""
        return self.counts.get(DONE, 0)

    @property
    def dropped(self) -> int:
        """How many goals were given up."""
        return self.counts.get(DROPPED, 0)


@dataclass(frozen=True)
class GoalOverview:
    """What App Home shows of a person's goals: the first open ones, and what others proposed."""

    page: GoalPage
    proposals: tuple[GoalProposal, ...]


@dataclass(frozen=True)
class Story:
    """A goal with the newest lines of its log, the last one first."""

    goal: Goal
    entries: tuple[GoalEntry, ...]
    has_earlier: bool


@dataclass(frozen=True)
class SharedPage:
    """Some of the goals one person shares with another; `has_more` when there are further ones."""

    owner: str
    goals: tuple[Goal, ...]
    has_more: bool


def find(session: Session, actor: Actor, number: int, *, to_change: bool = False) -> Goal:
    """Look up the actor's goal of that number, locked if it is to be changed; raises UnknownGoal."""
    if not 0 < number <= LARGEST_NUMBER:
        raise UnknownGoal
    numbered = Goal.numbered_for_change if to_change else Goal.numbered
    goal = session.scalar(numbered(actor.workspace_id, actor.user_id, number))
    if goal is None:
        raise UnknownGoal
    return goal


def log(
    session: Session,
    actor: Actor,
    draft: NewGoal,
    *,
    now: datetime,
    today: date,
    proposer: str | None = None,
) -> Goal:
    """Keep a new goal of the actor's under their next number; raises the refusals of a draft."""
    draft = checked(draft, not_before=today)
    columns = columns_of(draft)
    number = _next_number(session, actor)
    goal = Goal(
        workspace_id=actor.workspace_id, owner=actor.user_id, number=number, state=OPEN, percent=0, **columns
    )
    goal.logged_at = now
    session.add(goal)
    session.flush()
    written = {name: [None, value] for name, value in wording_of(goal).items() if value}
    if proposer:
        written["proposer"] = [None, proposer]
    enter(session, actor, goal, "logged", now=now, changes=written)
    return goal


def enter(
    session: Session,
    actor: Actor,
    goal: Goal,
    what: str,
    *,
    now: datetime,
    changes: Mapping[str, list[Any]],
    note: str | None = None,
) -> None:
    """Write a line of the goal's log; nobody ever changes one. `changes` is field to [before, after]."""
    entry = GoalEntry(
        workspace_id=actor.workspace_id,
        goal_id=goal.id,
        at=now,
        by=actor.user_id,
        what=what,
        note=tidy(note, limit=NOTE_LENGTH),
        changes=dict(changes),
    )
    session.add(entry)


def page(connection: Connection, actor: Actor, *, after: int = 0, limit: int = PAGE) -> GoalPage:
    """Read the actor's open goals that follow a number, in one query."""
    if not 0 <= after <= LARGEST_NUMBER:
        raise UnknownGoal
    found, counts = Goal.page_of(connection, actor.workspace_id, actor.user_id, after=after, limit=limit + 1)
    return GoalPage(tuple(found[:limit]), counts, after, has_more=len(found) > limit)


def overview(session: Session, actor: Actor) -> GoalOverview:
    """Read what App Home shows, in two queries."""
    waiting = GoalProposal.waiting_for(actor.workspace_id, actor.user_id).limit(HOME_PROPOSALS)
    return GoalOverview(page(session.connection(), actor, limit=HOME_GOALS), tuple(session.scalars(waiting)))


def pickable(session: Session, actor: Actor) -> tuple[Goal, ...]:
    """Read the actor's open goals that fit a menu; of more than a hundred, the newest by number."""
    newest = Goal.newest_open_of(actor.workspace_id, actor.user_id).limit(PICKABLE)
    return tuple(reversed(session.scalars(newest).all()))


def story(session: Session, actor: Actor, number: int) -> Story:
    """Read a goal of the actor's with the end of its log."""
    goal = find(session, actor, number)
    entries = session.scalars(GoalEntry.latest_of(actor.workspace_id, goal.id, STORY + 1)).all()
    return Story(goal, tuple(entries[:STORY]), has_earlier=len(entries) > STORY)


def shared_by(session: Session, actor: Actor, owner: str, *, after: int = 0) -> SharedPage:
    """Read what a person shares with the actor; nothing tells "shares nothing" from "has nothing" or "is nobody"."""
    if not 0 <= after <= LARGEST_NUMBER:
        raise UnknownGoal
    shown = Goal.shared_by(actor.workspace_id, owner, viewer=actor.user_id, after=after).limit(PAGE + 1)
    goals = session.scalars(shown).all()
    return SharedPage(owner, tuple(goals[:PAGE]), has_more=len(goals) > PAGE)


def _next_number(session: Session, actor: Actor) -> int:
    taken = Member.number_next_goal(actor.workspace_id, actor.user_id).returning(Member.goals_numbered)
    return session.scalars(taken).one()
