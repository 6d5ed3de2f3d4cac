"""Scenes: what many tests begin with, played once a process and put back for the others as it was then."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from bot.runtime.database import Sessions
from tests.trellis import Trellis

Told = TypeVar("Told")


@dataclass(frozen=True)
class _Scene:
    """What a scene leads to: the store's file, what was said in the workspace, and people's time."""

    store: bytes
    said: str
    at: datetime


_played: dict[tuple[object, ...], _Scene] = {}


def begin_with(trellis: Trellis, scene: Callable[..., object], *facts: str) -> None:
    """Let the scene have been played with these facts; SQLite only, since PostgreSQL has no file to put back.

    What is typed and ticked to get there costs a tenth of a second, and was shown by the first test that needs it.
    """
    name = (scene, *facts)
    if name in _played:
        _put_back(trellis, _played[name])
        return
    scene(trellis, *facts)
    _played[name] = _look(trellis)


_written: dict[tuple[object, ...], tuple[bytes, object]] = {}
"""By what was done, with which facts and to which store: what the store held then, and what was told."""


def played(sessions: Sessions, scene: Callable[..., Told], *facts: object, **said: Any) -> Told:
    """Let the scene have been played in the store alone; what it made of the very same store is put back.

    It has to be the same whenever it is played, and is told as it was: nothing that a test goes on to change. On
    PostgreSQL it is played every time.
    """
    if sessions.engine.url.get_backend_name() != "sqlite":
        return scene(sessions, *facts, **said)
    before = hashlib.blake2b(_read(sessions)).digest()
    name = (scene, repr(facts), repr(said), before)
    if name not in _written:
        told = scene(sessions, *facts, **said)
        _written[name] = (_read(sessions), told)
        return told
    store, known = _written[name]
    _write(sessions, store)
    return known  # type: ignore[return-value]  # what this scene told, by whose name it is kept


def _look(trellis: Trellis) -> _Scene:
    return _Scene(_read(trellis.sessions), trellis.hosted.written_down(), trellis.clock.people_now())


def _put_back(trellis: Trellis, scene: _Scene) -> None:
    _write(trellis.sessions, scene.store)
    trellis.hosted.take_up(scene.said)
    trellis.clock.move(scene.at)


def _read(sessions: Sessions) -> bytes:
    # With the last connection goes the file beside the store that holds what was written last.
    sessions.engine.dispose()
    assert [each for each in _file(sessions).parent.iterdir() if each.name.endswith("-wal")] == []
    return _file(sessions).read_bytes()


def _write(sessions: Sessions, store: bytes) -> None:
    sessions.engine.dispose()
    _file(sessions).write_bytes(store)
    with sessions.begin():
        pass  # as whoever writes says that what was read before is out of date


def _file(sessions: Sessions) -> Path:
    url = sessions.engine.url
    assert url.get_backend_name() == "sqlite", "a scene is put back into a file"
    return Path(str(url.database))
