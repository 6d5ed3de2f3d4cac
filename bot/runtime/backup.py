"""Backups of a SQLite store: a copy made while the bot goes on writing, looked over before it gets its name."""

from __future__ import annotations

import fcntl
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import make_url

from bot.runtime.faults import Fault, WrongUse
from bot.runtime.occupancy import ONLY_US
from bot.runtime.patience import PATIENCE_SECONDS

GUIDE = "deploy/BACKUPS.md"


class NotBackedUp(Fault):
    """There is no new backup, and what was there before is as it was; says why."""


class NotAFile(WrongUse):
    """The store is not one that is copied as a file; says what to use."""


@dataclass(frozen=True)
class Backup:
    """A finished copy."""

    path: Path
    size: int
    """Bytes."""
    revision: str
    """The migration at which the store stood."""
    seconds: float

    def __str__(self) -> str:
        return (
            f"{self.path}: {self.size / 1_000_000:.1f} MB at migration {self.revision}, "
            f"copied and checked in {self.seconds:.1f} s"
        )


def back_up(url: str, target: Path, *, force: bool = False) -> Backup:
    """Copy the store to the path, which then holds all of one moment; raises NotAFile or NotBackedUp."""
    began = time.monotonic()
    store = _file_of(url)
    part = target.with_name(f"{target.name}.part")
    _refuse_losses(store, target, part, force=force)
    try:
        with _alone_at(part) as number:
            _copy(store, part)
            revision = _look_over(part)
            os.fsync(number)
            size = part.stat().st_size
            part.replace(target)
            _keep_name(target)
    except (sqlite3.Error, OSError) as failure:
        raise NotBackedUp(f"The backup to {target} failed: {failure}") from failure
    return Backup(target, size, revision, time.monotonic() - began)


def _file_of(url: str) -> Path:
    address = make_url(url)
    if address.get_backend_name() != "sqlite":
        raise NotAFile(f"Only SQLite is copied here. PostgreSQL has pg_dump and base backups: see {GUIDE}")
    path = Path(address.database or "")
    if not path.is_file():
        raise NotBackedUp(f"There is no store at {path.absolute()}: check DATABASE_URL")
    return path.absolute()


def _refuse_losses(store: Path, target: Path, part: Path, *, force: bool) -> None:
    """Overwrite nothing that somebody may want, and never the store."""
    for path in (target, part):
        if path.exists() and path.samefile(store):
            raise NotBackedUp(f"{path} is the store itself: choose another name")
    if target.exists() and not force:
        raise NotBackedUp(f"{target} is there already: choose another name, or replace it with --force")


@contextmanager
def _alone_at(part: Path) -> Iterator[int]:
    """Hold the unfinished file, empty; what has not got its name when the block ends goes."""
    number = os.open(part, os.O_RDWR | os.O_CREAT, ONLY_US)
    try:
        _lock(number, part)
        try:
            os.ftruncate(number, 0)
            yield number
        finally:
            part.unlink(missing_ok=True)
    finally:
        os.close(number)


def _lock(number: int, part: Path) -> None:
    try:
        fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # Whoever held it a moment ago may have renamed it: then what we opened is a finished backup.
        is_ours = os.path.samestat(os.fstat(number), part.stat())
    except (BlockingIOError, FileNotFoundError):
        is_ours = False
    if not is_ours:
        raise NotBackedUp(f"Another backup is writing {part} at this moment")


def _copy(store: Path, part: Path) -> None:
    """Copy all pages in one step: one moment of the store, while others go on writing to its log."""
    # With `rw` a store that went away meanwhile is a fault, and not made anew.
    source = sqlite3.connect(f"{store.as_uri()}?mode=rw", uri=True, timeout=PATIENCE_SECONDS)
    with closing(source), closing(sqlite3.connect(part)) as copy:
        source.backup(copy)


def _look_over(part: Path) -> str:
    """Check every page of the copy, and say at which migration it stands."""
    # Immutable: nobody else has it open, and reading must leave no files of a log beside it.
    with closing(sqlite3.connect(f"{part.absolute().as_uri()}?immutable=1", uri=True)) as copy:
        problems = [line for (line,) in copy.execute("PRAGMA integrity_check(3)") if line != "ok"]
        if problems:
            raise sqlite3.DatabaseError(f"the copy is damaged: {'; '.join(problems)}")
        (revision,) = copy.execute("SELECT version_num FROM alembic_version").fetchone() or (None,)
    if not revision:
        raise sqlite3.DatabaseError("the copy does not say at which migration it stands")
    return str(revision)


def _keep_name(target: Path) -> None:
    """Make the new name as durable as what it names."""
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
