"""What an app may act with after an interaction: trigger ids (3 s, once), response URLs (30 min, 5 uses)."""

import secrets
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from sandbox.errors import SlackError
from sandbox.model import InMessage

TRIGGER_SECONDS = 3.0
RESPONSE_SECONDS = 30 * 60.0
RESPONSE_USES = 5
RESPONSE_GONE = 404


@dataclass
class Trigger:
    """Leave to open one view for the person who did something."""

    user: str
    issued: float
    used: bool = False


@dataclass
class ResponseUrl:
    """Leave to answer in the conversation where something was done; `source` is the message pressed, if any."""

    user: str
    channel: str
    issued: float
    source: InMessage | None = None
    uses: int = 0


@dataclass
class Handles:
    """All that were given out, by id; `aged` seconds are added to their age (tests use it instead of waiting)."""

    triggers: dict[str, Trigger] = field(default_factory=dict)
    response_urls: dict[str, ResponseUrl] = field(default_factory=dict)

    def trigger_for(self, user: str) -> str:
        """Give out a trigger id."""
        self._forget_old()
        trigger_id = f"{secrets.randbelow(10**12)}.{secrets.randbelow(10**9)}.{secrets.token_hex(16)}"
        self.triggers[trigger_id] = Trigger(user, time.monotonic())
        return trigger_id

    def use_trigger(self, trigger_id: object) -> Trigger:
        """Take the trigger, once and within 3 seconds, or refuse with Slack's three errors."""
        trigger = self.triggers.get(str(trigger_id))
        if trigger is None:
            raise SlackError("invalid_trigger_id")
        if trigger.used:
            raise SlackError("exchanged_trigger_id")
        if time.monotonic() - trigger.issued > TRIGGER_SECONDS:
            raise SlackError("expired_trigger_id")
        trigger.used = True
        return trigger

    def response_url_for(self, user: str, channel: str, source: InMessage | None = None) -> str:
        """Give out the token of a response URL."""
        token = secrets.token_urlsafe(18)
        self.response_urls[token] = ResponseUrl(user, channel, time.monotonic(), source)
        return token

    def use_response_url(self, token: str) -> ResponseUrl:
        """Count one use of a response URL, or refuse it when it is unknown, old or used up."""
        handle = self.response_urls.get(token)
        if handle is None or time.monotonic() - handle.issued > RESPONSE_SECONDS:
            raise SlackError("expired_url", status=RESPONSE_GONE)
        if handle.uses >= RESPONSE_USES:
            raise SlackError("used_url", status=RESPONSE_GONE)
        handle.uses += 1
        return handle

    def _forget_old(self) -> None:
        """Keep the tables small: what is an hour past its time cannot be told from what never was."""
        if len(self.triggers) % 1000 == 999:
            old = time.monotonic() - RESPONSE_SECONDS - 3600
            self.triggers = {key: each for key, each in self.triggers.items() if each.issued > old}
            self.response_urls = {key: each for key, each in self.response_urls.items() if each.issued > old}

    def age(self, kind: Literal["triggers", "response_urls"], seconds: float) -> None:
        """Make everything given out so far older, as if the time had passed."""
        handles: Iterable[Trigger | ResponseUrl] = (
            self.triggers.values() if kind == "triggers" else self.response_urls.values()
        )
        for handle in handles:
            handle.issued -= seconds
