"""The arguments of a call, whether they came as a form or as JSON."""

import json
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request

from sandbox.errors import SlackError, invalid_arguments
from sandbox.model import Json

TRUE_WORDS = frozenset({True, "1", "true", "True"})
PAGE_LIMIT = 1000


@dataclass(frozen=True)
class Arguments:
    """The arguments by name; the getters refuse what Slack refuses."""

    given: Json

    def text(self, name: str, default: str = "") -> str:
        """Return a text, or the default if it is absent."""
        value = self.given.get(name)
        return default if value is None else str(value)

    def required(self, name: str) -> str:
        """Return a text that must be there."""
        if value := self.text(name):
            return value
        raise invalid_arguments(f"[ERROR] missing required field: {name} [json-pointer:/{name}]")

    def flag(self, name: str) -> bool:
        """Return a truth value, false if it is absent."""
        value = self.given.get(name)
        return isinstance(value, bool | int | str) and value in TRUE_WORDS

    def number(self, name: str, default: int) -> int:
        """Return a whole number."""
        try:
            return int(self.given.get(name) or default)
        except (TypeError, ValueError) as error:
            raise invalid_arguments(f"[ERROR] must provide a number [json-pointer:/{name}]") from error

    def limit(self, default: int = 100) -> int:
        """Return how many entries a page has, within Slack's bounds."""
        limit = self.number("limit", default)
        if not 1 <= limit <= PAGE_LIMIT:
            raise SlackError("invalid_limit")
        return limit

    def listed(self, name: str) -> list[str]:
        """Return a list of ids or words, given as JSON or joined by commas."""
        value = self.given.get(name) or []
        if isinstance(value, str):
            return [part.strip() for part in value.split(",") if part.strip()]
        return [str(part) for part in value]

    def structure(self, name: str) -> Any:
        """Return an object or list, decoded if it came as text; None if it is absent."""
        value = self.given.get(name)
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value) if value else None
        except json.JSONDecodeError as error:
            raise SlackError(f"invalid_{name}_format" if name == "blocks" else "invalid_arguments") from error


async def read_arguments(request: Request) -> Json:
    """Read what was sent: query, form or JSON; `invalid_json` if it claims to be and is not."""
    given: Json = dict(request.query_params)
    if request.headers.get("content-type", "").startswith("application/json"):
        return given | _decoded(await request.body())
    form = await request.form()
    return given | {name: value for name, value in form.items() if isinstance(value, str)}


def _decoded(body: bytes) -> Json:
    try:
        decoded = json.loads(body or b"{}")
    except json.JSONDecodeError as error:
        raise SlackError("invalid_json") from error
    if not isinstance(decoded, dict):
        raise SlackError("json_not_object")
    return decoded
