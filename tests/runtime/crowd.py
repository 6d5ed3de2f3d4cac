"""A crowd: people of the sandbox who are all to be told something now, so that real processes have work."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, time, timedelta

from sqlalchemy import select

from bot import members, one_on_ones
from bot.members import Profile
from bot.one_on_ones import NewOneOnOne
from bot.outbox import Message, enqueue
from bot.permissions import Actor
from bot.planning import REGISTERED
from bot.recurrence import Recurrence
from bot.runtime.clock import SystemClock
from bot.runtime.database import Sessions, connect
from models.outbox import Delivery
from sandbox.driver import Driver
from sandbox.identity import TEAM_ID

ORGANISER = "UCROWD000"
EVERY_DAY = "0123456"
FAR_AHEAD = timedelta(days=60)
"""So far off that nothing about the meetings themselves is planned."""


@contextmanager
def store_at(address: str) -> Iterator[Sessions]:
    """Open the store that a process of its own works on, to write into it and to look at it."""
    engine = connect(address)
    try:
        yield Sessions(engine)
    finally:
        engine.dispose()


def gather(sessions: Sessions, slack: Driver, size: int) -> list[str]:
    """Bring so many people, who are at work all day and known to Trellis, and the one who will meet them all."""
    now = SystemClock().people_now()
    people = [f"UCROWD{number:03d}" for number in range(size + 1)]
    zone = _noon_zone(now)
    for person in people:
        slack.add_person(person, person.lower(), person.title(), tz=zone)
    with sessions.begin() as session:
        members.welcome_workspace(session, TEAM_ID)
        known = members.remember_all(session, TEAM_ID, [_profile(each, zone) for each in people], at=now)
        for member in known.values():
            member.work_days = EVERY_DAY
    return [person for person in people if person != ORGANISER]


def tell(sessions: Sessions, people: Sequence[str], *, times: int = 1) -> None:
    """Write messages for each into the outbox: the news, so many times, that somebody registered a 1-on-1 with them."""
    now = SystemClock().people_now()
    day = (now + FAR_AHEAD).date()
    rhythm = Recurrence.weekly(day.weekday())
    with sessions.begin() as session:
        for person in people:
            new = NewOneOnOne(person, rhythm, time(10), 30, day, "peer")
            about = one_on_ones.register(session, Actor(TEAM_ID, ORGANISER), new, now=now).one_on_one
            enqueue(session, [_again(person, about.id, number, now) for number in range(1, times)])


def _again(person: str, one_on_one: int, number: int, now: datetime) -> Message:
    key = f"registered:{one_on_one}:{number}"
    return Message(TEAM_ID, key, REGISTERED, person, one_on_one, now, now + FAR_AHEAD)


def deliveries(sessions: Sessions) -> Sequence[Delivery]:
    """Read the whole outbox."""
    with sessions.read() as session:
        return session.scalars(select(Delivery).order_by(Delivery.id)).all()


def states(sessions: Sessions) -> dict[str, int]:
    """Count the outbox by state."""
    with sessions.read() as session:
        return dict(session.execute(Delivery.counts()).all())


def seen_by(slack: Driver, people: Sequence[str]) -> Counter[str]:
    """Count the messages that each person got."""
    return Counter({person: len(slack.dms(person)) for person in people})


def _profile(person: str, zone: str) -> Profile:
    return Profile(
        user_id=person,
        name=person.title(),
        zone=zone,
        is_person=True,
        is_guest=False,
        is_deactivated=False,
        is_admin=False,
        is_away=False,
        away_until=None,
    )


def _noon_zone(now: datetime) -> str:
    """Name a zone where it is about noon, whenever the test runs: only there people may be written to."""
    return f"Etc/GMT{now.hour - 12:+d}"
