"""The revision of the workspace: a number that rises with every change, and waiting for it."""

import asyncio
from collections.abc import Callable


class Changes:
    """Counts changes, wakes whoever waits for one, and tells the listeners (the file keeper)."""

    def __init__(self) -> None:
        self.revision = 0
        self.listeners: list[Callable[[], None]] = []
        self._waiting: set[asyncio.Future[None]] = set()
        self._is_closed = False

    def bump(self) -> None:
        """Record that something a person or the app could see is different now."""
        self.revision += 1
        for future in self._waiting:
            if not future.done():
                future.set_result(None)
        for listener in self.listeners:
            listener()

    def close(self) -> None:
        """Let nobody wait any longer: the server is shutting down."""
        self._is_closed = True
        self.bump()

    async def beyond(self, revision: int, *, seconds: float) -> int:
        """Wait until the revision is greater than the given one, or the time is over; return the current one."""
        if self.revision > revision or self._is_closed:
            return self.revision
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.add(future)
        await asyncio.wait([future], timeout=seconds)
        self._waiting.discard(future)
        return self.revision
