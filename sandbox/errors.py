"""The two ways in which something is refused: to the app in Slack's words, to a person in plain ones."""

from sandbox.model import Json


class SlackError(Exception):
    """An answer `{"ok": false, "error": code, …}` of the Web API."""

    def __init__(
        self, code: str, *, status: int = 200, headers: dict[str, str] | None = None, **extra: object
    ):
        super().__init__(code)
        self.code = code
        self.status = status
        self.headers = headers or {}
        self.extra = extra

    def answer(self) -> Json:
        """Return the body that the app receives."""
        return {"ok": False, "error": self.code, **self.extra}


class NotPossible(Exception):
    """Something a person or a test asked of the workspace that cannot be done; the text says why."""

    def __init__(self, reason: str, *, status: int = 422):
        super().__init__(reason)
        self.status = status


def invalid_arguments(*messages: str, code: str = "invalid_arguments") -> SlackError:
    """Refuse with Slack's two lists of what is wrong, one entry a defect."""
    errors = [message.removeprefix("[ERROR] ") for message in messages]
    return SlackError(code, errors=errors, response_metadata={"messages": list(messages)})
