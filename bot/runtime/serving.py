"""The web server: gunicorn with threads, which suits an app that waits for a store; imported only to serve."""

from __future__ import annotations

import queue
import signal
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from flask import Flask
from gunicorn.app.base import BaseApplication  # type: ignore[import-untyped]
from gunicorn.arbiter import Arbiter  # type: ignore[import-untyped]
from gunicorn.workers.gthread import ThreadWorker  # type: ignore[import-untyped]

from bot.runtime.config import Settings
from bot.runtime.overload import SPARE_THREADS, Turnstile

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

REQUESTS_SECONDS = 12
"""How long requests may go on after a signal: longer than one to Slack may last (10 s)."""
LAST_SECONDS = 24
"""How long after a signal a process is killed that has not ended by itself."""


class Server(BaseApplication):  # type: ignore[misc]
    """Gunicorn around what `build` makes; it is built in each worker process, after the fork."""

    def __init__(
        self,
        build: Callable[[], Flask],
        settings: Settings,
        *,
        processes: int,
        after_start: Callable[[], None] = lambda: None,
        when_told_to_end: Callable[[], None] = lambda: None,
        before_end: Callable[[], None] = lambda: None,
    ) -> None:
        self._build, self._settings, self._processes = build, settings, processes
        self._after_start, self._before_end = after_start, before_end
        self.when_told_to_end = when_told_to_end
        super().__init__()

    def load_config(self) -> None:
        """Set gunicorn up; it reads neither the command line nor a file of its own."""
        for name, value in self._options().items():
            self.cfg.set(name, value)

    def load(self) -> WSGIApplication:
        """Build the WSGI app; where it has a door for Slack, no more get in at once than can be answered in time."""
        web, settings = self._build(), self._settings
        if not settings.signing_secret:
            return web
        return Turnstile(web, rooms=settings.threads, signing_secret=settings.signing_secret)

    def run(self) -> None:
        """Serve until a signal comes; does not return."""
        _Master(self).run()

    def _options(self) -> dict[str, Any]:
        return {
            "bind": f"{self._settings.host}:{self._settings.port}",
            "worker_class": _Worker,
            "workers": self._processes,
            "threads": self._settings.threads + SPARE_THREADS,
            "graceful_timeout": REQUESTS_SECONDS,
            "keepalive": 30,
            "loglevel": "warning",
            "proc_name": "trellis",
            "control_socket_disable": True,
            "post_worker_init": lambda _worker: self._after_start(),
            "worker_exit": lambda _arbiter, _worker: self._before_end(),
        }


class _Master(Arbiter):  # type: ignore[misc]
    """Ends in one way whatever the signal, and however many come: gunicorn's would tear requests at Ctrl-C."""

    def handle_int(self) -> None:
        self.handle_term()

    def handle_quit(self) -> None:
        self.handle_term()

    def stop(self, graceful: bool = True) -> None:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT):
            signal.signal(number, signal.SIG_IGN)
        with suppress(queue.Empty):
            while True:
                self.SIG_QUEUE.get_nowait()
        self.cfg.set("graceful_timeout", LAST_SECONDS)
        super().stop(graceful=True)


class _Worker(ThreadWorker):  # type: ignore[misc]
    """Tells our side of a signal at once: the engine ends while requests are still seen through."""

    def handle_exit(self, sig: int, frame: object) -> None:
        if self.alive:
            super().handle_exit(sig, frame)
            self.app.when_told_to_end()

    def handle_quit(self, sig: int, frame: object) -> None:
        self.handle_exit(sig, frame)
