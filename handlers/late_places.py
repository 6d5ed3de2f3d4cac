"""Where a request that was put off is answered: beside a command or a message, or in a dialog."""

from __future__ import annotations

import time
from functools import partial
from typing import Final

from slack_bolt import BoltContext, BoltResponse
from slack_sdk import WebClient

from handlers import doors, waiting
from handlers.views import elements
from handlers.views import late as views
from handlers.views.elements import Message, Payload, View

FORM: Final = "view_submission"
IS_THERE_SECONDS: Final = 10.0
"""So long after the interim word Slack has the dialog, or never will: one that is not there has been closed."""


class Conversation:
    """The place of a command, or of a button in a message: what came of it is said there to the one who acted."""

    dialog: Dialog | None = None

    def __init__(self, body: Payload, context: BoltContext) -> None:
        self._context, self._is_command = context, "command" in body

    def interim(self) -> BoltResponse:
        """Say that it is kept: in the answer to a command, below a message."""
        words = Message(views.INTERIM)
        if self._is_command:
            return BoltResponse(status=200, body={"response_type": "ephemeral", **words.payload()})
        self._context["screen"].later(partial(self.say, words.text))
        return BoltResponse(status=200, body="")

    def show(self, answer: Payload, *, is_known: bool) -> None:
        """Show the answer to a command; a click has none."""
        if answer:
            doors.say(self._context, **answer, replace_original=False)

    def conclude(self, *, has_followed: bool) -> None:
        """Say that it is done where nothing else was shown."""
        if not has_followed:
            self.tell(views.DONE)

    def tell(self, text: str) -> None:
        """Say how it ended."""
        self.say(text)

    def say(self, text: str) -> None:
        """Say something."""
        doors.respond(self._context, Message(text), response_type="ephemeral", replace_original=False)


class Dialog:
    """The place of a form, or of a click in a dialog or on Home: a dialog that Slack knows by a name of ours.

    It has that name once Slack has the interim word, so nothing else can come before.
    """

    def __init__(self, body: Payload, context: BoltContext) -> None:
        self._body, self._context, self._view = body, context, body["view"]
        self._is_home = self._view["type"] == "home"
        self._title = "Trellis" if self._is_home else self._view["title"]["text"]
        asked = body["trigger_id"] if self._is_home else f"{self._view['id']}.{self._view.get('hash', '')}"
        # A second press of Submit is the same dialog; and not the name that `waiting` gives, whose work may be faster.
        self._name = f"late.{asked}"
        self._is_there_at = time.monotonic() + IS_THERE_SECONDS
        self._was_put = False

    @property
    def dialog(self) -> Dialog:
        """Where a click puts what it leads to."""
        return self

    @property
    def _client(self) -> WebClient:
        return self._context.client

    def interim(self) -> BoltResponse:
        """Say that it is kept: in the place of a dialog, over Home."""
        view = {**views.interim(self._title), "external_id": self._name}
        if self._body["type"] == FORM:
            return BoltResponse(status=200, body={"response_action": "update", "view": view})
        self._context["screen"].later(partial(self._put_interim, view))
        return BoltResponse(status=200, body="")

    def _put_interim(self, view: View) -> None:
        if self._is_home:
            self._client.views_open(trigger_id=self._body["trigger_id"], view=view)
            return
        self._client.views_update(view_id=self._view["id"], view=view)

    def put(self, view: View) -> None:
        """Show a view in the dialog."""
        self._was_put = True
        # Others wait for this thread while Slack is asked again and again for a dialog.
        waits = waiting.WAITS_SECONDS if time.monotonic() < self._is_there_at else (0.0,)
        waiting.show(self._client, self._name, {"external_id": self._name, **view}, waits=waits)

    def show(self, answer: Payload, *, is_known: bool) -> None:
        """Show the answer to a form; where it is not known what stands, nobody is led to send it in again."""
        if "view" in answer:
            self.put(answer["view"])
        elif "errors" in answer:
            words = elements.escape(" ".join(answer["errors"].values()))
            self.say(words) if is_known else self.tell(words)

    def conclude(self, *, has_followed: bool) -> None:
        """Say that it is done where nothing else was shown: Home is drawn anew behind the dialog."""
        if not self._was_put and (self._is_home or not has_followed):
            self.tell(views.DONE)

    def tell(self, text: str) -> None:
        """Say how it ended: nobody is led to send it in again."""
        self.put(elements.notice(text, self._title))

    def say(self, text: str) -> None:
        """Say something, above what they had before them."""
        self.put(elements.notice(text, self._title) if self._is_home else views.again(self._view, text))


Place = Conversation | Dialog


def place_of(body: Payload, context: BoltContext) -> Place:
    """Say where a request of a person's is answered."""
    if "command" in body or body.get("response_url"):
        return Conversation(body, context)
    return Dialog(body, context)
