"""A disk so small that it can be filled without harm to anybody else."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

SIZE = "64m"
"""Many times what a run writes."""
PIECES = (2**20, 2**12, 1)
"""Bytes: what is written at a time until there is no room for that much."""
LOG = "worker.log"
"""What each worker's log is called, before its number."""


@dataclass(frozen=True)
class Disk:
    """A folder, and whether it is a disk of its own."""

    folder: Path
    is_small: bool

    def fill(self) -> None:
        """Leave no room for one byte more, be it in the begun page of a log."""
        with self._ballast.open("ab", buffering=0) as ballast:
            for piece in PIECES:
                _write_until_full(ballast.fileno(), b"\0" * piece)
        for log in self.folder.glob(f"{LOG}.*"):
            with log.open("ab", buffering=0) as begun:
                _write_until_full(begun.fileno(), b"\n")

    def clear(self) -> None:
        self._ballast.unlink(missing_ok=True)

    @property
    def _ballast(self) -> Path:
        return self.folder / "ballast"


def _write_until_full(file: int, piece: bytes) -> None:
    try:
        while os.write(file, piece):
            continue
    except OSError as full:
        if full.errno != errno.ENOSPC:
            raise


@contextmanager
def small_disk(folder: Path) -> Iterator[Disk]:
    """Mount one in memory there, if this machine lets us, and leave in the folder what was written to it."""
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(folder)]
    is_small = (
        shutil.which("mount") is not None and not subprocess.run(command, capture_output=True).returncode
    )
    disk = Disk(folder, is_small)
    try:
        yield disk
    finally:
        if is_small:
            disk.clear()
            _unmount(folder)


def _unmount(folder: Path) -> None:
    kept = folder.with_name(f"{folder.name}.kept")
    shutil.copytree(folder, kept)
    # A worker that is still on its way out does not keep us.
    subprocess.run(["umount", "--lazy", str(folder)], check=True)
    folder.rmdir()
    kept.rename(folder)
