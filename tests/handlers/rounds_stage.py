"""The stage of tests about rounds: letting time pass, and reading what groups and channels were told."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import select

from bot import enrolments
from bot.permissions import Actor
from bot.round_standing import Standing, standing_in
from handlers import wiring
from models.outbox import Delivery
from models.programmes import Programme
from models.rounds import Round
from sandbox.seen import Message
from tests.handlers.buddies_stage import GROWTH, started
from tests.people import AMY
from tests.trellis import Trellis, utc

NIA = "UNIA0001"
HEADS_UP, START = utc("2026-11-23 15:00"), utc("2026-11-24 15:00")
"""Of the first round: at ten in New York, where Amy, Ben and Ray are."""
NEW_YORK = "America/New_York"


def taking_part(trellis: Trellis, people: Iterable[str], **said: Any) -> Programme:
    """Start a programme in New York, owned by the first of these people, with all of them in it."""
    names = list(people)
    for who in names:
        trellis.slack.command(who, "/growth")
        trellis.slack.bring_in(str(said.get("channel", GROWTH)), who)
    programme = started(trellis, names[0], **{"zone": NEW_YORK, **said})
    for who in names:
        with trellis.sessions.begin() as session:
            enrolments.join(session, Actor(trellis.workspace, who), programme, now=trellis.clock.people_now())
    return programme


def live_until(trellis: Trellis, end: datetime) -> None:
    """Let people's time pass from one thing that happens to the next, as the sandbox's clock does."""
    trellis.tick()
    trellis.tick()
    while (following := _next_moment(trellis, trellis.clock.people_now())) and following <= end:
        trellis.tick(following)
        trellis.tick()  # what a message that failed leads to
    trellis.tick(end)


def _next_moment(trellis: Trellis, now: datetime) -> datetime | None:
    with trellis.sessions.read() as session:
        moments = (wiring.next_step(session), session.scalars(Delivery.next_moment(now)).one())
    return min((moment for moment in moments if moment and moment > now), default=None)


def in_groups(trellis: Trellis, who: str) -> list[Message]:
    """Read what somebody was told together with others, oldest first."""
    groups = [each["id"] for each in trellis.slack.conversations(who) if each["kind"] == "mpim"]
    found = [message for channel in groups for message in trellis.slack.messages(who, channel)]
    return sorted(found, key=lambda message: message.ts)


def in_channel(trellis: Trellis, who: str = AMY, channel: str = GROWTH) -> list[Message]:
    """Read what the channel was told of rounds."""
    return [each for each in trellis.slack.messages(who, channel) if "/buddy join" in each.text]


def with_button(messages: Iterable[Message], label: str) -> list[Message]:
    """Choose the messages that have this button."""
    return [message for message in messages if label in message.buttons]


def states(trellis: Trellis, kind: str) -> list[tuple[str, str, str | None]]:
    """Read what became of all messages of a kind: receiver, state, reason, in the order of planning."""
    with trellis.sessions.read() as session:
        rows = session.scalars(select(Delivery).where(Delivery.kind == kind).order_by(Delivery.id))
        return [(row.receiver, row.state, row.reason) for row in rows]


def pairings(trellis: Trellis, programme: Programme) -> list[Standing]:
    """Read the pairings of the newest round that stand."""
    with trellis.sessions.read() as session:
        newest = session.scalars(Round.of_programme(programme.id)).first()
        return standing_in(session, [newest.id]) if newest else []


def round_of(trellis: Trellis, programme: Programme) -> Round:
    """Read the newest round."""
    with trellis.sessions.read() as session:
        return session.scalars(Round.of_programme(programme.id)).all()[0]
