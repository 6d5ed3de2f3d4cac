"""The doors to one's own profile: what matching knows of a person, for that person to change."""

from __future__ import annotations

from slack_bolt import App
from slack_sdk import WebClient

from bot import profiles
from bot.attributes import MANAGER
from bot.runtime.clock import Clock
from bot.runtime.database import Sessions
from handlers.acquaintance import acquaint
from handlers.doors import Visit, effect_of
from handlers.screens import Screen
from handlers.views import profiles as views
from handlers.views.elements import Payload


def register(app: App) -> None:
    """Say what triggers what."""
    app.action(views.OPEN)(open_form)
    app.view(views.FORM)(save)


def open_form(visit: Visit, sessions: Sessions, screen: Screen) -> None:
    """Show the person what is known of them."""
    with sessions.read() as session:
        own = profiles.own(session, visit.actor)
    screen.open(views.form(own))


def save(
    view: Payload, visit: Visit, sessions: Sessions, screen: Screen, client: WebClient, clock: Clock
) -> None:
    """Take over what the person changed."""
    changes = views.read_form(view)
    if isinstance(manager := changes.get(MANAGER), str):
        acquaint(client, sessions, clock, visit.actor, manager)
    with effect_of(view, visit, sessions) as session:
        own = profiles.save(session, visit.actor, changes)
    screen.conclude(views.saved(own))
