"""A running process: what it builds after gunicorn's fork, what it starts, and how it ends."""

from __future__ import annotations

import logging
import os
import random
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from slack_bolt import App
from slack_bolt.error import BoltError
from slack_sdk.errors import SlackApiError

from bot.runtime.clock import Clock
from bot.runtime.config import Settings
from bot.runtime.database import Sessions, connect
from bot.runtime.engine import Engine, Work

if TYPE_CHECKING:
    from flask import Flask

    from bot.runtime.socket_mode import SocketDoor

log = logging.getLogger(__name__)

GIVE_UP = 3
"""The exit code by which a process tells gunicorn not to start another in its place."""
END_SECONDS = 22.0
"""Hosts kill what has not ended some 30 s after it was told to, and we promise 25."""
ENDING = (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT)


class Door(App):
    """Bolt's app, which is told when its process begins and when it is to end."""

    def begin(self) -> None:
        """Go on with what an earlier process left."""
        raise NotImplementedError

    def end(self) -> None:
        """Bring to an end what goes on after requests have their answers."""
        raise NotImplementedError


BuildApp = Callable[[Settings, Sessions, Clock], Door]
BuildWork = Callable[[Settings, Clock], Work]


class Process:
    """One process of Trellis; it may have a door for Slack, and an engine that plans and delivers."""

    def __init__(
        self, settings: Settings, clock: Clock, *, build_app: BuildApp | None, build_work: BuildWork | None
    ) -> None:
        self._settings, self._clock = settings, clock
        self._build_app, self._build_work = build_app, build_work
        self._app: Door | None = None
        self._sessions: Sessions | None = None
        self._engine: Engine | None = None
        self._socket: SocketDoor | None = None
        self._told_to_end = threading.Event()
        self._ender: threading.Thread | None = None

    def serve(self, *, processes: int) -> None:
        """Serve HTTP until a signal comes; does not return."""
        # Gunicorn reads the environment on import, and stumbles over what our own settings have checked by now.
        from bot.runtime.serving import Server

        Server(
            self.build,
            self._settings,
            processes=processes,
            after_start=self.start,
            when_told_to_end=self._told_to_end.set,
            before_end=self.stop,
        ).run()

    def run(self) -> None:
        """Work without HTTP until SIGTERM or SIGINT."""
        told = _first_signal()
        self._build_parts()
        self.start()
        told()
        self.stop()

    def build(self) -> Flask:
        """Connect to the store and build the doors; nothing is started."""
        # The server has loaded it before it forked; without one nobody needs Flask.
        from bot.runtime.web import build_web

        sessions = self._build_parts()
        # Without a signing secret anybody could sign: Socket Mode is then the only door.
        app = self._app if self._settings.signing_secret else None
        return build_web(app, sessions=sessions, clock=self._clock)

    def _build_parts(self) -> Sessions:
        settings, clock = self._settings, self._clock
        self._sessions = sessions = Sessions(connect(settings.database_url))
        if self._build_work:
            # Chance only spreads retries, so that processes that failed together do not return together.
            work = self._build_work(settings, clock)
            self._engine = Engine(sessions, clock, work, chance=random.SystemRandom())
        if self._build_app:
            with _explained("slack_refused"):
                self._app = self._build_app(settings, sessions, clock)
        return sessions

    def start(self) -> None:
        """Start the engine, and take Slack's calls over a socket if there is a token for it."""
        self._ender = threading.Thread(target=self._end_when_told, name="ender", daemon=True)
        self._ender.start()
        if self._engine:
            self._engine.start()
        if self._app:
            self._app.begin()
        if self._engine and self._app and self._settings.app_token:
            self._socket = self._connected(self._app, self._settings.app_token)
        log.info("process_started", extra={"port": self._settings.port, "socket": self._socket is not None})

    def stop(self) -> None:
        """Wait until what was started has ended; in a process that started nothing, do nothing."""
        # A second Ctrl-C must not tear the first one's work.
        for number in ENDING:
            signal.signal(number, signal.SIG_IGN)
        self._told_to_end.set()
        if self._ender:
            self._ender.join()
        if self._sessions:
            self._sessions.engine.dispose()
        log.info("process_stopped")

    def _end_when_told(self) -> None:
        """End the engine and the socket as soon as a signal comes, while gunicorn still sees requests through."""
        self._told_to_end.wait()
        last = threading.Timer(END_SECONDS, _cut_short)
        last.daemon = True  # it watches over the threads that the interpreter waits for
        last.start()
        leaving = [
            threading.Thread(target=leave, name="leaving", daemon=True)
            for leave in (self._leave_socket, self._leave_door)
        ]
        for thread in leaving:
            thread.start()
        if self._engine:
            self._engine.stop()
        for thread in leaving:
            thread.join()

    def _leave_socket(self) -> None:
        if self._socket:
            self._socket.leave()

    def _leave_door(self) -> None:
        if self._app:
            self._app.end()

    def _connected(self, app: App, token: str) -> SocketDoor:
        # A process that only works, or is called over HTTP, needs none of it.
        from bot.runtime.socket_mode import SocketDoor

        door = SocketDoor(app, token, rooms=self._settings.threads)
        with _explained("socket_refused"):
            door.connect()  # type: ignore[no-untyped-call]
        return door


def _first_signal() -> Callable[[], None]:
    """Heed signals from now on, and give what waits until the first has come, were it before the call.

    Libraries that compute start threads of their own, and a signal may be handed to any thread that does not block it:
    one that only the main thread waited for would then end the process in the midst of everything. The byte that is
    written here reaches us whoever got the signal, and a second one disturbs nobody.
    """
    ours, theirs = socket.socketpair()
    theirs.setblocking(False)
    signal.set_wakeup_fd(theirs.fileno(), warn_on_full_buffer=False)
    for number in ENDING:
        signal.signal(number, lambda *_: None)

    def wait() -> None:
        with ours, theirs:
            ours.recv(1)
            signal.set_wakeup_fd(-1)

    return wait


def _cut_short() -> None:
    """End at once: what is still on its way has a lease that runs out, and is looked up then."""
    log.warning("stop_cut_short", extra={"waited_for": [thread.name for thread in threading.enumerate()]})
    logging.shutdown()
    os._exit(0)


@contextmanager
def _explained(event: str) -> Iterator[None]:
    """End the process with a word instead of a traceback when Slack does not let us in."""
    try:
        yield
    except (SlackApiError, BoltError, OSError) as refusal:
        log.critical(event, extra={"error": refusal, "advice": "run `python app.py doctor`"})
        raise SystemExit(GIVE_UP) from refusal
