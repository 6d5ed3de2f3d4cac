"""Submitting and closing modals (`view_submission`, `view_closed`), and what the app answers to that."""

from sandbox.acting.attaching import attached, hand_over
from sandbox.acting.payloads import interaction
from sandbox.block_kit.accepting import accepted_view
from sandbox.block_kit.filling import merged
from sandbox.block_kit.required import client_errors
from sandbox.delivery.envelope import Envelope, Undelivered
from sandbox.errors import NotPossible, SlackError
from sandbox.model import Json, Person, StateValues, Submission, View
from sandbox.rendering import view_json
from sandbox.state import State

MODAL_TROUBLE = "invalid_response"
"""What the person sees as "We had some trouble connecting": the app's answer was none that Slack understands."""


async def submit(state: State, user: str, view_id: str, values: StateValues) -> Submission:
    """Submit a modal; it stays open while the app finds errors, or cannot be reached."""
    person = state.player(user)
    view = _on_top(state, user, view_id)
    held = attached(state, user, merged(view.blocks, view.values, values))
    view = state.views.remember(view, held)
    if errors := client_errors(view.blocks, held):
        return Submission(errors=errors, view=view)
    hand_over(state, held)
    state.last_submission = Envelope("interactive", _payload(state, "view_submission", person, view))
    try:
        answer = await state.link.send(state.last_submission)
    except Undelivered as failure:
        return Submission(view=view, error=failure.error)
    try:
        return _respond(state, view, answer)
    except (SlackError, KeyError, TypeError, AttributeError):
        return Submission(view=view, error=MODAL_TROUBLE)


async def resubmit(state: State) -> None:
    """Send the last submission again, letter by letter, as a client on a bad line does; the answer goes nowhere."""
    if state.last_submission is None:
        raise NotPossible("No form has been submitted yet.")
    await state.link.send(state.last_submission)


async def close(state: State, user: str, view_id: str, *, all_of_them: bool = False) -> None:
    """Close a modal, or the whole stack, and tell the app of those it asked about."""
    person = state.player(user)
    top = _on_top(state, user, view_id)
    everything = all_of_them or bool(top.content.get("clear_on_close"))
    for closed in state.views.close(top, all_of_them=everything):
        if closed.content.get("notify_on_close"):
            await _tell_closed(state, person, closed, cleared=everything)


def _on_top(state: State, user: str, view_id: str) -> View:
    top = state.views.top(user)
    if top is None or top.id != view_id:
        raise NotPossible("That form is not in front of this person (any more).", status=404)
    return top


def _payload(state: State, kind: str, person: Person, view: View) -> Json:
    payload = interaction(kind, person) | {"view": view_json(view)}
    if kind == "view_submission":
        payload |= {"trigger_id": state.handles.trigger_for(person.id), "response_urls": []}
    return payload


async def _tell_closed(state: State, person: Person, view: View, *, cleared: bool) -> None:
    payload = _payload(state, "view_closed", person, view) | {"is_cleared": cleared}
    try:
        await state.link.send(Envelope("interactive", payload))
    except Undelivered:
        # Slack tells once; a form that nobody heard closing is closed all the same.
        return


def _respond(state: State, view: View, answer: Json) -> Submission:
    """Carry out the app's `response_action`; without one the form closes."""
    action = answer.get("response_action")
    if action == "errors":
        return Submission(errors=_known_errors(view, answer["errors"]), view=view)
    if action in ("update", "push"):
        return Submission(view=_replace_or_push(state, view, action, answer["view"]))
    if action not in (None, "clear"):
        return Submission(view=view, error=MODAL_TROUBLE)
    if _is_open(state, view):
        state.views.close(view, all_of_them=action == "clear")
    return Submission(view=state.views.top(view.user))


def _known_errors(view: View, errors: dict[str, str]) -> dict[str, str]:
    inputs = {block["block_id"] for block in view.blocks if block["type"] == "input"}
    if not errors or not errors.keys() <= inputs:
        raise SlackError(MODAL_TROUBLE)
    return dict(errors)


def _replace_or_push(state: State, view: View, action: str, content: Json) -> View:
    named = accepted_view(content)
    if action == "push":
        return state.views.push(view.user, named)
    return state.views.update(state.views.find(view.id), named)


def _is_open(state: State, view: View) -> bool:
    return any(each.id == view.id for each in state.views.stacks.get(view.user, []))
