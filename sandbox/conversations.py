"""Where people and apps talk: channels and direct messages, and the messages in them."""

from dataclasses import replace
from hashlib import sha256
from typing import Any

from sandbox.changes import Changes
from sandbox.clock import Timestamps, whole_seconds
from sandbox.errors import SlackError
from sandbox.identity import SLACKBOT
from sandbox.model import Conversation, ConversationKind, Message


def direct_id(members: list[str]) -> str:
    """Return the id of the direct or group message of these people.

    It is the same in every sandbox, so that what an app keeps under it survives a reset.
    """
    digest = sha256(" ".join(sorted(members)).encode()).hexdigest()[:9].upper()
    return f"{'D' if len(members) <= 2 else 'G'}{digest}"


class Conversations:
    """Every conversation by id, and the only place that adds, edits and removes messages."""

    def __init__(self, changes: Changes, channels: list[Conversation]) -> None:
        self._changes = changes
        self.timestamps = Timestamps()
        self.restore(channels)

    def restore(self, conversations: list[Conversation]) -> None:
        """Put these conversations in place of all others."""
        self.by_id = {each.id: each for each in conversations}
        self._direct = {self._key(each.members): each for each in conversations if each.is_direct}

    def find(self, conversation_id: str) -> Conversation:
        """Return the conversation; `channel_not_found` if there is none."""
        if found := self.by_id.get(conversation_id):
            return found
        raise SlackError("channel_not_found")

    def named(self, name: str) -> Conversation | None:
        """Find a channel by its name without the #."""
        return next((each for each in self.by_id.values() if each.name == name and not each.is_direct), None)

    def of(self, user: str) -> list[Conversation]:
        """Return the conversations somebody is a member of: channels by name, then direct messages by age."""
        mine = [each for each in self.by_id.values() if user in each.members and not each.is_archived]
        return sorted(mine, key=lambda each: (each.is_direct, each.name, each.created, each.id))

    def existing_direct(self, *members: str) -> Conversation | None:
        """Find the direct or group message of exactly these people."""
        return self._direct.get(self._key(list(members)))

    def direct(self, *members: str) -> Conversation:
        """Return the direct or group message of exactly these people, opening it if need be."""
        return self.existing_direct(*members) or self._open(list(dict.fromkeys(members)))

    def _open(self, members: list[str]) -> Conversation:
        kind: ConversationKind = "im" if len(members) <= 2 else "mpim"
        opened = Conversation(
            id=direct_id(members),
            kind=kind,
            name="" if kind == "im" else f"mpdm-{direct_id(members).lower()}",
            members=members,
            created=whole_seconds(),
        )
        self.by_id[opened.id] = opened
        self._direct[self._key(members)] = opened
        self._changes.bump()
        return opened

    def join(self, conversation: Conversation, user: str) -> None:
        """Make somebody a member."""
        if user not in conversation.members:
            conversation.members.append(user)
            self._changes.bump()

    def leave(self, conversation: Conversation, user: str) -> None:
        """Let somebody be a member no longer."""
        if user in conversation.members:
            conversation.members.remove(user)
            self._changes.bump()

    def delete(self, conversation: Conversation) -> None:
        """Remove a channel with all that was said in it."""
        del self.by_id[conversation.id]
        self._changes.bump()

    def post(self, conversation: Conversation, *, user: str, text: str, **fields: Any) -> Message:
        """Add a message now, and return it with its `ts`."""
        ts = self.timestamps.next()
        message = Message(ts=ts, channel=conversation.id, user=user, text=text, **fields)
        conversation.messages[ts] = message
        if not message.visible_to:
            conversation.read_up_to[user] = ts
        self._changes.bump()
        return message

    def slackbot_says(self, conversation: Conversation, user: str, text: str) -> Message:
        """Tell one person something in the name of Slack, visible to nobody else."""
        return self.post(conversation, user=SLACKBOT, text=text, visible_to=user)

    def edit(self, message: Message, **fields: Any) -> Message:
        """Replace a message's content under the same `ts`."""
        edited = replace(message, edited_ts=self.timestamps.next(), **fields)
        self.by_id[message.channel].messages[message.ts] = edited
        self._changes.bump()
        return edited

    def remove(self, message: Message) -> None:
        """Delete a message."""
        self.by_id[message.channel].messages.pop(message.ts, None)
        self._changes.bump()

    def mark_read(self, conversation: Conversation, user: str) -> None:
        """Record that the person has seen everything said here so far."""
        latest = max((message.ts for message in conversation.visible_messages(user)), default="")
        if latest > conversation.read_up_to.get(user, ""):
            conversation.read_up_to[user] = latest
            self._changes.bump()

    @staticmethod
    def unread(conversation: Conversation, user: str) -> int:
        """Count the messages of others that the person has not seen."""
        seen = conversation.read_up_to.get(user, "")
        return sum(
            message.ts > seen and message.user != user for message in conversation.visible_messages(user)
        )

    @staticmethod
    def _key(members: list[str]) -> frozenset[str]:
        return frozenset(members)
