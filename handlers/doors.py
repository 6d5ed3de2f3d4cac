"""What every door shares: who is acting, taking effect once, and the one apology."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from http import HTTPStatus
from http.client import HTTPException
from typing import Any, Protocol

from slack_bolt import Ack, BoltContext, BoltResponse
from slack_sdk.errors import SlackApiError, SlackClientError
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from bot import members
from bot.errors import Name, Refusal
from bot.permissions import Actor
from bot.recurrence import local_day
from bot.runtime import patience
from bot.runtime.database import Sessions
from bot.runtime.patience import OutOfTime
from bot.runtime.slack import word_of
from handlers.views import elements
from handlers.views import late as late_views
from handlers.views.elements import Message, Payload
from models.members import Member
from models.receipts import take_receipt

log = logging.getLogger(__name__)

UNHEARD = (SlackClientError, HTTPException, OSError)
"""What a call to Slack raises: a refusal of Slack's, or a connection that broke."""


TOO_LATE = frozenset({"expired_trigger_id", "exchanged_trigger_id"})
"""What Slack answers to a dialog three seconds after the click, or for the second one of a click."""


class Postponement(Protocol):
    """Keeps a request that the store does not take now."""

    def put_off(self, error: Exception, body: Payload, context: BoltContext) -> BoltResponse | None:
        """Keep it, and give the interim answer; None if it cannot be kept."""


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
    at: datetime
    """Machine time."""
    asked_at: datetime
    """People's time when they asked: a store that is slow may have put it off."""

    @property
    def today(self) -> date:
        """The visitor's day when they asked, for what they wrote is about that one."""
        return local_day(self.asked_at, self.member.zone)

    @property
    def zone(self) -> str:
        """The visitor's time zone."""
        return self.member.zone


def once(session: Session, actor: Actor, key: str, *, at: datetime) -> None:
    """Let an event or form take effect once: raises DoneBefore if this key had its effect already."""
    if not take_receipt(session, actor.workspace_id, key, at=at):
        raise DoneBefore


@contextmanager
def effect_of(view: Payload, visit: Visit, sessions: Sessions) -> Iterator[Session]:
    """Open the transaction of a submitted form, which takes effect once; raises DoneBefore.

    A dialog keeps its id while one form follows another in it; Slack gives it a new hash each time.
    """
    with sessions.begin() as session:
        once(session, visit.actor, f"view:{view['id']}:{view.get('hash', '')}", at=visit.at)
        yield session


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


def ignore(ack: Ack) -> None:
    """Acknowledge what nobody listens for: a 404 would count as a failure of ours at Slack."""
    ack()


def refuse_old() -> None:
    """Answer a button whose listener an earlier version had; raises OldButton."""
    raise OldButton


def refuse_old_form() -> None:
    """Answer a form whose listener an earlier version had, leaving it open; raises OldForm."""
    raise OldForm


def apologise(error: Exception, body: Payload, context: BoltContext) -> BoltResponse | None:
    """Answer whatever a listener raised: a refusal in its words, a bug with an id that the log has too.

    An event has nobody to answer: Slack gets none either, and brings it again. What the store does not take now, and
    certainly has not taken, is kept to be tried again.
    """
    if isinstance(error, DoneBefore):
        context["done_before"] = True
        return _answered(context)
    try:
        if isinstance(error, Refusal):
            return _say(_words(error, body, context), error, body, context)
    except (OutOfTime, SQLAlchemyError) as nameless:
        error = nameless
    if interim := _put_off(error, body, context):
        return interim
    bug = logged(error, body)
    if body.get("type") == "event_callback":
        return None
    return _say(_apology(error).format(bug), error, body, context)


def _put_off(error: Exception, body: Payload, context: BoltContext) -> BoltResponse | None:
    late: Postponement | None = context.get("late")
    if late is None or patience.may_have_kept() or not patience.passes_by_itself(error):
        return None
    return late.put_off(error, body, context)


def _apology(error: Exception) -> str:
    """Choose the words for what went wrong: that nothing was changed is said only where it is certain."""
    if isinstance(error, UNHEARD):
        return UNSHOWN
    if patience.may_have_kept():
        return UNSEEN
    return SLOW if isinstance(error, OutOfTime) else UNCHANGED


def apologise_late(error: Exception, body: Payload, context: BoltContext) -> None:
    """Say what went wrong after the request had its answer; a change it made stands."""
    if isinstance(error, Refusal):
        words = _words(error, body, context)
    elif "dialog" in context and isinstance(error, SlackApiError) and word_of(error) in TOO_LATE:
        words = late_views.TOO_LATE_TO_OPEN
    else:
        is_ours = isinstance(error, OutOfTime | SQLAlchemyError)
        words = (UNSEEN if is_ours else UNSHOWN).format(logged(error, body))
    _say_after_all(words, body, context)


UNCHANGED = "Something went wrong on my side and nothing was changed. If it stays, tell an admin this: {}"
SLOW = (
    "The database behind me is slow just now, so I gave up and changed nothing. Try again in a minute. "
    "If it stays, tell an admin this: {}"
)
UNSEEN = (
    "Something went wrong on my side before I could show you what came of that. `/growth` shows what stands; "
    "if it lacks something, try again. If it stays, tell an admin this: {}"
)
UNSHOWN = (
    "Slack did not take my answer, so I cannot show you what came of that. `/growth` shows what stands; "
    "if it lacks something, try again. If it stays, tell an admin this: {}"
)


def logged(error: Exception, body: Payload) -> str:
    """Log a bug, and give the id by which it is found there."""
    bug = uuid.uuid4().hex[:8]
    log.error("listener_failed", extra={"bug": bug, "kind": body.get("type")}, exc_info=error)
    return bug


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


def _say(text: str, error: Exception, body: Payload, context: BoltContext) -> BoltResponse:
    if "command" in body:
        return BoltResponse(status=200, body={"response_type": "ephemeral", **Message(text).payload()})
    if body.get("type") == "view_submission":
        return BoltResponse(status=200, body=_at_the_form(text, getattr(error, "field", None), body["view"]))
    if "screen" in context:
        context["screen"].later(partial(_say_after_all, text, body, context))
    return _answered(context)


def _answered(context: BoltContext) -> BoltResponse:
    """Give the answer the listener gave before it failed, or an empty one."""
    return context.ack.response or BoltResponse(status=200, body="")


def _at_the_form(text: str, field: str | None, view: Payload) -> Payload:
    """Show the words beside the field they concern, or the first field, or in place of the form."""
    inputs = [block["block_id"] for block in view["blocks"] if block["type"] == "input"]
    if not inputs:
        return {"response_action": "update", "view": elements.notice(text)}
    return {"response_action": "errors", "errors": {field if field in inputs else inputs[0]: text}}


def respond(context: BoltContext, message: Message, **how: Any) -> None:
    """Show a message where the command was typed or the button pressed."""
    say(context, **message.payload(), **how)


def say(context: BoltContext, **words: Any) -> None:
    """Send an answer to where the request says; what Slack does not take there raises nothing, and is logged."""
    tell = context.respond
    assert tell is not None  # Bolt makes one for every request
    status = tell(**words).status_code
    if status != HTTPStatus.OK:
        log.warning("answer_unsaid", extra={"status": status})


def _say_after_all(text: str, body: Payload, context: BoltContext) -> None:
    """Show the words to the one who acted, whose request has its answer: below a message, or in a dialog."""
    try:
        if body.get("response_url"):
            respond(context, Message(text), response_type="ephemeral", replace_original=False)
        elif body.get("type") == "block_actions":
            _say_in_dialog(text, body, context)
    except UNHEARD as unsaid:
        log.warning("apology_failed", extra={"error": type(unsaid).__name__})


def _say_in_dialog(text: str, body: Payload, context: BoltContext) -> None:
    if dialog := context.get("dialog"):
        dialog.say(text)
        return
    is_form = body.get("view", {}).get("type") == "modal"
    show = context.client.views_push if is_form else context.client.views_open
    show(trigger_id=body["trigger_id"], view=elements.notice(text))
