"""Servers to measure: Trellis' own program and a bare Bolt app, under the same gunicorn settings."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from bot.runtime.config import ROOT
from sandbox.identity import BOT_TOKEN, SIGNING_SECRET

THREADS = 16
PATIENCE_SECONDS = 30.0
TRELLIS = ("app.py", "web")
BARE = ("-m", "benchmarks.bare")


@dataclass(frozen=True)
class Server:
    """A server that runs, and how long it took until it answered."""

    port: int
    pid: int
    seconds_to_ready: float


@contextmanager
def serving(program: Sequence[str], *, api_url: str, database_url: str = "") -> Iterator[Server]:
    """Run the program until the block ends."""
    port = _free_port()
    environment = {
        "PATH": os.defpath,
        "SLACK_BOT_TOKEN": BOT_TOKEN,
        "SLACK_SIGNING_SECRET": SIGNING_SECRET,
        "SLACK_API_URL": api_url,
        "DATABASE_URL": database_url,
        "HOST": "127.0.0.1",
        "PORT": str(port),
        "WEB_CONCURRENCY": "1",
        "WEB_THREADS": str(THREADS),
        "LOG_LEVEL": "WARNING",
    }
    begun = time.perf_counter()
    process = subprocess.Popen([sys.executable, *program], cwd=ROOT, env=environment)
    try:
        _wait(port, process)
        yield Server(port, process.pid, time.perf_counter() - begun)
    finally:
        process.terminate()
        process.wait(PATIENCE_SECONDS)


def _free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])


def _wait(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not _is_ready(port):
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError("the server did not start")
        # Only an answer says that it answers; a start takes a hundred times as long as this pause.
        time.sleep(0.01)


def _is_ready(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
            connection.sendall(b"GET /readyz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
            return connection.recv(64).startswith(b"HTTP/1.1 200")
    except OSError:
        return False
