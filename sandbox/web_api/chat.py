"""The `chat.*` methods: posting, editing and deleting messages."""

from typing import Any

from sandbox.block_kit.accepting import accepted_blocks
from sandbox.errors import SlackError
from sandbox.identity import BOT_USER
from sandbox.model import Conversation, Json, Message
from sandbox.rendering import message_json
from sandbox.state import State
from sandbox.web_api.access import destination
from sandbox.web_api.arguments import Arguments

TEXT_CUT = 40_000
UPDATE_TEXT_MAX = 4_000
"""https://docs.slack.dev/reference/methods/chat.update: longer texts are refused, where a new message is cut."""


def post_message(state: State, arguments: Arguments) -> Json:
    """`chat.postMessage`: to a conversation, or to a person, which opens the direct message."""
    content = _content(arguments)
    metadata = _metadata(arguments)
    conversation = destination(state, arguments.required("channel"))
    message = state.say_as_app(
        conversation, **content, metadata=metadata, thread_ts=arguments.text("thread_ts")
    )
    return {
        "ok": True,
        "channel": conversation.id,
        "ts": message.ts,
        "message": message_json(message, with_metadata=True),
    }


def post_ephemeral(state: State, arguments: Arguments) -> Json:
    """`chat.postEphemeral`: visible to one member of the conversation."""
    content = _content(arguments)
    conversation = destination(state, arguments.required("channel"))
    user = arguments.required("user")
    if user not in conversation.members:
        raise SlackError("user_not_in_channel")
    message = state.say_as_app(conversation, **content, visible_to=user)
    return {"ok": True, "message_ts": message.ts}


def update(state: State, arguments: Arguments) -> Json:
    """`chat.update`: the bot's own messages only."""
    if len(arguments.text("text")) > UPDATE_TEXT_MAX:
        raise SlackError("msg_too_long")
    message = _own_message(state, arguments, "cant_update_message")
    fields = _changed(message, arguments)
    edited = state.conversations.edit(message, **fields)
    state.watches.saw_message(state.conversations.find(edited.channel).members, edited, direct=True)
    return {
        "ok": True,
        "channel": edited.channel,
        "ts": edited.ts,
        "text": edited.text,
        "message": message_json(edited, with_metadata=True),
    }


def delete(state: State, arguments: Arguments) -> Json:
    """`chat.delete`: the bot's own messages only."""
    message = _own_message(state, arguments, "cant_delete_message")
    state.conversations.remove(message)
    return {"ok": True, "channel": message.channel, "ts": message.ts}


def _content(arguments: Arguments) -> dict[str, Any]:
    """Return the checked text, blocks and attachments of a new message."""
    text, attachments = arguments.text("text"), arguments.structure("attachments") or []
    blocks = arguments.structure("blocks") or []
    if not text.strip() and not blocks and not attachments:
        raise SlackError("no_text")
    return {"text": text[:TEXT_CUT], "blocks": accepted_blocks(blocks), "attachments": attachments}


def _metadata(arguments: Arguments) -> Json | None:
    metadata: Json | None = arguments.structure("metadata")
    if metadata is None:
        return None
    shaped = isinstance(metadata, dict) and metadata.keys() == {"event_type", "event_payload"}
    if not shaped or not isinstance(metadata["event_payload"], dict):
        raise SlackError("invalid_metadata_format")
    if not all(map(_is_flat, metadata["event_payload"].values())):
        raise SlackError("invalid_metadata_schema")
    return metadata


def _is_flat(value: object, *, nested: bool = False) -> bool:
    """Metadata holds scalars, flat objects and lists of flat objects."""
    if isinstance(value, str | int | float | bool):
        return True
    if isinstance(value, list):
        return not nested and all(_is_flat(each) for each in value)
    return (
        not nested and isinstance(value, dict) and all(_is_flat(each, nested=True) for each in value.values())
    )


def _own_message(state: State, arguments: Arguments, refusal: str) -> Message:
    conversation: Conversation = state.conversations.find(arguments.required("channel"))
    message = conversation.messages.get(arguments.required("ts"))
    if message is None or message.is_ephemeral:
        raise SlackError("message_not_found")
    if message.user != BOT_USER:
        raise SlackError(refusal)
    return message


def _changed(message: Message, arguments: Arguments) -> dict[str, Any]:
    """Return what an update changes; a text alone drops the blocks, blocks alone keep the text."""
    blocks, attachments = arguments.structure("blocks"), arguments.structure("attachments")
    if "text" not in arguments.given and blocks is None and attachments is None:
        raise SlackError("no_text")
    fields: dict[str, Any] = {
        "text": arguments.text("text", message.text),
        "blocks": accepted_blocks(blocks or []),
        "attachments": attachments or [],
    }
    if "metadata" in arguments.given:
        fields["metadata"] = _metadata(arguments)
    return fields
