"""Buddy programmes: what a channel's owner sets, who owns it, and which round comes next."""

from __future__ import annotations

from datetime import date, datetime

from bot.programme_rhythms import Coming, Rhythm, after_extra, next_held
from bot.recurrence import local_day
from models.buddies import Programme


def rhythm_of(programme: Programme) -> Rhythm:
    """Say when the programme holds its rounds."""
    return Rhythm(programme.every_weeks, programme.weekday, programme.at, programme.zone)


def coming(programme: Programme) -> Coming:
    """Describe the round that is announced next."""
    return rhythm_of(programme).coming(programme.next_number, programme.next_on)


def step(programme: Programme, now: datetime) -> Coming | None:
    """Take the round whose heads-up is due, and move the programme to the one after it.

    None if there is nothing to announce now: while the programme is held its rounds are left out, and so is a round
    that should have begun by now, as an outage took its heads-up; there are never two to catch up on. To be called
    in the transaction that writes the round, with the programme's row locked.
    """
    rhythm = rhythm_of(programme)
    _move(programme, next_held(rhythm, programme.next_on, now))
    if programme.next_fire_at > now:
        return None
    due = coming(programme)
    _move(programme, rhythm.after(due.on))
    if programme.held_because is not None:
        return None
    programme.next_number += 1
    return due


def step_at_once(programme: Programme, now: datetime) -> Coming:
    """Take a round that begins now, and move the programme to the one after it.

    The next round of the rhythm is left out if it would follow within half the time between two. To be called with
    the programme's row locked, and not while a round of its is announced: then that one is what begins.
    """
    rhythm = rhythm_of(programme)
    following = after_extra(rhythm, next_held(rhythm, programme.next_on, now), now)
    _move(programme, following)
    number = programme.next_number
    programme.next_number += 1
    today = local_day(now, programme.zone)
    return Coming(number, today, heads_up_at=now, starts_at=now, ends_at=rhythm.starts_at(following))


def _move(programme: Programme, on: date) -> None:
    """Let the next round be on this day."""
    programme.next_on, programme.next_fire_at = on, rhythm_of(programme).heads_up_at(on)
