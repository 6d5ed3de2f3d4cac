"""Pressing what stands in messages, modals and Homes: buttons, menus, pickers (`block_actions`)."""

from dataclasses import dataclass

from sandbox.acting.attaching import attached
from sandbox.acting.payloads import interaction, response_url, with_message
from sandbox.acting.talking import visible_message
from sandbox.block_kit.elements_in import Placed, find_element
from sandbox.block_kit.filling import merged, option_named, state_of
from sandbox.delivery.envelope import Envelope, Undelivered
from sandbox.errors import NotPossible
from sandbox.model import InMessage, InView, Json, Outcome, Person, Place, StateValues, View
from sandbox.rendering import view_json
from sandbox.state import State


@dataclass(frozen=True)
class Press:
    """Who pressed which element where, and what they chose; `values` is what stands in the fields around it."""

    user: str
    place: Place
    block_id: str
    action_id: str
    value: object = None
    values: StateValues | None = None
    element: Json | None = None


async def press(state: State, act: Press, *, patience: float = 0.0) -> Outcome:
    """Tell the app what was pressed, and return what the person saw of it."""
    person = state.player(act.user)
    payload = _payload(state, person, act)
    with state.watches.of(act.user) as watch:
        try:
            await state.link.send(Envelope("interactive", payload))
        except Undelivered as failure:
            return Outcome(messages=watch.messages, views=watch.views, error=failure.error)
        await watch.wait(patience)
        return Outcome(messages=list(watch.messages), views=list(watch.views))


def _payload(state: State, person: Person, act: Press) -> Json:
    payload = interaction("block_actions", person) | {"trigger_id": state.handles.trigger_for(person.id)}
    if isinstance(act.place, InMessage):
        return payload | _in_message(state, act, act.place)
    return payload | _in_view(state, act, act.place)


def _in_message(state: State, act: Press, place: InMessage) -> Json:
    message = visible_message(state, act.user, place)
    placed = _placed(message.blocks, act)
    token = state.handles.response_url_for(act.user, message.channel, place)
    return {
        "container": {
            "type": "message",
            "message_ts": message.ts,
            "channel_id": message.channel,
            "is_ephemeral": message.is_ephemeral,
        },
        **with_message(state, message),
        "state": {"values": _values(message.blocks, placed, act)},
        "response_url": response_url(state, token),
        "actions": [_action(state, placed, act)],
    }


def _in_view(state: State, act: Press, place: InView) -> Json:
    view = state.views.find(place.view_id)
    if view.user != act.user:
        raise NotPossible("That view is in front of somebody else.")
    placed = _placed(view.blocks, act)
    held = attached(state, act.user, _values(view.blocks, placed, act, view))
    kept = state.views.remember(view, held)
    return {
        "container": {"type": "view", "view_id": view.id},
        "view": view_json(kept),
        "actions": [_action(state, placed, act)],
    }


def _placed(blocks: list[Json], act: Press) -> Placed:
    placed = find_element(blocks, act.block_id, act.action_id)
    if placed is None and act.element is not None:
        placed = Placed({"type": "actions", "block_id": act.block_id}, act.element)
    if placed is None:
        raise NotPossible(f"There is no {act.action_id} in {act.block_id} to press.", status=404)
    if placed.is_input and not placed.block.get("dispatch_action"):
        raise NotPossible(f"{act.action_id} is a field of a form; it tells the app on submission.")
    return placed


def _values(blocks: list[Json], placed: Placed, act: Press, view: View | None = None) -> StateValues:
    held = merged(blocks, view.values if view else {}, act.values or {})
    own = held.get(act.block_id, {})
    if act.action_id in own:
        own[act.action_id] = state_of(placed.element, act.value)
    return held


def _action(state: State, placed: Placed, act: Press) -> Json:
    """Render the action itself: what the element is, and what was chosen."""
    element = placed.element
    action = {
        "type": element["type"],
        "action_id": act.action_id,
        "block_id": act.block_id,
        **_chosen(element, act.value),
        "action_ts": state.event_ts(),
    }
    # Slack repeats what the element offered at first, so that an app can tell a change from a repetition.
    return action | {
        key: each for key, each in element.items() if key in ("placeholder",) or key[:8] == "initial_"
    }


def _chosen(element: Json, value: object) -> Json:
    kind = element["type"]
    if kind == "button":
        return {key: each for key, each in element.items() if key in ("text", "value", "style")}
    if kind == "overflow":
        return {"selected_option": option_named(element, value)}
    return {key: held for key, held in state_of(element, value).items() if key != "type"}
