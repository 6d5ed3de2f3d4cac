"""Looking in a conversation's history for what Slack may have; a reading that is broken off goes on where it was.

Slack lets a workspace's histories be read some fifty pages a minute, so that a long one takes more than one go.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.runtime.slack import (
    MARK,
    UNANSWERED,
    Doubt,
    InDoubt,
    Look,
    NotSent,
    Refused,
    Seen,
    Unseen,
    meaning,
    payloads_in,
    people_of,
)

Mark = tuple[str | None, str | None]
"""What a message in Slack is known by: its nonce, or the delivery's id where it carries no nonce."""
PAGE = 200
EARLIER = timedelta(hours=2)
"""A doubt begins when it is noticed; the request, and Slack's clock, may have been so much earlier.

Five minutes would do but for a machine whose clock is an hour ahead, or was put back by one.
"""
AT_ONCE_SECONDS, GOES_ON_SECONDS = 10.0, 1
"""How long a look-up turns pages, so that it ends, however slow the last is, before a process that is told to end; and
when it goes on."""
CURSOR_EXPIRED = "invalid_cursor"
MOST_READINGS = 100
"""So many that were broken off are remembered: another worker may have ended the doubt, and nobody comes back."""


@dataclass
class _Reading:
    """What has been read of a conversation: all from `since` to `until`, and above that what is before the cursor.

    Slack gives the newest page first. What arrives while pages are turned is newer than all of them, so a reading
    that was broken off reads a second stretch when it is at the end of the first: all above it, up to the present.
    """

    since: str
    until: str
    cursor: str = ""
    newest: str = ""
    """The greatest timestamp of the stretch under way, from which the next one begins."""
    seen: dict[Mark, str] = field(default_factory=dict)
    asked: int = 0
    """Pages since it was taken up."""

    def turn_page(self, client: WebClient, channel: str) -> bool:
        """Read one page, and say whether it was the last of its stretch."""
        self.asked += 1
        page = client.conversations_history(
            channel=channel, oldest=self.until, limit=PAGE, cursor=self.cursor, include_all_metadata=True
        )
        self.seen.update(_marks_in(page["messages"]))
        self.newest = max(self.newest, *(message["ts"] for message in page["messages"]), self.until)
        self.cursor = (page.get("response_metadata") or {}).get("next_cursor") or ""
        if not self.cursor:
            self.until, self.newest = self.newest, ""
        return not self.cursor


class Readings:
    """Reads one workspace's conversations; what is put aside of a reading is gone with the process."""

    def __init__(self, client: WebClient) -> None:
        """Read them with this client's token."""
        self._client = client
        self._put_aside: dict[tuple[str, str], _Reading] = {}
        self._lock = threading.Lock()

    def look(self, doubt: Doubt) -> Look:
        """Read the conversation since the doubt began, to its end, for the deliveries' nonces."""
        ends_at = time.monotonic() + AT_ONCE_SECONDS
        try:
            channel = doubt.channel or self._open(doubt)
        except SlackApiError as refusal:
            return unseen(meaning(self._client, refusal))
        except UNANSWERED as failure:
            return Unseen(type(failure).__name__)
        reading = self._begun(doubt, channel)
        seen = self._read(reading, channel, ends_at)
        if seen is None:
            return Seen(channel, _found(doubt, reading.seen), reading.asked)
        seen = replace(seen, pages=reading.asked)
        if not seen.is_final and seen.reason != CURSOR_EXPIRED:
            self._keep(doubt, channel, reading)
        return seen

    def _open(self, doubt: Doubt) -> str:
        channel: str = self._client.conversations_open(users=people_of(doubt.receiver))["channel"]["id"]
        return channel

    def _read(self, reading: _Reading, channel: str, ends_at: float) -> Unseen | None:
        """Turn the pages that are left until then (monotonic), at least one, and say why if some are left still."""
        stretches = 2 if reading.cursor else 1
        try:
            while stretches:
                stretches -= reading.turn_page(self._client, channel)
                if stretches and time.monotonic() > ends_at:
                    return Unseen("more to read", retry_after=GOES_ON_SECONDS)
        except SlackApiError as refusal:
            return unseen(meaning(self._client, refusal))
        except UNANSWERED as failure:
            return Unseen(type(failure).__name__)
        return None

    def _begun(self, doubt: Doubt, channel: str) -> _Reading:
        """Take up what was put aside, if it reaches back far enough; while it is in use nobody else has it."""
        since = f"{(doubt.since - EARLIER).timestamp():.6f}"
        with self._lock:
            reading = self._put_aside.pop((doubt.workspace_id, channel), None)
        if reading is None or reading.since > since:
            return _Reading(since, since)
        reading.asked = 0
        return reading

    def _keep(self, doubt: Doubt, channel: str, reading: _Reading) -> None:
        with self._lock:
            self._put_aside[doubt.workspace_id, channel] = reading
            while len(self._put_aside) > MOST_READINGS:
                del self._put_aside[next(iter(self._put_aside))]


def _found(doubt: Doubt, seen: Mapping[Mark, str]) -> dict[int, str]:
    """Tell which of the doubted are among what was seen; a version that knew of no nonce posted the id alone."""
    mine = {number: {_mark(number, nonce), _mark(number, None)} for number, nonce in doubt.nonces.items()}
    return {number: seen[mark] for number, marks in mine.items() for mark in marks if mark in seen}


def _mark(number: object, nonce: str | None) -> Mark:
    return (None, nonce) if nonce else (str(number), None)


def _marks_in(messages: Sequence[Mapping[str, Any]]) -> dict[Mark, str]:
    """Find our deliveries' marks in metadata, and in block ids should the metadata have got lost."""
    seen: dict[Mark, str] = {}
    for message in messages:
        known = payloads_in(message.get("metadata") or {})
        for payload in known:
            seen[_mark(payload.get("delivery_id"), payload.get("nonce"))] = message["ts"]
        if known:
            continue
        for name in (str(block.get("block_id")) for block in message.get("blocks") or ()):
            if name.startswith(MARK):
                number, _, nonce = name.removeprefix(MARK).partition(":")
                seen[_mark(number, nonce)] = message["ts"]
    return seen


def unseen(outcome: NotSent | InDoubt | Refused) -> Unseen:
    """Say what it means for a look-up that Slack refused a request of it."""
    if isinstance(outcome, NotSent):
        return Unseen(outcome.reason, retry_after=outcome.retry_after)
    is_token_gone = isinstance(outcome, Refused) and outcome.is_token_gone
    is_final = isinstance(outcome, Refused) and not is_token_gone and outcome.reason != CURSOR_EXPIRED
    return Unseen(outcome.reason, is_final=is_final, is_token_gone=is_token_gone)
