"""Slack's own commands about who is in a channel: nobody but the app hears of them, and only through its events."""

import re
from collections.abc import Callable

from sandbox.identity import BOT_USER
from sandbox.model import Conversation, Outcome
from sandbox.state import State

HANDLE = re.compile(r"@([a-z0-9._-]+)", re.IGNORECASE)
Carry = Callable[[State, Conversation, str], None]


def run(state: State, user: str, conversation: Conversation, name: str, rest: str) -> Outcome:
    """Carry out one of `COMMANDS` for everybody it names, or for the one who typed it, and say so to them."""
    named = [state.by_handle(handle) for handle in HANDLE.findall(rest)]
    people = [person.id for person in named if person] or ([user] if name in OF_ONESELF else [])
    if conversation.is_direct or not people:
        told = f"{name} works in a channel, with the name of somebody who exists."
        return Outcome(messages=[state.conversations.slackbot_says(conversation, user, told)])
    for person in people:
        COMMANDS[name](state, conversation, person)
    who = ", ".join("the app" if person == BOT_USER else f"<@{person}>" for person in people)
    told = f"{name} {who}: done. This channel has {len(conversation.members)} members now."
    return Outcome(messages=[state.conversations.slackbot_says(conversation, user, told)])


def _come(state: State, conversation: Conversation, user: str) -> None:
    state.bring_in(conversation.id, user)


def _go(state: State, conversation: Conversation, user: str) -> None:
    state.put_out(conversation.id, user)


COMMANDS: dict[str, Carry] = {"/invite": _come, "/join": _come, "/remove": _go, "/kick": _go, "/leave": _go}
OF_ONESELF = frozenset({"/join", "/leave"})
