"""What the command, the forms and the buttons of `/buddy` share: carrying a wish out and wording the answer."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import date
from typing import Final

from slack_sdk import WebClient
from sqlalchemy.orm import Session

from bot import enrolments, exclusions, pauses, programme_heads_ups, programme_posts, programmes, rounds
from bot.enrolments import Stand
from bot.programmes import Channel
from bot.runtime.database import Sessions
from handlers import channels
from handlers.doors import Visit
from handlers.views import buddies as views
from handlers.views import buddies_owners as owner_views
from handlers.views import rounds_preview as preview_views
from handlers.views.elements import Message
from models.programmes import Programme


def stands_of(visit: Visit, sessions: Sessions) -> list[Stand]:
    """Read where the visitor stands."""
    with sessions.read() as session:
        return enrolments.mine(session, visit.actor, today=visit.today, now=visit.now)


def join(
    session: Session, channel: Channel, visit: Visit, role: str | None = None, capacity: int | None = None
) -> Message:
    """Let the visitor take part in the programme of a channel they are in."""
    programme = programmes.in_channel(session, visit.actor, channel)
    programme_heads_ups.expect(session, programme, visit.actor.user_id, now=visit.now)
    enrolments.join(session, visit.actor, programme, role=role, capacity=capacity, now=visit.now)
    is_held = programme.held_because is not None
    number, starts_at = enrolments.next_round(session, programme)
    is_announced = number < programme.next_number
    return views.joined(programme, None if is_held else starts_at, visit.zone, is_announced=is_announced)


def leave_channel(session: Session, channel: Channel, visit: Visit) -> Message:
    """Leave the visitor out of the programme of a channel they are in, also before they were enrolled."""
    programme = programmes.in_channel(session, visit.actor, channel)
    programme_heads_ups.expect_partners(session, programme, [visit.actor.user_id], now=visit.now)
    enrolments.leave(session, visit.actor, programme, now=visit.now)
    return views.left(programme)


def take_over(session: Session, channel: Channel, visit: Visit) -> Message:
    """Let an admin follow the owner, who has left, of the programme of a channel the admin is in."""
    programme = programmes.in_channel(session, visit.actor, channel)
    taken = programmes.take_over(session, visit.actor, programme)
    programme_posts.ask_successor(session, taken, now=visit.now)
    return owner_views.taken_over(taken)


def hand_over(session: Session, visit: Visit, programme_id: int, person: str) -> Message:
    """Give a programme of the visitor's to another member of its channel."""
    given = programmes.hand_over(session, visit.actor, programme_id, person, now=visit.now)
    programme_posts.ask_successor(session, given, now=visit.now)
    return owner_views.handed_over(given)


def room_of(client: WebClient, visit: Visit, sessions: Sessions, programme_id: int) -> Channel:
    """Find the channel of a programme that anybody could have named; raises NoSuchChannel unless they are in it."""
    with sessions.read() as session:
        programme = programmes.any_running(session, visit.actor, programme_id)
    if programme is None:
        raise channels.NoSuchChannel
    return channels.enter(client, visit.actor, programme.channel)


Act = Callable[[Session, Visit, int], Message]
"""Does something to the part the visitor has in a programme, or to a programme of theirs."""


def leave(session: Session, visit: Visit, programme_id: int) -> Message:
    """Leave the visitor out for good."""
    programme, _ = enrolments.part_of(session, visit.actor, programme_id)
    programme_heads_ups.expect_partners(session, programme, [visit.actor.user_id], now=visit.now)
    enrolments.leave(session, visit.actor, programme, now=visit.now)
    return views.left(programme)


def skip(session: Session, visit: Visit, programme_id: int) -> Message:
    """Leave the visitor out of the next round."""
    starts_at = enrolments.sit_out(session, visit.actor, programme_id)
    return views.skipped(_programme(session, visit, programme_id), starts_at, visit.zone)


def back(session: Session, visit: Visit, programme_id: int) -> Message:
    """Let the visitor take part after all."""
    programme = _programme(session, visit, programme_id)
    programme_heads_ups.expect(session, programme, visit.actor.user_id, now=visit.now)
    starts_at = enrolments.take_part_after_all(session, visit.actor, programme_id)
    return views.back(programme, starts_at, visit.zone)


def resume(session: Session, visit: Visit, programme_id: int) -> Message:
    """End the visitor's pause."""
    programme = _programme(session, visit, programme_id)
    programme_heads_ups.expect(session, programme, visit.actor.user_id, now=visit.now)
    pauses.resume(session, visit.actor, [programme_id])
    return views.resumed([programme.channel])


def _programme(session: Session, visit: Visit, programme_id: int) -> Programme:
    return enrolments.part_of(session, visit.actor, programme_id)[0]


def name(session: Session, visit: Visit, _: int) -> Message:
    """Let channels read the visitor's name."""
    enrolments.name(session, visit.actor, is_unnamed=False)
    return views.naming(is_unnamed=False)


def unname(session: Session, visit: Visit, _: int) -> Message:
    """Keep the visitor's name out of announcements."""
    enrolments.name(session, visit.actor, is_unnamed=True)
    return views.naming(is_unnamed=True)


def preview(session: Session, visit: Visit, programme_id: int) -> Message:
    """Have the next round matched, to be seen first."""
    return preview_views.computing(rounds.preview(session, visit.actor, programme_id, visit.now).channel)


def match_now(session: Session, visit: Visit, programme_id: int) -> Message:
    """Let the next round begin at once."""
    return preview_views.starting(rounds.match_now(session, visit.actor, programme_id, visit.now).channel)


def end(session: Session, visit: Visit, programme_id: int) -> Message:
    """End a programme of the visitor's."""
    return owner_views.ended(programmes.end(session, visit.actor, programme_id, now=visit.now))


ACTS: Final[dict[str, Act]] = {
    views.LEAVE: leave,
    views.SKIP: skip,
    views.BACK: back,
    views.RESUME: resume,
    views.NAME: name,
    views.UNNAME: unname,
    views.PREVIEW: preview,
    views.MATCH_NOW: match_now,
}
"""What is done at once by the verb of a menu, a button or a text."""


def pause(session: Session, visit: Visit, programme_ids: Collection[int], until: date | None) -> Message:
    """Take the visitor out of rounds for a while."""
    for each in sorted(programme_ids):
        programme = _programme(session, visit, each)
        programme_heads_ups.expect_partners(session, programme, [visit.actor.user_id], now=visit.now)
    pauses.pause(session, visit.actor, programme_ids, until, now=visit.now)
    where = [_programme(session, visit, each).channel for each in programme_ids]
    return views.paused(where, until)


def exclude(session: Session, visit: Visit, person: str) -> Message:
    """Never put the visitor together with somebody."""
    programme_heads_ups.expect_apart(session, visit.actor, person, now=visit.now)
    is_new = exclusions.exclude(session, visit.actor, person, now=visit.now)
    is_buddy = exclusions.are_together(session, visit.actor, person)
    return views.excluded(person, is_new=is_new, is_buddy=is_buddy)


def allow(session: Session, visit: Visit, person: str) -> Message:
    """Let the visitor be put together with somebody again."""
    exclusions.allow(session, visit.actor, person)
    return views.allowed(person)


def excluded_by(visit: Visit, sessions: Sessions) -> Sequence[str]:
    """Read whom the visitor does not want to meet."""
    with sessions.read() as session:
        return exclusions.mine(session, visit.actor)
