"""The daily look at the fields of Slack profiles that an operator has mapped to what matching uses."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping, Sequence
from typing import Final

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot import profiles
from bot.attributes import LISTS, MANAGER, STARTS_ON, Value, read_list, read_text
from bot.errors import Refusal
from bot.rosters.days import read_day
from bot.runtime.clock import Clock
from bot.runtime.database import Sessions
from handlers.views.elements import Payload
from models.profiles import SLACK

log = logging.getLogger(__name__)

A_DAY: Final = 5000
"""Profiles read a day, at one call each; Slack allows some hundred a minute. A larger workspace takes its turns."""
TOGETHER: Final = 50
_FIELD_ID: Final = re.compile(r"Xf[A-Z0-9]+")
_PERSON: Final = re.compile(r"[UW][A-Z0-9]+")
_GONE: Final = frozenset({"user_not_found", "user_not_visible", "account_inactive"})

Mapped = Mapping[str, str]
"""By the field of ours, the id or the label of the one in Slack."""


def look(
    client: WebClient,
    sessions: Sessions,
    clock: Clock,
    workspace_id: str,
    mapped: Mapped,
    *,
    limit: int = A_DAY,
) -> int:
    """Take over the mapped fields of those whose profile was read longest ago, and count the people.

    Without the right to read profiles there are none: to ask again would not help before the app is reinstalled.
    """
    try:
        ids = _ids(client, mapped)
        with sessions.read() as session:
            people = profiles.to_look_at(session, workspace_id, limit=limit if ids else 0)
        _take_over(client, sessions, clock, workspace_id, people, ids)
    except SlackApiError as refusal:
        if refusal.response.get("error") != "missing_scope":
            raise
        log.warning("profiles_unreadable", extra={"error": "missing_scope"})
        return 0
    return len(people)


def _take_over(
    client: WebClient, sessions: Sessions, clock: Clock, workspace_id: str, people: Sequence[str], ids: Mapped
) -> None:
    for begin in range(0, len(people), TOGETHER):
        some = people[begin : begin + TOGETHER]
        read = {user_id: _read(client, user_id, ids) for user_id in some}
        with sessions.begin() as session:
            profiles.take_over(session, workspace_id, read, source=SLACK)
            profiles.looked_at(session, workspace_id, some, at=clock.machine_now())


def _ids(client: WebClient, mapped: Mapped) -> dict[str, str]:
    """Find the ids of fields that go by their label; one that is not there is left out, and said in the log."""
    ids = {field: name for field, name in mapped.items() if _FIELD_ID.fullmatch(name)}
    if len(ids) == len(mapped):
        return ids
    there = client.team_profile_get()["profile"].get("fields") or []
    labels = {str(each["label"]).strip().casefold(): str(each["id"]) for each in there}
    for field, name in mapped.items():
        if field in ids:
            continue
        if (found := labels.get(name.casefold())) is None:
            log.warning("profile_field_not_found", extra={"field": field})
            continue
        ids[field] = found
    return ids


def _read(client: WebClient, user_id: str, ids: Mapped) -> dict[str, Value]:
    try:
        profile: Payload = client.users_profile_get(user=user_id)["profile"]
    except SlackApiError as refusal:
        if refusal.response.get("error") not in _GONE:
            raise
        return {}
    # Slack gives an empty list where nobody has filled in any.
    filled = profile.get("fields") or {}
    said = ((field, str((filled.get(name) or {}).get("value") or "")) for field, name in ids.items())
    return {field: _value(field, text, user_id) for field, text in said}


def _value(field: str, text: str, user_id: str) -> Value:
    """Read what a field says; what cannot be read counts as empty."""
    try:
        if field in LISTS:
            return read_list(text)
        if field == STARTS_ON:
            return read_day(text.strip()) if text.strip() else None
        return _manager(text, user_id) if field == MANAGER else read_text(text)
    except Refusal:
        return () if field in LISTS else None


def _manager(text: str, user_id: str) -> str | None:
    """Take the first person named; nobody is their own manager."""
    named: Sequence[str] = [each.strip() for each in text.split(",")]
    return named[0] if _PERSON.fullmatch(named[0]) and named[0] != user_id else None
