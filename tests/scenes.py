"""Scenes: what many tests begin with, played once a process and put back for the others as it was then."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from tests.trellis import Trellis


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


def _look(trellis: Trellis) -> _Scene:
    # With the last connection goes the file beside the store that holds what was written last.
    trellis.sessions.engine.dispose()
    assert [each for each in _file(trellis).parent.iterdir() if each.name.endswith("-wal")] == []
    return _Scene(_file(trellis).read_bytes(), trellis.hosted.written_down(), trellis.clock.people_now())


def _put_back(trellis: Trellis, scene: _Scene) -> None:
    trellis.sessions.engine.dispose()
    _file(trellis).write_bytes(scene.store)
    with trellis.sessions.begin():
        pass  # as whoever writes says that what was read before is out of date
    trellis.hosted.take_up(scene.said)
    trellis.clock.move(scene.at)


def _file(trellis: Trellis) -> Path:
    url = trellis.sessions.engine.url
    assert url.get_backend_name() == "sqlite", "a scene is put back into a file"
    return Path(str(url.database))
