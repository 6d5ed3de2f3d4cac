"""What the page refuses and forbids: changes asked for by other sites, scripts and styles that are not its own."""

from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADERS = {
    "content-security-policy": (
        "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"
    ),
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
    "cross-origin-opener-policy": "same-origin",
}
READING = ("GET", "HEAD")


class Guard:
    """Wraps a page route: requests that change something must come from the page itself."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request through, and send the headers with its answer."""

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(HEADERS)
                headers.setdefault("cache-control", "no-cache")
            await send(message)

        app = self._app if scope["method"] in READING or is_same_origin(Headers(scope=scope)) else REFUSAL
        await app(scope, receive, with_headers)


REFUSAL = PlainTextResponse("Only the page of this workspace may do that.", status_code=403)


def is_same_origin(headers: Headers) -> bool:
    """Say whether a browser sent this from a page of ours; every browser of today sends one of the two headers."""
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    return urlsplit(headers.get("origin", "")).netloc == headers.get("host", "")
