"""What a person sees after they typed, clicked or submitted: the answer itself, dialogs, messages, and Home.

The answer to Slack's request carries what it can. All else is asked of Slack on another thread, because Slack waits
three seconds for the answer and may take longer than that itself.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from slack_bolt import BoltContext
from slack_sdk import WebClient

from handlers import doors, parts
from handlers.views import elements
from handlers.views.elements import Message, Payload, View


@dataclass(frozen=True)
class Screen:
    """What the one who acted sees; it changes for nobody else."""

    body: Payload
    context: BoltContext
    executor: Executor
    publish_home: Callable[[], None]

    @property
    def client(self) -> WebClient:
        """Slack, for what only this feature asks of it."""
        return self.context.client

    def answer(self, message: Message) -> None:
        """Answer a command, to be seen by nobody else."""
        self.context.ack(**message.payload(), response_type="ephemeral")

    def turn_to(self, view: View) -> None:
        """Answer a form with what takes its place in the dialog."""
        self.context.ack(response_action="update", view=view)

    def conclude(self, message: Message, title: str | None = None) -> None:
        """Answer a form with what came of it, under its own title or another; Home may stand behind it."""
        self.turn_to(elements.dialog(message, title or self.body["view"]["title"]["text"]))
        self.refresh_home()

    def open(self, view: View) -> None:
        """Open a dialog; where one is open already, it takes that one's place."""
        self.later(lambda: self._put(view))

    def show(self, message: Message, title: str = "Trellis") -> None:
        """Show a message in the place of what was clicked; over Home, in a dialog of that title."""
        self.later(lambda: self._show(message, title))

    def whisper(self, message: Message) -> None:
        """Show a message below the one that was clicked, which others read too, to the one who clicked alone."""
        tell = partial(doors.respond, self.context, message)
        self.later(partial(tell, response_type="ephemeral", replace_original=False))

    def tell(self, message: Message) -> None:
        """Show what a change led to; Home shows it by being drawn anew."""
        if self._is_over("home"):
            self.refresh_home()
            return
        self.show(message)

    def refresh_home(self) -> None:
        """Draw Home anew."""
        self.later(self.publish_home)

    def later(self, show: Callable[[], object]) -> None:
        """Do something on another thread, the request being answered meanwhile; what fails there is said to them."""
        if self.context.ack.response is None:
            self.context.ack()
        self.context["follows"] = True  # and may be there twice, were the request tried again
        self.executor.submit(self._attempt, show)

    def _attempt(self, show: Callable[[], object]) -> None:
        try:
            show()
        except Exception as error:  # noqa: BLE001 - the thread's one door for bugs, which are logged there
            doors.apologise_late(error, self.body, self.context)

    def _put(self, view: View) -> None:
        if dialog := self.context.get("dialog"):
            dialog.put(view)
            return
        if self._is_over("modal"):
            self.client.views_update(view_id=self.body["view"]["id"], view=view)
            return
        self.client.views_open(trigger_id=self.body["trigger_id"], view=view)

    def _show(self, message: Message, title: str) -> None:
        if self.body.get("response_url"):
            doors.respond(self.context, parts.in_its_place(self._clicked(), message), replace_original=True)
            return
        shown_in = self.body["view"]["title"]["text"] if self._is_over("modal") else title
        self._put(elements.dialog(message, shown_in))

    def _clicked(self) -> Payload:
        """Say in what they clicked: late it is read anew, and taken for what it was where Slack does not say."""
        if "following" in self.context:
            with suppress(*doors.UNHEARD):
                return parts.read_anew(self.body, self.client)
        return self.body

    def _is_over(self, kind: str) -> bool:
        return (self.body.get("view") or {}).get("type") == kind
