"""The app to compare with: Bolt alone, answering "hello", served exactly as Trellis is."""

from __future__ import annotations

from flask import Flask, Response, request
from slack_bolt import Ack, App
from slack_bolt.adapter.flask import SlackRequestHandler
from slack_sdk import WebClient

from bot.runtime import config, logs
from bot.runtime.serving import Server


def build(settings: config.Settings) -> Flask:
    """Build an app with one command that answers at once."""
    app = App(
        client=WebClient(token=settings.bot_token, base_url=settings.slack_api_url),
        signing_secret=settings.signing_secret,
    )
    flask, handler = Flask(__name__), SlackRequestHandler(app)

    @app.command("/goal")
    def hello(ack: Ack) -> None:
        ack("hello")

    @flask.post("/slack/events")
    def slack_events() -> Response:
        return handler.handle(request)

    @flask.get("/readyz")
    def readyz() -> str:
        return "ready"

    return flask


if __name__ == "__main__":
    settings = config.load(config.read_environment())
    logs.set_up(settings.log_level)
    Server(lambda: build(settings), settings, processes=settings.processes).run()
