"""Keeping the workspace in one JSON file, written whole and atomically."""

import asyncio
import base64
import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sandbox.model import Conversation, File, Json, Message, Person, View
from sandbox.state import State

VERSION = 1
DEBOUNCE_SECONDS = 1.0


class Keeper:
    """Writes the state a second after it changed, and at the end."""

    def __init__(self, state: State, path: Path) -> None:
        self._state = state
        self._path = path
        self._changed = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def load(self) -> None:
        """Take up the workspace where the file left it, if there is one."""
        if self._path.exists():
            restore(self._state, json.loads(self._path.read_text(encoding="utf-8")))

    def start(self) -> None:
        """Begin to watch for changes."""
        self._state.changes.listeners.append(self._changed.set)
        self._task = asyncio.get_running_loop().create_task(self._keep())

    async def stop(self) -> None:
        """Write once more and end."""
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        self.save()

    def save(self) -> None:
        """Write the file: all of it or nothing."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        fresh = self._path.with_suffix(".new")
        fresh.write_text(json.dumps(snapshot(self._state)), encoding="utf-8")
        fresh.replace(self._path)

    async def _keep(self) -> None:
        while True:
            await self._changed.wait()
            await asyncio.sleep(DEBOUNCE_SECONDS)
            self._changed.clear()
            self.save()


def snapshot(state: State) -> Json:
    """Return everything that outlives a restart; open modals, triggers and response URLs do not."""
    return {
        "version": VERSION,
        "offset_seconds": state.clock.offset.total_seconds(),
        "generation": state.clock.generation,
        "moves": [[at.isoformat(), offset.total_seconds()] for at, offset in state.clock.moves],
        "people": [vars(person) for person in state.people.values()],
        "conversations": [_conversation(each) for each in state.conversations.by_id.values()],
        "homes": [vars(view) for view in state.views.homes.values()],
        "files": [vars(file) | {"content": _content(state, file)} for file in state.files.by_id.values()],
    }


def _conversation(conversation: Conversation) -> Json:
    return vars(conversation) | {"messages": [vars(message) for message in conversation.messages.values()]}


def _content(state: State, file: File) -> str:
    return base64.b64encode(state.files.contents.get(file.id, b"")).decode()


def restore(state: State, stored: Json) -> None:
    """Put a snapshot in place of the seed; the app's own account keeps what the manifest says today."""
    state.clock.offset = timedelta(seconds=stored["offset_seconds"])
    state.clock.generation = stored["generation"]
    state.clock.moves = [
        (datetime.fromisoformat(at), timedelta(seconds=seconds)) for at, seconds in stored.get("moves", [])
    ]
    people = {entry["id"]: Person(**entry) for entry in stored["people"]}
    state.people = people | {person.id: person for person in state.people.values() if person.app_id}
    state.conversations.restore([_read_conversation(entry) for entry in stored["conversations"]])
    state.views.homes = {entry["user"]: View(**entry) for entry in stored["homes"]}
    for entry in stored["files"]:
        _read_file(state, dict(entry))


def _read_conversation(entry: Json) -> Conversation:
    messages = [Message(**message) for message in entry["messages"]]
    fields: dict[str, Any] = entry | {"messages": {message.ts: message for message in messages}}
    return Conversation(**fields)


def _read_file(state: State, entry: Json) -> None:
    content = base64.b64decode(entry.pop("content"))
    file = File(**entry)
    state.files.by_id[file.id] = file
    state.files.contents[file.id] = content
