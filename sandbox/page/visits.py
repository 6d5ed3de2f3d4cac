"""Rendering the page for a request, and what the page remembers between requests."""

import asyncio
from dataclasses import dataclass, replace

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from sandbox.errors import NotPossible
from sandbox.moving import Move
from sandbox.page.screen import Visit, screen_of
from sandbox.page.templating import environment
from sandbox.world import World

TOUR_COOKIE = "sandbox_tour"
PERSON_COOKIE = "sandbox_person"
YEAR_SECONDS = 365 * 24 * 3600
REFUSED = 422
LAGGING = "The app did not keep up with the clock. What was due may still arrive."
NOTHING_SEEN = "Until now the app did nothing that anybody can see. Move on, or give it something to do."


@dataclass
class Memory:
    """What the page itself keeps while the server runs."""

    last_move: "asyncio.Task[Move] | None" = None

    def take_clock_notice(self) -> str:
        """Say once that the app did not keep up with the last move of the clock, or let nobody see anything."""
        move = self.last_move
        if move is None or not move.done():
            return ""
        self.last_move = None
        if move.cancelled() or move.exception():
            return ""
        moved = move.result()
        return LAGGING if moved.warning else NOTHING_SEEN if moved.found_nothing else ""


def world_of(request: Request) -> World:
    """Give the workspace that this server shows."""
    world: World = request.app.state.world
    return world


def memory_of(request: Request) -> Memory:
    """Give what the page remembers of this workspace, from the first request on."""
    memory: Memory | None = getattr(request.app.state, "page_memory", None)
    if memory is None:
        memory = Memory()
        request.app.state.page_memory = memory
    return memory


def visit_of(request: Request) -> Visit:
    """Say who looks at what, from the address; refuses somebody whom one cannot be."""
    me = world_of(request).player(request.path_params["me"]).id
    return Visit(
        me=me,
        place=request.path_params["place"],
        draft=request.query_params.get("draft", ""),
        shows_earlier="earlier" in request.query_params,
        tour_is_hidden=request.cookies.get(TOUR_COOKIE) == "hidden",
    )


def show(request: Request, visit: Visit) -> Response:
    """Render the page; one that tells of a refusal says so with its status too."""
    memory = memory_of(request)
    is_refusal = bool(visit.notice or visit.form_notice or visit.errors)
    visit = replace(visit, notice=visit.notice or memory.take_clock_notice())
    screen = screen_of(world_of(request), visit)
    page = environment().get_template("page.html").render(screen=screen, request=request)
    response = HTMLResponse(page, status_code=REFUSED if is_refusal else 200)
    response.headers["cache-control"] = "no-store"
    response.set_cookie(PERSON_COOKIE, visit.me, max_age=YEAR_SECONDS, httponly=True, samesite="lax")
    return response


def back_to(visit: Visit) -> Response:
    """Send the browser to the place after something was done there."""
    return RedirectResponse(visit.path, status_code=303)


def refuse(_request: Request, error: Exception) -> Response:
    """Say in a page of its own that something cannot be."""
    status = error.status if isinstance(error, NotPossible) else 404
    page = environment().get_template("refused.html").render(reason=str(error))
    return HTMLResponse(page, status_code=status)
