"""The revision of the workspace: a number that rises with every change, and waiting for it."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Changes:
    """Counts changes, wakes whoever waits for one, and tells the listeners (the file keeper)."""

    def __init__(self) -> None:
        self.revision = 0
        self.shown_by_app = 0
        """How many acts of the app changed something; what people do and the clock are not among them."""
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

    @contextmanager
    def of_app(self) -> Iterator[None]:
        """Count what the block changes, if it changes anything, as an act of the app."""
        before = self.revision
        yield
        self.shown_by_app += self.revision > before

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
