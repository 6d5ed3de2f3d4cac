"""The workspace in Slack's words: people, conversations, messages, files and views as JSON objects."""

from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from sandbox.identity import APP_ID, BOT_ID, BOT_USER, TEAM_ID
from sandbox.model import Conversation, File, Json, Message, Person, View


def user_json(person: Person, *, now: datetime, with_email: bool) -> Json:
    """Render an account as `users.info` does; a deactivated one lacks its zone, as in Slack."""
    team = person.team_id or TEAM_ID
    rendered: Json = {
        "id": person.id,
        "team_id": team,
        "name": person.name,
        "deleted": person.deleted,
        "profile": profile_json(person, with_email=with_email) | {"team": team},
        "is_bot": person.is_bot,
        "is_app_user": False,
        "updated": person.updated,
    }
    if person.deleted:
        return rendered
    return rendered | _zone_fields(person, now) | _role_fields(person)


def do_not_disturb_json(person: Person) -> Json:
    """Render when somebody's notifications are paused, as others see it, until they set it otherwise.

    Of a snooze others see only the times, as if they had been set: https://docs.slack.dev/reference/methods/dnd.info
    """
    is_set = person.dnd_end_ts > 0
    return {
        "dnd_enabled": is_set,
        "next_dnd_start_ts": person.dnd_start_ts if is_set else 1,
        "next_dnd_end_ts": person.dnd_end_ts if is_set else 1,
    }


def _zone_fields(person: Person, now: datetime) -> Json:
    local = now.astimezone(ZoneInfo(person.tz))
    offset = local.utcoffset()
    return {
        "color": person.color,
        "real_name": person.real_name,
        "tz": person.tz,
        "tz_label": local.tzname() or person.tz,
        "tz_offset": int(offset.total_seconds()) if offset else 0,
    }


def _role_fields(person: Person) -> Json:
    fields: Json = {
        "is_admin": person.is_admin,
        "is_owner": False,
        "is_primary_owner": False,
        "is_restricted": person.is_restricted,
        "is_ultra_restricted": person.is_ultra_restricted,
        "is_email_confirmed": not person.is_bot,
        "who_can_share_contact_card": "EVERYONE",
    }
    marks = ("is_invited_user", "is_stranger")
    return fields | {mark: True for mark in marks if getattr(person, mark)}


def profile_json(person: Person, *, with_email: bool) -> Json:
    """Render the profile part of an account."""
    first, _, last = person.real_name.partition(" ")
    profile: Json = {
        "title": person.title,
        "phone": "",
        "skype": "",
        "real_name": person.real_name,
        "real_name_normalized": person.real_name,
        "display_name": person.name,
        "display_name_normalized": person.name,
        "first_name": first,
        "last_name": last,
        "pronouns": person.pronouns,
        "status_text": person.status_text,
        "status_emoji": person.status_emoji,
        "status_expiration": person.status_expiration,
        "avatar_hash": "g00000000000",
    }
    if with_email and person.email:
        profile["email"] = person.email
    if person.is_bot:
        profile |= {"bot_id": person.bot_id, "api_app_id": person.app_id, "always_active": True}
    return profile


def channel_json(conversation: Conversation) -> Json:
    """Render a conversation as the app's bot sees it."""
    if conversation.kind == "im":
        return _direct_json(conversation)
    return {
        "id": conversation.id,
        "name": conversation.name,
        "is_channel": conversation.kind == "public",
        "is_group": conversation.kind == "private",
        "is_im": False,
        "is_mpim": conversation.kind == "mpim",
        "is_private": conversation.kind != "public",
        "created": conversation.created,
        "is_archived": conversation.is_archived,
        "is_general": conversation.is_general,
        "unlinked": 0,
        "name_normalized": conversation.name,
        "is_shared": bool(conversation.connected_team_ids),
        "is_org_shared": False,
        "is_ext_shared": bool(conversation.connected_team_ids),
        "is_pending_ext_shared": False,
        "pending_shared": [],
        "context_team_id": TEAM_ID,
        "updated": conversation.created * 1000,
        "creator": conversation.creator,
        "shared_team_ids": [TEAM_ID, *conversation.connected_team_ids],
        "pending_connected_team_ids": [],
        "is_member": BOT_USER in conversation.members,
        "topic": {"value": conversation.topic, "creator": "", "last_set": 0},
        "purpose": {"value": conversation.purpose, "creator": "", "last_set": 0},
        "previous_names": conversation.previous_names,
    }


def _direct_json(conversation: Conversation) -> Json:
    return {
        "id": conversation.id,
        "created": conversation.created,
        "is_archived": False,
        "is_im": True,
        "is_org_shared": False,
        "context_team_id": TEAM_ID,
        "updated": conversation.created * 1000,
        "user": next(iter(conversation.others(BOT_USER)), BOT_USER),
        "is_user_deleted": False,
        "priority": 0,
    }


def message_json(message: Message, *, with_metadata: bool = False) -> Json:
    """Render a message as `conversations.history` does; metadata only for who asks."""
    rendered: Json = {
        "user": message.user,
        "type": "message",
        "ts": message.ts,
        "text": message.text,
        "team": TEAM_ID,
    }
    if message.bot_id:
        rendered |= {"bot_id": message.bot_id, "app_id": message.app_id}
    if message.bot_id == BOT_ID:
        rendered["bot_profile"] = bot_profile_json()
    for name in ("blocks", "attachments", "files", "thread_ts", "subtype"):
        if value := getattr(message, name):
            rendered[name] = value
    if message.edited_ts:
        rendered["edited"] = {"user": message.user, "ts": message.edited_ts}
    if message.metadata and with_metadata:
        rendered["metadata"] = message.metadata
    return rendered


@lru_cache(maxsize=1)
def bot_profile_json() -> Json:
    """Render the installed app's bot as messages name it."""
    return {"id": BOT_ID, "app_id": APP_ID, "name": "app", "deleted": False, "updated": 0, "team_id": TEAM_ID}


def file_json(file: File, base_url: str) -> Json:
    """Render a file with the address to download it from."""
    address = f"{base_url}/files/{file.id}/download"
    extension = file.name.rpartition(".")[2]
    described = {"alt_txt": file.alt_txt} if file.alt_txt else {}
    return described | {
        "id": file.id,
        "created": file.created,
        "timestamp": file.created,
        "name": file.name,
        "title": file.title,
        "mimetype": file.mimetype,
        "filetype": extension,
        "pretty_type": extension.upper(),
        "user": file.user,
        "editable": False,
        "size": file.size,
        "mode": "hosted",
        "is_external": False,
        "is_public": False,
        "url_private": address,
        "url_private_download": address,
        "permalink": address,
    }


def view_json(view: View) -> Json:
    """Render a view with everything that Slack adds to what the app gave."""
    content = view.content
    return {
        "id": view.id,
        "team_id": TEAM_ID,
        "type": view.type,
        "blocks": content["blocks"],
        "private_metadata": content.get("private_metadata", ""),
        "callback_id": content.get("callback_id", ""),
        "state": {"values": view.values},
        "hash": view.hash,
        "title": content.get("title", {"type": "plain_text", "text": "View Title", "emoji": True}),
        "clear_on_close": content.get("clear_on_close", False),
        "notify_on_close": content.get("notify_on_close", False),
        "close": content.get("close"),
        "submit": content.get("submit"),
        "previous_view_id": view.previous_id,
        "root_view_id": view.root_id,
        "app_id": APP_ID,
        "external_id": content.get("external_id", ""),
        "app_installed_team_id": TEAM_ID,
        "bot_id": BOT_ID,
    }
