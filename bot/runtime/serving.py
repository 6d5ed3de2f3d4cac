"""The web server: gunicorn with threads, which suits an app that waits for a store; imported only to serve."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication  # type: ignore[import-untyped]

from bot.runtime.config import Settings

GRACE_SECONDS = 20
"""Longer than a request to Slack may last (10 s) and its record may take to write."""


class Server(BaseApplication):  # type: ignore[misc]
    """Gunicorn around what `build` makes; it is built in each worker process, after the fork."""

    def __init__(
        self,
        build: Callable[[], Flask],
        settings: Settings,
        *,
        processes: int,
        after_start: Callable[[], None] = lambda: None,
        before_end: Callable[[], None] = lambda: None,
    ) -> None:
        self._build, self._settings, self._processes = build, settings, processes
        self._after_start, self._before_end = after_start, before_end
        super().__init__()

    def load_config(self) -> None:
        """Set gunicorn up; it reads neither the command line nor a file of its own."""
        for name, value in self._options().items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        """Build the WSGI app."""
        return self._build()

    def _options(self) -> dict[str, Any]:
        return {
            "bind": f"{self._settings.host}:{self._settings.port}",
            "worker_class": "gthread",
            "workers": self._processes,
            "threads": self._settings.threads,
            "graceful_timeout": GRACE_SECONDS,
            "keepalive": 30,
            "loglevel": "warning",
            "proc_name": "trellis",
            "control_socket_disable": True,
            "post_worker_init": lambda _worker: self._after_start(),
            "worker_exit": lambda _arbiter, _worker: self._before_end(),
        }
