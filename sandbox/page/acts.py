"""What a person does on the page: say, press, submit, run a shortcut, move the clock, put the tour away."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from sandbox.errors import NotPossible, SlackError
from sandbox.model import InMessage, InView, Json, Outcome, Place, View
from sandbox.moving import Move
from sandbox.page.forms import Press, pressed, state_values
from sandbox.page.reader import Reader
from sandbox.page.screen import Visit, reader_of
from sandbox.page.templating import environment
from sandbox.page.visits import TOUR_COOKIE, YEAR_SECONDS, back_to, memory_of, show, visit_of, world_of
from sandbox.world import World

STEPS = {"hour": timedelta(hours=1), "day": timedelta(days=1)}
PAUSES = {"half": timedelta(minutes=30), "hour": timedelta(hours=1)}
MORNING = time(9)
AT_ONCE_SECONDS = 1.0
"""How long a move of the clock may keep the answer waiting; longer moves show their progress instead."""
NO_ANSWER = "The app did not answer ({error}). Try again."
TROUBLE = "We had some trouble connecting ({error}). Try again?"


@dataclass(frozen=True)
class Question:
    """What is asked before an element acts, with the form to send again if the answer is yes."""

    reader: Reader
    confirm: Json
    sent: list[tuple[str, Any]]
    action: str
    back: str


async def say(request: Request) -> Response:
    """Send what was typed: a message or a command."""
    visit, form = visit_of(request), await request.form()
    text = str(form.get("text", ""))
    world = world_of(request)
    channel = world.app_dm(visit.me).id if visit.place == "home" else visit.place
    try:
        await world.post(visit.me, channel, text)
    except NotPossible as refusal:
        return show(request, replace(visit, draft=text, notice=str(refusal)))
    return back_to(visit)


async def press_in_message(request: Request) -> Response:
    """Press or change an element of a message."""
    visit = visit_of(request)
    place = InMessage(visit.place, request.path_params["ts"])
    message = world_of(request).message_for(visit.me, place)
    return await _press(request, visit, place, message.blocks)


async def press_in_home(request: Request) -> Response:
    """Press or change an element of the Home."""
    visit = visit_of(request)
    home = world_of(request).home_of(visit.me)
    if home is None:
        raise NotPossible("The app has no Home yet.", status=404)
    return await _press(request, visit, InView(home.id), home.blocks)


async def use_view(request: Request) -> Response:
    """Submit or close a modal, or press an element of it."""
    async with request.form() as form:
        return await _use_view(request, str(form.get("do", "")))


async def _use_view(request: Request, wish: str) -> Response:
    visit, world = visit_of(request), world_of(request)
    view = next(
        (each for each in world.views_of(visit.me) if each.id == request.path_params["view_id"]), None
    )
    if view is None:
        return back_to(visit)  # it was closed meanwhile, which is what the page will show
    if wish in ("close", "close-all"):
        await world.close_view(visit.me, view.id, all_of_them=wish == "close-all")
        return back_to(visit)
    if wish == "submit":
        return await _submit(request, visit, view)
    return await _press(request, visit, InView(view.id), view.blocks)


async def _with_uploads(world: World, me: str, form: FormData) -> FormData:
    """Upload the files that were chosen in a form, and put their ids in their place."""
    sent: list[tuple[str, UploadFile | str]] = []
    for name, value in form.multi_items():
        if isinstance(value, str):
            sent.append((name, value))
        elif value.filename:
            sent.append((name, world.files.put(me, value.filename, await value.read()).id))
    return FormData(sent)


async def _submit(request: Request, visit: Visit, view: View) -> Response:
    world = world_of(request)
    form = await _with_uploads(world, visit.me, await request.form())
    values = state_values(view.blocks, form, _zone(world, visit.me))
    result = await world.submit_view(visit.me, view.id, values)
    if result.errors:
        return show(request, replace(visit, values=values, errors=result.errors))
    if result.error:
        return show(request, replace(visit, values=values, form_notice=TROUBLE.format(error=result.error)))
    return back_to(visit)


async def _press(request: Request, visit: Visit, place: Place, blocks: Sequence[Json]) -> Response:
    world = world_of(request)
    form = await _with_uploads(world, visit.me, await request.form())
    zone = _zone(world, visit.me)
    act = pressed(blocks, form, zone)
    if act is None:
        return show(request, replace(visit, notice="That is not there any more."))
    if "confirm" in act.element and "confirmed" not in form:
        return _ask(request, visit, act, form)
    outcome = await world.press(
        visit.me,
        place,
        block_id=act.block_id,
        action_id=act.action_id,
        value=act.value,
        values=state_values(blocks, form, zone),
    )
    return _told(request, visit, outcome)


def _ask(request: Request, visit: Visit, act: Press, form: FormData) -> Response:
    """Ask before acting, where the browser's scripts have not asked already."""
    question = Question(
        reader=reader_of(world_of(request), visit.me),
        confirm=act.element["confirm"],
        sent=form.multi_items(),
        action=request.url.path,
        back=visit.path,
    )
    return HTMLResponse(environment().get_template("confirm.html").render(screen=question))


async def run_shortcut(request: Request) -> Response:
    """Run a shortcut of the app, on a message if one is named."""
    visit, form = visit_of(request), await request.form()
    ts = form.get("ts")
    place = InMessage(visit.place, str(ts)) if ts else None
    outcome = await world_of(request).run_shortcut(visit.me, str(form.get("callback_id", "")), place=place)
    return _told(request, visit, outcome)


def _told(request: Request, visit: Visit, outcome: Outcome) -> Response:
    if not outcome.error:
        return back_to(visit)
    reason = NO_ANSWER.format(error=outcome.error)
    if _has_form(request, visit):
        return show(request, replace(visit, form_notice=reason))
    return show(request, replace(visit, notice=reason))


def _has_form(request: Request, visit: Visit) -> bool:
    """Say whether a modal stands in front of the page, where a notice behind it would not be seen."""
    return bool(world_of(request).views_of(visit.me))


async def move_clock(request: Request) -> Response:
    """Begin to move the clock, and answer when it has moved or begins to take its time."""
    visit, form = visit_of(request), await request.form()
    world = world_of(request)
    try:
        move = _start(world, str(form.get("step", "")), str(form.get("to", "")), _zone(world, visit.me))
    except (NotPossible, SlackError) as refusal:
        return show(request, replace(visit, notice=str(refusal)))
    memory_of(request).last_move = move
    await asyncio.wait({move}, timeout=AT_ONCE_SECONDS)
    return back_to(visit)


def _start(world: World, step: str, to: str, zone: ZoneInfo) -> "asyncio.Task[Move]":
    if step == "next":
        return world.mover.start_to_next()
    if step in STEPS:
        return world.mover.start(world.clock.now() + STEPS[step])
    try:
        moment = datetime.fromisoformat(to)
    except ValueError as error:
        raise NotPossible("Say a date and a time to move to.") from error
    return world.mover.start(moment.replace(tzinfo=zone).astimezone(UTC))


async def pause_notifications(request: Request) -> Response:
    """Pause the notifications of whom one is, for so long or until the morning, or let them through again."""
    visit, form = visit_of(request), await request.form()
    world = world_of(request)
    now = world.clock.now().astimezone(_zone(world, visit.me))
    world.pause_notifications(visit.me, _end_of_pause(str(form.get("pause", "")), now))
    return back_to(visit)


def _end_of_pause(choice: str, now: datetime) -> datetime | None:
    """Say when a pause ends, by the clock on somebody's wall; the morning is tomorrow's, at nine."""
    if choice == "morning":
        return datetime.combine(now.date() + timedelta(days=1), MORNING, tzinfo=now.tzinfo)
    return now + PAUSES[choice] if choice in PAUSES else None


async def show_tour(request: Request) -> Response:
    """Show the tour's panel or put it away, and remember that in this browser."""
    visit, form = visit_of(request), await request.form()
    response = back_to(visit)
    kept = "shown" if form.get("shown") == "yes" else "hidden"
    response.set_cookie(TOUR_COOKIE, kept, max_age=YEAR_SECONDS, httponly=True, samesite="lax")
    return response


def attachment(name: str) -> str:
    """Write the header that makes a browser save a file under its name (RFC 6266)."""
    return f"attachment; filename*=UTF-8''{quote(name, safe='')}"


def _zone(world: World, me: str) -> ZoneInfo:
    return ZoneInfo(world.player(me).tz)
