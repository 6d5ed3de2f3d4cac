"""A sandbox inside a test process: a server on a port of its own, in a thread, with its driver.

To start and to end one takes a quarter of a second: whoever needs many workspaces, one after the other, keeps the
server (`serving`) and exchanges what is in it.
"""

import asyncio
import contextlib
import json
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from starlette.applications import Starlette
from starlette.routing import BaseRoute

from sandbox.driver import Driver
from sandbox.manifest import PERMISSIVE, Manifest, parse_manifest, read_manifest
from sandbox.model import Json, TourStep
from sandbox.page import routes as page_routes
from sandbox.server import SandboxServer, listen
from sandbox.storage import restore, snapshot
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


@dataclass(frozen=True)
class Hosted(Running):
    """A sandbox in a thread of this process: what was said in it can be written down, and taken up again later."""

    world: World
    loop: asyncio.AbstractEventLoop

    def written_down(self) -> str:
        """Write down who is there and what was said, as a file of the sandbox keeps it between two starts."""
        return asyncio.run_coroutine_threadsafe(self._write(), self.loop).result(STOP_SECONDS)

    def take_up(self, written: str) -> None:
        """Go on where it was written down; forms that were open then are not."""
        asyncio.run_coroutine_threadsafe(self._read(written), self.loop).result(STOP_SECONDS)

    async def _write(self) -> str:
        return json.dumps(snapshot(self.world))

    async def _read(self, written: str) -> None:
        restore(self.world, json.loads(written))
        self.world.changes.bump()


class Grounds:
    """A server that goes on while the workspace in it is exchanged."""

    def __init__(self, server: SandboxServer, loop: asyncio.AbstractEventLoop, driver: Driver) -> None:
        assert isinstance(server.config.app, Starlette)
        self._app, self._loop, self._driver = server.config.app, loop, driver
        self._nobodys: World = self._app.state.world

    @contextlib.contextmanager
    def workspace(
        self, *, manifest: Manifest | Json | Path | None = None, rates: bool = False
    ) -> Iterator[Running]:
        """Let there be a new workspace for as long as the block lasts; nothing of it stays."""
        world = World(_manifest(manifest), rates=rates)
        world.base_url = self._driver.base_url
        self._app.state.world = world
        try:
            yield Running(world.base_url, self._driver)
        finally:
            self._app.state.world = self._nobodys
            asyncio.run_coroutine_threadsafe(_end(world), self._loop).result(STOP_SECONDS)


async def _end(world: World) -> None:
    world.changes.close()
    await world.events.close()
    await world.link.http.close()


@contextlib.contextmanager
def serving() -> Iterator[Grounds]:
    """Run a server for many workspaces, one at a time."""
    with _served(World(PERMISSIVE, rates=False)) as (server, loop, driver):
        yield Grounds(server, loop, driver)


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
) -> Iterator[Hosted]:
    """Run a sandbox for as long as the block lasts."""
    world = World(_manifest(manifest), event_url=event_url, rates=rates, tour=tour)
    with _served(world, port, routes, state_file) as (_, loop, driver):
        yield Hosted(world.base_url, driver, world, loop)


@contextlib.contextmanager
def _served(
    world: World,
    port: int = 0,
    routes: Sequence[BaseRoute] = tuple(page_routes),
    state_file: Path | None = None,
) -> Iterator[tuple[SandboxServer, asyncio.AbstractEventLoop, Driver]]:
    bound = listen(port)
    world.base_url = f"http://127.0.0.1:{bound.getsockname()[1]}"
    server, loop = SandboxServer(world, routes, state_file=state_file), asyncio.new_event_loop()
    thread = threading.Thread(target=_serve, args=(server, bound, loop), name="sandbox", daemon=True)
    thread.start()
    _wait_until_started(server, thread)
    try:
        with Driver(world.base_url) as driver:
            yield server, loop, driver
    finally:
        server.should_exit = True
        thread.join(STOP_SECONDS)
        bound.close()


def _serve(server: SandboxServer, bound: socket.socket, loop: asyncio.AbstractEventLoop) -> None:
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        runner.run(server.serve(sockets=[bound]))


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
