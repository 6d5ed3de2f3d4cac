"""A Slack that costs little: it takes messages after a while, keeps its limits if told to, and counts by delivery.

`python -m benchmarks.local_slack` prints its port and serves until it is told to end. It knows whom a message is
from by the token, which is named for the workspace. Moments are those of the clock all processes share
(`time.monotonic`).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

BACKLOG = 1024
CONTENT_LENGTH = b"content-length:"
TOKEN = b"authorization: bearer "


@dataclass
class Limit:
    """What may be taken a second and key, after `burst` at once; a rate of 0 is no limit."""

    per_second: float
    burst: int
    _tats: dict[str, float] = field(default_factory=dict)

    def takes(self, key: str, now: float) -> bool:
        """Whether one more has room now, which is then used."""
        if not self.per_second:
            return True
        interval = 1 / self.per_second
        tat = max(self._tats.get(key, now), now)
        if tat - now > interval * (self.burst - 1) + 1e-9:
            return False
        self._tats[key] = tat + interval
        return True


@dataclass
class Ledger:
    """What was taken, in order, and what was refused."""

    latency: float
    workspace: Limit
    conversation: Limit
    openings: Limit
    first_at: float = math.inf
    """When the first request came."""
    taken: list[tuple[str, str, float]] = field(default_factory=list)
    """Workspace, delivery and moment of the answer."""
    refused: list[tuple[str, float]] = field(default_factory=list)
    """Workspace and moment of each answer of 429."""

    def judge(self, workspace: str, channel: str) -> bool:
        """Whether a message is taken."""
        now = time.monotonic()
        self.first_at = min(self.first_at, now)
        is_taken = self.workspace.takes(workspace, now) and self.conversation.takes(
            f"{workspace} {channel}", now
        )
        return self._noted(workspace, now, is_taken=is_taken)

    def opens(self, workspace: str) -> bool:
        """Whether a group is opened."""
        now = time.monotonic()
        self.first_at = min(self.first_at, now)
        return self._noted(workspace, now, is_taken=self.openings.takes(workspace, now))

    def _noted(self, workspace: str, now: float, *, is_taken: bool) -> bool:
        if not is_taken:
            self.refused.append((workspace, now))
        return is_taken

    def counts(self) -> dict[str, object]:
        """Sum up what was taken."""
        numbers = {delivery for _, delivery, _ in self.taken}
        return {
            "taken": len(self.taken),
            "different": len(numbers),
            "first_at": self.first_at if self.taken else 0.0,
            "last_at": self.taken[-1][2] if self.taken else 0.0,
        }


class Line(asyncio.Protocol):
    """One connection; the SDK makes a new one for every request."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger, self._read = ledger, bytearray()
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep what is answered on."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer once a request is complete."""
        self._read += data
        end = self._read.find(b"\r\n\r\n")
        if end < 0:
            return
        head, body = bytes(self._read[:end]), bytes(self._read[end + 4 :])
        lines = head.lower().split(b"\r\n")
        length = next((int(line[15:]) for line in lines if line.startswith(CONTENT_LENGTH)), 0)
        if len(body) >= length:
            self._read.clear()
            self._answer(head, lines, body)

    def _answer(self, head: bytes, lines: list[bytes], body: bytes) -> None:
        if head.startswith(b"GET /counts"):
            self._write(self._ledger.counts())
        elif head.startswith(b"GET /ledger"):
            self._write({"taken": self._ledger.taken, "refused": self._ledger.refused})
        elif b"/chat.postMessage" in head:
            self._take(lines, _message(lines, body))
        elif b"/conversations.open" in head:
            self._open(_workspace(lines), parse_qs(body.decode())["users"][0])
        else:
            self._write({"ok": False, "error": "unknown_method"})

    def _take(self, lines: list[bytes], message: dict[str, Any]) -> None:
        workspace, channel = _workspace(lines), str(message["channel"])
        # Whether one is written to by the person's id or the conversation's, it is one conversation.
        if not self._ledger.judge(workspace, channel[1:]):
            self._refuse()
            return
        delivery = str(message["metadata"]["event_payload"]["delivery_id"])
        if self._ledger.latency:
            loop = asyncio.get_running_loop()
            loop.call_later(self._ledger.latency, self._accept, workspace, channel, delivery)
        else:
            self._accept(workspace, channel, delivery)

    def _accept(self, workspace: str, channel: str, delivery: str) -> None:
        now = time.monotonic()
        self._ledger.taken.append((workspace, delivery, now))
        place = channel if channel.startswith("G") else f"D{channel[1:]}"
        self._write({"ok": True, "channel": place, "ts": f"{now:.6f}"})

    def _open(self, workspace: str, users: str) -> None:
        if not self._ledger.opens(workspace):
            self._refuse()
            return
        opened = {"ok": True, "channel": {"id": f"G{users.replace(',', '')}"}}
        asyncio.get_running_loop().call_later(self._ledger.latency, self._write, opened)

    def _refuse(self) -> None:
        self._write({"ok": False, "error": "ratelimited"}, status=b"429 Too Many Requests\r\nRetry-After: 1")

    def _write(self, answer: dict[str, object], *, status: bytes = b"200 OK") -> None:
        body = json.dumps(answer).encode()
        assert self._transport
        self._transport.write(
            b"HTTP/1.1 %b\r\nContent-Type: application/json\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%b"
            % (status, len(body), body)
        )
        self._transport.close()


def _workspace(lines: list[bytes]) -> str:
    """Tell by the token whose request it is."""
    return next(line for line in lines if line.startswith(TOKEN)).removeprefix(TOKEN).decode().upper()


def _message(lines: list[bytes], body: bytes) -> dict[str, Any]:
    """Read what the SDK sends: JSON, or a form whose values are JSON."""
    if any(line.startswith(b"content-type: application/json") for line in lines):
        return dict(json.loads(body))
    form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
    return {**form, "metadata": json.loads(form["metadata"])}


async def _serve(ledger: Ledger) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Line(ledger), "127.0.0.1", 0, backlog=BACKLOG)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)  # whoever started us ends us by hanging up


def main(arguments: Sequence[str]) -> None:
    """Serve until standard input ends."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.local_slack")
    parser.add_argument("--latency", type=float, default=0.0, help="seconds until a message is taken")
    parser.add_argument("--workspace", type=float, default=0.0, help="messages a second and workspace")
    parser.add_argument("--workspace-burst", type=int, default=1)
    parser.add_argument("--conversation", type=float, default=0.0, help="messages a second and conversation")
    parser.add_argument("--conversation-burst", type=int, default=1)
    parser.add_argument("--openings", type=float, default=0.0, help="groups opened a second and workspace")
    parser.add_argument("--openings-burst", type=int, default=1)
    asked = parser.parse_args(arguments)
    asyncio.run(
        _serve(
            Ledger(
                asked.latency,
                Limit(asked.workspace, asked.workspace_burst),
                Limit(asked.conversation, asked.conversation_burst),
                Limit(asked.openings, asked.openings_burst),
            )
        )
    )


if __name__ == "__main__":
    main(sys.argv[1:])
