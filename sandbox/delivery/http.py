"""The HTTP way to the app: requests signed as Slack signs them, answered within 3 seconds."""

import hmac
import json
import ssl
from hashlib import sha256
from urllib.parse import urlsplit

import httpx

from sandbox.clock import whole_seconds
from sandbox.delivery.envelope import Envelope, Undelivered
from sandbox.errors import NotPossible
from sandbox.identity import LOOPBACK_HOSTS, SIGNING_SECRET
from sandbox.model import Json

ACKNOWLEDGE_SECONDS = 3.0
HTTP_OK = 200
NOBODY = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""The app is called over plain HTTP: to trust nobody saves reading everybody's certificates, 50 ms a workspace."""


def signature_of(body: bytes, timestamp: int) -> str:
    """Sign a body (https://docs.slack.dev/authentication/verifying-requests-from-slack)."""
    base = b"v0:%d:%s" % (timestamp, body)
    return "v0=" + hmac.new(SIGNING_SECRET.encode(), base, sha256).hexdigest()


def on_this_machine(url: str) -> str:
    """Return the address of the app's endpoint; refuse one that is not on this machine."""
    if urlsplit(url).hostname not in LOOPBACK_HOSTS:
        raise NotPossible(f"The sandbox talks to this machine only, and {url} is elsewhere.")
    return url


class HttpLink:
    """Posts to the app's event URL."""

    def __init__(self, url: str | None) -> None:
        self.url = on_this_machine(url) if url else None
        self._client: httpx.AsyncClient | None = None

    def point_to(self, url: str | None) -> None:
        """Change the event URL (None: the app has none)."""
        self.url = on_this_machine(url) if url else None

    async def send(self, envelope: Envelope) -> Json:
        """Deliver a payload and return what the app acknowledged with (a text becomes `{"text": …}`)."""
        answer = await self._post(envelope.body(), envelope.content_type(), envelope.retry_headers())
        if answer.status_code != HTTP_OK:
            raise Undelivered("dispatch_failed", "http_error")
        return _acknowledgement(answer)

    async def verify(self) -> bool:
        """Ask the URL for a challenge, as Slack does before it accepts one."""
        challenge = "3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P"
        body = json.dumps({"token": "", "challenge": challenge, "type": "url_verification"}).encode()
        answer = await self._post(body, "application/json", {})
        return answer.status_code == HTTP_OK and challenge in answer.text

    async def close(self) -> None:
        """Let go of the connections."""
        if self._client:
            await self._client.aclose()
            self._client = None

    async def _post(self, body: bytes, content_type: str, headers: dict[str, str]) -> httpx.Response:
        if self.url is None:
            raise Undelivered("dispatch_failed", "no_endpoint")
        timestamp = whole_seconds()
        signed = {
            "Content-Type": content_type,
            "X-Slack-Request-Timestamp": str(timestamp),
            "X-Slack-Signature": signature_of(body, timestamp),
            "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
            **headers,
        }
        try:
            return await self._open().post(self.url, content=body, headers=signed)
        except httpx.TimeoutException as error:
            raise Undelivered("operation_timeout", "http_timeout") from error
        except httpx.TransportError as error:
            raise Undelivered("dispatch_failed", "connection_failed") from error

    def _open(self) -> httpx.AsyncClient:
        # Slack opens a connection a delivery; a kept one could be closed by the app just as it is used.
        self._client = self._client or httpx.AsyncClient(
            timeout=ACKNOWLEDGE_SECONDS,
            trust_env=False,
            verify=NOBODY,
            limits=httpx.Limits(max_keepalive_connections=0),
        )
        return self._client


def _acknowledgement(answer: httpx.Response) -> Json:
    if not answer.content.strip():
        return {}
    try:
        decoded = answer.json()
    except ValueError:
        return {"text": answer.text}
    return decoded if isinstance(decoded, dict) else {"text": answer.text}
