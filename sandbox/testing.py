"""A sandbox inside a test process: a server on a port of its own, in a thread, with its driver."""

import asyncio
import contextlib
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from starlette.routing import BaseRoute

from sandbox.driver import Driver
from sandbox.manifest import PERMISSIVE, Manifest, parse_manifest, read_manifest
from sandbox.model import Json, TourStep
from sandbox.page import routes as page_routes
from sandbox.server import SandboxServer, listen
from sandbox.world import World

START_SECONDS = 10.0
STOP_SECONDS = 10.0


@dataclass(frozen=True)
class Running:
    """A sandbox that runs: its address, and a driver to act with."""

    url: str
    driver: Driver

    @property
    def api_url(self) -> str:
        """The `base_url` for an app's WebClient."""
        return f"{self.url}/api/"


@contextlib.contextmanager
def running(
    port: int = 0,
    *,
    manifest: Manifest | Json | Path | None = None,
    rates: bool = False,
    event_url: str | None = None,
    state_file: Path | None = None,
    tour: Sequence[TourStep] = (),
    routes: Sequence[BaseRoute] = tuple(page_routes),
) -> Iterator[Running]:
    """Run a sandbox for as long as the block lasts."""
    world = World(_manifest(manifest), event_url=event_url, rates=rates, tour=tour)
    bound = listen(port)
    world.base_url = f"http://127.0.0.1:{bound.getsockname()[1]}"
    server = SandboxServer(world, routes, state_file=state_file)
    thread = threading.Thread(
        target=lambda: asyncio.run(server.serve(sockets=[bound])), name="sandbox", daemon=True
    )
    thread.start()
    _wait_until_started(server, thread)
    try:
        with Driver(world.base_url) as driver:
            yield Running(world.base_url, driver)
    finally:
        server.should_exit = True
        thread.join(STOP_SECONDS)
        bound.close()


def _manifest(given: Manifest | Json | Path | None) -> Manifest:
    if given is None:
        return PERMISSIVE
    if isinstance(given, Manifest):
        return given
    return read_manifest(given) if isinstance(given, Path) else parse_manifest(given)


def _wait_until_started(server: SandboxServer, thread: threading.Thread) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not server.started:
        if not thread.is_alive() or time.monotonic() > deadline:
            raise RuntimeError("The sandbox did not start.")
        time.sleep(0.005)
