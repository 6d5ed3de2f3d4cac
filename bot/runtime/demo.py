"""The demo: the sandbox workspace and the bot attached to it, two processes that begin and end together."""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from bot.runtime.config import ROOT

FOLDER = ROOT / ".demo"
FIRST_PORT, PORTS = 3900, 50
START_SECONDS = 60
"""A machine that is busy compiling still starts both within it."""
END_SECONDS = 25
"""Longer than the bot takes to record what is on its way to Slack."""
LOCALHOST = "127.0.0.1"


@dataclass(frozen=True)
class Tokens:
    """What the sandbox accepts; nothing of value hides behind these."""

    bot: str
    app: str
    signing_secret: str


@dataclass(frozen=True)
class Demo:
    """Where the demo keeps its data and logs, and what it starts."""

    folder: Path
    program: Path
    tokens: Tokens
    environment: Mapping[str, str]

    @property
    def store(self) -> str:
        """The DATABASE_URL of the demo."""
        return f"sqlite:///{self.folder / 'trellis.db'}"

    @property
    def surroundings(self) -> dict[str, str]:
        """The environment without proxies: none reaches this machine's own addresses, but the SDK would ask it."""
        return {name: text for name, text in self.environment.items() if not name.lower().endswith("_proxy")}


class NotStarted(Exception):
    """The demo could not be started; the message says why."""


def run(demo: Demo, *, fresh: bool) -> int:
    """Run both until SIGINT or SIGTERM, and give the exit code: 0 if they ran until told to stop."""
    told = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: told.set())
    demo.folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        try:
            stack.enter_context(_only_one(demo.folder))
            if fresh:
                _start_over(demo.folder)
            page = _start_page(demo, stack)
            if not _is_up(page, told):
                return 0
            bot = _start_bot(demo, page, stack)
            if not _is_up(bot, told):
                return 0
        except NotStarted as trouble:
            sys.stderr.write(f"{trouble}\n")
            return 1
        sys.stdout.write(f"\n  Trellis is at http://{LOCALHOST}:{page.port}/\n  Stop with Ctrl-C.\n\n")
        sys.stdout.flush()
        return _watch((page, bot), told)


class _Part:
    """One of the two processes, with its log beside the data."""

    def __init__(self, name: str, folder: Path, port: int, asked: str) -> None:
        self.name, self.port = name, port
        self.asked = f"http://{LOCALHOST}:{port}{asked}"
        self.log = folder / f"{name}.log"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        with self.log.open("wb") as log:
            # A session of its own: Ctrl-C reaches us alone, and we end both in order.
            self._process = subprocess.Popen(  # noqa: S603 - our own program
                command, env=dict(environment), cwd=ROOT, stdout=log, stderr=log, start_new_session=True
            )

    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def end(self) -> None:
        """Ask it to end, and after a while end it and all it started."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def last_words(self) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-10:])


def _start_page(demo: Demo, stack: ExitStack) -> _Part:
    port = _free_port(range(FIRST_PORT, FIRST_PORT + PORTS))
    page = _Part("sandbox", demo.folder, port, "/clock")
    stack.callback(page.end)
    state = ["--state", str(demo.folder / "slack.json")]
    page.start([sys.executable, str(demo.program), "sandbox", "--port", str(port), *state], demo.surroundings)
    return page


def _start_bot(demo: Demo, page: _Part, stack: ExitStack) -> _Part:
    bot = _Part("bot", demo.folder, _free_port([0]), "/readyz")
    stack.callback(bot.end)
    settings = _settings(demo.tokens, page.port, bot.port, demo.store)
    bot.start([sys.executable, str(demo.program)], {**demo.surroundings, **settings})
    return bot


def _settings(tokens: Tokens, page_port: int, bot_port: int, store: str) -> dict[str, str]:
    """Write every setting, so that nothing of a real workspace's `.env` shines through."""
    slack = f"http://{LOCALHOST}:{page_port}"
    return {
        "SLACK_BOT_TOKEN": tokens.bot,
        "SLACK_APP_TOKEN": tokens.app,
        "SLACK_SIGNING_SECRET": tokens.signing_secret,
        "SLACK_API_URL": f"{slack}/api/",
        "CLOCK_URL": f"{slack}/clock",
        "DATABASE_URL": store,
        "HOST": LOCALHOST,
        "PORT": str(bot_port),
        "LOG_LEVEL": "INFO",
        "WEB_CONCURRENCY": "1",
        "WEB_THREADS": "16",
    }


def _free_port(candidates: Sequence[int]) -> int:
    for port in candidates:
        with socket.socket() as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                trial.bind((LOCALHOST, port))
            except OSError:
                continue
            return int(trial.getsockname()[1])
    raise NotStarted(f"No free port between {candidates[0]} and {candidates[-1]}.")


def _only_one(folder: Path) -> ExitStack:
    """Hold the folder; the lock goes with the process, however that ends."""
    held = ExitStack()
    lock = held.enter_context((folder / "lock").open("w"))
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        held.close()
        raise NotStarted("The demo is running already in another terminal.") from None
    return held


def _start_over(folder: Path) -> None:
    for entry in folder.iterdir():
        if entry.name == "lock":
            continue
        if entry.is_dir():
            shutil.rmtree(entry)
        else:
            entry.unlink()


def _is_up(part: _Part, told: threading.Event) -> bool:
    """Wait until it answers; False if we were told to stop meanwhile."""
    ask = urllib.request.build_opener(urllib.request.ProxyHandler({})).open
    deadline = time.monotonic() + START_SECONDS
    while not told.is_set():
        if not part.is_running() or time.monotonic() > deadline:
            raise NotStarted(f"The {part.name} did not start; {part.log} ends with:\n{part.last_words()}")
        try:
            ask(part.asked, timeout=2).close()
        except OSError:
            told.wait(0.1)
        else:
            return True
    return False


def _watch(parts: Sequence[_Part], told: threading.Event) -> int:
    """Wait until told to stop; should one end by itself say so, for the other alone is of no use."""
    while not told.wait(0.5):
        for part in parts:
            if not part.is_running():
                sys.stderr.write(f"The {part.name} ended; {part.log} ends with:\n{part.last_words()}\n")
                return 1
    return 0
