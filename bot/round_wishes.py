"""What owners want of the next round: to see it first, to have it matched anew, and that it begins now."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from bot import programmes
from bot.errors import Refusal
from bot.permissions import Actor
from bot.recurrence import local_day
from bot.round_steps import draw, written
from models.programmes import Programme
from models.rounds import ANNOUNCED, CLOSED, MATCHED, MATCHING, PREVIEW, PREVIEWED, Round

APART: Final = timedelta(hours=12)
"""Two rounds that begin at once are no nearer to each other: the second press is a slip."""

NEWEST: Final = 3
"""Of a programme's rounds only so many can be under way or near."""


class RoundUnderWay(Refusal):
    """A round of that programme has just begun. `/buddy` shows it; the next one comes by itself."""


class RoundsAreHeld(Refusal):
    """No round can be held there now: the channel is archived, or I am not in it. Mend that, then try again."""


class RoundHasBegun(Refusal):
    """That round has begun already, so there is nothing left to preview. `/buddy` shows it."""


class NothingPreviewed(Refusal):
    """There is no preview of that round any more. `/buddy preview` makes a new one."""


def preview(session: Session, actor: Actor, programme_id: int, now: datetime) -> Programme:
    """Have the next round matched to be seen first; the preview comes as a message.

    Raises what `programmes.owned` does, and RoundHasBegun while one is being matched.
    """
    programme = programmes.owned(session, actor, programme_id, to_change=True)
    _want_preview(_next_round(session, programme), actor)
    return programme


def _next_round(session: Session, programme: Programme) -> Round:
    """Give the round that begins next: the announced one, else the row of the one to come."""
    open_ones = session.scalars(Round.open_of(programme.id)).all()
    if any(each.state == MATCHING for each in open_ones):
        raise RoundHasBegun
    waiting = [each for each in open_ones if each.state in (ANNOUNCED, PREVIEWED)]
    return waiting[0] if waiting else written(session, programme, programmes.coming(programme))


def _want_preview(buddy_round: Round, actor: Actor) -> None:
    buddy_round.wanted, buddy_round.wanted_by = PREVIEW, actor.user_id
    buddy_round.worker, buddy_round.lease_until = None, None


def match_anew(session: Session, actor: Actor, round_id: int, now: datetime) -> Programme:
    """Have a previewed round matched once more, with other lots drawn; raises NothingPreviewed."""
    programme, buddy_round = _previewed(session, actor, round_id, now)
    draw(buddy_round)
    _want_preview(buddy_round, actor)
    return programme


def send_previewed(session: Session, actor: Actor, round_id: int, now: datetime) -> Programme:
    """Let a previewed round begin now, as it was shown.

    Raises NothingPreviewed, also for the second press, and RoundsAreHeld.
    """
    programme, buddy_round = _previewed(session, actor, round_id, now)
    _require_not_held(programme)
    _begin_now(session, programme, buddy_round, now)
    return programme


def _previewed(session: Session, actor: Actor, round_id: int, now: datetime) -> tuple[Programme, Round]:
    seen = session.scalar(Round.by_id(actor.workspace_id, round_id))
    if seen is None:
        raise NothingPreviewed
    programme = programmes.owned(session, actor, seen.programme_id, to_change=True)
    fresh = Round.locked(round_id).execution_options(populate_existing=True)
    buddy_round = session.scalars(fresh).one()
    if buddy_round.state != PREVIEWED or buddy_round.starts_at <= now:
        raise NothingPreviewed
    return programme, buddy_round


def match_now(session: Session, actor: Actor, programme_id: int, now: datetime) -> Programme:
    """Let the next round begin now; of two presses at once the second is refused.

    Raises what `programmes.owned` does, RoundsAreHeld, and RoundUnderWay if one began a moment ago.
    """
    programme = programmes.owned(session, actor, programme_id, to_change=True)
    _require_not_held(programme)
    latest = session.scalars(Round.of_programme(programme.id).limit(NEWEST)).all()
    if any(_is_just_begun(each, now) for each in latest):
        raise RoundUnderWay
    waiting = [each for each in latest if each.state in (ANNOUNCED, PREVIEWED)]
    _begin_now(session, programme, waiting[0] if waiting else None, now)
    return programme


def _require_not_held(programme: Programme) -> None:
    if programme.held_because is not None:
        raise RoundsAreHeld


def _is_just_begun(buddy_round: Round, now: datetime) -> bool:
    if buddy_round.state in (ANNOUNCED, PREVIEWED):
        return buddy_round.starts_at <= now
    has_begun = buddy_round.state in (MATCHING, MATCHED, CLOSED)
    return buddy_round.state == MATCHING or (has_begun and now - buddy_round.starts_at < APART)


def _begin_now(session: Session, programme: Programme, buddy_round: Round | None, now: datetime) -> None:
    """Let a round begin at this moment; one nobody has heard of takes the place of the one to come."""
    if buddy_round is None or buddy_round.number >= programme.next_number:
        buddy_round = written(session, programme, programmes.step_at_once(programme, now))
    buddy_round.starts_at, buddy_round.next_fire_at = now, now
    buddy_round.at, buddy_round.zone = None, None
    buddy_round.on = local_day(now, programme.zone)
    buddy_round.wanted = None
    buddy_round.worker, buddy_round.lease_until = None, None
