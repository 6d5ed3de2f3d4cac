"""What tests of rosters and profiles share: uploading a file, and looking at what is known of people."""

from __future__ import annotations

from bot import profiles
from bot.attributes import Attributes
from sandbox.seen import View
from tests.trellis import Trellis

FILE = "The file, at most 10 MB"


def known(trellis: Trellis, who: str) -> Attributes:
    """Look at what is known of a person."""
    with trellis.sessions.read() as session:
        return profiles.of(session, trellis.workspace, [who])[who]


def uploaded(trellis: Trellis, admin: str, content: str | bytes, name: str = "roster.csv") -> View:
    """Bring in a file as an admin, and give the dialog with what came of it."""
    form = trellis.slack.command(admin, "/growth import").view
    assert form is not None
    file_id = trellis.slack.upload(admin, name, content.encode() if isinstance(content, str) else content)
    trellis.slack.submit(admin, {FILE: [file_id]})
    return settled(trellis, admin)


def settled(trellis: Trellis, who: str) -> View:
    """Wait until what is being worked on is done."""
    view: View = trellis.slack.eventually(lambda: _done(trellis.slack.view(who)))  # type: ignore[assignment]
    return view


def _done(view: View | None) -> View | None:
    busy = ("I am reading", "I am taking")
    return view if view is not None and not view.words.startswith(busy) and FILE not in view.fields else None
