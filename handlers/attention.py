"""Doors for people's attention: what would be sent is weighed for those who read it, and they may want less."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from slack_bolt import App
from sqlalchemy.orm import Session

from bot import attention, digests, members, planning
from bot.budgets import TOPICS
from bot.runtime.database import Sessions
from bot.runtime.decisions import Along, Decision, Prepare, Send, decide
from handlers import doors
from handlers.doors import Visit
from handlers.screens import Screen
from handlers.verdicts import put_aside
from handlers.views import attention as views
from handlers.views import digests as digest_views
from handlers.views.elements import Payload
from models.outbox import Delivery

Prepared = tuple[Delivery, Send]
"""A message, and what its feature makes of it."""


def register(app: App) -> None:
    """Say what triggers what."""
    app.action(views.LESS)(open_form)
    app.view(views.LIMITS)(save)


def attend(
    prepare: Mapping[str, Prepare],
    session: Session,
    sends: Sequence[tuple[Delivery, Send]],
    now: datetime,
) -> Mapping[int, Decision]:
    """Hold up what would be too much for its readers, and let the rest say how to get less of it.

    What is due to one person at once comes in one message. What does not count goes as it is, and asks nothing.
    """
    counted = [(row, said) for row, said in sends if row.kind in attention.COUNTED]
    if not counted:
        return {}
    held_up = attention.judge(session, [row for row, _ in counted], now=now)
    decided: dict[int, Decision] = {key: put_aside(verdict) for key, verdict in held_up.items()}
    going = [(row, said) for row, said in counted if row.id not in held_up]
    along = _prepared(prepare, session, digests.beside(session, [row for row, _ in going], now=now), now)
    for row, said in going:
        whole = _digest(row, said, along[row.id]) if along.get(row.id) else said
        attention.share(session, [each.delivery for each in whole.along])
        decided[row.id] = replace(whole, blocks=views.with_less(whole.blocks, attention.COUNTED[row.kind]))
    return decided


def _prepared(
    prepare: Mapping[str, Prepare],
    session: Session,
    beside: Mapping[int, Sequence[Delivery]],
    now: datetime,
) -> dict[int, list[Prepared]]:
    """Have what may go along decided by its feature; what is not to be sent now is left to its own turn."""
    rows = [row for each in beside.values() for row in each]
    said = {row.id: decision for row, decision in decide(prepare, session, rows, now)} if rows else {}
    return {
        carrier: [(row, send) for row in each if isinstance(send := said[row.id], Send)]
        for carrier, each in beside.items()
    }


def _digest(row: Delivery, said: Send, along: Sequence[Prepared]) -> Send:
    """Put into one message what fits, the one it belongs to first."""
    parts = [(row, said), *along]
    parts = parts[: digest_views.how_many_fit([(send.text, send.blocks) for _, send in parts])]
    if len(parts) < 2:
        return said
    message, begins = digest_views.digest([(send.text, send.blocks) for _, send in parts])
    own, *others = (Along(each, begin) for (each, _), begin in zip(parts, begins, strict=True))
    return Send(**message.payload(), begins=own.begins, along=others)


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
