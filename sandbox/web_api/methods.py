"""The table of methods: what carries each out, which scope it needs, how often it may be called.

Scopes are those any one of which suffices; methods about a conversation check theirs by its kind. Tiers:
https://docs.slack.dev/apis/web-api/rate-limits and each method's own page.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from sandbox.model import Json
from sandbox.state import State
from sandbox.web_api import basics, chat, conversations, files, people, views
from sandbox.web_api.arguments import Arguments


@dataclass(frozen=True)
class Method:
    """A method; `caller` says whose token it takes."""

    carry_out: Callable[[State, Arguments], Json]
    tier: Literal["tier1", "tier2", "tier3", "tier4", "special", "unlimited"]
    scopes: tuple[str, ...] = ()
    caller: Literal["bot", "app", "anyone"] = "bot"


METHODS = {
    "api.test": Method(basics.api_test, "tier4", caller="anyone"),
    "auth.test": Method(basics.auth_test, "unlimited"),
    "apps.connections.open": Method(basics.connections_open, "tier1", caller="app"),
    "team.info": Method(basics.team_info, "tier3", ("team:read",)),
    "bots.info": Method(people.bot_info, "tier3", ("users:read",)),
    "chat.postMessage": Method(chat.post_message, "special", ("chat:write",)),
    "chat.postEphemeral": Method(chat.post_ephemeral, "tier4", ("chat:write",)),
    "chat.update": Method(chat.update, "tier3", ("chat:write",)),
    "chat.delete": Method(chat.delete, "tier3", ("chat:write",)),
    "conversations.open": Method(conversations.open_, "tier3"),
    "conversations.info": Method(conversations.info, "tier3"),
    "conversations.members": Method(conversations.members, "tier4"),
    "conversations.list": Method(conversations.list_, "tier2"),
    "conversations.join": Method(conversations.join, "tier3", ("channels:join",)),
    "conversations.history": Method(conversations.history, "tier3"),
    "users.conversations": Method(conversations.of_user, "tier2"),
    "users.info": Method(people.info, "tier4", ("users:read",)),
    "users.list": Method(people.list_, "tier2", ("users:read",)),
    "users.lookupByEmail": Method(people.lookup_by_email, "tier3", ("users:read.email",)),
    "users.profile.get": Method(people.profile, "tier4", ("users.profile:read",)),
    "team.profile.get": Method(people.team_profile, "tier3", ("users.profile:read",)),
    "dnd.info": Method(people.dnd_info, "tier3", ("dnd:read",)),
    "dnd.teamInfo": Method(people.dnd_team_info, "tier2", ("dnd:read",)),
    "views.open": Method(views.open_, "tier4"),
    "views.push": Method(views.push, "tier4"),
    "views.update": Method(views.update, "tier4"),
    "views.publish": Method(views.publish, "tier4"),
    "files.info": Method(files.info, "tier4", ("files:read",)),
    "files.getUploadURLExternal": Method(files.get_upload_url, "tier4", ("files:write",)),
    "files.completeUploadExternal": Method(files.complete_upload, "tier4", ("files:write",)),
}
