"""The routes by which a test acts as a person."""

import base64
from typing import Any

from sandbox.block_kit.filling import plain_values
from sandbox.control import showing
from sandbox.control.requests import BAD_REQUEST, Order, route
from sandbox.errors import NotPossible
from sandbox.model import InMessage, InView, Json, Place, StateValues


async def command(order: Order) -> Json:
    """`{user, text, channel?, patience?}`: run a slash command."""
    done = await order.world.run_command(
        order.text("user"),
        order.text("text"),
        channel=order.given.get("channel"),
        patience=order.seconds("patience"),
    )
    return showing.outcome(done)


async def write(order: Order) -> Json:
    """`{user, channel | with, text}`: write a message."""
    user = order.text("user")
    channel = order.given.get("channel") or order.world.direct(user, [order.text("with")]).id
    return showing.outcome(await order.world.post(user, channel, order.text("text")))


async def upload(order: Order) -> Json:
    """`{user, name, content}`: upload a file, its bytes in Base64, to put into a form; returns its id."""
    user = order.world.player(order.text("user")).id
    try:
        content = base64.b64decode(order.given.get("content", ""), validate=True)
    except (TypeError, ValueError) as error:
        raise NotPossible("`content` is no Base64.", status=BAD_REQUEST) from error
    return {"file": order.world.files.put(user, order.text("name"), content).id}


async def press(order: Order) -> Json:
    """`{user, channel+ts | view_id | home, block_id, action_id, value?, values?, element?}`: press an element."""
    place = _place(order)
    done = await order.world.press(
        order.text("user"),
        place,
        block_id=order.text("block_id"),
        action_id=order.text("action_id"),
        value=order.given.get("value"),
        values=_values(order, place),
        element=order.given.get("element"),
        patience=order.seconds("patience"),
    )
    return showing.outcome(done)


async def submit(order: Order) -> Json:
    """`{user, view_id, values}`: submit a modal; values by label, action id or block id, or in Slack's shape."""
    view_id = order.text("view_id")
    values = _values(order, InView(view_id))
    return showing.submission(await order.world.submit_view(order.text("user"), view_id, values))


async def resubmit(order: Order) -> Json:
    """Send the last submitted form to the app once more."""
    await order.world.resubmit()
    return {}


async def close(order: Order) -> Json:
    """`{user, view_id, all?}`: close a modal, or the whole stack."""
    everything = bool(order.given.get("all"))
    await order.world.close_view(order.text("user"), order.text("view_id"), all_of_them=everything)
    return {}


async def open_home(order: Order) -> Json:
    """`{user, tab?, patience?}`: open the app's Home."""
    home = await order.world.open_home(
        order.text("user"), tab=order.given.get("tab", "home"), patience=order.seconds("patience")
    )
    return {"view": showing.view(home)}


async def shortcut(order: Order) -> Json:
    """`{user, callback_id, channel?, ts?, patience?}`: run a shortcut, on a message if one is given."""
    place = InMessage(order.text("channel"), order.text("ts")) if "ts" in order.given else None
    done = await order.world.run_shortcut(
        order.text("user"), order.text("callback_id"), place=place, patience=order.seconds("patience")
    )
    return showing.outcome(done)


def _place(order: Order) -> Place:
    if "ts" in order.given:
        return InMessage(order.text("channel"), order.text("ts"))
    if order.given.get("home"):
        home = order.world.home_of(order.text("user"))
        if home is None:
            raise NotPossible("The app has published no Home for this person.", status=404)
        return InView(home.id)
    return InView(order.text("view_id"))


def _values(order: Order, place: Place) -> StateValues:
    """Read what fields hold: in Slack's shape, or plain values by label, action id or block id."""
    given: dict[str, Any] = order.given.get("values") or {}
    if given and all(_is_state(each) for each in given.values()):
        return given
    return plain_values(_blocks(order, place), given)


def _is_state(value: object) -> bool:
    return isinstance(value, dict) and all(
        isinstance(each, dict) and "type" in each for each in value.values()
    )


def _blocks(order: Order, place: Place) -> list[Json]:
    if isinstance(place, InView):
        return order.world.views.find(place.view_id).blocks
    return order.world.message_for(order.text("user"), place).blocks


routes = [
    route("/sandbox/command", command),
    route("/sandbox/message", write),
    route("/sandbox/upload", upload),
    route("/sandbox/press", press),
    route("/sandbox/submit", submit),
    route("/sandbox/resubmit", resubmit),
    route("/sandbox/close", close),
    route("/sandbox/home", open_home),
    route("/sandbox/shortcut", shortcut),
]
