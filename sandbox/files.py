"""The uploaded files: announced, filled with bytes, then shared in a conversation."""

import mimetypes
from dataclasses import dataclass, field, replace
from itertools import count

from sandbox.clock import whole_seconds
from sandbox.errors import SlackError
from sandbox.identity import BOT_USER
from sandbox.model import File


@dataclass
class Files:
    """Files by id, and their bytes."""

    by_id: dict[str, File] = field(default_factory=dict)
    contents: dict[str, bytes] = field(default_factory=dict)
    _numbers: "count[int]" = field(default_factory=lambda: count(1))

    def put(self, user: str, name: str, content: bytes) -> File:
        """Take a file that a person uploads."""
        return self.fill(self.announce(name, len(content), user=user).id, content)

    def announce(self, name: str, size: int, *, user: str = BOT_USER, alt_txt: str = "") -> File:
        """Expect a file of this name and size, from the app unless somebody is named."""
        file_id = next(f"F{number:08d}" for number in self._numbers if f"F{number:08d}" not in self.by_id)
        kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
        file = File(
            id=file_id,
            name=name,
            title=name,
            mimetype=kind,
            size=size,
            user=user,
            created=whole_seconds(),
            alt_txt=alt_txt,
        )
        self.by_id[file_id] = file
        return file

    def fill(self, file_id: str, content: bytes) -> File:
        """Take the bytes of an announced file."""
        file = self.find(file_id)
        self.contents[file_id] = content
        self.by_id[file_id] = replace(file, size=len(content))
        return self.by_id[file_id]

    def complete(self, file_id: str, title: str | None) -> File:
        """Finish an upload whose bytes have arrived."""
        file = self.find(file_id)
        if file_id not in self.contents:
            raise SlackError("file_not_found")
        self.by_id[file_id] = replace(file, title=title or file.name)
        return self.by_id[file_id]

    def hand_over(self, file_id: str) -> None:
        """Let the app read a person's file."""
        self.by_id[file_id] = replace(self.find(file_id), is_handed_over=True)

    def find(self, file_id: str) -> File:
        """Return the file; `file_not_found` if there is none."""
        if file := self.by_id.get(file_id):
            return file
        raise SlackError("file_not_found")
