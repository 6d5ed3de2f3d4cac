"""The stage of tests about buddies: a channel with the bot in it, a programme there, what stands in the store."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import select

from bot import members, programmes
from bot.members import Profile
from bot.permissions import Actor
from bot.programme_settings import Settings
from bot.programmes import Channel
from models.programmes import Participant, Programme
from tests.trellis import Trellis

GROWTH, ENGINEERING, MANAGERS = "CGROWTH01", "CENGINE01", "CPRIVAT01"
"""In the first are nine people, Amy, Ben, Ray, Mia, Zoë and Kai among them; in the private one Ben, Mia and Zoë."""
BERLIN = "Europe/Berlin"


def started(trellis: Trellis, owner: str, *, channel: str = GROWTH, **said: Any) -> Programme:
    """Start a programme as typing it would, with the bot in the channel."""
    trellis.slack.bring_in(channel)
    trellis.slack.command(owner, "/growth")
    with trellis.sessions.begin() as session:
        settings = Settings(BERLIN).changed(said)
        actor, place = Actor(trellis.workspace, owner), Channel(channel)
        return programmes.start(session, actor, place, settings, now=trellis.clock.people_now())


def programme_of(trellis: Trellis, channel: str = GROWTH) -> Programme | None:
    """Read the newest programme of a channel."""
    with trellis.sessions.read() as session:
        chosen = select(Programme).where(Programme.channel == channel).order_by(Programme.id.desc())
        return session.scalars(chosen.limit(1)).first()


def standing_in(trellis: Trellis, programme: Programme) -> dict[str, str]:
    """Say where everybody stands in a programme."""
    with trellis.sessions.read() as session:
        chosen = session.scalars(Participant.of_programme(programme.id))
        return {each.user_id: each.state for each in chosen}


def participant(trellis: Trellis, programme: Programme, who: str) -> Participant:
    """Read where somebody stands."""
    with trellis.sessions.read() as session:
        return session.scalars(Participant.one(programme.id, who)).one()


def known(trellis: Trellis, people: Iterable[str]) -> None:
    """Let Trellis know these people, as Slack would have told of them."""
    usual = {"zone": BERLIN, "is_person": True, "is_guest": False, "is_deactivated": False, "is_admin": False}
    profiles = [Profile(user_id=each, name=each, **usual) for each in people]  # type: ignore[arg-type]
    with trellis.sessions.begin() as session:
        members.welcome_workspace(session, trellis.workspace)
        members.remember_all(session, trellis.workspace, profiles, at=trellis.clock.machine_now())
