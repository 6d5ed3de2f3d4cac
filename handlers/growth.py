"""Doors of `/growth`: the overview, help, settings, pause and resume."""

from __future__ import annotations

from datetime import UTC, datetime, time

from bot import enrolments, goals, members, one_on_ones, planning
from bot.recurrence import place
from bot.runtime.clock import Clock
from bot.runtime.database import Sessions
from handlers import profiles, rosters
from handlers.doors import Visit
from handlers.grammars import buddies as buddy_grammar
from handlers.grammars import goals as goal_grammar
from handlers.grammars import growth as grammar
from handlers.grammars import one_on_ones as one_on_one_grammar
from handlers.screens import Screen
from handlers.views import growth as views
from handlers.views import members as member_views
from handlers.views.elements import Message, Payload
from handlers.views.one_on_ones import standing


def command(command: Payload, visit: Visit, sessions: Sessions, screen: Screen, clock: Clock) -> None:
    """Carry out `/growth …`."""
    said = grammar.parse(command["text"], today=visit.today)
    match said:
        case grammar.Settings():
            screen.open(member_views.settings_form(visit.member))
        case grammar.Profile():
            profiles.open_form(visit, sessions, screen)
        case grammar.Import():
            rosters.open_form(visit, sessions, screen, clock)
        case _:
            screen.answer(_answer(said, visit, sessions))


def _answer(said: grammar.GrowthCommand, visit: Visit, sessions: Sessions) -> Message:
    match said:
        case grammar.Help():
            usages = (
                *grammar.USAGES,
                *one_on_one_grammar.USAGES,
                *goal_grammar.USAGES,
                *buddy_grammar.USAGES,
            )
            return views.help_page("all commands", usages)
        case grammar.Pause(until):
            return _pause(place(until, time(), visit.zone).starts_at if until else None, visit, sessions)
        case grammar.Resume():
            with sessions.begin() as session:
                members.resume(session, visit.actor)
                planning.reach_again(session, visit.actor.workspace_id, visit.actor.user_id, now=visit.now)
            return member_views.resumed()
    return _overview(visit, sessions)


def _pause(until: datetime | None, visit: Visit, sessions: Sessions) -> Message:
    with sessions.begin() as session:
        members.pause(session, visit.actor, until)
    return member_views.paused(until.astimezone(UTC) if until else None, visit.zone)


def _overview(visit: Visit, sessions: Sessions) -> Message:
    with sessions.read() as session:
        meetings = one_on_ones.mine(session, visit.actor, now=visit.now)
        their_goals = goals.overview(session, visit.actor)
        stands = enrolments.mine(session, visit.actor, today=visit.today, now=visit.now)
    seen = [standing(meeting, visit.actor.user_id, visit.zone) for meeting in meetings]
    paused = member_views.pause_in_words(visit.member) if visit.member.is_pausing(visit.now) else None
    return views.overview(seen, their_goals, stands, paused=paused)
