"""The stage of tests about buddy programmes: people of a workspace, a channel, a programme in it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from bot import members, programmes
from bot.members import Profile
from bot.permissions import Actor
from bot.programme_settings import Settings
from bot.programmes import Channel
from bot.runtime.database import Sessions
from models.programmes import Programme
from tests.people import MONDAY_NOON

TEAM, ROOM = "T1", Channel("CROOM")
BERLIN = "Europe/Berlin"


def profile(user_id: str, **facts: Any) -> Profile:
    """Say what Slack would of a colleague in Berlin."""
    usual = {"is_person": True, "is_guest": False, "is_deactivated": False, "is_admin": False}
    return Profile(**{"user_id": user_id, "name": user_id, "zone": BERLIN, **usual, **facts})


def know(session: Session, *profiles: Profile) -> None:
    """Let Slack have told of these people, or tell anew."""
    members.welcome_workspace(session, TEAM)
    members.remember_all(session, TEAM, profiles, at=MONDAY_NOON)


def actor(user_id: str) -> Actor:
    """Let somebody act."""
    return Actor(TEAM, user_id)


def running(
    sessions: Sessions, people: Iterable[str] = ("UOWNER",), now: datetime = MONDAY_NOON, **said: Any
) -> int:
    """Start a programme in the channel, owned by the first of these people, and give its id."""
    names = list(people)
    with sessions.begin() as session:
        know(session, *[profile(each) for each in names])
        settings = Settings(BERLIN).changed(said)
        return programmes.start(session, actor(names[0]), ROOM, settings, now=now).id


def found(session: Session, programme_id: int) -> Programme:
    """Read the programme."""
    return session.get_one(Programme, programme_id)
