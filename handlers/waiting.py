"""What takes longer than Slack waits: a form turns to a word that it is worked on, and then to what came of it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.errors import Refusal
from handlers import doors
from handlers.screens import Screen
from handlers.views import elements
from handlers.views.elements import Message, View

log = logging.getLogger(__name__)

_AT_ONCE: Final = 2
"""Such work is rare and may be heavy; more of it at once would take from those who wait for an answer."""
_WORKERS: Final = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="waiting")
WAITS_SECONDS: Final = (0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2)
"""Slack takes our answer within a fraction of a second, and counts how often it is asked."""


def turn_to(screen: Screen, message: Message, work: Callable[[], View]) -> None:
    """Answer a submitted form with a message, and show in its place what the work gives, once it is done."""
    form = screen.body["view"]
    # By this name Slack knows the dialog only when it has taken our answer: what the work gives cannot come before.
    name = f"waiting.{form['id']}.{form['hash']}"
    title = form["title"]["text"]
    screen.turn_to({**elements.dialog(message, title), "external_id": name})
    _WORKERS.submit(_work, screen, name, title, work)


def _work(screen: Screen, name: str, title: str, work: Callable[[], View]) -> None:
    try:
        view = work()
    except Refusal as refusal:
        view = elements.notice(elements.refusal_words(refusal), title)
    except Exception as error:  # noqa: BLE001 - the thread's one door for bugs, which are logged there
        view = elements.notice(doors.UNCHANGED.format(doors.logged(error, screen.body)), title)
    try:
        show(screen.client, name, view)
    except doors.UNHEARD as unheard:
        log.warning("dialog_not_updated", extra={"error": type(unheard).__name__})


def show(client: WebClient, name: str, view: View, *, waits: Sequence[float] = WAITS_SECONDS) -> None:
    """Update the dialog of this external id as soon as Slack has it; whoever closed it does not see what came of it.

    It is asked once before each of the waits (seconds).
    """
    again = threading.Event()
    for seconds in waits:
        try:
            client.views_update(external_id=name, view=view)
        except SlackApiError as refusal:
            if refusal.response.get("error") != "not_found":
                raise
            again.wait(seconds)
            continue
        return
    log.info("dialog_closed_meanwhile")
