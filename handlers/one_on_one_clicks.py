"""Doors behind the buttons and menus of standing 1-on-1s, in messages, dialogs and App Home."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from slack_bolt import App

from bot import one_on_ones
from bot.one_on_ones import Role
from bot.runtime.database import Sessions
from handlers import doors
from handlers import one_on_one_answers as answers
from handlers.doors import Visit
from handlers.screens import Screen
from handlers.views import one_on_one_forms as forms
from handlers.views import one_on_one_lists as lists
from handlers.views import one_on_ones as views
from handlers.views.elements import Payload, View, dialog


def register(app: App) -> None:
    """Say what triggers what."""
    app.action(lists.ADD)(open_add_form)
    app.action(lists.ASK)(open_ask_form)
    app.action(lists.MENU)(choose_from_menu)
    for action in (lists.LIST, lists.PAGE_BACK, lists.PAGE_ON):
        app.action(action)(show_page)
    for role, action in views.ROLES.items():
        app.action(action)(_taker_of(role))
    app.action(views.CONFIRM)(confirm)
    app.action(views.CORRECT)(open_correction)
    app.action(views.DECLINE)(decline)


def open_add_form(visit: Visit, screen: Screen) -> None:
    """Open the form that registers a 1-on-1."""
    form = forms.add_form(person=None, first_on=visit.today + timedelta(days=1))
    screen.open(form)


def open_ask_form(screen: Screen) -> None:
    """Ask for whom a question is wanted."""
    screen.open(forms.ask_form())


def show_page(action: Payload, visit: Visit, sessions: Sessions, screen: Screen) -> None:
    """Show all 1-on-1s in a dialog, a page at a time."""
    page = lists.page(answers.standing_of(visit, sessions), doors.number_in(action))
    screen.open(page)


def choose_from_menu(action: Payload, visit: Visit, sessions: Sessions, screen: Screen) -> None:
    """Open what the "…" menu of a 1-on-1 leads to."""
    verb, one_on_one_id = lists.read_menu(action)
    screen.open(_menu_view(verb, one_on_one_id, visit, sessions))


def _menu_view(verb: str, one_on_one_id: int, visit: Visit, sessions: Sessions) -> View:
    if verb == "correct":
        return answers.correction(one_on_one_id, visit, sessions)
    with sessions.begin() as session:
        standing = one_on_ones.standing_by_id(session, visit.actor, one_on_one_id)
        if verb == "ask":
            return dialog(answers.ask(session, standing.other(visit.actor.user_id), visit), "A question now")
    return answers.which_form(verb, visit, sessions, picked=one_on_one_id)


def _taker_of(role: Role) -> Callable[..., None]:
    """Make the listener of one role's button."""

    def take_role(action: Payload, visit: Visit, sessions: Sessions, screen: Screen) -> None:
        with sessions.begin() as session:
            one_on_one = one_on_ones.standing_by_id(
                session, visit.actor, doors.number_in(action), to_change=True
            )
            one_on_ones.take_role(session, visit.actor, one_on_one, role, now=visit.now)
            seen = answers.look(one_on_ones.next_of(session, one_on_one, now=visit.now), visit)
        screen.show(views.role_taken(seen))

    return take_role


def confirm(action: Payload, visit: Visit, sessions: Sessions, screen: Screen) -> None:
    """Take the other's word that all is right; if the roles have changed since, ask about what stands now."""
    claim = views.read_claim(action)
    if claim is None:
        raise doors.OldButton
    with sessions.begin() as session:
        confirmed = one_on_ones.confirm(session, visit.actor, *claim)
        one_on_one = confirmed or one_on_ones.standing_by_id(session, visit.actor, claim[0], to_change=True)
        seen = answers.look(one_on_ones.next_of(session, one_on_one, now=visit.now), visit)
    message = views.confirmed(seen) if confirmed else views.told(seen)
    screen.show(message)


def decline(action: Payload, visit: Visit, sessions: Sessions, screen: Screen) -> None:
    """End what somebody else registered."""
    with sessions.begin() as session:
        one_on_one = one_on_ones.decline(session, visit.actor, doors.number_in(action), now=visit.now)
    screen.show(views.declined(one_on_one.other(visit.actor.user_id)))


def open_correction(action: Payload, visit: Visit, sessions: Sessions, screen: Screen) -> None:
    """Open the form that corrects a 1-on-1."""
    screen.open(answers.correction(doors.number_in(action), visit, sessions))
