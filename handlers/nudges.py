"""Doors for nudges: planning at the tick, rendering at the moment of sending, and the buttons under them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from slack_bolt import Ack, App, Respond
from slack_sdk import WebClient
from sqlalchemy.orm import Session

from bot import nudges
from bot.nudges import Nudge
from bot.outbox import Later, Never
from bot.permissions import Actor
from bot.planning import CLOSING, PREP
from bot.prompts import PutQuestion
from bot.recurrence import local_day
from bot.runtime.clock import Clock
from bot.runtime.database import Sessions
from bot.runtime.delivery import Cancel, Decision, Defer, Send
from handlers import doors
from handlers.doors import Visit
from handlers.views import goal_proposals as goal_views
from handlers.views import nudges as views
from handlers.views.elements import Message, Payload
from models.one_on_ones import ASKED
from models.outbox import Delivery


def register(app: App) -> None:
    """Say what triggers what."""
    app.action(views.ANOTHER)(another)
    app.action(views.NOT_USEFUL)(not_useful)
    app.action(views.ASKED)(asked)
    app.action(views.NEXT_TIME)(next_time)
    app.action(views.MAKE_GOAL)(make_goal)


def prepare(session: Session, deliveries: Sequence[Delivery], now: datetime) -> Mapping[int, Decision]:
    """Decide and render nudges with today's data."""
    judged = nudges.judge(session, deliveries, now=now)
    kinds = {delivery.id: delivery.kind for delivery in deliveries}
    return {key: _decision(kinds[key], verdict, now) for key, verdict in judged.items()}


def _decision(kind: str, verdict: Nudge | Later | Never, now: datetime) -> Decision:
    match verdict:
        case Later(until, reason):
            return Defer(until, reason)
        case Never(reason):
            return Cancel(reason)
        case nudge:
            return Send(**(views.closing(nudge) if kind == CLOSING else _prep(nudge, now)).payload())


def _prep(nudge: Nudge, now: datetime) -> Message:
    return views.prep(nudge, today=local_day(now, nudge.zone))


PREPARE = {PREP: prepare, CLOSING: prepare}


def another(
    ack: Ack,
    action: Payload,
    body: Payload,
    client: WebClient,
    respond: Respond,
    visit: Visit,
    sessions: Sessions,
) -> None:
    """Show another question in this one's place."""
    ack()
    with sessions.begin() as session:
        put, nudge = nudges.another(session, visit.actor, doors.number_in(action), now=visit.now)
    doors.redraw(body, client, respond, _question(put, nudge, visit))


def not_useful(
    ack: Ack,
    action: Payload,
    body: Payload,
    client: WebClient,
    respond: Respond,
    visit: Visit,
    sessions: Sessions,
) -> None:
    """Remember that this question did not serve these two, and show another."""
    ack()
    with sessions.begin() as session:
        swapped = nudges.dismiss(session, visit.actor, doors.number_in(action), now=visit.now)
    message = _question(*swapped, visit) if swapped else views.dismissed()
    doors.redraw(body, client, respond, message)


def _question(put: PutQuestion, nudge: Nudge | None, visit: Visit) -> Message:
    return _prep(nudge, visit.now) if nudge else views.asked_for(put, today=visit.today)


def asked(
    ack: Ack, action: Payload, actor: Actor, respond: Respond, sessions: Sessions, clock: Clock
) -> None:
    """Record that the question was asked."""
    ack()
    _close(doors.number_in(action), actor, respond, sessions, clock, is_asked=True)


def next_time(
    ack: Ack, action: Payload, actor: Actor, respond: Respond, sessions: Sessions, clock: Clock
) -> None:
    """Keep the question for the next meeting."""
    ack()
    _close(doors.number_in(action), actor, respond, sessions, clock, is_asked=False)


def _close(
    occurrence_id: int, actor: Actor, respond: Respond, sessions: Sessions, clock: Clock, *, is_asked: bool
) -> None:
    with sessions.begin() as session:
        nudge, outcome = nudges.close(session, actor, occurrence_id, asked=is_asked, now=clock.people_now())
    respond(**views.closed(nudge, was_asked=outcome == ASKED).payload(), replace_original=True)


def make_goal(
    ack: Ack,
    action: Payload,
    body: Payload,
    actor: Actor,
    client: WebClient,
    sessions: Sessions,
    clock: Clock,
) -> None:
    """Open the form that turns what was said into a goal."""
    ack()
    occurrence_id = doors.number_in(action)
    with sessions.read() as session:
        nudge = nudges.shown(session, actor, occurrence_id, now=clock.people_now())
    form = goal_views.proposal_form(nudge.other, nudge.put.question.closing, str(occurrence_id))
    doors.open_over(form, body, client)
