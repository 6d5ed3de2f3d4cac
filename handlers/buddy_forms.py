"""Doors behind the forms of buddy programmes: each takes effect once and shows what came of it in its place."""

from __future__ import annotations

from slack_bolt import App
from slack_sdk import WebClient

from bot import enrolments, programmes
from bot.runtime.clock import Clock
from bot.runtime.database import Sessions
from handlers import buddy_answers as answers
from handlers import buddy_owners as owners
from handlers import channels, doors
from handlers.acquaintance import acquaint
from handlers.doors import Visit
from handlers.screens import Screen
from handlers.views import buddies_forms as forms
from handlers.views import buddies_owners as owner_views
from handlers.views.buddies_settings import read_settings
from handlers.views.elements import Payload


def register(app: App) -> None:
    """Say what triggers what."""
    app.view(forms.START_FORM)(start)
    app.view(forms.CHANGE_FORM)(change)
    app.view(forms.JOIN_FORM)(join)
    app.view(forms.PAUSE_FORM)(pause)
    app.view(forms.HAND_OVER_FORM)(hand_over)
    app.view(forms.EXCLUDE_FORM)(exclude)


def start(view: Payload, client: WebClient, visit: Visit, sessions: Sessions, screen: Screen) -> None:
    """Start a programme in the channel that was picked."""
    settings = read_settings(view)
    room = channels.enter(client, visit.actor, forms.read_channel(view))
    with doors.effect_of(view, visit, sessions) as session:
        programme = programmes.start(session, visit.actor, room, settings, now=visit.now)
    screen.conclude(owner_views.started(programme, visit.zone))
    owners.look_around(programme, client, sessions, visit, screen)


def change(view: Payload, client: WebClient, visit: Visit, sessions: Sessions, screen: Screen) -> None:
    """Let other settings hold from the next round on."""
    settings, number = read_settings(view), doors.number_carried(view)
    with doors.effect_of(view, visit, sessions) as session:
        programme = programmes.change(session, visit.actor, number, settings, now=visit.now)
        _, next_at = enrolments.next_round(session, programme)
    screen.conclude(owner_views.changed(programme, next_at, visit.zone))
    owners.look_around(programme, client, sessions, visit, screen)


def join(view: Payload, client: WebClient, visit: Visit, sessions: Sessions, screen: Screen) -> None:
    """Take part in the programme of the channel that was picked."""
    wanted = forms.read_join_form(view)
    room = channels.enter(client, visit.actor, wanted.channel)
    with doors.effect_of(view, visit, sessions) as session:
        message = answers.join(session, room, visit, wanted.role, wanted.capacity)
    screen.conclude(message)


def pause(view: Payload, visit: Visit, sessions: Sessions, screen: Screen) -> None:
    """Leave the visitor out of rounds for a while."""
    numbers, until = forms.read_pause_form(view)
    if not numbers:
        raise doors.OldForm
    with doors.effect_of(view, visit, sessions) as session:
        message = answers.pause(session, visit, numbers, until)
    screen.conclude(message)


def hand_over(
    view: Payload, client: WebClient, visit: Visit, sessions: Sessions, clock: Clock, screen: Screen
) -> None:
    """Give a programme to the person that was picked."""
    person, number = forms.read_person(view), doors.number_carried(view)
    acquaint(client, sessions, clock, visit.actor, person)
    with sessions.read() as session:
        programme = programmes.owned(session, visit.actor, number)
    owners.require_in_channel(programme, person, client, visit)
    with doors.effect_of(view, visit, sessions) as session:
        message = answers.hand_over(session, visit, number, person)
    screen.conclude(message)


def exclude(
    view: Payload, client: WebClient, visit: Visit, sessions: Sessions, clock: Clock, screen: Screen
) -> None:
    """Never put the visitor together with the person that was picked."""
    person = forms.read_person(view)
    acquaint(client, sessions, clock, visit.actor, person)
    with doors.effect_of(view, visit, sessions) as session:
        message = answers.exclude(session, visit, person)
    screen.conclude(message)
