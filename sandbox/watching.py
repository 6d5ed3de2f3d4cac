"""What the app made one person see while they wait for the answer to something they did."""

import asyncio
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from sandbox.model import Message, View

GRACE_SECONDS = 0.3
"""How long a direct answer is still waited for when something else has been seen."""


@dataclass
class Watch:
    """Collects messages and views that reach the person; `answered` is set by a direct answer to them."""

    user: str
    messages: list[Message] = field(default_factory=list)
    views: list[View] = field(default_factory=list)
    noticed: asyncio.Event = field(default_factory=asyncio.Event)
    answered: asyncio.Event = field(default_factory=asyncio.Event)

    async def wait(self, seconds: float) -> None:
        """Wait for a direct answer, at most so long, and only shortly once anything was seen."""
        await _wait_for(self.noticed, seconds)
        if self.noticed.is_set():
            await _wait_for(self.answered, min(seconds, GRACE_SECONDS))


async def _wait_for(event: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(event.wait(), timeout=seconds)
    except TimeoutError:
        return


@dataclass
class Watches:
    """Everybody who waits right now."""

    _open: list[Watch] = field(default_factory=list)

    @contextmanager
    def of(self, user: str) -> Iterator[Watch]:
        """Collect what this person sees for as long as the block runs."""
        watch = Watch(user)
        self._open.append(watch)
        try:
            yield watch
        finally:
            self._open.remove(watch)

    def saw_message(self, users: Iterable[str], message: Message, *, direct: bool) -> None:
        """Record a message of the app that these people see; direct ones answer what they did."""
        seen_by = set(users)
        for watch in self._open:
            if watch.user in seen_by:
                watch.messages.append(message)
                self._settle(watch, direct=direct)

    def saw_view(self, view: View) -> None:
        """Record a view that the app opened or changed for its person."""
        for watch in self._open:
            if watch.user == view.user:
                watch.views.append(view)
                self._settle(watch, direct=True)

    @staticmethod
    def _settle(watch: Watch, *, direct: bool) -> None:
        watch.noticed.set()
        if direct:
            watch.answered.set()
