"""What the app made one person see while they wait for the answer to something they did."""

import asyncio
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from sandbox.model import Message, View


@dataclass
class Watch:
    """Collects messages and views that reach the person; `answered` is set by a direct answer to them."""

    user: str
    messages: list[Message] = field(default_factory=list)
    views: list[View] = field(default_factory=list)
    answered: asyncio.Event = field(default_factory=asyncio.Event)

    async def wait(self, seconds: float) -> None:
        """Wait for a direct answer, at most so long."""
        try:
            await asyncio.wait_for(self.answered.wait(), timeout=seconds)
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
        if direct:
            watch.answered.set()
