"""The small app that stands behind the page's tests in a browser: built with slack-bolt, and not Trellis."""

import threading
from datetime import datetime
from typing import Any

import httpx
from flask import Flask, request
from slack_bolt import App
from slack_bolt.adapter.flask import SlackRequestHandler
from slack_sdk import WebClient
from werkzeug.serving import BaseWSGIServer, make_server

from sandbox.block_kit.surfaces import check_view
from sandbox.identity import SIGNING_SECRET
from sandbox.testing import Running

AMY, BEN = "UAMY0001", "UBEN0001"
MANIFEST: dict[str, Any] = {
    "display_information": {"name": "Sprout", "description": "Helps things grow."},
    "features": {
        "app_home": {"home_tab_enabled": True},
        "bot_user": {"display_name": "Sprout"},
        "slash_commands": [
            {"command": "/plan", "description": "Plan things", "usage_hint": "THING", "should_escape": True},
            {"command": "/form", "description": "Plan with a form"},
        ],
        "shortcuts": [{"name": "Keep this", "type": "message", "callback_id": "keep", "description": "…"}],
    },
    "settings": {"event_subscriptions": {"bot_events": ["app_home_opened"]}},
    "oauth_config": {"scopes": {"bot": ["chat:write", "im:write", "commands"]}},
}


def plain(text: str) -> dict[str, str]:
    return {"type": "plain_text", "text": text}


def options(*texts: str) -> list[dict[str, Any]]:
    return [{"text": plain(text), "value": text.lower()} for text in texts]


def text_input(block_id: str, label: str, **extra: Any) -> dict[str, Any]:
    element = {"type": "plain_text_input", "action_id": "text"}
    return {"type": "input", "block_id": block_id, "label": plain(label), "element": element, **extra}


SURE = {
    "title": plain("Sure?"),
    "text": plain("Gone is gone."),
    "confirm": plain("Drop"),
    "deny": plain("Keep"),
}
WHEN = plain("When")
BUTTONS = {
    "type": "actions",
    "elements": [
        {"type": "button", "action_id": "done", "text": plain("Done"), "style": "primary"},
        {"type": "button", "action_id": "drop", "text": plain("Drop it"), "style": "danger", "confirm": SURE},
        {"type": "static_select", "action_id": "when", "placeholder": WHEN, "options": options("Soon", "Later")},
        {"type": "overflow", "action_id": "more", "options": options("Archive", "Forget")},
    ],
}  # fmt: skip
WIDE_WORD = "Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichen"
EVERYTHING: list[dict[str, Any]] = [
    {"type": "header", "text": plain(f"Plans {WIDE_WORD}")},
    {
        "type": "section",
        "text": {"type": "mrkdwn", "text": f"*{WIDE_WORD}* <https://a.example/{WIDE_WORD * 3}>"},
    },
    {"type": "section", "fields": [plain(WIDE_WORD), plain("b"), plain("c")]},
    {
        "type": "section",
        "text": plain(WIDE_WORD),
        "accessory": {"type": "users_select", "action_id": "who", "placeholder": plain("Who")},
    },
    {"type": "section", "text": plain("x"), "accessory": {"type": "timepicker", "action_id": "time"}},
    {
        "type": "section",
        "text": plain("y"),
        "accessory": {"type": "checkboxes", "action_id": "ticks", "options": options(WIDE_WORD, "b")},
    },
    {"type": "divider"},
    {"type": "context", "elements": [plain(WIDE_WORD)]},
    BUTTONS,
    {"type": "actions", "elements": [{"type": "datepicker", "action_id": "day"}]},
]
MARKDOWN = {"type": "markdown", "text": f"```\n{WIDE_WORD * 3}\n```"}
FORM = {
    "type": "modal",
    "callback_id": "form",
    "title": plain("Plan"),
    "submit": plain("Save"),
    "close": plain("Cancel"),
    "blocks": [
        text_input("what", "What"),
        text_input("why", "Why", optional=True),
        {
            "type": "input",
            "block_id": "with",
            "label": plain("With"),
            "element": {"type": "multi_users_select", "action_id": "people"},
            "optional": True,
        },
        {
            "type": "input",
            "block_id": "day",
            "label": plain("Day"),
            "element": {"type": "datepicker", "action_id": "date", "initial_date": "2027-03-02"},
        },
    ],
}


def answer_command(ack: Any, command: Any) -> None:
    ack(
        text=command["text"],
        blocks=[{"type": "section", "text": {"type": "mrkdwn", "text": command["text"]}}],
    )


def open_form(ack: Any, client: WebClient, body: Any) -> None:
    ack()
    client.views_open(trigger_id=body["trigger_id"], view=FORM)


def take_form(ack: Any, client: WebClient, body: Any, view: Any) -> None:
    values = view["state"]["values"]
    if values["what"]["text"]["value"] == "nothing":
        ack(response_action="errors", errors={"what": "That is too little."})
        return
    ack()
    said = f"{values['what']['text']['value']} on {values['day']['date']['selected_date']}"
    for person in [body["user"]["id"], *values["with"]["people"]["selected_users"]]:
        client.chat_postMessage(channel=person, text=said)


def say_it_is(word: str) -> Any:
    def listener(ack: Any, respond: Any) -> None:
        ack()
        respond(text=f"It is {word}.", replace_original=True)

    return listener


def choose(ack: Any, respond: Any, action: Any) -> None:
    ack()
    respond(text=f"Chosen: {action['selected_option']['value']}.", replace_original=True)


def keep(ack: Any, client: WebClient, body: Any) -> None:
    ack()
    client.chat_postEphemeral(channel=body["channel"]["id"], user=body["user"]["id"], text="Kept.")


def publish_home(client: WebClient, event: Any) -> None:
    client.views_publish(user_id=event["user"], view={"type": "home", "blocks": EVERYTHING})


def small_app(client: WebClient) -> App:
    """The app under the page's tests: a command, a form, buttons, a shortcut, a Home."""
    app = App(name="small", client=client, signing_secret=SIGNING_SECRET)
    app.command("/plan")(answer_command)
    app.command("/form")(open_form)
    app.view("form")(take_form)
    app.action("done")(say_it_is("done"))
    app.action("drop")(say_it_is("gone"))
    app.action("when")(choose)
    app.action("more")(choose)
    app.shortcut("keep")(keep)
    app.event("app_home_opened")(publish_home)
    return app


def serve(app: App) -> BaseWSGIServer:
    """Take Slack's requests over HTTP on a port of its own."""
    web, handler = Flask("small_app"), SlackRequestHandler(app)
    web.add_url_rule("/slack/events", view_func=lambda: handler.handle(request), methods=["POST"])
    return make_server("127.0.0.1", 0, web, threaded=True)


class Reminder:
    """An app's clockwork: follows people's time and sends one message when it is due."""

    def __init__(self, sandbox: Running, client: WebClient, due: datetime) -> None:
        self._http = httpx.Client(base_url=sandbox.url, trust_env=False)
        self._client, self._due = client, due
        self._sent = False
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> "Reminder":
        self._report()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        self._http.close()

    def _run(self) -> None:
        while not self._stop.wait(0.05):
            self._report()

    def _report(self) -> None:
        clock = self._http.get("/clock").json()
        if not self._sent and datetime.fromisoformat(clock["now"]) >= self._due:
            self._client.chat_postMessage(channel=AMY, text="Lunch is now.")
            self._sent = True
        following = None if self._sent else self._due.isoformat()
        report = {"at": clock["now"], "next_at": following, "generation": clock["generation"]}
        self._http.post("/clock/drained", json=report)


def test_what_the_small_app_shows_is_what_slack_would_take() -> None:
    assert check_view(FORM) is None
    assert check_view({"type": "home", "blocks": EVERYTHING}) is None
