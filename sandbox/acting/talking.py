"""Reading and writing messages as a person."""

import html
import re

from sandbox.acting import commands
from sandbox.errors import NotPossible, SlackError
from sandbox.identity import BOT_USER, TEAM_ID
from sandbox.model import Conversation, InMessage, Json, Message, Outcome
from sandbox.state import State

CHANNEL_TYPES = {"public": "channel", "private": "group", "im": "im", "mpim": "mpim"}
EVENT_NAMES = {
    "public": "message.channels",
    "private": "message.groups",
    "im": "message.im",
    "mpim": "message.mpim",
}
PERSON = re.compile(r"@([a-z0-9._-]+)", re.IGNORECASE)
CHANNEL = re.compile(r"#([a-z0-9_-]+)", re.IGNORECASE)


def readable(state: State, user: str, channel: str) -> Conversation:
    """Return a conversation the person may read: their own, or a public channel."""
    conversation = state.conversations.find(channel)
    if conversation.kind != "public" and user not in conversation.members:
        raise SlackError("channel_not_found")
    return conversation


def visible_message(state: State, user: str, place: InMessage) -> Message:
    """Return a message the person sees."""
    message = readable(state, user, place.channel).messages.get(place.ts)
    if message is None or not message.is_visible_to(user):
        raise SlackError("message_not_found")
    return message


def title_of(state: State, conversation: Conversation, viewer: str) -> str:
    """Return what a conversation is called for somebody."""
    if not conversation.is_direct:
        return f"#{conversation.name}"
    others = conversation.others(viewer) or [viewer]
    return ", ".join(state.person(other).real_name for other in others)


async def post(state: State, user: str, channel: str, text: str) -> Outcome:
    """Send what was typed: a command if it begins with a slash, else a message that the app may be told of."""
    person = state.player(user)
    if text.startswith("/"):
        return await commands.run(state, user, text, channel=channel)
    if not text.strip():
        raise NotPossible("There is nothing to send.")
    conversation = readable(state, user, channel)
    if user not in conversation.members:
        raise NotPossible(f"{person.first_name} is not a member of {title_of(state, conversation, user)}.")
    message = state.conversations.post(conversation, user=user, text=escaped_message(state, text))
    _tell(state, conversation, message)
    return Outcome(messages=[message])


def escaped_message(state: State, text: str) -> str:
    """Return the text as Slack keeps it: `&<>` escaped, names of people and channels as references."""
    escaped = html.escape(text, quote=False)
    return CHANNEL.sub(
        lambda match: _channel(state, match), PERSON.sub(lambda match: _person(state, match), escaped)
    )


def _person(state: State, match: re.Match[str]) -> str:
    person = state.by_handle(match[1])
    return f"<@{person.id}>" if person else match[0]


def _channel(state: State, match: re.Match[str]) -> str:
    channel = state.conversations.named(match[1].lower())
    return f"<#{channel.id}>" if channel else match[0]


def _tell(state: State, conversation: Conversation, message: Message) -> None:
    """Let the app know, where Slack would: in conversations its bot is in."""
    if BOT_USER not in conversation.members:
        return
    event: Json = {
        "user": message.user,
        "type": "message",
        "ts": message.ts,
        "text": message.text,
        "team": TEAM_ID,
        "channel": conversation.id,
        "event_ts": message.ts,
    }
    typed = event | {"channel_type": CHANNEL_TYPES[conversation.kind]}
    state.events.emit(typed, name=EVENT_NAMES[conversation.kind])
    if f"<@{BOT_USER}>" in message.text and not conversation.is_direct:
        state.events.emit(event | {"type": "app_mention"})
