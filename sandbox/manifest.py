"""The installed app as its manifest describes it: commands, shortcuts, events, scopes, addresses."""

import json
from dataclasses import dataclass, field
from pathlib import Path

from sandbox.errors import NotPossible
from sandbox.model import Json


@dataclass(frozen=True)
class Command:
    """A slash command; `escapes` says whether mentions and `&<>` arrive escaped (`should_escape`)."""

    name: str
    description: str = ""
    usage_hint: str = ""
    escapes: bool = False


@dataclass(frozen=True)
class Shortcut:
    """A shortcut in the menu of a message (`type` message) or of the composer (`type` global)."""

    name: str
    type: str
    callback_id: str
    description: str = ""


@dataclass(frozen=True)
class Manifest:
    """What the app declared on installation; None for commands or events means: everything."""

    name: str = "App"
    description: str = ""
    bot_name: str = "app"
    commands: tuple[Command, ...] | None = None
    shortcuts: tuple[Shortcut, ...] = ()
    events: frozenset[str] | None = None
    scopes: tuple[str, ...] = ()
    has_home: bool = True
    request_url: str | None = None

    def command(self, name: str) -> Command | None:
        """Find a slash command by its name with the slash, in any case; the permissive default knows every one."""
        if self.commands is None:
            return Command(name.lower(), escapes=True)
        return next((command for command in self.commands if command.name == name.lower()), None)

    def shortcut(self, callback_id: str) -> Shortcut | None:
        """Find a shortcut by its callback id."""
        return next((each for each in self.shortcuts if each.callback_id == callback_id), None)

    def wants(self, event: str) -> bool:
        """Say whether the app subscribed to the event."""
        return self.events is None or event in self.events


EVERY_SCOPE = (
    *(
        "app_mentions:read",
        "channels:history",
        "channels:join",
        "channels:read",
        "chat:write",
        "chat:write.public",
    ),
    *(
        "commands",
        "dnd:read",
        "files:read",
        "files:write",
        "groups:history",
        "groups:read",
        "im:history",
        "im:read",
    ),
    *("im:write", "mpim:history", "mpim:read", "mpim:write", "team:read", "users:read", "users:read.email"),
    "users.profile:read",
)

PERMISSIVE = Manifest(scopes=EVERY_SCOPE)
"""The app of a sandbox that was started without a manifest: any command, every event, every scope."""


@dataclass
class _Sections:
    """The parts of a manifest that are read here, each an object even if absent."""

    manifest: Json
    features: Json = field(init=False)
    settings: Json = field(init=False)

    def __post_init__(self) -> None:
        self.features = self.manifest.get("features", {})
        self.settings = self.manifest.get("settings", {})


def read_manifest(path: Path) -> Manifest:
    """Read a manifest file; refuse one that is not a manifest."""
    try:
        return parse_manifest(json.loads(path.read_text(encoding="utf-8")))
    except (json.JSONDecodeError, KeyError, AttributeError, TypeError) as error:
        raise NotPossible(f"{path} is no app manifest: {error}") from error


def parse_manifest(manifest: Json) -> Manifest:
    """Take from a manifest (Slack's schema, version 1 or 2) what the workspace needs."""
    parts = _Sections(manifest)
    about = manifest["display_information"]
    return Manifest(
        name=about["name"],
        description=about.get("description", ""),
        bot_name=parts.features.get("bot_user", {}).get("display_name", about["name"]),
        commands=tuple(map(_command, parts.features.get("slash_commands", []))),
        shortcuts=tuple(map(_shortcut, parts.features.get("shortcuts", []))),
        events=frozenset(parts.settings.get("event_subscriptions", {}).get("bot_events", [])),
        scopes=tuple(manifest.get("oauth_config", {}).get("scopes", {}).get("bot", [])),
        has_home=bool(parts.features.get("app_home", {}).get("home_tab_enabled", False)),
        request_url=_request_url(parts.settings),
    )


def _command(entry: Json) -> Command:
    return Command(
        name=entry["command"].lower(),
        description=entry.get("description", ""),
        usage_hint=entry.get("usage_hint", ""),
        escapes=bool(entry.get("should_escape", False)),
    )


def _shortcut(entry: Json) -> Shortcut:
    return Shortcut(entry["name"], entry["type"], entry["callback_id"], entry.get("description", ""))


def _request_url(settings: Json) -> str | None:
    for section in ("event_subscriptions", "interactivity"):
        if url := settings.get(section, {}).get("request_url"):
            return str(url)
    return None
