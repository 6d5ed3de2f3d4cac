"""Slack's door as a socket, which turns away what it cannot answer while Slack listens, as the web door does."""

from __future__ import annotations

import logging

from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk.socket_mode.builtin import SocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse

from bot.runtime.overload import SPARE_THREADS, Gate, Json, Tellers
from bot.runtime.patience import somebody_waits

log = logging.getLogger(__name__)


class SocketDoor(SocketModeHandler):
    """Takes Slack's calls over a socket, so many at once."""

    def __init__(self, app: App, token: str, *, rooms: int) -> None:
        super().__init__(app, token, concurrency=rooms + SPARE_THREADS)
        self._gate, self._tellers = Gate(rooms), Tellers()

    def handle(self, client: SocketModeClient, req: SocketModeRequest) -> None:  # type: ignore[override]
        """Answer a call, or turn it away."""
        with somebody_waits():  # and has since before there was room
            if not self._gate.is_let_in():
                self._turn_away(client, req)
                return
            try:
                super().handle(client, req)
            finally:
                self._gate.leave()

    def leave(self) -> None:
        """Take no more, let what was taken get its answer, then close the socket."""
        client = self.client
        client.closed = True  # else it takes on and on
        client.message_processor.shutdown()  # type: ignore[no-untyped-call]
        client.message_workers.shutdown(wait=True)
        self.close()  # type: ignore[no-untyped-call]

    def _turn_away(self, client: SocketModeClient, call: SocketModeRequest) -> None:
        """Tell a person that nothing was changed; what is not acknowledged, Slack brings again."""
        log.warning("request_turned_away", extra={"kind": call.type})
        answer = self._answer(call)
        if answer is not None:
            client.send_socket_mode_response(SocketModeResponse(call.envelope_id, answer or None))

    def _answer(self, call: SocketModeRequest) -> Json | None:
        if call.type == "slash_commands":
            return self._tellers.about_command()
        return self._tellers.about_click(call.payload) if call.type == "interactive" else None
