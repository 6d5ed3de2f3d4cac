"""The stage of tests about a programme's posts: a round whose announcement Slack refuses, or says nothing of."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import time, timedelta
from functools import partial

from sqlalchemy import select

from bot.programme_news import ANNOUNCEMENT, UNPOSTED
from bot.runtime.decisions import Consequence
from bot.runtime.delivery import DeliveryLoop
from bot.runtime.rates import UNLIMITED, Pace
from bot.runtime.readings import Readings
from bot.runtime.slack import open_group, post
from handlers import wiring
from models.outbox import Delivery
from models.programmes import Programme
from sandbox.seen import Message
from tests.handlers import rounds_stage as stage
from tests.handlers.buddies_stage import GROWTH, programme_of, started
from tests.people import AMY, BEN, MIA, RAY
from tests.scenes import begin_with
from tests.trellis import Trellis, settings_for, utc

POST = "chat.postMessage"
OWNER = MIA
"""At work in Berlin when a round begins early in New York, where nobody is yet."""
BEFORE, BEGUN = utc("2026-11-24 12:59"), utc("2026-11-24 13:01")
HURRIED = Pace(settling=timedelta(), workspace=UNLIMITED, conversation=UNLIMITED, looks=UNLIMITED)
"""What is in doubt is looked up at once."""


@contextmanager
def looking(
    trellis: Trellis, consequences: Mapping[str, Consequence] = wiring.CONSEQUENCES
) -> Iterator[None]:
    """Let the bot look up what is in doubt, with the scopes of its manifest: those of channels are not among them."""
    client, before = wiring.slack_client(settings_for(trellis.slack.base_url + "/api/")), trellis.loop
    trellis.loop = DeliveryLoop(
        trellis.sessions,
        trellis.clock,
        prepare=wiring.PREPARE,
        post=partial(post, client),
        look=Readings(client).look,
        chance=random.Random(1),
        pace=HURRIED,
        open_group=partial(open_group, client),
        consequences=consequences,
    )
    try:
        yield
    finally:
        trellis.loop.stop()
        trellis.loop = before


def about_to_begin(trellis: Trellis) -> None:
    """Live until a round of two pairs is about to begin, of which first its channel hears."""
    stage.taking_part(trellis, (OWNER, AMY, BEN, RAY), at=time(8))
    stage.live_until(trellis, BEFORE)


def come_near(trellis: Trellis) -> None:
    """Have it be a minute before the round; a scene can be put back into a file alone."""
    is_file = trellis.sessions.engine.url.get_backend_name() == "sqlite"
    if is_file:
        begin_with(trellis, about_to_begin)
    else:
        about_to_begin(trellis)


def begin(trellis: Trellis, **fault: object) -> Programme:
    """Hold the round while Slack answers so, and give its programme."""
    if programme_of(trellis) is None:
        come_near(trellis)
    trellis.slack.fault(POST, **fault)  # type: ignore[arg-type]
    stage.live_until(trellis, BEGUN)
    programme = programme_of(trellis)
    assert programme is not None
    return programme


def lose_announcement(trellis: Trellis) -> None:
    """Hold the round while Slack breaks off before it takes the announcement; whoever looks it up asks its owner."""
    begin(trellis, kind="status", status=503)


def invite(trellis: Trellis, **fault: object) -> None:
    """Start a programme while Slack answers so to its invitation; that is less to play than a round."""
    started(trellis, OWNER)
    trellis.slack.fault(POST, **fault)  # type: ignore[arg-type]
    trellis.tick()


def invitations(trellis: Trellis) -> list[Message]:
    """Read what the channel was told of how to take part."""
    return stage.with_button(trellis.slack.messages(AMY, GROWTH), "Join")


def announcements(trellis: Trellis) -> list[Message]:
    """Read what the channel was told of rounds."""
    return [each for each in trellis.slack.messages(AMY, GROWTH) if "take part" in each.text]


def questions(trellis: Trellis, who: str = OWNER) -> list[Message]:
    """Read what an owner was asked about posts."""
    return stage.with_button(trellis.slack.dms(who), "Post again")


def rows(trellis: Trellis, kind: str = ANNOUNCEMENT) -> list[Delivery]:
    """Read all messages of a kind, in the order of planning."""
    with trellis.sessions.read() as session:
        chosen = select(Delivery).where(Delivery.kind == kind).order_by(Delivery.id)
        return list(session.scalars(chosen))


def outcome(trellis: Trellis) -> tuple[list[str], int, int]:
    """Say what became of announcements, how many the channel has, and how often somebody was to be asked."""
    states = [each.state for each in rows(trellis)]
    return states, len(announcements(trellis)), len(rows(trellis, UNPOSTED))
