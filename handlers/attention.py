"""Doors for people's attention: what would be sent is weighed for those who read it, and they may want less."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from slack_bolt import App
from sqlalchemy.orm import Session

from bot import attention, members, planning
from bot.budgets import TOPICS
from bot.outbox import Later, Never
from bot.runtime.database import Sessions
from bot.runtime.decisions import Decision, Send
from handlers import doors
from handlers.doors import Visit
from handlers.screens import Screen
from handlers.verdicts import put_aside
from handlers.views import attention as views
from handlers.views.elements import Payload
from models.outbox import Delivery


def register(app: App) -> None:
    """Say what triggers what."""
    app.action(views.LESS)(open_form)
    app.view(views.LIMITS)(save)


def attend(session: Session, sends: Sequence[tuple[Delivery, Send]], now: datetime) -> Mapping[int, Decision]:
    """Hold up what would be too much for its readers, and let the rest say how to get less of it.

    What does not count goes as it is, and asks the store nothing.
    """
    counted = [(row, said) for row, said in sends if row.kind in attention.COUNTED]
    if not counted:
        return {}
    held_up = attention.judge(session, [row for row, _ in counted], now=now)
    return {row.id: _decided(held_up.get(row.id), row, said) for row, said in counted}


def _decided(verdict: Later | Never | None, row: Delivery, said: Send) -> Decision:
    if verdict is not None:
        return put_aside(verdict)
    return replace(said, blocks=views.with_less(said.blocks, attention.COUNTED[row.kind]))


def open_form(action: Payload, visit: Visit, screen: Screen) -> None:
    """Ask whoever pressed it how much less they want; it is nobody else's."""
    topic = action.get("value")
    if topic not in TOPICS:
        raise doors.OldButton
    screen.open(views.less_form(members.limits_of(visit.member), topic))


def save(view: Payload, visit: Visit, sessions: Sessions, screen: Screen) -> None:
    """Keep the limits; what waits for a week with more room is judged again."""
    wanted = views.read_limits(view["state"]["values"])
    with doors.effect_of(view, visit, sessions) as session:
        members.limit(session, visit.actor, wanted)
        planning.reach_again(session, visit.actor.workspace_id, visit.actor.user_id, now=visit.now)
    screen.turn_to(views.saved(wanted))
    screen.refresh_home()
