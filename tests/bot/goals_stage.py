"""People on a stage for tests of goals: who is there, how they act, and what the store holds afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from bot import goals, members
from bot.goal_drafts import NewGoal
from bot.members import Profile
from bot.permissions import Actor
from bot.runtime.database import Sessions
from models.goals import Goal, GoalEntry, GoalProposal
from models.one_on_ones import Occurrence, OneOnOne, pair_of
from models.outbox import Delivery

HERE, ELSEWHERE = "THERE", "TELSEWHERE"
AMY, BEN, RAY = Actor(HERE, "UAMY"), Actor(HERE, "UBEN"), Actor(HERE, "URAY")
NAMESAKE = Actor(ELSEWHERE, "UAMY")
"""Somebody of another workspace who happens to have Amy's id."""

MONDAY_NOON = datetime(2026, 9, 7, 12, tzinfo=UTC)
SATURDAY_NOON = datetime(2026, 9, 12, 12, tzinfo=UTC)
TODAY = MONDAY_NOON.date()
YESTERDAY = date(2026, 9, 6)
NEXT_SPRING = date(2027, 3, 31)


@dataclass
class Stage:
    """A store with three people of one workspace and a namesake in another."""

    sessions: Sessions

    def arrive(self, *actors: Actor, **facts: Any) -> None:
        with self.sessions.begin() as session:
            for actor in actors:
                members.welcome_workspace(session, actor.workspace_id)
                members.remember_all(session, actor.workspace_id, [_profile(actor, **facts)], at=MONDAY_NOON)

    def log(self, title: str, actor: Actor = AMY, **facts: Any) -> Goal:
        with self.sessions.begin() as session:
            return goals.log(session, actor, NewGoal(title, **facts), now=MONDAY_NOON, today=TODAY)

    def meet(
        self, organiser: Actor, partner: Actor, *, manager: Actor | None = None, **facts: Any
    ) -> OneOnOne:
        """Let two people have a standing 1-on-1, with one meeting that takes place at noon on Monday."""
        one_on_one = OneOnOne(
            workspace_id=organiser.workspace_id,
            organiser=organiser.user_id,
            partner=partner.user_id,
            pair=pair_of(organiser.user_id, partner.user_id),
            manager=manager.user_id if manager else None,
            rule="FREQ=WEEKLY;INTERVAL=1;BYDAY=MO",
            at=time(12),
            zone="UTC",
            minutes=30,
            next_on=TODAY,
            next_fire_at=MONDAY_NOON,
            registered_at=MONDAY_NOON,
            **facts,
        )
        with self.sessions.begin() as session:
            session.add(one_on_one)
        return one_on_one

    def hold(self, one_on_one: OneOnOne) -> int:
        """Let a meeting take place on Monday, and give its id."""
        occurrence = Occurrence(
            workspace_id=one_on_one.workspace_id,
            one_on_one_id=one_on_one.id,
            original_on=TODAY,
            on=TODAY,
            at=time(12),
            starts_at=MONDAY_NOON,
            minutes=30,
        )
        with self.sessions.begin() as session:
            session.add(occurrence)
        return occurrence.id

    def goals(self, actor: Actor = AMY) -> list[Goal]:
        with self.sessions.read() as session:
            return list(session.scalars(Goal.of(actor.workspace_id, actor.user_id)))

    def entries(self, actor: Actor = AMY) -> list[GoalEntry]:
        with self.sessions.read() as session:
            return list(session.scalars(GoalEntry.of_owner(actor.workspace_id, actor.user_id)))

    def proposals(self) -> list[GoalProposal]:
        with self.sessions.read() as session:
            return list(session.scalars(select(GoalProposal).order_by(GoalProposal.id)))

    def deliveries(self) -> list[Delivery]:
        with self.sessions.read() as session:
            return list(session.scalars(select(Delivery).order_by(Delivery.id)))

    def everything(self) -> list[tuple[Any, ...]]:
        """Everything that is kept, to compare before and after what must change nothing."""
        with self.sessions.read() as session:
            return [
                row for table in (Goal, GoalEntry, GoalProposal, Delivery) for row in _rows(session, table)
            ]


def _profile(actor: Actor, **facts: Any) -> Profile:
    settled = {"is_person": True, "is_guest": False, "is_deactivated": False, "is_admin": False}
    who = {"user_id": actor.user_id, "name": actor.user_id.removeprefix("U").title(), "zone": "UTC"}
    return Profile(**{**who, **settled, **facts})


def _rows(session: Session, table: Any) -> list[tuple[Any, ...]]:
    return [
        tuple(str(value) for value in row)
        for row in session.execute(select(*table.__table__.columns).order_by(table.id))
    ]


def set_stage(engine: Engine) -> Stage:
    """Put Amy, Ben and Ray on the stage, and Amy's namesake of another workspace."""
    stage = Stage(Sessions(engine))
    stage.arrive(AMY, BEN, RAY, NAMESAKE)
    return stage
