"""All that the workspace knows, in memory, on one event loop, without locks."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import available_timezones

from sandbox.calls import Calls, Faults
from sandbox.changes import Changes
from sandbox.clock import PeopleClock, machine_now, whole_seconds
from sandbox.conversations import Conversations
from sandbox.delivery.envelope import Envelope
from sandbox.delivery.events import Events
from sandbox.delivery.http import HttpLink
from sandbox.delivery.link import AppLink
from sandbox.errors import NotPossible, SlackError
from sandbox.files import Files
from sandbox.handles import Handles
from sandbox.identity import APP_ID, BOT_ID, BOT_USER, SLACKBOT, TEAM_ID
from sandbox.manifest import PERMISSIVE, Manifest
from sandbox.model import Conversation, Json, Message, Person, TourStep
from sandbox.moving import ClockMover
from sandbox.rates import Rates
from sandbox.rendering import do_not_disturb_json, user_json
from sandbox.seed import SEED_FILE, read_seed, seeded_channels, seeded_people
from sandbox.views import Views
from sandbox.watching import Watches

CHANNEL_NAME = re.compile(r"[^\WA-Z](?:[^\WA-Z]|-){0,79}")
"""Up to 80 small letters, of any alphabet, digits, hyphens and underscores."""


class State:
    """The stores of one workspace; `base_url` is the server's own address, known once it listens."""

    def __init__(
        self,
        manifest: Manifest = PERMISSIVE,
        *,
        event_url: str | None = None,
        rates: bool = True,
        tour: Sequence[TourStep] = (),
        seed_file: Path = SEED_FILE,
    ) -> None:
        self.manifest = manifest
        self.tour = list(tour)
        self.base_url = "http://127.0.0.1"
        self.seed_file = seed_file
        self.changes = Changes()
        self.clock = PeopleClock()
        self.mover = ClockMover(self.clock, self.changes)
        self.link = AppLink(HttpLink(event_url))
        self.events = Events(self.link, manifest)
        self.calls = Calls()
        self.faults = Faults()
        self.rates = Rates(enabled=rates)
        self.start_over()

    def start_over(self) -> None:
        """Go back to the seed: nothing said, nothing open; the clock stays, since it never runs backwards."""
        seed = read_seed(self.seed_file)
        self.people = seeded_people(seed, self.manifest)
        self.profile_fields: list[Json] = seed.get("profile_fields", [])
        self.conversations = Conversations(self.changes, seeded_channels(seed, self.people))
        self.views = Views(self.changes)
        self.files = Files()
        self.handles = Handles()
        self.watches = Watches()
        self.last_submission: Envelope | None = None
        self.faults.start_over()
        self.calls.entries.clear()
        self.changes.bump()

    def person(self, user: str) -> Person:
        """Return the account; Slack's `user_not_found` if there is none."""
        if found := self.people.get(user):
            return found
        raise SlackError("user_not_found")

    def player(self, user: str) -> Person:
        """Return the account somebody wants to act as, if that is possible."""
        person = self.people.get(user)
        if person is None or not person.can_be_played:
            raise NotPossible(f"Nobody can act as {user}.", status=404)
        return person

    def by_handle(self, handle: str) -> Person | None:
        """Find somebody by the name after the @."""
        return next((each for each in self.people.values() if each.name == handle.lower()), None)

    def change_person(self, user: str, **fields: Any) -> Person:
        """Change a profile, zone, status or deactivation, and tell the app (`user_change`)."""
        changed = replace(self.person(user), **{**fields, "updated": whole_seconds()})
        _check_zone(changed)
        self.people[user] = changed
        self.changes.bump()
        rendered = user_json(
            changed, now=machine_now(), with_email="users:read.email" in self.manifest.scopes
        )
        self.events.emit(
            {
                "type": "user_change",
                "user": rendered,
                "cache_ts": whole_seconds(),
                "event_ts": self.event_ts(),
            }
        )
        return changed

    def pause_notifications(
        self, user: str, until: datetime | None, *, since: datetime | None = None
    ) -> Person:
        """Let somebody be undisturbed from now on, or a moment, until another, or no more, and tell the app.

        Both are people's time. https://docs.slack.dev/reference/events/dnd_updated_user
        """
        begins = since or self.clock.now()
        if until is not None and until <= begins:
            raise NotPossible("Notifications are paused until a time to come.")
        times = (0, 0) if until is None else (int(begins.timestamp()), int(until.timestamp()))
        changed = replace(self.person(user), dnd_start_ts=times[0], dnd_end_ts=times[1])
        self.people[user] = changed
        self.changes.bump()
        event = {"type": "dnd_updated_user", "user": user, "dnd_status": do_not_disturb_json(changed)}
        self.events.emit(event | {"event_ts": self.event_ts()})
        return changed

    def add_person(self, person: Person) -> Person:
        """Let somebody join the workspace and its general channel, and tell the app (`team_join`).

        Who is of another organisation joins nothing by that, and comes with a shared channel.
        """
        _check_zone(person)
        if person.id in self.people or self.by_handle(person.name):
            raise NotPossible(f"{person.id} or @{person.name} is there already.")
        self.people[person.id] = person
        if person.is_external:
            self.changes.bump()
            return person
        for channel in self.conversations.by_id.values():
            if channel.is_general:
                self.conversations.join(channel, person.id)
        rendered = user_json(person, now=machine_now(), with_email="users:read.email" in self.manifest.scopes)
        self.changes.bump()
        self.events.emit({"type": "team_join", "user": rendered, "event_ts": self.event_ts()})
        return person

    def archive(self, channel: str, *, archived: bool = True) -> None:
        """Archive a channel, or bring it back, and tell the app."""
        conversation = self.conversations.find(channel)
        conversation.is_archived = archived
        self.changes.bump()
        self._tell_of_channel(conversation, "archive" if archived else "unarchive", user=SLACKBOT)

    def rename(self, channel: str, name: str) -> None:
        """Give a channel another name under the same id, and tell the app.

        https://docs.slack.dev/reference/events/channel_rename
        """
        conversation = self.conversations.find(channel)
        _check_name(name)
        if self.conversations.named(name):
            raise NotPossible(f"There is a channel called #{name} already.")
        conversation.previous_names.insert(0, conversation.name)
        conversation.name = name
        self.changes.bump()
        kind = "channel" if conversation.kind == "public" else "group"
        about = {"id": channel, "name": name, "created": conversation.created}
        self.events.emit({"type": f"{kind}_rename", "channel": about, "event_ts": self.event_ts()})

    def delete_channel(self, channel: str) -> None:
        """Delete a channel, and tell the app."""
        conversation = self.conversations.find(channel)
        self.conversations.delete(conversation)
        self._tell_of_channel(conversation, "deleted")

    def bring_in(self, channel: str, user: str) -> None:
        """Make somebody, or the app's bot, a member of a channel; the app hears of it where its bot is one."""
        conversation, person = self.conversations.find(channel), self.person(user)
        if person.is_external and person.team_id not in conversation.connected_team_ids:
            conversation.connected_team_ids.append(person.team_id)
        self.conversations.join(conversation, person.id)
        self._tell_of_member(conversation, "member_joined_channel", user)

    def put_out(self, channel: str, user: str) -> None:
        """Let somebody, or the app's bot, leave a channel. Of its own bot's leaving an app gets another event.

        Slack sends `channel_left` or `group_left` then, and no `member_left_channel`:
        https://github.com/slackapi/bolt-js/issues/1847
        """
        conversation = self.conversations.find(channel)
        self.conversations.leave(conversation, user)
        if user == BOT_USER:
            self._tell_of_channel(conversation, "left", actor_id=SLACKBOT)
            return
        self._tell_of_member(conversation, "member_left_channel", user)

    def _tell_of_channel(self, conversation: Conversation, what: str, **fields: str) -> None:
        kind = "channel" if conversation.kind == "public" else "group"
        event = {"type": f"{kind}_{what}", "channel": conversation.id, **fields}
        self.events.emit(event | {"event_ts": self.event_ts()})

    def _tell_of_member(self, conversation: Conversation, kind: str, user: str) -> None:
        if BOT_USER not in conversation.members:
            return
        letter = "C" if conversation.kind == "public" else "G"
        event = {
            "type": kind,
            "user": user,
            "channel": conversation.id,
            "channel_type": letter,
            "team": self.person(user).team_id or TEAM_ID,
        }
        self.events.emit(event | {"event_ts": self.event_ts()})

    def say_as_app(
        self, conversation: Conversation, text: str, *, direct: bool = False, **fields: Any
    ) -> Message:
        """Post a message of the app; `direct` if it answers what the reader just did."""
        message = self.conversations.post(
            conversation, user=BOT_USER, text=text, bot_id=BOT_ID, app_id=APP_ID, **fields
        )
        readers = [message.visible_to] if message.visible_to else conversation.members
        self.watches.saw_message(readers, message, direct=direct or message.is_ephemeral)
        return message

    def event_ts(self) -> str:
        """Return machine time as events write it."""
        return self.conversations.timestamps.next()


def _check_name(name: str) -> None:
    """Refuse what Slack takes for no name of a channel."""
    if not CHANNEL_NAME.fullmatch(name):
        raise NotPossible(f"A channel cannot be called {name}.")


def _check_zone(person: Person) -> None:
    """Refuse a time zone that does not exist: nobody could be shown with it."""
    if person.tz not in available_timezones():
        raise NotPossible(f"{person.tz} is no time zone.")
