"""A driver: acting as people in a running sandbox, from tests, with labels instead of ids."""

import base64
import json
import ssl
import time
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from types import TracebackType
from typing import Any, Literal, TypeVar
from urllib.parse import urlencode

import httpcore

from sandbox.identity import BOT_USER
from sandbox.model import Json
from sandbox.seen import Answer, Element, Message, SubmitResult, View, answer_from, message_from, view_from

T = TypeVar("T")
PATIENCE_SECONDS = 3.0
"""How long an answer may take after the app's acknowledgement; nothing waits longer than the answer takes."""
REQUEST_SECONDS = 120.0
ERRORS = 400
LOOK_AGAIN_SECONDS = 0.05
"""What is waited for may change elsewhere than in the sandbox, so that waiting for its changes is not enough."""


class Refused(RuntimeError):
    """The sandbox would not do it; the message says why."""


REST_SECONDS = 2.0
"""After so long a connection is not used again: the server ends one that has rested for five, maybe at that moment."""


class Driver:
    """Acts in the sandbox at an address; close it, or use it in a `with`."""

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url
        # The sandbox speaks plain HTTP: to trust nobody saves reading everybody's certificates, 20 ms a driver.
        nobody = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        # No proxies, redirects or cookies are wanted, and without them a call costs half as much.
        self._http = httpcore.ConnectionPool(
            ssl_context=nobody, max_connections=None, keepalive_expiry=REST_SECONDS
        )

    def __enter__(self) -> "Driver":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the connection."""
        self._http.close()

    # Acting as a person

    def command(
        self, user: str, text: str, *, channel: str | None = None, patience: float = PATIENCE_SECONDS
    ) -> Answer:
        """Run a slash command, by default in the app's direct message, and return what the person saw."""
        order = {"user": user, "text": text, "channel": channel, "patience": patience}
        return answer_from(self._post("/sandbox/command", order))

    def write(self, user: str, text: str, *, channel: str | None = None, to: str = BOT_USER) -> Message:
        """Write a message in a channel, or to somebody (by default the app)."""
        where = {"channel": channel} if channel else {"with": to}
        return answer_from(self._post("/sandbox/message", {"user": user, "text": text, **where})).message

    def press(
        self,
        user: str,
        where: Message | View,
        name: str | Element,
        value: object = None,
        *,
        values: dict[str, object] | None = None,
        patience: float = PATIENCE_SECONDS,
    ) -> Answer:
        """Press an element, or the one of this label, action id or block id, choosing `value` if it is a menu.

        An element that is no longer in the message is pressed all the same, as a client with an old copy does.
        """
        element = where.element(name) if isinstance(name, str) else name
        place = (
            {"view_id": where.id} if isinstance(where, View) else {"channel": where.channel, "ts": where.ts}
        )
        order = {
            "user": user,
            **place,
            "block_id": element.block_id,
            "action_id": element.action_id,
            "value": value,
            "values": values or {},
            "element": element.raw,
            "patience": patience,
        }
        return answer_from(self._post("/sandbox/press", order))

    def submit(
        self, user: str, values: dict[str, object] | None = None, *, view: View | None = None
    ) -> SubmitResult:
        """Submit the form in front of the person, with values by label, action id or block id."""
        form = view or self.view(user)
        if form is None:
            raise Refused(f"No form is open in front of {user}.")
        order = {"user": user, "view_id": form.id, "values": values or {}}
        shown = self._post("/sandbox/submit", order)
        labels = {block["block_id"]: block.get("label", {}).get("text", "") for block in form.blocks}
        errors = {labels.get(block_id) or block_id: text for block_id, text in shown["errors"].items()}
        return SubmitResult(errors, view_from(shown["view"]), shown["error"])

    def upload(self, user: str, name: str, content: bytes) -> str:
        """Upload a file as the person, and return its id: what a form's field for files is filled with."""
        order = {"user": user, "name": name, "content": base64.b64encode(content).decode()}
        return str(self._post("/sandbox/upload", order)["file"])

    def resubmit(self) -> None:
        """Send the last submitted form to the app once more, letter by letter, as a client on a bad line does."""
        self._post("/sandbox/resubmit", {})

    def close_view(self, user: str, view: View | None = None, *, all_of_them: bool = False) -> None:
        """Close the form in front of the person, or the whole stack."""
        form = view or self.view(user)
        if form is not None:
            self._post("/sandbox/close", {"user": user, "view_id": form.id, "all": all_of_them})

    def open_home(self, user: str, *, patience: float = PATIENCE_SECONDS) -> View | None:
        """Open the app's Home and return what the app published."""
        return view_from(self._post("/sandbox/home", {"user": user, "patience": patience})["view"])

    def shortcut(
        self,
        user: str,
        callback_id: str,
        message: Message | None = None,
        *,
        patience: float = PATIENCE_SECONDS,
    ) -> Answer:
        """Run a shortcut, on a message if one is given."""
        place = {"channel": message.channel, "ts": message.ts} if message else {}
        order = {"user": user, "callback_id": callback_id, "patience": patience, **place}
        return answer_from(self._post("/sandbox/shortcut", order))

    # Looking

    def messages(self, user: str, channel: str | None = None, *, to: str = BOT_USER) -> list[Message]:
        """Return what the person sees in a channel, or in the direct message with somebody."""
        where = {"channel": channel} if channel else {"with": to}
        return [message_from(each) for each in self._get("/sandbox/messages", user=user, **where)["messages"]]

    def dms(self, user: str) -> list[Message]:
        """Return the messages that the app sent the person, oldest first, ephemeral answers left out."""
        return [
            message
            for message in self.messages(user)
            if message.user == BOT_USER and not message.is_ephemeral
        ]

    def last_dm(self, user: str) -> Message:
        """Return the app's latest message to the person."""
        return self.dms(user)[-1]

    def conversations(self, user: str) -> list[Json]:
        """Return what the person has in the sidebar: id, kind, title, members, unread."""
        found: list[Json] = self._get("/sandbox/conversations", user=user)["conversations"]
        return found

    def view(self, user: str) -> View | None:
        """Return the form in front of the person."""
        stack = self.views(user)
        return stack[-1] if stack else None

    def views(self, user: str) -> list[View]:
        """Return the person's stack of forms, the top one last."""
        return [view for each in self._get("/sandbox/views", user=user)["views"] if (view := view_from(each))]

    def home(self, user: str) -> View | None:
        """Return what the app published as the person's Home."""
        return view_from(self._get("/sandbox/home", user=user)["view"])

    def completions(self, user: str, text: str) -> list[Json]:
        """Return the composer's suggestions for a text."""
        found: list[Json] = self._get("/sandbox/completions", user=user, text=text)["completions"]
        return found

    def calls(self, method: str | None = None) -> list[Json]:
        """Return the app's calls, oldest first: at, method, arguments, status, ok, error."""
        found: list[Json] = self._get("/sandbox/calls", **({"method": method} if method else {}))["calls"]
        return found

    def file(self, message: Message, index: int = 0) -> bytes:
        """Return the bytes of a message's file."""
        address = f"/sandbox/files/{message.files[index]['id']}"
        status, content = self._exchange("GET", address)
        if status >= ERRORS:
            raise Refused(f"GET {address}: {status}")
        return content

    def state(self) -> Json:
        """Return the revision, the clock and how the app is attached."""
        return self._get("/sandbox/state")

    def eventually(self, look: Callable[[], T], *, seconds: float = 30.0) -> T:
        """Look again after every change until something is found; fail after so many seconds."""
        deadline = time.monotonic() + seconds
        while True:
            revision = self.state()["revision"]
            if found := look():
                return found
            if (left := deadline - time.monotonic()) <= 0:
                raise AssertionError(f"Nothing was found within {seconds} s.")
            self._get("/sandbox/changes", since=revision, seconds=min(left, LOOK_AGAIN_SECONDS))

    # Steering

    def now(self) -> datetime:
        """Return people's time."""
        return datetime.fromisoformat(self._get("/clock")["now"])

    def is_followed_since(self, moment: datetime) -> bool:
        """Tell whether an app has reported that at this moment (people's time) or later it had nothing left to do.

        Only then can the clock be moved to the next thing: before its first report an app does not follow yet.
        """
        drained_at = self._get("/clock")["drained_at"]
        return drained_at is not None and datetime.fromisoformat(drained_at) >= moment

    def move_clock(
        self, to: datetime | None = None, *, by_seconds: float | None = None, to_next: bool = False
    ) -> Json:
        """Move people's time and wait until a following app is done: `steps`, `warning`, `found_nothing`, `now`.

        `to_next` goes on until the app has shown somebody something.
        """
        if to_next:
            return self._post("/clock/move", {"to_next": True})
        if by_seconds is not None:
            return self._post("/clock/move", {"by_seconds": by_seconds})
        return self._post("/clock/move", {"to": to.isoformat() if to else None})

    def change_person(self, user: str, **fields: Any) -> None:
        """Change an account: `deleted=True`, `tz="Europe/Berlin"`, `status_text="…"`."""
        self._send("PATCH", f"/sandbox/people/{user}", fields)

    def pause_notifications(
        self, user: str, until: datetime | None = None, *, since: datetime | None = None
    ) -> None:
        """Let somebody be undisturbed from now on, or a moment, until another (people's time), or no more."""
        moments = {"since": since, "until": until}
        order = {name: moment.isoformat() for name, moment in moments.items() if moment}
        self._post(f"/sandbox/people/{user}/undisturbed", order)

    def add_person(self, user: str, name: str, real_name: str, **fields: Any) -> None:
        """Let somebody join the workspace."""
        self._post("/sandbox/people", {"id": user, "name": name, "real_name": real_name, **fields})

    def archive(self, channel: str, *, archived: bool = True) -> None:
        """Archive a channel, or bring it back."""
        self._post("/sandbox/archive", {"channel": channel, "archived": archived})

    def rename(self, channel: str, name: str) -> None:
        """Give a channel another name."""
        self._post("/sandbox/rename", {"channel": channel, "name": name})

    def delete_channel(self, channel: str) -> None:
        """Delete a channel."""
        self._send("DELETE", f"/sandbox/channels/{channel}")

    def bring_in(self, channel: str, user: str = BOT_USER) -> None:
        """Make somebody, by default the app's bot, a member of a channel."""
        self._post("/sandbox/members", {"channel": channel, "user": user})

    def put_out(self, channel: str, user: str = BOT_USER) -> None:
        """Let somebody, by default the app's bot, leave a channel."""
        self._send("DELETE", "/sandbox/members", {"channel": channel, "user": user})

    def fault(
        self,
        method: str,
        kind: Literal["status", "error", "html", "truncated", "hang", "drop", "delay"],
        *,
        times: int = 1,
        **fields: Any,
    ) -> None:
        """Let the next calls of a method fail (`*`: of any): `status=429`, `error="…"`, `seconds=2`, `after=True`.

        What it is given as a `name` is what it is counted by once it is met.
        """
        self._post("/sandbox/faults", {"method": method, "kind": kind, "times": times, **fields})

    def met_faults(self) -> Counter[str]:
        """Count the calls that met a fault, by its name or else its kind."""
        return Counter(self._get("/sandbox/faults")["met"])

    def clear_faults(self) -> None:
        """Forget the faults that no call has met yet; those that were met stay counted."""
        self._send("DELETE", "/sandbox/faults", {})

    def clear_calls(self) -> None:
        """Empty the log of the app's calls."""
        self._send("DELETE", "/sandbox/calls", {})

    def rates(self, *, enabled: bool) -> None:
        """Enforce Slack's rate limits, or not."""
        self._post("/sandbox/rates", {"enabled": enabled})

    def age(self, kind: Literal["triggers", "response_urls"], *, seconds: float) -> None:
        """Make what the app may act with older."""
        self._post("/sandbox/age", {"kind": kind, "seconds": seconds})

    def redeliver(self, times: int = 1) -> None:
        """Deliver the last event again."""
        self._post("/sandbox/events/redeliver", {"times": times})

    def refresh_sockets(self) -> int:
        """Ask the app to renew its connections; return how many were asked."""
        return int(self._post("/sandbox/sockets/refresh", {})["asked"])

    def event_url(self, url: str | None, *, verify: bool = False) -> bool | None:
        """Say where the app takes events over HTTP; return whether it answered a challenge, if asked to verify."""
        verified: bool | None = self._post("/sandbox/event-url", {"url": url, "verify": verify})["verified"]
        return verified

    def reset(self, *, rates: bool | None = None) -> None:
        """Go back to the seed, with Slack's rate limits enforced or not, or as they were."""
        self._post("/sandbox/reset", {} if rates is None else {"rates": rates})

    def _get(self, path: str, **query: Any) -> Json:
        given = {name: value for name, value in query.items() if value is not None}
        return self._send("GET", f"{path}?{urlencode(given)}" if given else path)

    def _post(self, path: str, order: Json) -> Json:
        return self._send("POST", path, order)

    def _send(self, method: str, path: str, order: Json | None = None) -> Json:
        status, body = self._exchange(method, path, order)
        if status < ERRORS:
            decoded: Json = json.loads(body)
            return decoded
        try:
            reason = json.loads(body)["error"]
        except ValueError:
            reason = body.decode()
        raise Refused(f"{method} {path}: {reason}")

    def _exchange(self, method: str, path: str, order: Json | None = None) -> tuple[int, bytes]:
        answer = self._http.request(
            method,
            f"{self.base_url}{path}",
            headers={"Content-Type": "application/json"} if order is not None else None,
            content=json.dumps(order).encode() if order is not None else None,
            extensions={"timeout": dict.fromkeys(("connect", "read", "write", "pool"), REQUEST_SECONDS)},
        )
        return answer.status, answer.content
