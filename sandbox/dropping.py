"""Cutting a connection in the middle of a request, as a network does, for tests of what follows."""

import asyncio

from starlette.requests import Request
from uvicorn.protocols.http.h11_impl import H11Protocol

_transports: dict[tuple[str, int], asyncio.Transport] = {}
"""Open connections by the caller's address and port."""


class DroppableProtocol(H11Protocol):
    """HTTP as uvicorn speaks it, remembering whose connection is whose."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Remember the connection."""
        super().connection_made(transport)
        if self.client:
            _transports[self.client] = transport

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        if self.client:
            _transports.pop(self.client, None)
        super().connection_lost(exc)


def drop_connection(request: Request) -> None:
    """Cut the connection on which the request came."""
    if request.client and (transport := _transports.get((request.client.host, request.client.port))):
        transport.abort()
