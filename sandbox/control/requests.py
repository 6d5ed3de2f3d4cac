"""Reading control requests and answering refusals, for all routes of the control API alike."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.delivery.envelope import Undelivered
from sandbox.errors import NotPossible, SlackError
from sandbox.model import Json
from sandbox.world import World

BAD_REQUEST = 400
REFUSED = 422


@dataclass(frozen=True)
class Order:
    """One control request: the workspace, and what was sent (query and JSON body together)."""

    world: World
    given: Json
    path: Json

    def text(self, name: str) -> str:
        """Return a text that must be there."""
        value = self.given.get(name)
        if not isinstance(value, str) or not value:
            raise NotPossible(f"`{name}` is missing.", status=BAD_REQUEST)
        return value

    def seconds(self, name: str, default: float = 0.0) -> float:
        """Return a number of seconds."""
        try:
            return float(self.given.get(name, default))
        except (TypeError, ValueError) as error:
            raise NotPossible(f"`{name}` is no number.", status=BAD_REQUEST) from error


Carry = Callable[[Order], Awaitable[Any]]
"""Carries an order out and returns what is answered as JSON."""


def route(path: str, carry: Carry, *, method: str = "POST") -> Route:
    """Return a route whose refusals are JSON `{"error": why}`."""

    async def endpoint(request: Request) -> Response:
        try:
            answer = await carry(await _order(request))
        except NotPossible as refusal:
            return JSONResponse({"error": str(refusal)}, status_code=refusal.status)
        except Undelivered as failure:
            return JSONResponse({"error": f"The app did not answer: {failure.reason}."}, status_code=REFUSED)
        except SlackError as refusal:
            return JSONResponse({"error": refusal.code}, status_code=REFUSED)
        return JSONResponse(answer)

    return Route(path, endpoint, methods=[method])


async def _order(request: Request) -> Order:
    body = await request.body()
    try:
        sent = json.loads(body) if body else {}
    except json.JSONDecodeError as error:
        raise NotPossible("The body is no JSON.", status=BAD_REQUEST) from error
    if not isinstance(sent, dict):
        raise NotPossible("The body is no JSON object.", status=BAD_REQUEST)
    return Order(request.app.state.world, dict(request.query_params) | sent, request.path_params)
