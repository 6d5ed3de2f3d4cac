"""What a workspace consists of: people, conversations, messages, files and views, as values.

Every field is something JSON knows, so that a value is stored as its own `vars()` and read back with `Type(**stored)`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from sandbox.identity import SLACKBOT

Json = dict[str, Any]
"""An object of Slack's protocol, whose shape is Slack's documentation."""

StateValues = dict[str, dict[str, Json]]
"""What a form holds: `state.values` in Slack's shape, block id → action id → value."""

ConversationKind = Literal["public", "private", "im", "mpim"]


@dataclass(frozen=True, kw_only=True)
class Person:
    """An account of the workspace: a human, a guest, a bot; `name` is the handle after the @."""

    id: str
    name: str
    real_name: str
    title: str = ""
    email: str = ""
    tz: str = "Etc/UTC"
    pronouns: str = ""
    color: str = "4a5568"
    is_admin: bool = False
    is_bot: bool = False
    is_restricted: bool = False
    is_ultra_restricted: bool = False
    is_invited_user: bool = False
    team_id: str = ""
    """The workspace of somebody of another organisation; empty for the sandbox's own people."""
    is_stranger: bool = False
    """Whether they share no channel with the app, of whom Slack then tells nothing more."""
    deleted: bool = False
    bot_id: str = ""
    app_id: str = ""
    status_text: str = ""
    status_emoji: str = ""
    status_expiration: int = 0
    dnd_start_ts: int = 0
    dnd_end_ts: int = 0
    """From when until when nobody disturbs them (people's time); 0 if no such time is set."""
    updated: int = 0
    fields: dict[str, str] = field(default_factory=dict)
    """The workspace's own fields of a profile: values by the field's id (`Xf…`)."""

    @property
    def can_be_played(self) -> bool:
        """Say whether somebody at the page or a test can act as this account."""
        return not (self.is_bot or self.deleted or self.is_invited_user or self.id == SLACKBOT)

    def is_undisturbed(self, now: datetime) -> bool:
        """Say whether their notifications are paused at this moment of people's time."""
        return self.dnd_start_ts <= now.timestamp() < self.dnd_end_ts

    @property
    def is_external(self) -> bool:
        """Say whether they are of another organisation, and here by a shared channel alone."""
        return self.team_id != ""

    @property
    def first_name(self) -> str:
        """The name as one would call out."""
        return self.real_name.split(" ")[0]


@dataclass(frozen=True, kw_only=True)
class File:
    """An uploaded file; its bytes are kept by `Files`."""

    id: str
    name: str
    title: str
    mimetype: str
    size: int
    user: str
    created: int
    is_handed_over: bool = False
    """Whether a person gave it to the app with a form."""
    alt_txt: str = ""
    """What a picture shows, in words."""


@dataclass(frozen=True, kw_only=True)
class Message:
    """One message; an edited one is a new value under the same `ts`.

    `visible_to` names the one reader of an ephemeral message. `blocks` all have a `block_id`.
    """

    ts: str
    channel: str
    user: str
    text: str
    blocks: list[Json] = field(default_factory=list)
    attachments: list[Json] = field(default_factory=list)
    files: list[Json] = field(default_factory=list)
    metadata: Json | None = None
    bot_id: str = ""
    app_id: str = ""
    visible_to: str = ""
    edited_ts: str = ""
    thread_ts: str = ""
    subtype: str = ""

    @property
    def is_ephemeral(self) -> bool:
        """Say whether only one person sees it."""
        return bool(self.visible_to)

    def is_visible_to(self, user: str) -> bool:
        """Say whether a member of the conversation sees it."""
        return self.visible_to in ("", user)


@dataclass(kw_only=True)
class Conversation:
    """A channel, direct message or group message with what was said in it, oldest first, by `ts`."""

    id: str
    kind: ConversationKind
    name: str = ""
    members: list[str] = field(default_factory=list)
    topic: str = ""
    purpose: str = ""
    creator: str = SLACKBOT
    created: int = 0
    is_general: bool = False
    is_archived: bool = False
    previous_names: list[str] = field(default_factory=list)
    connected_team_ids: list[str] = field(default_factory=list)
    """The other organisations it is shared with."""
    messages: dict[str, Message] = field(default_factory=dict)
    read_up_to: dict[str, str] = field(default_factory=dict)

    @property
    def is_direct(self) -> bool:
        """Say whether it is a direct or group message rather than a channel."""
        return self.kind in ("im", "mpim")

    def visible_messages(self, user: str) -> Iterator[Message]:
        """Yield what the person sees here, oldest first, ephemeral messages to them included."""
        return (message for message in self.messages.values() if message.is_visible_to(user))

    def others(self, user: str) -> list[str]:
        """Return the members without the one who looks."""
        return [member for member in self.members if member != user]


@dataclass(frozen=True, kw_only=True)
class View:
    """An open modal or somebody's App Home; `content` is what the app gave, with all block and action ids filled in.

    `values` is what the form held when the app was last told (`state.values`).
    """

    id: str
    user: str
    content: Json
    hash: str
    root_id: str
    previous_id: str | None = None
    values: StateValues = field(default_factory=dict)

    @property
    def type(self) -> str:
        """The kind of view: `modal` or `home`."""
        return str(self.content["type"])

    @property
    def blocks(self) -> list[Json]:
        """The blocks of the view."""
        return list(self.content["blocks"])

    @property
    def title(self) -> str:
        """The heading of a modal; empty for a Home."""
        return str((self.content.get("title") or {}).get("text", ""))

    @property
    def callback_id(self) -> str:
        """The app's name for this form."""
        return str(self.content.get("callback_id", ""))


@dataclass(frozen=True)
class InMessage:
    """A place to press something: a message of a conversation."""

    channel: str
    ts: str


@dataclass(frozen=True)
class InView:
    """A place to press something: an open modal or a Home, by the view's id."""

    view_id: str


Place = InMessage | InView


@dataclass(frozen=True)
class Outcome:
    """What a person saw right after doing something; `error` is Slack's word when the app did not answer."""

    messages: list[Message] = field(default_factory=list)
    views: list[View] = field(default_factory=list)
    error: str | None = None


@dataclass(frozen=True)
class Submission:
    """What came of submitting a form: errors by block id, the view now on top (None: all closed), or a failure."""

    errors: dict[str, str] = field(default_factory=dict)
    view: View | None = None
    error: str | None = None


@dataclass(frozen=True)
class Completion:
    """A suggestion for the composer: what to show and what to insert in place of the word being typed."""

    kind: Literal["command", "person", "channel"]
    insert: str
    label: str
    detail: str = ""


@dataclass(frozen=True)
class TourStep:
    """One thing a newcomer may try; `command` goes into the composer, as `person` (an id or handle) if named."""

    title: str
    text: str
    command: str = ""
    person: str = ""
