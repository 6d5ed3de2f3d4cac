"""The addresses of the page, and what each of them does."""

from collections.abc import Awaitable, Callable

from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from sandbox.errors import NotPossible, SlackError
from sandbox.page import acts
from sandbox.page.messages import PICTURE
from sandbox.page.screen import HOME, Visit
from sandbox.page.security import Guard
from sandbox.page.templating import FOLDER
from sandbox.page.visits import PERSON_COOKIE, refuse, show, visit_of, world_of
from sandbox.world import World

Endpoint = Callable[[Request], Awaitable[Response]]

FIRST_HOME_SECONDS = 1.5
"""How long a first look at the Home waits for the app to publish it, for browsers without scripts."""


def refusing(endpoint: Endpoint) -> Endpoint:
    """Answer with a page in plain words when something cannot be."""

    async def guarded(request: Request) -> Response:
        try:
            return await endpoint(request)
        except (NotPossible, SlackError) as error:
            return refuse(request, error)

    return guarded


async def front(request: Request) -> Response:
    """Lead to the person one was last, or to the first."""
    players = world_of(request).players()
    last = request.cookies.get(PERSON_COOKIE)
    person = next((each for each in players if each.id == last), players[0])
    return RedirectResponse(f"/as/{person.id}", status_code=303)


async def person(request: Request) -> Response:
    """Lead to the app's messages to a person."""
    world = world_of(request)
    me = world.player(request.path_params["me"]).id
    query = f"?{request.url.query}" if request.url.query else ""
    return RedirectResponse(f"/as/{me}/{world.app_dm(me).id}{query}", status_code=303)


async def direct(request: Request) -> Response:
    """Lead to the direct message with somebody."""
    world = world_of(request)
    me = world.player(request.path_params["me"]).id
    conversation = world.direct(me, [request.path_params["other"]])
    return RedirectResponse(f"/as/{me}/{conversation.id}", status_code=303)


async def place(request: Request) -> Response:
    """Show a conversation or the app's Home."""
    world, visit = world_of(request), visit_of(request)
    if "x-live" not in request.headers:
        await _tell_app(world, visit)
    if visit.place != HOME and request.headers.get("x-live") != "unseen":
        world.mark_read(visit.me, visit.place)
    return show(request, visit)


async def _tell_app(world: World, visit: Visit) -> None:
    """Let the app know, as Slack does, that its Home or its messages were opened."""
    if visit.place == HOME:
        patience = 0.0 if world.home_of(visit.me) else FIRST_HOME_SECONDS
        await world.open_home(visit.me, patience=patience)
    elif world.app_dm(visit.me).id == visit.place:
        await world.open_home(visit.me, tab="messages")


async def completions(request: Request) -> Response:
    """Suggest what may come next in the composer, and how the command at its start is used."""
    world, me = world_of(request), request.path_params["me"]
    text = request.query_params.get("text", "")
    items = [{**vars(each)} for each in world.completions(world.player(me).id, text)]
    return JSONResponse({"items": items, "hint": _usage(world, text)})


def _usage(world: World, text: str) -> str:
    name, space, _ = text.partition(" ")
    command = world.manifest.command(name) if space and name.startswith("/") else None
    if command is None or not (command.usage_hint or command.description):
        return ""
    return " · ".join(filter(None, (f"{command.name} {command.usage_hint}".strip(), command.description)))


async def file(request: Request) -> Response:
    """Hand over a file of a message that the person sees."""
    world, me, file_id = world_of(request), request.path_params["me"], request.path_params["file_id"]
    mine = world.conversations_of(world.player(me).id)
    messages = (message for each in mine for message in each.visible_messages(me))
    if not any(file["id"] == file_id for message in messages for file in message.files):
        raise NotPossible("That file is not here.", status=404)
    found = world.files.find(file_id)
    kind = PICTURE if found.mimetype == PICTURE else "application/octet-stream"
    response = Response(world.files.contents[file_id], media_type=kind)
    response.headers["content-disposition"] = acts.attachment(found.name)
    return response


GUARD = [Middleware(Guard)]
IN_PLACE = "/as/{me}/{place}"

LOOKING: dict[str, Endpoint] = {
    "/": front,
    "/as/{me}": person,
    "/as/{me}/with/{other}": direct,
    "/as/{me}/file/{file_id}": file,
    IN_PLACE: place,
    f"{IN_PLACE}/completions": completions,
}
ACTING: dict[str, Endpoint] = {
    f"{IN_PLACE}/say": acts.say,
    f"{IN_PLACE}/press/{{ts}}": acts.press_in_message,
    f"{IN_PLACE}/home": acts.press_in_home,
    f"{IN_PLACE}/view/{{view_id}}": acts.use_view,
    f"{IN_PLACE}/shortcut": acts.run_shortcut,
    f"{IN_PLACE}/clock": acts.move_clock,
    f"{IN_PLACE}/notifications": acts.pause_notifications,
    f"{IN_PLACE}/tour": acts.show_tour,
}

routes: list[BaseRoute] = [
    *(Route(path, refusing(act), methods=["POST"], middleware=GUARD) for path, act in ACTING.items()),
    *(Route(path, refusing(look), methods=["GET"], middleware=GUARD) for path, look in LOOKING.items()),
    Mount("/static", StaticFiles(directory=FOLDER / "static"), middleware=GUARD),
]
