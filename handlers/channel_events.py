"""Doors to what Slack tells of channels by itself: archived, deleted or back, and who comes and goes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial

from slack_bolt import App, BoltContext
from sqlalchemy.orm import Session

from bot import channel_enrolments, programme_heads_ups, programme_news, programmes
from bot.permissions import Actor
from bot.programme_news import ARCHIVED, UNSEEN, WITHOUT_BOT
from bot.runtime.clock import Clock
from bot.runtime.database import Sessions
from handlers import doors
from handlers.views.elements import Payload
from models.programmes import Programme

Change = Callable[[Session, Programme], None]
"""What an event changes about a programme, in a transaction."""


def register(app: App) -> None:
    """Say what triggers what; of the bot's own leaving Slack tells by `channel_left` and `group_left` alone."""
    for kind in ("channel", "group"):
        app.event(f"{kind}_archive")(_holding(ARCHIVED))
        app.event(f"{kind}_deleted")(_holding(UNSEEN))
        app.event(f"{kind}_left")(_holding(WITHOUT_BOT))
        app.event(f"{kind}_unarchive")(go_on)
    app.event("member_joined_channel")(come)
    app.event("member_left_channel")(go)


def _holding(because: str) -> Callable[..., None]:
    """Make the listener of what stops a channel's programme."""

    def stop(body: Payload, event: Payload, context: BoltContext, sessions: Sessions, clock: Clock) -> None:
        now = clock.people_now()
        hold = partial(programme_news.hold, because=because, now=now)
        _change(body, event, context, sessions, clock, hold)

    return stop


def go_on(body: Payload, event: Payload, context: BoltContext, sessions: Sessions, clock: Clock) -> None:
    """Hold rounds again in a channel that is back."""
    release = partial(programme_news.release, now=clock.people_now())
    _change(body, event, context, sessions, clock, release)


def come(body: Payload, event: Payload, context: BoltContext, sessions: Sessions, clock: Clock) -> None:
    """Let somebody who is back in the channel take part again, or the bot go on; who is new comes with the survey."""
    if event["user"] == context.bot_user_id:
        go_on(body, event, context, sessions, clock)
        return
    returned = partial(_return, user_id=event["user"], now=clock.people_now())
    _change(body, event, context, sessions, clock, returned)


def _return(session: Session, programme: Programme, user_id: str, now: datetime) -> None:
    if channel_enrolments.is_gone(session, programme, user_id):
        programme_heads_ups.expect(session, programme, user_id, now=now)
    channel_enrolments.move(session, programme, user_id=user_id, is_present=True, now=now)


def go(body: Payload, event: Payload, context: BoltContext, sessions: Sessions, clock: Clock) -> None:
    """Let somebody who left the channel take part no longer."""
    now = clock.people_now()
    _change(body, event, context, sessions, clock, partial(_leave, user_id=event["user"], now=now))


def _leave(session: Session, programme: Programme, user_id: str, now: datetime) -> None:
    programme_heads_ups.expect_partners(session, programme, [user_id], now=now)
    channel_enrolments.move(session, programme, user_id=user_id, is_present=False, now=now)


def _change(
    body: Payload, event: Payload, context: BoltContext, sessions: Sessions, clock: Clock, change: Change
) -> None:
    """Change the programme of the event's channel, once; most channels have none."""
    workspace_id = str(context.team_id)
    with sessions.read() as session:
        if programmes.running_in(session, workspace_id, event["channel"]) is None:
            return
    with sessions.begin() as session:
        actor = Actor(workspace_id, str(context.user_id))
        doors.once(session, actor, f"event:{body['event_id']}", at=clock.machine_now())
        programme = programmes.running_in(session, workspace_id, event["channel"], to_change=True)
        if programme is not None:
            change(session, programme)
