"""Where an answer about goals is shown: in the message that was clicked, in the open dialog, or over App Home."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from slack_bolt import Respond
from slack_sdk import WebClient
from sqlalchemy.orm import Session

from bot.permissions import Actor
from bot.runtime.clock import Clock
from bot.runtime.database import Sessions
from handlers import doors
from handlers.views import elements
from handlers.views.elements import Message, Payload, View


@contextmanager
def effect_of(view: Payload, sessions: Sessions, actor: Actor, clock: Clock) -> Iterator[Session]:
    """Open the transaction of a submitted form, which takes effect once.

    A dialog keeps its id while one form follows another in it; Slack gives it a new hash each time.
    """
    with sessions.begin() as session:
        doors.once(session, actor, f"view:{view['id']}:{view.get('hash', '')}", clock=clock)
        yield session


def show(message: Message, body: Payload, client: WebClient, respond: Respond) -> None:
    """Show an answer in the place of what was clicked; over App Home, in a dialog."""
    if is_home(body):
        client.views_open(trigger_id=body["trigger_id"], view=dialog(message))
        return
    doors.redraw(body, client, respond, message)


def tell(
    message: Message,
    body: Payload,
    client: WebClient,
    respond: Respond,
    refresh_home: Callable[[], None],
) -> None:
    """Show what a change led to; App Home shows it by being drawn anew."""
    if is_home(body):
        refresh_home()
        return
    show(message, body, client, respond)


def dialog(message: Message) -> View:
    """Show a message in a modal, where there is no conversation to show it in."""
    return elements.dialog(message, "Goals")


def open_form(view: View, body: Payload, client: WebClient) -> None:
    """Open a form; where a dialog is open already, the form takes its place."""
    if not is_home(body) and body.get("view"):
        client.views_update(view_id=body["view"]["id"], view=view)
        return
    client.views_open(trigger_id=body["trigger_id"], view=view)


def is_home(body: Payload) -> bool:
    """Tell whether the click was in App Home."""
    view: dict[str, Any] = body.get("view") or {}
    return view.get("type") == "home"
