"""One payload on its way to the app, and what can come of it."""

import json
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlencode

from sandbox.model import Json

EnvelopeType = Literal["slash_commands", "interactive", "events_api"]


class Undelivered(Exception):
    """The app did not acknowledge; `error` is what Slack calls it."""

    def __init__(self, error: Literal["operation_timeout", "dispatch_failed"], reason: str = "") -> None:
        super().__init__(error)
        self.error = error
        self.reason = reason or error


@dataclass(frozen=True)
class Envelope:
    """A payload with its kind; `retry` counts the attempts before this one, `retry_reason` says why they failed."""

    type: EnvelopeType
    payload: Json
    retry: int = 0
    retry_reason: str = ""

    def body(self) -> bytes:
        """Return the body of the HTTP request that carries it."""
        if self.type == "events_api":
            return json.dumps(self.payload).encode()
        if self.type == "slash_commands":
            return urlencode(self.payload).encode()
        return urlencode({"payload": json.dumps(self.payload)}).encode()

    def content_type(self) -> str:
        """Return the type of that body."""
        return "application/json" if self.type == "events_api" else "application/x-www-form-urlencoded"

    def retry_headers(self) -> dict[str, str]:
        """Return the headers that mark a repeated event."""
        if not self.retry:
            return {}
        return {"x-slack-retry-num": str(self.retry), "x-slack-retry-reason": self.retry_reason}
