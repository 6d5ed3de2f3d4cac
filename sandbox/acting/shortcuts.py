"""The other doors of an app: its Home, shortcuts in a message's menu, global shortcuts."""

from sandbox.acting.payloads import response_url, shortcut, with_message
from sandbox.acting.talking import visible_message
from sandbox.delivery.envelope import Envelope, Undelivered
from sandbox.errors import NotPossible
from sandbox.identity import BOT_USER
from sandbox.model import InMessage, Json, Outcome, Person, View
from sandbox.rendering import view_json
from sandbox.state import State


async def open_home(state: State, user: str, *, tab: str, patience: float) -> View | None:
    """Open the Home, tell the app, and wait a moment for what it publishes."""
    state.player(user)
    view = state.views.homes.get(user)
    event: Json = {
        "type": "app_home_opened",
        "user": user,
        "channel": state.conversations.direct(user, BOT_USER).id,
        "tab": tab,
        "event_ts": state.event_ts(),
    }
    if view and tab == "home":
        event["view"] = view_json(view)
    with state.watches.of(user) as watch:
        state.events.emit(event)
        await watch.wait(patience)
    return state.views.homes.get(user)


async def run(
    state: State, user: str, callback_id: str, *, place: InMessage | None, patience: float
) -> Outcome:
    """Run a shortcut, on a message if one is given."""
    person = state.player(user)
    payload = _payload(state, person, callback_id, place)
    with state.watches.of(user) as watch:
        try:
            await state.link.send(Envelope("interactive", payload))
        except Undelivered as failure:
            return Outcome(messages=watch.messages, views=watch.views, error=failure.error)
        await watch.wait(patience)
        return Outcome(messages=list(watch.messages), views=list(watch.views))


def _payload(state: State, person: Person, callback_id: str, place: InMessage | None) -> Json:
    kind = "message" if place else "global"
    declared = state.manifest.shortcut(callback_id)
    if declared is None or declared.type != kind:
        raise NotPossible(f"The app has no {kind} shortcut {callback_id}.", status=404)
    handles = {
        "callback_id": callback_id,
        "trigger_id": state.handles.trigger_for(person.id),
        "action_ts": state.event_ts(),
    }
    if place is None:
        return shortcut("shortcut", person) | handles
    return shortcut("message_action", person) | handles | _message_fields(state, person, place)


def _message_fields(state: State, person: Person, place: InMessage) -> Json:
    message = visible_message(state, person.id, place)
    token = state.handles.response_url_for(person.id, place.channel, place)
    return {
        **with_message(state, message),
        "message_ts": message.ts,
        "response_url": response_url(state, token),
    }
