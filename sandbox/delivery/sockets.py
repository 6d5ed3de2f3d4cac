"""The Socket Mode way to the app: up to ten WebSockets, each payload to one of them."""

import asyncio
import json
import secrets
import uuid
from dataclasses import dataclass, field
from itertools import count

from starlette.websockets import WebSocket, WebSocketDisconnect

from sandbox.delivery.envelope import Envelope, Undelivered
from sandbox.delivery.http import ACKNOWLEDGE_SECONDS
from sandbox.identity import APP_ID
from sandbox.model import Json

CONNECTIONS_LIMIT = 10
CONNECTION_SECONDS = 18_060
REFUSED = 1008


@dataclass
class SocketLink:
    """The app's open connections and the payloads that wait for an acknowledgement."""

    sockets: list[WebSocket] = field(default_factory=list)
    _tickets: set[str] = field(default_factory=set)
    _waiting: dict[str, "asyncio.Future[Json]"] = field(default_factory=dict)
    _turn: "count[int]" = field(default_factory=count)

    @property
    def is_connected(self) -> bool:
        """Say whether the app listens."""
        return bool(self.sockets)

    def ticket(self) -> str:
        """Give out leave for one connection."""
        ticket = secrets.token_urlsafe(16)
        self._tickets.add(ticket)
        return ticket

    async def serve(self, socket: WebSocket) -> None:
        """Hold one connection: greet, then take acknowledgements until it ends."""
        ticket = socket.query_params.get("ticket", "")
        if ticket not in self._tickets or len(self.sockets) >= CONNECTIONS_LIMIT:
            await socket.close(REFUSED)
            return
        self._tickets.discard(ticket)
        await socket.accept()
        self.sockets.append(socket)
        try:
            await socket.send_json(self._hello())
            await self._listen(socket)
        except WebSocketDisconnect:
            return
        finally:
            self._forget(socket)

    async def send(self, envelope: Envelope) -> Json:
        """Deliver a payload to one connection and return what the app acknowledged with."""
        socket = self.sockets[next(self._turn) % len(self.sockets)]
        envelope_id = str(uuid.uuid4())
        future: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
        self._waiting[envelope_id] = future
        try:
            await socket.send_json(_framed(envelope, envelope_id))
            return await asyncio.wait_for(future, ACKNOWLEDGE_SECONDS)
        except TimeoutError as error:
            raise Undelivered("operation_timeout", "timeout") from error
        except (WebSocketDisconnect, RuntimeError) as error:
            self._forget(socket)
            raise Undelivered("dispatch_failed", "connection_failed") from error
        finally:
            del self._waiting[envelope_id]

    async def refresh(self) -> int:
        """Ask every connection to be renewed, as Slack does every few hours, and close it; return how many."""
        asked = list(self.sockets)
        for socket in asked:
            self._forget(socket)
            await socket.send_json(
                {
                    "type": "disconnect",
                    "reason": "refresh_requested",
                    "debug_info": {"host": "applink-sandbox"},
                }
            )
            await socket.close()
        return len(asked)

    async def _listen(self, socket: WebSocket) -> None:
        while True:
            message = await socket.receive_text()
            if message.startswith("{"):
                self._acknowledge(json.loads(message))

    def _acknowledge(self, message: Json) -> None:
        future = self._waiting.get(str(message.get("envelope_id", "")))
        if future and not future.done():
            future.set_result(message.get("payload") or {})

    def _forget(self, socket: WebSocket) -> None:
        if socket in self.sockets:
            self.sockets.remove(socket)

    def _hello(self) -> Json:
        return {
            "type": "hello",
            "num_connections": len(self.sockets),
            "debug_info": {
                "host": "applink-sandbox",
                "build_number": 1,
                "approximate_connection_time": CONNECTION_SECONDS,
            },
            "connection_info": {"app_id": APP_ID},
        }


def _framed(envelope: Envelope, envelope_id: str) -> Json:
    framed: Json = {
        "envelope_id": envelope_id,
        "payload": envelope.payload,
        "type": envelope.type,
        "accepts_response_payload": envelope.type != "events_api",
    }
    if envelope.type == "events_api":
        framed |= {"retry_attempt": envelope.retry, "retry_reason": envelope.retry_reason}
    return framed
