"""The `views.*` methods: modals and Homes."""

from sandbox.block_kit.accepting import accepted_view
from sandbox.block_kit.elements_in import interactive_elements
from sandbox.errors import SlackError, invalid_arguments
from sandbox.model import Json, View
from sandbox.rendering import view_json
from sandbox.state import State
from sandbox.web_api.access import need
from sandbox.web_api.arguments import Arguments


def open_(state: State, arguments: Arguments) -> Json:
    """`views.open`: a modal for the person who did something in the last 3 seconds."""
    content = _content(state, arguments, "modal")
    trigger = state.handles.use_trigger(arguments.required("trigger_id"))
    return _shown(state, state.views.open(trigger.user, content))


def push(state: State, arguments: Arguments) -> Json:
    """`views.push`: a modal on top of the one that was pressed in."""
    content = _content(state, arguments, "modal")
    trigger = state.handles.use_trigger(arguments.required("trigger_id"))
    return _shown(state, state.views.push(trigger.user, content))


def update(state: State, arguments: Arguments) -> Json:
    """`views.update`: an open modal, by id or by the app's own id for it."""
    view = _addressed(state, arguments)
    content = _content(state, arguments, view.type)
    return _shown(state, state.views.update(view, content, expected_hash=arguments.text("hash")))


def publish(state: State, arguments: Arguments) -> Json:
    """`views.publish`: somebody's Home."""
    if not state.manifest.has_home:
        raise SlackError("not_enabled")
    user = state.person(arguments.required("user_id"))
    content = _content(state, arguments, "home")
    return _shown(state, state.views.publish(user.id, content, expected_hash=arguments.text("hash")))


def _content(state: State, arguments: Arguments, kind: str) -> Json:
    content = accepted_view(arguments.structure("view"))
    if any(placed.element["type"] == "file_input" for placed in interactive_elements(content["blocks"])):
        need(state, "files:read")
    if content["type"] != kind:
        raise invalid_arguments("[ERROR] must be a valid enum value [json-pointer:/view/type]")
    return content


def _addressed(state: State, arguments: Arguments) -> View:
    if external := arguments.text("external_id"):
        return state.views.find_external(external)
    return state.views.find(arguments.required("view_id"))


def _shown(state: State, view: View) -> Json:
    state.watches.saw_view(view)
    return {"ok": True, "view": view_json(view)}
