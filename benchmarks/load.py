"""A client that costs little itself: one signed request, prepared once, sent over kept-alive sockets."""

from __future__ import annotations

import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from urllib.parse import urlencode

from slack_sdk.signature import SignatureVerifier

from bot.runtime.clock import SystemClock
from sandbox.identity import SIGNING_SECRET, TEAM_ID

CONNECTIONS = 16


def command_request(port: int, user: str, text: str) -> bytes:
    """Write the request by which Slack sends `/goal text`; its signature holds for five minutes."""
    body = urlencode(
        {
            "command": "/goal",
            "text": text,
            "user_id": user,
            "team_id": TEAM_ID,
            "channel_id": "C1",
            "trigger_id": "1.2.x",
            "response_url": "http://127.0.0.1:9/never",
        }
    )
    timestamp = str(int(SystemClock().machine_now().timestamp()))
    signature = SignatureVerifier(SIGNING_SECRET).generate_signature(timestamp=timestamp, body=body)
    head = (
        f"POST /slack/events HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\n"
        f"Content-Length: {len(body)}\r\nX-Slack-Request-Timestamp: {timestamp}\r\n"
        f"X-Slack-Signature: {signature}\r\n\r\n"
    )
    return (head + body).encode()


@dataclass
class Line:
    """One kept-alive connection."""

    port: int
    _socket: socket.socket = field(init=False)

    def __post_init__(self) -> None:
        self._connect()

    def _connect(self) -> None:
        self._socket = socket.create_connection(("127.0.0.1", self.port), timeout=30)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def ask(self, request: bytes) -> bytes:
        """Send the request and give the body of the answer, which must be a success."""
        self._socket.sendall(request)
        head, _, body = self._read_head()
        lines = head.lower().split(b"\r\n")
        if b" 200 " not in lines[0]:
            raise RuntimeError(head.decode(errors="replace"))
        length = next(int(line[15:]) for line in lines if line.startswith(b"content-length:"))
        while len(body) < length:
            body += self._socket.recv(65536)
        if b"connection: close" in lines:
            self.close()
            self._connect()
        return body

    def _read_head(self) -> tuple[bytes, bytes, bytes]:
        read = b""
        while b"\r\n\r\n" not in read:
            more = self._socket.recv(65536)
            if not more:
                raise RuntimeError("the server closed the connection")
            read += more
        return read.partition(b"\r\n\r\n")

    def close(self) -> None:
        """Hang up."""
        self._socket.close()


def saturate(port: int, request: bytes, seconds: float) -> float:
    """Ask over all connections as fast as answers come, and give the answers a second."""
    until = time.perf_counter() + seconds

    def ask_on() -> int:
        line, answers = Line(port), 0
        while time.perf_counter() < until:
            line.ask(request)
            answers += 1
        line.close()
        return answers

    with ThreadPoolExecutor(CONNECTIONS) as pool:
        asked = [pool.submit(ask_on) for _ in range(CONNECTIONS)]
        return sum(each.result() for each in asked) / seconds


def latencies(port: int, request: bytes, *, per_second: int, seconds: float) -> list[float]:
    """Ask at a steady pace, whether or not answers came, and give each one's seconds since its appointed time."""
    begun = time.perf_counter() + 0.1
    turn, taken = iter(range(int(per_second * seconds))), threading.Lock()

    def ask_in_turn() -> list[float]:
        line = Line(port)
        waits: list[float] = []
        while True:
            with taken:
                number = next(turn, None)
            if number is None:
                line.close()
                return waits
            appointed = begun + number / per_second
            # The pace is what is measured: each asks at its appointed time and not before.
            time.sleep(max(0.0, appointed - time.perf_counter()))
            line.ask(request)
            waits.append(time.perf_counter() - appointed)

    with ThreadPoolExecutor(CONNECTIONS) as pool:
        asked = [pool.submit(ask_in_turn) for _ in range(CONNECTIONS)]
        return [wait for each in asked for wait in each.result()]
