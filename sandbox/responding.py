"""The app's answers beside the Web API: in the acknowledgement of a command, and through response URLs."""

from sandbox.block_kit.accepting import accepted_blocks
from sandbox.errors import SlackError
from sandbox.handles import ResponseUrl
from sandbox.model import Conversation, InMessage, Json, Message
from sandbox.state import State

TEXT_CUT = 40_000


def answer_command(state: State, user: str, conversation: Conversation, answer: Json) -> None:
    """Show what the app acknowledged a command with; nothing if the acknowledgement was empty."""
    if answer.get("text") or answer.get("blocks") or answer.get("attachments"):
        _say(state, user, conversation, answer)


def use_response_url(state: State, token: str, answer: Json) -> None:
    """Carry out what the app sent to a response URL."""
    handle = state.handles.use_response_url(token)
    if answer.get("delete_original"):
        state.conversations.remove(_source(state, handle))
        return
    if answer.get("replace_original") and handle.source:
        _replace(state, handle, answer)
        return
    _say(state, handle.user, state.conversations.find(handle.channel), answer)


def message_content(answer: Json) -> Json:
    """Return the checked text, blocks and attachments of a message that an app wants to be shown."""
    blocks = answer.get("blocks") or []
    text = str(answer.get("text") or "")
    if not text.strip() and not blocks and not answer.get("attachments"):
        raise SlackError("no_text")
    return {
        "text": text[:TEXT_CUT],
        "blocks": accepted_blocks(blocks),
        "attachments": answer.get("attachments") or [],
    }


def _say(state: State, user: str, conversation: Conversation, answer: Json) -> None:
    content = message_content(answer)
    visible_to = "" if answer.get("response_type") == "in_channel" else user
    state.say_as_app(conversation, content.pop("text"), direct=True, visible_to=visible_to, **content)


def _replace(state: State, handle: ResponseUrl, answer: Json) -> None:
    edited = state.conversations.edit(_source(state, handle), **message_content(answer))
    state.watches.saw_message([handle.user], edited, direct=True)


def _source(state: State, handle: ResponseUrl) -> Message:
    place: InMessage | None = handle.source
    message = state.conversations.find(handle.channel).messages.get(place.ts) if place else None
    if message is None:
        raise SlackError("message_not_found")
    return message
