"""App Home: everything of a person's on one page, published anew whenever they look or change something."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime

from slack_bolt import App
from slack_sdk import WebClient
from sqlalchemy.orm import Session

from bot import answers, enrolments, goals, members, one_on_ones
from bot.answers import AnswerPage
from bot.enrolments import Stand
from bot.goals import GoalOverview
from bot.occurrences import Meeting
from bot.permissions import Actor
from bot.recurrence import local_day
from bot.runtime.clock import Clock
from bot.runtime.database import Sessions
from handlers.acquaintance import acquaint
from handlers.doors import UNHEARD
from handlers.screens import Screen
from handlers.views import home as views
from handlers.views.elements import Payload, View
from handlers.views.one_on_ones import standing
from models.members import Member

log = logging.getLogger(__name__)

ANSWERS = 8
"""Answers shown; Slack takes 100 blocks a Home."""


def register(app: App) -> None:
    """Say what triggers what."""
    app.event("app_home_opened")(open_home)


def open_home(
    event: Payload, client: WebClient, actor: Actor, sessions: Sessions, clock: Clock, screen: Screen
) -> None:
    """Show Home to whoever opened it; the messages tab needs nothing."""
    if event.get("tab", "home") == "home":
        acquaint(client, sessions, clock, actor, actor.user_id)
        screen.refresh_home()


@dataclass(frozen=True)
class Contents:
    """What stands on somebody's Home."""

    member: Member
    meetings: list[Meeting]
    goals: GoalOverview
    answers: AnswerPage
    stands: list[Stand]


def read(session: Session, actor: Actor, *, now: datetime) -> Contents | None:
    """Read it with a number of queries that grows with nothing; None if Trellis does not know the person."""
    member = members.find(session, actor)
    if member is None:
        return None
    return Contents(
        member=member,
        meetings=one_on_ones.mine(session, actor, now=now),
        goals=goals.overview(session, actor),
        answers=answers.readable(session, actor, limit=ANSWERS),
        stands=enrolments.mine(session, actor, today=local_day(now, member.zone), now=now),
    )


def build(contents: Contents, *, now: datetime) -> View:
    """Draw it."""
    member = contents.member
    seen = [standing(meeting, member.user_id, member.zone) for meeting in contents.meetings]
    parts = views.Parts(seen, contents.goals, contents.answers, contents.stands)
    return views.home(member, parts, now=now, today=local_day(now, member.zone))


def publish(client: WebClient, actor: Actor, *, sessions: Sessions, clock: Clock) -> None:
    """Put the page before the person; if Slack has none of it they open Home again."""
    now = clock.people_now()
    with sessions.read() as session:
        contents = read(session, actor, now=now)
    if contents is None:
        return
    try:
        client.views_publish(user_id=actor.user_id, view=build(contents, now=now))
    except UNHEARD as unheard:
        log.warning("home_unpublished", extra={"error": type(unheard).__name__})
