"""A small app on the real slack-bolt, attached over HTTP or Socket Mode, that is no Trellis."""

import contextlib
import logging
import socket
import ssl
import threading
from collections.abc import Iterator
from functools import cache
from typing import Any

from flask import Flask, request
from slack_bolt import App
from slack_bolt.adapter.flask import SlackRequestHandler
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from werkzeug.serving import make_server

from sandbox.testing import Running

MANIFEST: dict[str, Any] = {
    "display_information": {"name": "Tiny"},
    "features": {
        "bot_user": {"display_name": "Tiny"},
        "app_home": {"home_tab_enabled": True},
        "slash_commands": [
            {"command": "/say", "description": "Say it back", "usage_hint": "[words]", "should_escape": True},
            {"command": "/raw", "description": "Say it back as typed"},
            {"command": "/form", "description": "Open a form"},
            {"command": "/later", "description": "Answer after acknowledging"},
            {"command": "/loud", "description": "Answer for everybody"},
            {"command": "/buttons", "description": "Show buttons"},
            {"command": "/deaf", "description": "Nobody listens"},
        ],
        "shortcuts": [
            {"name": "Note it", "type": "message", "callback_id": "note", "description": "Keep a message"},
            {"name": "New note", "type": "global", "callback_id": "new_note", "description": "Write a note"},
        ],
    },
    "oauth_config": {
        "scopes": {
            "bot": [
                *("chat:write", "chat:write.public", "im:write", "mpim:write", "users:read", "commands"),
                *(
                    "im:history",
                    "channels:read",
                    "channels:history",
                    "files:read",
                    "files:write",
                    "dnd:read",
                    "im:read",
                ),
            ]
        }
    },
    "settings": {
        "event_subscriptions": {
            "bot_events": [
                "app_home_opened",
                "app_mention",
                "dnd_updated_user",
                "message.im",
                "team_join",
                "user_change",
            ]
        },
        "socket_mode_enabled": True,
    },
}

FORM: dict[str, Any] = {
    "type": "modal",
    "callback_id": "form",
    "notify_on_close": True,
    "private_metadata": "kept",
    "title": {"type": "plain_text", "text": "A form"},
    "submit": {"type": "plain_text", "text": "Send"},
    "blocks": [
        {
            "type": "input",
            "block_id": "title",
            "label": {"type": "plain_text", "text": "Title"},
            "element": {"type": "plain_text_input", "action_id": "text", "max_length": 20},
        },
        {
            "type": "input",
            "block_id": "kind",
            "optional": True,
            "label": {"type": "plain_text", "text": "Kind"},
            "element": {
                "type": "static_select",
                "action_id": "kind",
                "options": [
                    {"text": {"type": "plain_text", "text": word.title()}, "value": word}
                    for word in ("skill", "project")
                ],
            },
        },
        {
            "type": "input",
            "block_id": "when",
            "optional": True,
            "label": {"type": "plain_text", "text": "When"},
            "element": {"type": "datepicker", "action_id": "when", "initial_date": "2027-03-31"},
        },
        {
            "type": "input",
            "block_id": "who",
            "optional": True,
            "label": {"type": "plain_text", "text": "Who"},
            "element": {"type": "multi_users_select", "action_id": "who"},
        },
        {
            "type": "actions",
            "block_id": "more",
            "elements": [
                {"type": "button", "action_id": "grow", "text": {"type": "plain_text", "text": "Rename"}},
                {"type": "button", "action_id": "push", "text": {"type": "plain_text", "text": "Deeper"}},
            ],
        },
    ],
}

BUTTONS: list[dict[str, Any]] = [
    {
        "type": "actions",
        "block_id": "row",
        "elements": [
            {"type": "button", "action_id": "go", "value": "7", "text": {"type": "plain_text", "text": "Go"}},
            {"type": "button", "action_id": "flood", "text": {"type": "plain_text", "text": "Flood"}},
            {
                "type": "static_select",
                "action_id": "pick",
                "placeholder": {"type": "plain_text", "text": "Pick one"},
                "options": [
                    {"text": {"type": "plain_text", "text": word}, "value": word.lower()}
                    for word in ("Red", "Blue")
                ],
            },
        ],
    }
]


@cache
def _authorities() -> ssl.SSLContext:
    """Load these once: connecting would otherwise, each time, although there is no TLS here."""
    return ssl.create_default_context()


class TinyApp:
    """The app, and what it was told."""

    def __init__(self, api_url: str) -> None:
        self.heard: list[dict[str, Any]] = []
        self.statuses: list[tuple[int, str]] = []
        self.client = WebClient(token="xoxb-sandbox", base_url=api_url, retry_handlers=[], ssl=_authorities())
        self.bolt = App(
            # Without a name Bolt looks for its caller's, through the sources of everything that is being called.
            name="tiny",
            client=self.client,
            signing_secret="sandbox-signing-secret",
            logger=logging.getLogger("tiny"),
            token_verification_enabled=False,
        )
        self._register()

    def told(self, kind: str) -> list[dict[str, Any]]:
        """Return the payloads of one kind: a command, an interaction's type or an event's type."""
        return [
            body
            for body in self.heard
            if kind in (body.get("command"), body.get("type"), body.get("event", {}).get("type"))
        ]

    def _register(self) -> None:
        app = self.bolt
        app.use(self._listen)
        app.command("/say")(lambda ack, command: ack(f"You said: {command['text']}"))
        app.command("/raw")(lambda ack, command: ack(f"You typed: {command['text']}"))
        app.command("/loud")(lambda ack: ack(response_type="in_channel", text="Everybody, listen"))
        app.command("/buttons")(lambda ack: ack(text="Buttons", blocks=BUTTONS))
        app.command("/later")(self._later)
        app.command("/form")(self._open_form)
        app.action("go")(self._go)
        app.action("pick")(self._go)
        app.action("search")(lambda ack: ack())
        app.action("flood")(self._flood)
        app.action("grow")(self._rename)
        app.action("push")(self._push)
        app.view("form")(self._save)
        app.view("deep")(lambda ack: ack(response_action="clear"))
        app.view_closed("form")(lambda ack: ack())
        app.shortcut("note")(self._note)
        app.shortcut("new_note")(self._open_form)
        app.event("app_home_opened")(self._publish_home)
        for event in ("message", "user_change", "team_join", "app_mention", "dnd_updated_user"):
            app.event(event)(lambda: None)

    def _listen(self, body: dict[str, Any], next: Any) -> None:  # noqa: A002 (Bolt's name)
        self.heard.append(body)
        next()

    def _later(self, ack: Any, respond: Any) -> None:
        ack()
        respond("Here it is")

    def _open_form(self, ack: Any, body: dict[str, Any], client: WebClient) -> None:
        ack()
        client.views_open(trigger_id=body["trigger_id"], view=FORM)

    def _go(self, ack: Any, action: dict[str, Any], respond: Any) -> None:
        ack()
        chosen = action.get("value") or action["selected_option"]["value"]
        respond(text=f"Went with {chosen}", replace_original=True)

    def _flood(self, ack: Any, respond: Any) -> None:
        ack()
        for number in range(6):
            answer = respond(f"Answer {number}")
            self.statuses.append((answer.status_code, answer.body))

    def _rename(self, ack: Any, body: dict[str, Any], client: WebClient) -> None:
        ack()
        renamed = FORM | {"title": {"type": "plain_text", "text": "Renamed"}}
        client.views_update(view_id=body["view"]["id"], hash=body["view"]["hash"], view=renamed)

    def _push(self, ack: Any, body: dict[str, Any], client: WebClient) -> None:
        ack()
        with contextlib.suppress(SlackApiError):
            client.views_push(trigger_id=body["trigger_id"], view=FORM | {"callback_id": "deep"})

    def _save(self, ack: Any, view: dict[str, Any], body: dict[str, Any], client: WebClient) -> None:
        title = view["state"]["values"]["title"]["text"]["value"]
        if title == "bad":
            ack(response_action="errors", errors={"title": "Say it better."})
            return
        if title == "update":
            ack(response_action="update", view=FORM | {"title": {"type": "plain_text", "text": "Once more"}})
            return
        ack()
        client.chat_postMessage(channel=body["user"]["id"], text=f"Saved {title}")

    def _note(self, ack: Any, respond: Any, shortcut: dict[str, Any]) -> None:
        ack()
        respond(f"Noted: {shortcut['message']['text']}")

    def _publish_home(self, event: dict[str, Any], client: WebClient) -> None:
        section = {"type": "section", "text": {"type": "mrkdwn", "text": f"Home of <@{event['user']}>"}}
        field = {
            "type": "input",
            "dispatch_action": True,
            "block_id": "search",
            "label": {"type": "plain_text", "text": "Search"},
            "element": {"type": "plain_text_input", "action_id": "search"},
        }
        client.views_publish(user_id=event["user"], view={"type": "home", "blocks": [section, field]})


@contextlib.contextmanager
def over_http(running: Running, tiny: TinyApp) -> Iterator[None]:
    """Serve the app with Flask, and point the sandbox there."""
    flask = Flask("tiny")
    handler = SlackRequestHandler(tiny.bolt)
    flask.post("/slack/events")(lambda: handler.handle(request))
    server = make_server("127.0.0.1", 0, flask, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    running.driver.event_url(f"http://127.0.0.1:{server.server_port}/slack/events")
    try:
        yield
    finally:
        running.driver.event_url(None)
        server.shutdown()
        thread.join()
        server.server_close()


@contextlib.contextmanager
def over_socket_mode(running: Running, tiny: TinyApp) -> Iterator[None]:
    """Connect the app with the SDK's own Socket Mode client."""
    handler = SocketModeHandler(tiny.bolt, app_token="xapp-sandbox", trace_enabled=False)
    handler.client.web_client.base_url = running.api_url
    handler.connect()  # type: ignore[no-untyped-call]  # the SDK has no types here
    running.driver.eventually(lambda: running.driver.state()["sockets"])
    try:
        yield
    finally:
        _hang_up(handler)


def _hang_up(handler: SocketModeHandler) -> None:
    """Close without waiting for what the client waits for: 3 s for bytes, 1 s for a message in its own queue."""
    client = handler.client
    client.closed = True
    client.message_queue.put(None)
    client.auto_reconnect_enabled = False
    client.current_session_state.terminated = True
    session = client.current_session
    if session is not None and session.sock is not None:
        session.sock.shutdown(socket.SHUT_RDWR)
    handler.close()  # type: ignore[no-untyped-call]  # nor here
