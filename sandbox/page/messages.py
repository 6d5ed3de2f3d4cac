"""The messages of a conversation as the page shows them: by day, each with author, moment, blocks and files."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import groupby, pairwise

from sandbox.clock import PeopleClock
from sandbox.model import Json, Message, Person, StateValues
from sandbox.page.dates import day_heading
from sandbox.page.faces import Face, face_of
from sandbox.page.reader import Reader

TOGETHER = timedelta(minutes=5)
"""Messages of one author within this time stand under one name."""
PICTURE = "image/png"
"""What the page shows of files; a kind that can hold a script is only ever saved."""


@dataclass(frozen=True)
class Where:
    """Where blocks stand: a prefix for ids, what the form there holds, errors by block id, the level of headings."""

    prefix: str
    values: StateValues | None = None
    errors: Mapping[str, str] = field(default_factory=dict)
    heading: int = 4


@dataclass(frozen=True)
class Attached:
    """A file that can be downloaded; a picture is shown as well."""

    name: str
    title: str
    kind: str
    size: str
    href: str
    is_picture: bool = False
    alt: str = ""


@dataclass(frozen=True)
class Shown:
    """One message as the page shows it."""

    ts: str
    at: datetime
    author: Face
    text: str
    blocks: list[Json]
    attachments: list[Json]
    files: list[Attached]
    where: Where
    is_ephemeral: bool
    is_edited: bool
    continues: bool = False


@dataclass(frozen=True)
class Day:
    """The messages of one day on the reader's calendar."""

    heading: str
    messages: list[Shown]


def by_day(
    messages: Iterable[Message], people: Mapping[str, Person], clock: PeopleClock, reader: Reader
) -> list[Day]:
    """Group messages, oldest first, by the reader's days."""
    shown = [_shown(message, people, clock, reader) for message in messages]
    now = reader.local(reader.now)
    days = groupby(_continued(shown), key=lambda each: reader.local(each.at).date())
    return [_day(list(group), now, reader) for _, group in days]


def _day(messages: list[Shown], now: datetime, reader: Reader) -> Day:
    first = messages[0]
    return Day(day_heading(reader.local(first.at), now), [replace(first, continues=False), *messages[1:]])


def _continued(messages: list[Shown]) -> Iterator[Shown]:
    yield from messages[:1]
    for before, shown in pairwise(messages):
        yield replace(shown, continues=_belong_together(before, shown))


def _belong_together(before: Shown, after: Shown) -> bool:
    same_voice = before.author == after.author and before.is_ephemeral == after.is_ephemeral
    return same_voice and not after.is_ephemeral and after.at - before.at < TOGETHER


def _shown(message: Message, people: Mapping[str, Person], clock: PeopleClock, reader: Reader) -> Shown:
    return Shown(
        ts=message.ts,
        at=clock.at(message.ts),
        author=face_of(people.get(message.user), message.user),
        text=message.text,
        blocks=message.blocks,
        attachments=message.attachments,
        files=[_attached(file, reader.id) for file in message.files],
        where=Where(f"m-{message.ts}"),
        is_ephemeral=message.is_ephemeral,
        is_edited=bool(message.edited_ts),
    )


def _attached(file: Json, reader: str) -> Attached:
    name = str(file.get("name", "file"))
    return Attached(
        name=name,
        title=str(file.get("title") or name),
        kind=name.rpartition(".")[2].upper() if "." in name else "File",
        size=_size(int(file.get("size", 0))),
        href=f"/as/{reader}/file/{file['id']}",
        is_picture=file.get("mimetype") == PICTURE,
        alt=str(file.get("alt_txt") or ""),
    )


def _size(size: int) -> str:
    return f"{size} bytes" if size < 1_000 else f"{size / 1_000:.1f} kB"
