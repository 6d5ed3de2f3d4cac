"""Doors behind the forms of standing 1-on-1s: each takes effect once and shows what came of it in its place."""

from __future__ import annotations

from collections.abc import Callable

from slack_bolt import App
from slack_sdk import WebClient
from sqlalchemy.orm import Session

from bot.one_on_ones import NewOneOnOne
from bot.runtime.clock import Clock
from bot.runtime.database import Sessions
from handlers import doors
from handlers import one_on_one_answers as answers
from handlers.acquaintance import acquaint
from handlers.doors import Visit
from handlers.screens import Screen
from handlers.views import one_on_one_forms as forms
from handlers.views.elements import Message, Payload

CarryOut = Callable[[Session, Visit], Message]
"""What a form does, in a transaction of its own, and what it says then."""


def register(app: App) -> None:
    """Say what triggers what."""
    app.view(forms.ADD)(add)
    app.view(forms.ASK)(ask)
    app.view(forms.CORRECT)(_taking(correct))
    app.view(forms.MOVE)(_taking(move))
    app.view(forms.SKIP)(_taking(skip))
    app.view(forms.END)(_taking(end))


def _taking(read: Callable[[Payload], CarryOut]) -> Callable[..., None]:
    """Make the listener of a form that needs no more than what it says."""

    def take(view: Payload, visit: Visit, sessions: Sessions, screen: Screen) -> None:
        _submit(view, visit, sessions, screen, read(view))

    return take


def correct(view: Payload) -> CarryOut:
    """Change a 1-on-1 as the form says."""
    draft, one_on_one_id = forms.read_rhythm(view), doors.number_carried(view)
    return lambda session, visit: answers.correct(session, one_on_one_id, draft, visit)


def move(view: Payload) -> CarryOut:
    """Move the next occurrence of the 1-on-1 that was picked."""
    one_on_one_id, on, at = forms.read_move_form(view)
    return lambda session, visit: answers.move(session, one_on_one_id, on, at, visit)


def skip(view: Payload) -> CarryOut:
    """Leave out the next occurrence of the 1-on-1 that was picked."""
    one_on_one_id = forms.read_which(view)
    return lambda session, visit: answers.skip(session, one_on_one_id, visit, also_the_one_after=True)


def end(view: Payload) -> CarryOut:
    """End the 1-on-1 that was picked."""
    one_on_one_id = forms.read_which(view)
    return lambda session, visit: answers.end(session, one_on_one_id, visit)


def add(
    view: Payload, client: WebClient, visit: Visit, sessions: Sessions, clock: Clock, screen: Screen
) -> None:
    """Register what the form says."""
    person, draft = forms.read_add_form(view)
    acquaint(client, sessions, clock, visit.actor, person)
    new = NewOneOnOne(person, draft.recurrence, draft.at, draft.minutes, draft.first_on, draft.role)
    _submit(view, visit, sessions, screen, lambda session, who: answers.register(session, new, who))


def ask(
    view: Payload, client: WebClient, visit: Visit, sessions: Sessions, clock: Clock, screen: Screen
) -> None:
    """Give a question for the person that was picked."""
    person = forms.read_ask_form(view)
    acquaint(client, sessions, clock, visit.actor, person)
    _submit(view, visit, sessions, screen, lambda session, who: answers.ask(session, person, who))


def _submit(view: Payload, visit: Visit, sessions: Sessions, screen: Screen, carry_out: CarryOut) -> None:
    with doors.effect_of(view, visit, sessions) as session:
        message = carry_out(session, visit)
    screen.conclude(message)
