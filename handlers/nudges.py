"""Doors for nudges: planning at the tick, rendering at the moment of sending, and the buttons under them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial

from slack_bolt import App
from sqlalchemy.orm import Session

from bot import nudge_days, nudges
from bot.nudge_days import Day
from bot.nudges import Nudge
from bot.planning import CLOSING, PREP
from bot.prompts import PutQuestion
from bot.recurrence import local_day
from bot.runtime.database import Sessions
from bot.runtime.decisions import Along, Decision, Send
from handlers import doors
from handlers.doors import Visit
from handlers.screens import Screen
from handlers.verdicts import decision
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
    judged = nudge_days.judge(session, deliveries, now=now)
    kinds = {delivery.id: delivery.kind for delivery in deliveries}
    words: Mapping[str, Callable[[Nudge], Message]] = {CLOSING: views.closing, PREP: partial(_prep, now=now)}
    return {
        key: _of_day(key, verdict, now) if isinstance(verdict, Day) else decision(verdict, words[kinds[key]])
        for key, verdict in judged.items()
    }


def _of_day(delivery_id: int, day: Day, now: datetime) -> Send:
    """Word what prepares a day, and say which part of it is about which delivery."""
    today = local_day(now, day.nudges[0][1].zone)
    message, begins = views.prep_day([nudge for _, nudge in day.nudges], today=today)
    parts = {row.id: Along(row, begin) for (row, _), begin in zip(day.nudges, begins, strict=True)}
    own = parts.pop(delivery_id)
    return Send(**message.payload(), begins=own.begins, along=tuple(parts.values()))


def _prep(nudge: Nudge, now: datetime) -> Message:
    return views.prep(nudge, today=local_day(now, nudge.zone))


PREPARE = {PREP: prepare, CLOSING: prepare}


def another(action: Payload, visit: Visit, sessions: Sessions, screen: Screen) -> None:
    """Show another question in this one's place."""
    with sessions.begin() as session:
        put, nudge = nudges.another(session, visit.actor, doors.number_in(action), now=visit.now)
    screen.show(_question(put, nudge, visit))


def not_useful(action: Payload, visit: Visit, sessions: Sessions, screen: Screen) -> None:
    """Remember that this question did not serve these two, and show another."""
    with sessions.begin() as session:
        swapped = nudges.dismiss(session, visit.actor, doors.number_in(action), now=visit.now)
    message = _question(*swapped, visit) if swapped else views.dismissed()
    screen.show(message)


def _question(put: PutQuestion, nudge: Nudge | None, visit: Visit) -> Message:
    return _prep(nudge, visit.now) if nudge else views.asked_for(put, today=visit.today)


def asked(action: Payload, visit: Visit, sessions: Sessions, screen: Screen) -> None:
    """Record that the question was asked."""
    _close(action, visit, sessions, screen, is_asked=True)


def next_time(action: Payload, visit: Visit, sessions: Sessions, screen: Screen) -> None:
    """Keep the question for the next meeting."""
    _close(action, visit, sessions, screen, is_asked=False)


def _close(action: Payload, visit: Visit, sessions: Sessions, screen: Screen, *, is_asked: bool) -> None:
    number = doors.number_in(action)
    with sessions.begin() as session:
        nudge, outcome = nudges.close(session, visit.actor, number, asked=is_asked, now=visit.now)
    screen.show(views.closed(nudge, was_asked=outcome == ASKED))


def make_goal(action: Payload, visit: Visit, sessions: Sessions, screen: Screen) -> None:
    """Open the form that turns what was said into a goal."""
    number = doors.number_in(action)
    with sessions.read() as session:
        nudge = nudges.shown(session, visit.actor, number, now=visit.now)
    screen.open(goal_views.proposal_form(nudge.other, nudge.put.question.closing, str(number)))
