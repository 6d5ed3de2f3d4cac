"""Doors for nudges: planning at the tick, rendering at the moment of sending, and the buttons under them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from slack_bolt import Ack, App, Respond
from slack_sdk import WebClient
from sqlalchemy.orm import Session

from bot import nudges
from bot.nudges import Nudge
from bot.occurrences import CLOSING, PREP
from bot.outbox import Later, Never
from bot.permissions import Actor
from bot.recurrence import local_day
from bot.runtime.clock import Clock
from bot.runtime.database import Sessions
from bot.runtime.delivery import Cancel, Decision, Defer, Send
from handlers import doors
from handlers.views import goal_proposals as goal_views
from handlers.views import nudges as views
from handlers.views.elements import Message, Payload
from models.members import Member
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
    actor: Actor,
    member: Member,
    respond: Respond,
    sessions: Sessions,
    clock: Clock,
) -> None:
    """Show another question in this one's place."""
    ack()
    message = _swap(doors.number_in(action), actor, member, sessions, clock, is_not_useful=False)
    respond(**message.payload(), replace_original=True)


def not_useful(
    ack: Ack,
    action: Payload,
    actor: Actor,
    member: Member,
    respond: Respond,
    sessions: Sessions,
    clock: Clock,
) -> None:
    """Remember that this question did not serve these two, and show another."""
    ack()
    message = _swap(doors.number_in(action), actor, member, sessions, clock, is_not_useful=True)
    respond(**message.payload(), replace_original=True)


def _swap(
    prompt_id: int, actor: Actor, member: Member, sessions: Sessions, clock: Clock, *, is_not_useful: bool
) -> Message:
    now = clock.people_now()
    with sessions.begin() as session:
        put, nudge = nudges.another(session, actor, prompt_id, not_useful=is_not_useful, now=now)
    if nudge is None:
        return views.asked_for(put, today=local_day(now, member.zone))
    return _prep(nudge, now)


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
    client.views_open(trigger_id=body["trigger_id"], view=form)
