"""The Events API: what the app subscribed to, delivered at least once, retried as Slack does."""

import asyncio
import secrets
from collections.abc import Coroutine
from dataclasses import replace

from sandbox.clock import whole_seconds
from sandbox.delivery.envelope import Envelope, Undelivered
from sandbox.delivery.link import AppLink
from sandbox.errors import NotPossible
from sandbox.identity import APP_ID, BOT_USER, TEAM_ID, VERIFICATION_TOKEN
from sandbox.manifest import Manifest
from sandbox.model import Json

RETRY_AFTER_SECONDS = (0, 60, 300)


class Events:
    """Sends events in the background."""

    def __init__(self, link: AppLink, manifest: Manifest) -> None:
        self._link = link
        self._manifest = manifest
        self._tasks: set[asyncio.Task[None]] = set()
        self.last: Envelope | None = None

    def emit(self, event: Json, *, name: str = "") -> None:
        """Tell the app that something happened, if it subscribed; `name` where it differs from the event's type."""
        if self._manifest.wants(name or event["type"]) and self._link.is_attached:
            self.last = Envelope("events_api", _event_callback(event))
            self._start(self._deliver(self.last))

    async def redeliver(self, times: int) -> None:
        """Send the last event again, as after acknowledgements that got lost."""
        if self.last is None:
            raise NotPossible("No event has been sent yet.")
        for attempt in range(1, times + 1):
            await self._link.send(replace(self.last, retry=attempt, retry_reason="http_timeout"))

    async def close(self) -> None:
        """Give up what is still to be retried."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _start(self, delivery: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(delivery)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _deliver(self, envelope: Envelope) -> None:
        for retry, seconds in enumerate((None, *RETRY_AFTER_SECONDS)):
            if seconds:
                await asyncio.sleep(seconds)
            try:
                await self._link.send(replace(envelope, retry=retry))
            except Undelivered as failure:
                envelope = replace(envelope, retry_reason=failure.reason)
                continue
            return


def _event_callback(event: Json) -> Json:
    return {
        "token": VERIFICATION_TOKEN,
        "team_id": TEAM_ID,
        "api_app_id": APP_ID,
        "event": event,
        "type": "event_callback",
        "event_id": f"Ev{secrets.token_hex(5).upper()}",
        "event_time": whole_seconds(),
        "authorizations": [
            {
                "enterprise_id": None,
                "team_id": TEAM_ID,
                "user_id": BOT_USER,
                "is_bot": True,
                "is_enterprise_install": False,
            }
        ],
        "is_ext_shared_channel": False,
        "event_context": f"4-{secrets.token_hex(16)}",
    }
