"""What every door shares: who is acting, the dependencies, taking effect once, and the one apology."""

from __future__ import annotations

import logging
import threading
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, datetime
from http.client import HTTPException
from typing import Any

from slack_bolt import Ack, BoltContext, BoltResponse, Respond
from slack_sdk import WebClient
from slack_sdk.errors import SlackClientError
from sqlalchemy.orm import Session

from bot import members
from bot.errors import Name, Refusal
from bot.permissions import Actor
from bot.recurrence import local_day
from bot.runtime.clock import Clock
from handlers.views import elements
from handlers.views.elements import Message, Payload, View
from models.members import Member
from models.receipts import take_receipt

log = logging.getLogger(__name__)

ACK_SECONDS = 3
"""Bolt's own time-out, and Slack's."""

UNHEARD = (SlackClientError, HTTPException, OSError)
"""What a call to Slack raises: a refusal of Slack's, or a connection that broke."""


class OldButton(Refusal):
    """That button is from another time. `/growth` shows what is current."""


class OldForm(Refusal):
    """That form is from another time, so I changed nothing. Close it and open it again."""


class DoneBefore(Exception):
    """The same event or form took effect earlier; the transaction is left without a change."""


@dataclass(frozen=True)
class Visit:
    """Somebody at a door: who, with their settings, and when."""

    actor: Actor
    member: Member
    now: datetime
    """People's time."""

    @property
    def today(self) -> date:
        """The visitor's day."""
        return local_day(self.now, self.member.zone)

    @property
    def zone(self) -> str:
        """The visitor's time zone."""
        return self.member.zone


class LastingAck(Ack):
    """An acknowledgement that stays.

    Bolt (1.30, `thread_runner`) takes it back when a listener raises within 10 ms of it, before the thread
    that answers Slack has looked: the person would be told that the app did not respond.
    """

    def __init__(self) -> None:
        self._given = threading.Event()
        super().__init__()  # type: ignore[no-untyped-call]

    def __setattr__(self, name: str, value: Any) -> None:
        """Keep an answer that was given, and tell who waits for it."""
        if name == "response" and value is None and getattr(self, "response", None) is not None:
            return
        super().__setattr__(name, value)
        if name == "response" and value is not None:
            self._given.set()

    def wait(self) -> None:
        """Wait for the answer as long as Bolt would."""
        self._given.wait(ACK_SECONDS)


class PromptExecutor(ThreadPoolExecutor):
    """Runs listeners, and lets the thread that answers Slack sleep until there is an answer.

    Bolt would have it look every 10 ms, and each look takes the interpreter from the listener it waits for.
    """

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Start the listener, and return when the request of this thread has its answer."""
        ack: LastingAck | None = getattr(_asked, "ack", None)
        _asked.ack = None
        future = super().submit(fn, *args, **kwargs)
        if ack is not None:
            ack.wait()
        return future


_asked = threading.local()
"""The acknowledgement that the request in this thread waits for."""


def offer(**dependencies: Any) -> Callable[..., BoltResponse]:
    """Make the middleware by which listeners receive sessions and clock by parameter name."""

    def offer_dependencies(context: BoltContext, next_: Callable[[], BoltResponse]) -> BoltResponse:
        _asked.ack = LastingAck()
        context.update(dependencies, ack=_asked.ack)
        if context.team_id and context.user_id:
            context["actor"] = Actor(context.team_id, context.user_id)
        return next_()

    return offer_dependencies


def once(session: Session, actor: Actor, key: str, *, clock: Clock) -> None:
    """Let an event or form take effect once: raises DoneBefore if this key had its effect already."""
    if not take_receipt(session, actor.workspace_id, key, at=clock.machine_now()):
        raise DoneBefore


def number_in(action: Payload) -> int:
    """Read the row's number from a button's value, which anybody could have written; raises OldButton."""
    value = action.get("value") or (action.get("selected_option") or {}).get("value")
    if not elements.is_number(value):
        raise OldButton
    return int(str(value))


def number_carried(view: Payload) -> int:
    """Read the row's number a form carries, which anybody could have written; raises OldForm."""
    if not elements.is_number(view["private_metadata"]):
        raise OldForm
    return int(view["private_metadata"])


def once_a_form(session: Session, actor: Actor, view: Payload, *, clock: Clock) -> None:
    """Let a submitted form take effect once; raises DoneBefore.

    A dialog keeps its id while one form follows another in it; Slack gives it a new hash each time.
    """
    once(session, actor, f"view:{view['id']}:{view.get('hash', '')}", clock=clock)


def ignore(ack: Ack) -> None:
    """Acknowledge what nobody listens for: a 404 would count as a failure of ours at Slack."""
    ack()


def refuse_old(ack: Ack) -> None:
    """Answer a button whose listener an earlier version had; raises OldButton."""
    ack()
    raise OldButton


def refuse_old_form() -> None:
    """Answer a form whose listener an earlier version had, leaving it open; raises OldForm."""
    raise OldForm


def redraw(body: Payload, client: WebClient, respond: Respond, message: Message) -> None:
    """Show a message in place of what was clicked: another message, or the dialog the button stood in."""
    if body.get("response_url"):
        respond(**message.payload(), replace_original=True)
        return
    view = body["view"]
    client.views_update(view_id=view["id"], view=elements.dialog(message, view["title"]["text"]))


def open_over(view: View, body: Payload, client: WebClient) -> None:
    """Open a dialog over what was clicked; where a dialog is open already, it takes that one's place."""
    if (body.get("view") or {}).get("type") == "modal":
        client.views_update(view_id=body["view"]["id"], view=view)
        return
    client.views_open(trigger_id=body["trigger_id"], view=view)


def apologise(
    error: Exception, body: Payload, context: BoltContext, client: WebClient, respond: Respond
) -> BoltResponse | None:
    """Answer whatever a listener raised: a refusal in its words, a bug with an id that the log has too."""
    if isinstance(error, DoneBefore):
        return _answer_ack(context, {})
    if isinstance(error, Refusal):
        return _say(_words(error, body, context), error, body, context, client, respond)
    bug = uuid.uuid4().hex[:8]
    log.error("listener_failed", extra={"bug": bug, "kind": body.get("type")}, exc_info=error)
    return _say(_apology(error, bug), error, body, context, client, respond)


def _words(refusal: Refusal, body: Payload, context: BoltContext) -> str:
    """Word a refusal; a form shows its errors as plain text, without markup, mentions or escapes."""
    if body.get("type") != "view_submission":
        return elements.refusal_words(refusal)
    ids = [fact for fact in refusal.facts.values() if isinstance(fact, Name)]
    return elements.plain_words(refusal, _names(ids, context) if ids else {})


def _names(ids: Sequence[str], context: BoltContext) -> dict[str, str]:
    with context["sessions"].read() as session:
        known = members.known(session, context["actor"].workspace_id, ids)
    return {user_id: member.name for user_id, member in known.items()}


def _apology(error: Exception, bug: str) -> str:
    """Say that it is not the person's fault, and no more about what was changed than is certain."""
    if isinstance(error, UNHEARD):
        return (
            "Slack did not take my answer, so I cannot show you what came of that. `/growth` shows what stands; "
            f"if it lacks something, try again. If it stays, tell an admin this: {bug}"
        )
    return f"Something went wrong on my side and nothing was changed. If it stays, tell an admin this: {bug}"


def _say(
    text: str, error: Exception, body: Payload, context: BoltContext, client: WebClient, respond: Respond
) -> BoltResponse | None:
    if context.ack.response is not None:
        _say_after_all(text, body, client, respond)
        return None
    if "command" in body:
        return _answer_ack(context, {"response_type": "ephemeral", **Message(text).payload()})
    if body.get("type") == "view_submission":
        return _answer_ack(context, _at_the_form(text, getattr(error, "field", None), body["view"]))
    if body.get("type") == "block_actions":
        _say_after_all(text, body, client, respond)
    return _answer_ack(context, {})


def _answer_ack(context: BoltContext, answer: Payload) -> BoltResponse | None:
    """Answer the request itself, unless a listener has done so before it failed."""
    return BoltResponse(status=200, body=answer or "") if context.ack.response is None else None


def _at_the_form(text: str, field: str | None, view: Payload) -> Payload:
    """Show the words beside the field they concern, or the first field, or in place of the form."""
    inputs = [block["block_id"] for block in view["blocks"] if block["type"] == "input"]
    if not inputs:
        return {"response_action": "update", "view": elements.notice(text)}
    return {"response_action": "errors", "errors": {field if field in inputs else inputs[0]: text}}


def _say_after_all(text: str, body: Payload, client: WebClient, respond: Respond) -> None:
    """Show the words to the one who acted, whose request has its answer: below a message, or in a dialog."""
    try:
        if body.get("response_url"):
            respond(**Message(text).payload(), response_type="ephemeral", replace_original=False)
        elif body.get("type") == "block_actions":
            is_form = body.get("view", {}).get("type") == "modal"
            show = client.views_push if is_form else client.views_open
            show(trigger_id=body["trigger_id"], view=elements.notice(text))
    except UNHEARD as unsaid:
        log.warning("apology_failed", extra={"error": type(unsaid).__name__})
