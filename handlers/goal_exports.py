"""The door through which goals leave as files, into the person's own messages with Trellis."""

from __future__ import annotations

import logging
from collections.abc import Callable

from slack_bolt import App
from slack_sdk import WebClient
from slack_sdk.errors import SlackClientError

from bot import goal_exports
from bot.permissions import Actor
from bot.runtime.database import Sessions
from handlers.doors import Visit
from handlers.screens import Screen
from handlers.views import elements
from handlers.views import goal_exports as words
from handlers.views import goals as views
from handlers.views.elements import Message, Payload, View

log = logging.getLogger(__name__)


def register(app: App) -> None:
    """Say what triggers what."""
    app.action(views.EXPORT)(from_home)


def from_home(body: Payload, visit: Visit, sessions: Sessions, screen: Screen) -> None:
    """Send the files, and say so at once in a dialog."""

    def announce_and_send() -> None:
        opened = screen.client.views_open(trigger_id=body["trigger_id"], view=_dialog(words.announced()))
        dialog_id = opened["view"]["id"]
        _send(
            screen.client,
            visit.actor,
            sessions,
            otherwise=lambda sorry: screen.client.views_update(view_id=dialog_id, view=_dialog(sorry)),
        )

    screen.later(announce_and_send)


def send(screen: Screen, actor: Actor, sessions: Sessions, *, otherwise: Callable[[Message], object]) -> None:
    """Put both files into the person's messages; what goes wrong on the way is said by `otherwise`."""
    screen.later(lambda: _send(screen.client, actor, sessions, otherwise=otherwise))


def _send(
    client: WebClient, actor: Actor, sessions: Sessions, *, otherwise: Callable[[Message], object]
) -> None:
    with sessions.read() as session:
        export = goal_exports.export(session, actor)
    try:
        _upload(client, actor, export)
    # The SDK takes files to Slack by urllib, whose errors are the system's.
    except (SlackClientError, OSError) as error:
        log.warning("export_not_uploaded", extra={"error": type(error).__name__})
        otherwise(words.failed())


def _dialog(message: Message) -> View:
    return elements.dialog(message, views.TITLE)


def _upload(client: WebClient, actor: Actor, export: goal_exports.Export) -> None:
    channel = client.conversations_open(users=[actor.user_id])["channel"]["id"]
    client.files_upload_v2(
        channel=channel,
        initial_comment=words.comment(export.goals),
        file_uploads=[
            {"filename": "goals.csv", "title": "Goals and their log (CSV)", "content": export.csv},
            {"filename": "goals.md", "title": "Goals and their log (Markdown)", "content": export.markdown},
        ],
    )
