"""What somebody sees whose request the store does not take at once: that it is kept, and what came of it."""

from __future__ import annotations

from typing import Final

from handlers.views import elements
from handlers.views.elements import Block, Payload, View

INTERIM: Final = (
    "The database behind me keeps me waiting just now. I stay with it, and answer here within five minutes. "
    "If I do not, look at `/growth` before you try again."
)
DONE: Final = "Done, though it took a while. `/growth` shows what stands."
LEFT_OVER: Final = (
    "The database behind me kept me waiting until I lost sight of that, so I cannot show you what came of it. "
    "`/growth` shows what stands; if it lacks something, try again."
)
TOO_LATE_TO_OPEN: Final = (
    "The database behind me kept me waiting, and by now Slack does not let me open that any more. "
    "Please press or type it once again."
)
_OF_A_FORM: Final = (
    *("type", "callback_id", "title", "submit", "close", "private_metadata"),
    *("clear_on_close", "notify_on_close"),
)
"""What an app says of a dialog; Slack adds ids, states and names when it sends it back."""
_INITIAL: Final = {
    "value": "initial_value",
    "selected_option": "initial_option",
    "selected_options": "initial_options",
    "selected_date": "initial_date",
    "selected_time": "initial_time",
    "selected_user": "initial_user",
    "selected_users": "initial_users",
    "selected_channel": "initial_channel",
    "selected_channels": "initial_channels",
    "selected_conversation": "initial_conversation",
    "selected_conversations": "initial_conversations",
}
"""Where a form begins with what was typed, by how Slack calls it (https://docs.slack.dev/reference/block-kit)."""


def interim(title: str) -> View:
    """Say in a dialog that it is kept."""
    return elements.notice(INTERIM, title)


def again(form: Payload, words: str) -> View:
    """Show a dialog once more as it was sent in, with what was typed, below a word on why."""
    typed = (form.get("state") or {}).get("values") or {}
    blocks = [_filled(block, typed.get(block["block_id"]) or {}) for block in form["blocks"]]
    shown = {name: form[name] for name in _OF_A_FORM if form.get(name)}
    return {**shown, "blocks": [elements.section(words), *blocks][: elements.MODAL_BLOCKS]}


def _filled(block: Block, typed: Payload) -> Block:
    """Let a field begin with what was typed into it; a file has to be picked again."""
    if block["type"] != "input":
        return block
    element = {name: value for name, value in block["element"].items() if not name.startswith("initial_")}
    state = typed.get(element.get("action_id", "")) or {}
    begun = {_INITIAL[name]: value for name, value in state.items() if name in _INITIAL and value}
    return {**block, "element": {**element, **begun}}
