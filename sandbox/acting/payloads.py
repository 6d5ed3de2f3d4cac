"""What the app is told of an interaction, in Slack's shapes."""

from sandbox.identity import APP_ID, TEAM_DOMAIN, TEAM_ID, VERIFICATION_TOKEN
from sandbox.model import Conversation, Json, Message, Person
from sandbox.rendering import message_json
from sandbox.state import State


def channel_name(conversation: Conversation) -> str:
    """Return the name that payloads give a conversation, which says less than its title."""
    return {"im": "directmessage", "private": "privategroup"}.get(conversation.kind, conversation.name)


def command_payload(person: Person, conversation: Conversation, command: str, text: str) -> Json:
    """Render a slash command; every value is a string, as in the form it travels in."""
    return {
        "token": VERIFICATION_TOKEN,
        "team_id": TEAM_ID,
        "team_domain": TEAM_DOMAIN,
        "channel_id": conversation.id,
        "channel_name": channel_name(conversation),
        "user_id": person.id,
        "user_name": person.name,
        "command": command,
        "text": text,
        "api_app_id": APP_ID,
        "is_enterprise_install": "false",
    }


def interaction(kind: str, person: Person) -> Json:
    """Render what presses and forms have in common."""
    user = {"id": person.id, "username": person.name, "name": person.name, "team_id": TEAM_ID}
    return _envelope(kind) | {"user": user, "api_app_id": APP_ID}


def shortcut(kind: str, person: Person) -> Json:
    """Render what shortcuts have in common; each of the two kinds names the person in a way of its own."""
    name = "name" if kind == "message_action" else "username"
    return _envelope(kind) | {"user": {"id": person.id, name: person.name, "team_id": TEAM_ID}}


def _envelope(kind: str) -> Json:
    return {
        "type": kind,
        "token": VERIFICATION_TOKEN,
        "team": {"id": TEAM_ID, "domain": TEAM_DOMAIN},
        "enterprise": None,
        "is_enterprise_install": False,
    }


def with_message(state: State, message: Message) -> Json:
    """Render where a message stands, and the message itself."""
    conversation = state.conversations.find(message.channel)
    return {
        "channel": {"id": conversation.id, "name": channel_name(conversation)},
        "message": message_json(message),
    }


def response_url(state: State, token: str) -> str:
    """Return the address of a response URL."""
    return f"{state.base_url}/response/{token}"
