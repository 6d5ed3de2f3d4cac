"""The server: every route of the workspace, and how it starts and ends."""

import contextlib
import socket
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket

from sandbox.control import acting, looking, steering, time
from sandbox.dropping import DroppableProtocol
from sandbox.guard import Guard
from sandbox.storage import Keeper
from sandbox.transfers import download, look_into, upload
from sandbox.web_api.dispatch import call_method, call_response_url
from sandbox.world import World

HOST = "127.0.0.1"
SHUTDOWN_SECONDS = 1


def create_app(world: World, page_routes: Sequence[BaseRoute], *, keeper: Keeper | None = None) -> Starlette:
    """Return the application; handlers find the workspace at `request.app.state.world`."""

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        if keeper:
            keeper.start()
        yield
        await world.events.close()
        await world.link.http.close()
        if keeper:
            await keeper.stop()

    app = Starlette(routes=[*_routes(), *page_routes], middleware=[Middleware(Guard)], lifespan=lifespan)
    app.state.world = world
    return app


def _routes() -> list[BaseRoute]:
    return [
        Route("/api/{method:path}", call_method, methods=["GET", "POST"]),
        Route("/response/{token}", call_response_url, methods=["POST"]),
        Route("/upload/{file_id}", upload, methods=["POST", "PUT"]),
        Route("/files/{file_id}/download", download, methods=["GET"]),
        Route("/sandbox/files/{file_id}", look_into, methods=["GET"]),
        WebSocketRoute("/link/", _link),
        *acting.routes,
        *looking.routes,
        *steering.routes,
        *time.routes,
    ]


async def _link(websocket: WebSocket) -> None:
    """Serve Socket Mode."""
    world: World = websocket.app.state.world
    await world.link.sockets.serve(websocket)


def listen(port: int) -> socket.socket:
    """Bind to the loopback address (port 0: any that is free)."""
    # Named TCP explicitly, since asyncio sets TCP_NODELAY on such sockets only: without it an answer takes 40 ms.
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bound.bind((HOST, port))
    return bound


class SandboxServer(uvicorn.Server):
    """A server that lets go of long polls before it waits for its connections to end."""

    def __init__(
        self, world: World, page_routes: Sequence[BaseRoute], *, state_file: Path | None = None
    ) -> None:
        self._world = world
        keeper = Keeper(world, state_file) if state_file else None
        if keeper:
            keeper.load()
        config = uvicorn.Config(
            create_app(world, page_routes, keeper=keeper),
            http=DroppableProtocol,
            ws="websockets-sansio",
            log_level="warning",
            access_log=False,
            timeout_graceful_shutdown=SHUTDOWN_SECONDS,
        )
        super().__init__(config)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Wake whoever waits for a change, then end."""
        self._world.changes.close()
        await super().shutdown(sockets)
