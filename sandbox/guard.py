"""Who may talk to the sandbox: this machine by its loopback name, and no page of another origin."""

from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from sandbox.identity import LOOPBACK_HOSTS

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
SAME_SITE = frozenset({"same-origin", "none"})
FORBIDDEN = 403


class Guard:
    """Refuses other host names (DNS rebinding) and changes asked for by foreign pages (forged requests)."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request pass, or answer 403."""
        if scope["type"] == "http" and (reason := _objection(scope["method"], Headers(scope=scope))):
            await PlainTextResponse(reason, status_code=FORBIDDEN)(scope, receive, send)
            return
        await self._app(scope, receive, send)


def _objection(method: str, headers: Headers) -> str | None:
    host = headers.get("host", "")
    if urlsplit(f"//{host}").hostname not in LOOPBACK_HOSTS:
        return "The sandbox answers to 127.0.0.1 and localhost only."
    if method in SAFE_METHODS:
        return None
    origin, site = headers.get("origin"), headers.get("sec-fetch-site")
    if (origin is not None and urlsplit(origin).netloc != host) or (
        site is not None and site not in SAME_SITE
    ):
        return "Changes are taken from the sandbox's own pages only."
    return None
