"""Slash commands: from what was typed to what the person saw."""

import html
import re

from sandbox.acting import builtin
from sandbox.acting.payloads import command_payload, response_url
from sandbox.delivery.envelope import Envelope, Undelivered
from sandbox.errors import SlackError
from sandbox.identity import BOT_USER
from sandbox.model import Conversation, Json, Outcome
from sandbox.responding import answer_command
from sandbox.state import State

PERSON = re.compile(r"(?<!\S)@([a-z0-9._-]+)", re.IGNORECASE)
CHANNEL = re.compile(r"(?<!\S)#([a-z0-9_-]+)", re.IGNORECASE)


async def run(state: State, user: str, text: str, *, channel: str | None, patience: float = 0.0) -> Outcome:
    """Run a command typed in a conversation (by default the app's direct message)."""
    person = state.player(user)
    conversation = (
        state.conversations.find(channel) if channel else state.conversations.direct(user, BOT_USER)
    )
    name, _, rest = text.strip().partition(" ")
    if name in builtin.COMMANDS:
        return builtin.run(state, user, conversation, name, rest)
    command = state.manifest.command(name)
    # In a shared channel an app's commands are for those alone in whose workspace it is installed.
    if command is None or person.is_external:
        told = state.conversations.slackbot_says(conversation, user, f"{name} is not a valid command.")
        return Outcome(messages=[told], error="not_a_command")
    argument = escaped(state, rest.strip()) if command.escapes else rest.strip()
    payload = command_payload(person, conversation, command.name, argument)
    return await _deliver(state, user, conversation, payload, patience)


def escaped(state: State, text: str) -> str:
    """Escape a command's text as `should_escape` does: `&<>`, then `@name` and `#name` that exist, with their names."""
    safe = html.escape(text, quote=False)
    return CHANNEL.sub(
        lambda match: _channel(state, match), PERSON.sub(lambda match: _person(state, match), safe)
    )


def _person(state: State, match: re.Match[str]) -> str:
    person = state.by_handle(match[1])
    return f"<@{person.id}|{person.name}>" if person else match[0]


def _channel(state: State, match: re.Match[str]) -> str:
    channel = state.conversations.named(match[1].lower())
    return f"<#{channel.id}|{channel.name}>" if channel else match[0]


async def _deliver(
    state: State, user: str, conversation: Conversation, payload: Json, patience: float
) -> Outcome:
    token = state.handles.response_url_for(user, conversation.id)
    payload |= {
        "response_url": response_url(state, token),
        "trigger_id": state.handles.trigger_for(user),
    }
    with state.watches.of(user) as watch:
        try:
            answer = await state.link.send(Envelope("slash_commands", payload))
            answer_command(state, user, conversation, answer)
        except (Undelivered, SlackError) as failure:
            error = failure.error if isinstance(failure, Undelivered) else "dispatch_failed"
            text = f'{payload["command"]} failed with the error "{error}"'
            told = state.conversations.slackbot_says(conversation, user, text)
            return Outcome(messages=[*watch.messages, told], views=watch.views, error=error)
        await watch.wait(patience)
        return Outcome(messages=list(watch.messages), views=list(watch.views))
