"""What the app may see and do: scopes from its manifest, conversations its bot can reach."""

from sandbox.errors import SlackError
from sandbox.identity import BOT_USER
from sandbox.model import Conversation, ConversationKind, Person
from sandbox.state import State

PREFIXES: dict[ConversationKind, str] = {
    "public": "channels",
    "private": "groups",
    "im": "im",
    "mpim": "mpim",
}


def need(state: State, *scopes: str) -> None:
    """Refuse with `missing_scope` unless the manifest has one of the scopes."""
    if not set(scopes) & set(state.manifest.scopes):
        raise SlackError("missing_scope", needed=",".join(scopes), provided=",".join(state.manifest.scopes))


def reachable(state: State, conversation_id: str, verb: str) -> Conversation:
    """Return a conversation the bot can see, for reading (`read`) or its messages (`history`)."""
    conversation = state.conversations.find(conversation_id)
    need(state, f"{PREFIXES[conversation.kind]}:{verb}")
    if conversation.kind != "public" and BOT_USER not in conversation.members:
        raise SlackError("channel_not_found")
    return conversation


def destination(state: State, channel: str) -> Conversation:
    """Return where a message goes: a conversation by id or name, or the direct message with a person."""
    if channel in state.people:
        conversation = state.conversations.direct(_reachable_person(state, channel).id, BOT_USER)
    else:
        named = state.conversations.named(channel.removeprefix("#"))
        conversation = named or state.conversations.find(channel)
    return writable(state, conversation)


def writable(state: State, conversation: Conversation) -> Conversation:
    """Refuse a conversation in which the bot cannot post."""
    if BOT_USER not in conversation.members and conversation.kind != "public":
        raise SlackError("channel_not_found")
    if conversation.is_archived:
        raise SlackError("is_archived")
    if BOT_USER not in conversation.members and "chat:write.public" not in state.manifest.scopes:
        raise SlackError("not_in_channel")
    if conversation.kind == "im" and any(state.person(user).deleted for user in conversation.members):
        raise SlackError("account_inactive")
    return conversation


def _reachable_person(state: State, user: str) -> Person:
    person = state.person(user)
    if person.is_bot:
        raise SlackError("cannot_dm_bot")
    return person
