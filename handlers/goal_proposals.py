"""The doors of proposed goals: the message to their owner-to-be, the answers to it, and the form that makes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from slack_bolt import App
from sqlalchemy.orm import Session

from bot import goal_proposals, goals
from bot.goal_coaching import remark_on
from bot.runtime.database import Sessions
from bot.runtime.decisions import Decision, Prepare
from handlers import doors
from handlers.doors import Visit, effect_of
from handlers.screens import Screen
from handlers.verdicts import decision
from handlers.views import goal_answers as answers
from handlers.views import goal_proposals as views
from handlers.views import goals as goal_views
from handlers.views.elements import Message, Payload
from models.outbox import Delivery


def register(app: App) -> None:
    """Say what triggers what."""
    app.action(views.ACCEPT)(accept)
    app.action(views.DECLINE)(decline)
    app.action(views.CHANGE)(open_to_change)
    app.view(views.ACCEPT_FORM)(accept_changed)
    app.view(views.PROPOSE_FORM)(save)


def prepare(session: Session, deliveries: Sequence[Delivery], now: datetime) -> Mapping[int, Decision]:
    """Decide and render the news of a proposal with today's data."""
    judged = goal_proposals.judge(session, deliveries, now=now)
    return {key: decision(verdict, views.proposed) for key, verdict in judged.items()}


PREPARE: Final[dict[str, Prepare]] = {goal_proposals.PROPOSED: prepare}


def accept(action: Payload, visit: Visit, sessions: Sessions, screen: Screen) -> None:
    """Make a proposal one's own goal as it is."""
    with sessions.begin() as session:
        decision = goal_proposals.accept(
            session, visit.actor, doors.number_in(action), now=visit.now, today=visit.today
        )
    screen.tell(views.decided(decision))


def decline(action: Payload, visit: Visit, sessions: Sessions, screen: Screen) -> None:
    """Let a proposal go."""
    with sessions.begin() as session:
        decision = goal_proposals.decline(session, visit.actor, doors.number_in(action))
    screen.tell(views.decided(decision))


def open_to_change(action: Payload, visit: Visit, sessions: Sessions, screen: Screen) -> None:
    """Open a proposal to change it before accepting; one that is decided says so instead."""
    with sessions.read() as session:
        found = goal_proposals.read(session, visit.actor, doors.number_in(action))
    if found.is_new:
        screen.open(views.accept_form(found.proposal))
        return
    screen.tell(views.decided(found))


def accept_changed(view: Payload, visit: Visit, sessions: Sessions, screen: Screen) -> None:
    """Make a proposal one's own goal with the changes made in the form."""
    proposal_id, changed = views.read_accept_form(view)
    with effect_of(view, visit, sessions) as session:
        decision = goal_proposals.accept(
            session, visit.actor, proposal_id, now=visit.now, today=visit.today, changed=changed
        )
    screen.conclude(views.decided(decision), goal_views.TITLE)


def save(view: Payload, visit: Visit, sessions: Sessions, screen: Screen) -> None:
    """Keep the goal that came out of a meeting: one's own is logged, the other's is proposed to them."""
    written = views.read_proposal_form(view)
    with effect_of(view, visit, sessions) as session:
        message = _keep(session, visit, written)
    screen.conclude(message, goal_views.TITLE)


def _keep(session: Session, visit: Visit, written: views.Proposed) -> Message:
    if written.whose == views.MINE:
        goal = goals.log(session, visit.actor, written.draft, now=visit.now, today=visit.today)
        remark = remark_on(goal.title, measure=goal.measure, due_on=goal.due_on, today=visit.today)
        return answers.logged(goal, remark, today=visit.today)
    proposal = goal_proposals.propose_to_other(
        session, visit.actor, written.occurrence_id, written.draft, now=visit.now, today=visit.today
    )
    return views.sent(proposal)
