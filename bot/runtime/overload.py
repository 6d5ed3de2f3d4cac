"""What stands before Slack's door: so many requests are let in at once, and the others are told so while Slack listens.

A request that waits behind slow ones until its turn comes is answered when Slack has given up on it, and has then
taken effect unseen. So it is turned away at the start, when nothing has been changed.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPException
from typing import TYPE_CHECKING, Any

from slack_sdk.errors import SlackClientError
from slack_sdk.signature import SignatureVerifier
from slack_sdk.webhook import WebhookClient
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.wrappers import Request, Response

from bot.runtime.patience import somebody_waits
from bot.runtime.slack import authorities
from bot.runtime.web import LARGEST_BODY_BYTES

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

log = logging.getLogger(__name__)

Json = dict[str, Any]

DOOR = "/slack/events"
WAITING, PATIENCE_SECONDS = 8, 0.5
"""How many may wait for room, and how long: the store's patience (2 s) after it still ends within Slack's three."""
SPARE_THREADS = 2 * WAITING
"""Beyond those let in: for who waits, and for telling the others and the probes without waiting."""
TELLING, TELLING_SECONDS = 4, 3
"""How many are told at once by a message of their own, which takes a request to Slack, and how long one may take."""
UNTOLD = 64
BUSY = "Trellis is busy just now, so I changed nothing. Try again in a minute."


class Gate:
    """Lets so many requests in at once; a few more may wait a moment for room."""

    def __init__(self, rooms: int) -> None:
        self._rooms, self._bench = threading.Semaphore(rooms), threading.Semaphore(WAITING)

    def is_let_in(self) -> bool:
        """Take room, if there is some soon; who is let in has to leave."""
        if self._rooms.acquire(blocking=False):
            return True
        if not self._bench.acquire(blocking=False):
            return False
        try:
            return self._rooms.acquire(timeout=PATIENCE_SECONDS)
        finally:
            self._bench.release()

    def leave(self) -> None:
        """Make room for another."""
        self._rooms.release()


class Tellers:
    """Find a word for who is not let in: in the answer where Slack shows it, else by a message of its own."""

    def __init__(self) -> None:
        self._untold = threading.Semaphore(UNTOLD)
        self._tellers = ThreadPoolExecutor(TELLING, thread_name_prefix="teller")

    def about_command(self) -> Json:
        """Give the answer to a slash command."""
        return {"response_type": "ephemeral", "text": BUSY}

    def about_click(self, payload: Json) -> Json | None:
        """Give the answer to a form or a button; None if there is none, so that Slack has to show its own."""
        if payload["type"] == "view_submission":
            return _beside_first_field(payload["view"])
        return {} if self._is_told(payload.get("response_url")) else None

    def _is_told(self, url: str | None) -> bool:
        """Tell who pressed a button by a message of its own, which is posted when the request has been answered."""
        if not url or not self._untold.acquire(blocking=False):
            return False
        self._tellers.submit(_post, url, self._untold.release)
        return True


class Turnstile:
    """WSGI around the web app, which lets no more than so many requests of Slack's in at once."""

    def __init__(self, inside: WSGIApplication, *, rooms: int, signing_secret: str) -> None:
        self._inside, self._verifier = inside, SignatureVerifier(signing_secret)
        self._gate, self._tellers = Gate(rooms), Tellers()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request, or turn it away."""
        if environ.get("PATH_INFO") != DOOR:
            return self._inside(environ, start_response)
        with somebody_waits():  # and has since before there was room
            if not self._gate.is_let_in():
                return self._turn_away(Request(environ))(environ, start_response)
            try:
                return self._inside(environ, start_response)
            finally:
                self._gate.leave()

    def _turn_away(self, request: Request) -> Response:
        """Tell a person that nothing was changed; what nobody waits for is refused, and Slack brings it again."""
        kind, answer = "unsigned", None
        if self._is_signed(request):
            kind, answer = self._answer(request)
        log.warning("request_turned_away", extra={"kind": kind})
        if answer is None:
            return Response("busy\n", 503, content_type="text/plain")
        return Response(json.dumps(answer) if answer else "", content_type="application/json")

    def _is_signed(self, request: Request) -> bool:
        """Whether Slack sent it: to an address that anybody could name nothing is posted."""
        request.max_content_length = LARGEST_BODY_BYTES
        try:
            return self._verifier.is_valid_request(request.get_data(), dict(request.headers))
        except (ValueError, RequestEntityTooLarge):  # a timestamp that is no number
            return False

    def _answer(self, request: Request) -> tuple[str, Json | None]:
        if "command" in request.form:
            return "command", self._tellers.about_command()
        if "payload" not in request.form:
            return "event", None
        payload = json.loads(request.form["payload"])
        return payload["type"], self._tellers.about_click(payload)


def _beside_first_field(view: Any) -> Json | None:
    """Leave a form open with what was typed; one without a field shows Slack's own word for a failure."""
    fields = [block["block_id"] for block in view["blocks"] if block["type"] == "input"]
    return {"response_action": "errors", "errors": {fields[0]: BUSY}} if fields else None


def _post(url: str, done: Callable[[], None]) -> None:
    try:
        WebhookClient(url, timeout=TELLING_SECONDS, retry_handlers=[], ssl=authorities()).send(
            text=BUSY, response_type="ephemeral", replace_original=False
        )
    except (SlackClientError, HTTPException, OSError) as unsaid:
        log.warning("turning_away_unsaid", extra={"error": type(unsaid).__name__})
    finally:
        done()
